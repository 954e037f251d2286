import { MillraceError, type SourcePosition } from '../../core/error.js'
import { type ConfigNode, type ConfigObject, nodeKindText, nodeText } from '../document.js'
import type { Raw, RawConcatenation, RawObject, RawSubstitution, Slot } from './raw.js'

/** Bounds of what substitution may make of a document. */
export interface ResolveLimits {
  /** Size of any value in characters, shared parts counted each time they appear. */
  readonly expandedCharacters: number
  readonly steps: number
  /** Substitutions that lead to one another. */
  readonly chain: number
  /** Levels of the result. */
  readonly depth: number
}

/** The limits of job files: a few times the largest document. */
export const RESOLVE_LIMITS: ResolveLimits = {
  expandedCharacters: 64 * 1024 * 1024,
  steps: 1_000_000,
  chain: 200,
  depth: 256,
}

/** Looks a name up outside the document: job variables and the environment. */
export type ExternalLookup = (name: string, position: SourcePosition) => ConfigNode | null

const EXPANSION_HINT = 'use fewer substitutions of large values inside one another'

/**
 * Settles repeated keys and replaces every substitution.
 *
 * A reference is looked up in the document first, then outside. A reference of a key to itself sees the value that the
 * key had before.
 *
 * @throws MillraceError `CONFIG_SUBSTITUTION` for names that are not found, cycles and values that cannot be joined;
 *   `CONFIG_LIMIT` when the result grows beyond the limits.
 */
export function resolveRaw(
  root: RawObject,
  external: ExternalLookup,
  limits: ResolveLimits = RESOLVE_LIMITS,
): ConfigObject {
  return new Resolver(root, external, limits).object(root)
}

/** How large a value is when everything it shares is counted each time. */
interface Extent {
  readonly size: number
  readonly depth: number
}

const SCALAR: Extent = { size: 1, depth: 0 }

class Resolver {
  private readonly settled = new WeakMap<Slot, { readonly value: ConfigNode | null }>()
  private readonly extents = new WeakMap<ConfigNode, Extent>()
  private depth = 0
  private steps = 0
  private chain = 0
  /** Keys that were cut short because they are being resolved; what depends on another key's cut is not kept. */
  private readonly cuts: Slot[] = []

  constructor(
    private readonly root: RawObject,
    private readonly external: ExternalLookup,
    private readonly limits: ResolveLimits,
  ) {}

  object(raw: RawObject): ConfigObject {
    const entries = new Map<string, ConfigNode>()
    const keyPositions = new Map<string, SourcePosition>()
    for (const [key, slot] of raw.slots) {
      const value = this.slot(slot)
      if (value === null) continue
      entries.set(key, value)
      keyPositions.set(key, slot.position)
    }
    return this.measured({ kind: 'object', position: raw.position, entries, keyPositions })
  }

  /** The value of a key, `null` when it has none. While it is being resolved only its earlier values count. */
  private slot(slot: Slot): ConfigNode | null {
    const known = this.settled.get(slot)
    if (known !== undefined) return known.value
    const cutsBefore = this.cuts.length
    const busy = slot.active >= 0
    if (busy) this.cuts.push(slot)
    const value = this.layers(slot, busy ? slot.active : slot.layers.length)
    if (!busy && this.cuts.slice(cutsBefore).every((cut) => cut === slot)) {
      this.cuts.length = cutsBefore
      this.settled.set(slot, { value })
    }
    return value
  }

  private layers(slot: Slot, end: number): ConfigNode | null {
    let merged: ConfigObject | null = null
    for (let index = end - 1; index >= 0; index--) {
      const value = slot.layers[index]?.kind === 'append' ? this.appends(slot, index) : this.layer(slot, index)
      if (value === null) continue
      if (value.kind !== 'object') return merged ?? value
      merged = merged === null ? value : this.merge(value, merged)
    }
    return merged
  }

  private layer(slot: Slot, index: number): ConfigNode | null {
    const layer = slot.layers[index]
    if (layer === undefined) return null
    const outer = slot.active
    slot.active = index
    try {
      return this.value(layer)
    } finally {
      slot.active = outer
    }
  }

  private value(raw: Raw): ConfigNode | null {
    if (isScalar(raw)) return raw
    this.steps += 1
    this.depth += 1
    if (this.steps > this.limits.steps)
      throw limit(`needs more than ${this.limits.steps} steps to resolve`, raw.position)
    if (this.depth > this.limits.depth) throw limit(`is nested deeper than ${this.limits.depth} levels`, raw.position)
    const value = this.resolved(raw)
    this.depth -= 1
    return value
  }

  private resolved(raw: Composite): ConfigNode | null {
    switch (raw.kind) {
      case 'raw-object':
        return this.object(raw)
      case 'raw-list':
        return this.list(
          raw.items.map((item) => this.value(item)).filter((item) => item !== null),
          raw.position,
        )
      case 'concatenation':
        return this.concatenation(raw)
      case 'substitution':
        return this.substitution(raw)
      case 'append':
        return this.value(raw.value)
    }
  }

  private list(items: readonly ConfigNode[], position: SourcePosition): ConfigNode {
    return this.measured({ kind: 'list', position, items })
  }

  /** The list that a run of `+=` ending at `last` makes of the value before it. */
  private appends(slot: Slot, last: number): ConfigNode {
    let first = last
    while (slot.layers[first - 1]?.kind === 'append') first -= 1
    const before = this.layers(slot, first)
    const position = (before ?? slot.layers[first])?.position ?? slot.position
    if (before !== null && before.kind !== 'list') {
      const message = `'+=' needs a list, but the value before is ${nodeKindText(before)}`
      const at = slot.layers[first]?.position ?? slot.position
      throw new MillraceError('CONFIG_SUBSTITUTION', message, { position: at, hint: 'write the whole list with =' })
    }
    const items = before === null ? [] : [...before.items]
    for (let index = first; index <= last; index++) {
      const added = this.layer(slot, index)
      if (added !== null) items.push(added)
    }
    return this.list(items, position)
  }

  private concatenation(raw: RawConcatenation): ConfigNode | null {
    const parts = raw.parts.map(({ value, blank }) => ({ value: this.value(value), blank, position: value.position }))
    const given = parts.filter((part) => part.value !== null)
    if (given.length === 0) return null
    const composite = given.find((part) => part.value?.kind === 'object' || part.value?.kind === 'list')
    if (composite?.value) return this.joinComposite(given, composite.value.kind, raw.position)
    const text = parts
      .map(({ value, blank }, index) => (index === 0 ? '' : blank) + (value === null ? '' : nodeText(value)))
      .join('')
    return this.measured({ kind: 'string', position: raw.position, value: text })
  }

  private joinComposite(
    parts: readonly { readonly value: ConfigNode | null; readonly position: SourcePosition }[],
    kind: string,
    position: SourcePosition,
  ): ConfigNode {
    let merged: ConfigObject | null = null
    const items: ConfigNode[] = []
    for (const part of parts) {
      const { value } = part
      if (value === null) continue
      if (value.kind !== kind) {
        const message = `cannot join ${nodeKindText(value)} and ${kind === 'object' ? 'an object' : 'a list'}`
        throw new MillraceError('CONFIG_SYNTAX', message, {
          position: part.position,
          hint: 'put a comma or a newline between them, or quote the whole text',
        })
      }
      if (value.kind === 'object') merged = merged === null ? value : this.merge(merged, value)
      if (value.kind === 'list') {
        this.steps += value.items.length
        for (const item of value.items) items.push(item)
      }
    }
    return merged === null ? this.list(items, position) : merged
  }

  private substitution(raw: RawSubstitution): ConfigNode | null {
    if (this.chain >= this.limits.chain) {
      const message = `more than ${this.limits.chain} substitutions lead to one another`
      throw new MillraceError('CONFIG_LIMIT', message, { position: raw.position, hint: EXPANSION_HINT })
    }
    const cutsBefore = this.cuts.length
    this.chain += 1
    const prefixed = raw.prefix.length === 0 ? null : this.lookup(this.root, [...raw.prefix, ...raw.path], 0)
    const found = prefixed ?? this.lookup(this.root, raw.path, 0) ?? this.external(raw.path.join('->'), raw.position)
    this.chain -= 1
    if (found !== null || raw.optional) return found
    const name = `\${${raw.path.join('->')}}`
    if (this.cuts.length > cutsBefore) {
      const hint = `give it a value before it is used, or write \${?…} when it may be absent`
      throw new MillraceError('CONFIG_SUBSTITUTION', `substitution '${name}' refers to itself`, {
        position: raw.position,
        hint,
      })
    }
    const hint = `set it with -i ${raw.path.join('->')}=…, as an environment variable, or as a key of the file`
    throw new MillraceError('CONFIG_SUBSTITUTION', `substitution not resolved: '${name}'`, {
      position: raw.position,
      hint,
    })
  }

  private lookup(object: RawObject, path: readonly string[], depth: number): ConfigNode | null {
    const slot = object.slots.get(path[depth] ?? '')
    if (slot === undefined) return null
    return depth === path.length - 1 ? this.slot(slot) : this.lookupInside(slot, path, depth + 1)
  }

  /** Looks through all values of a key without resolving the objects on the way, so that neighbours can refer to each other. */
  private lookupInside(slot: Slot, path: readonly string[], depth: number): ConfigNode | null {
    const busy = slot.active >= 0 && slot.layers[slot.active]?.kind !== 'raw-object'
    if (busy) this.cuts.push(slot)
    let merged: ConfigObject | null = null
    for (let index = (busy ? slot.active : slot.layers.length) - 1; index >= 0; index--) {
      const layer = slot.layers[index]
      if (layer?.kind === 'append') return merged
      let inner: ConfigNode | null
      if (layer?.kind === 'raw-object') inner = this.lookup(layer, path, depth)
      else {
        const whole = this.layer(slot, index)
        if (whole === null) continue
        if (whole.kind !== 'object') return merged
        inner = walk(whole, path, depth)
      }
      if (inner === null) continue
      if (inner.kind !== 'object') return merged ?? inner
      merged = merged === null ? inner : this.merge(inner, merged)
    }
    return merged
  }

  /** `upper` laid over `lower`: objects merge, anything else is replaced. */
  private merge(lower: ConfigObject, upper: ConfigObject): ConfigObject {
    this.steps += lower.entries.size + upper.entries.size
    const entries = new Map(lower.entries)
    const keyPositions = new Map(lower.keyPositions)
    for (const [key, value] of upper.entries) {
      const below = entries.get(key)
      entries.set(key, below?.kind === 'object' && value.kind === 'object' ? this.merge(below, value) : value)
      keyPositions.set(key, upper.keyPositions.get(key) ?? value.position)
    }
    return this.measured({ kind: 'object', position: upper.position, entries, keyPositions })
  }

  private extent(node: ConfigNode): Extent {
    if (node.kind === 'string') return { size: node.value.length + 1, depth: 0 }
    return this.extents.get(node) ?? SCALAR
  }

  /** Keeps the extent of a new value, and refuses one that is too large. */
  private measured<Node extends ConfigNode>(node: Node): Node {
    let size = node.kind === 'string' ? node.value.length : 1
    let depth = 0
    const children = node.kind === 'object' ? node.entries.values() : node.kind === 'list' ? node.items : []
    for (const child of children) {
      const extent = this.extent(child)
      size += extent.size
      depth = Math.max(depth, extent.depth + 1)
    }
    if (node.kind === 'object') for (const key of node.entries.keys()) size += key.length
    const { expandedCharacters } = this.limits
    if (size > expandedCharacters) throw limit(`expands to more than ${expandedCharacters} characters`, node.position)
    if (depth > this.limits.depth) throw limit(`is nested deeper than ${this.limits.depth} levels`, node.position)
    this.extents.set(node, { size, depth })
    return node
  }
}

type Composite = Exclude<Raw, { readonly kind: 'null' | 'boolean' | 'number' | 'string' }>

function isScalar(raw: Raw): raw is Exclude<Raw, Composite> {
  return raw.kind === 'string' || raw.kind === 'number' || raw.kind === 'boolean' || raw.kind === 'null'
}

function limit(what: string, position: SourcePosition): MillraceError {
  return new MillraceError('CONFIG_LIMIT', `the document ${what}`, { position, hint: EXPANSION_HINT })
}

function walk(object: ConfigObject, path: readonly string[], depth: number): ConfigNode | null {
  let node: ConfigNode = object
  for (const element of path.slice(depth)) {
    if (node.kind !== 'object') return null
    const next = node.entries.get(element)
    if (next === undefined) return null
    node = next
  }
  return node
}
