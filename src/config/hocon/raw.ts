import type { SourcePosition } from '../../core/error.js'
import type { ConfigBoolean, ConfigNull, ConfigNumber, ConfigString } from '../document.js'

/** A value before substitution. */
export type Raw =
  | ConfigNull
  | ConfigBoolean
  | ConfigNumber
  | ConfigString
  | RawObject
  | RawList
  | RawConcatenation
  | RawSubstitution
  | RawAppend

/** An object whose repeated keys are not settled yet. */
export interface RawObject {
  readonly kind: 'raw-object'
  readonly position: SourcePosition
  readonly slots: Map<string, Slot>
}

/** All values that one key was given, earliest first. */
export interface Slot {
  position: SourcePosition
  readonly layers: Raw[]
  /** Index of the layer that is being resolved, or -1. */
  active: number
}

/** A list. */
export interface RawList {
  readonly kind: 'raw-list'
  readonly position: SourcePosition
  readonly items: readonly Raw[]
}

/** Values side by side on one line. */
export interface RawConcatenation {
  readonly kind: 'concatenation'
  readonly position: SourcePosition
  readonly parts: readonly { readonly value: Raw; readonly blank: string }[]
}

/** `${path}` or `${?path}`. */
export interface RawSubstitution {
  readonly kind: 'substitution'
  readonly position: SourcePosition
  readonly path: readonly string[]
  readonly optional: boolean
  /** Path of the object that an include put the text into; looked up there first. */
  readonly prefix: readonly string[]
}

/** `key += value`. */
export interface RawAppend {
  readonly kind: 'append'
  readonly position: SourcePosition
  readonly value: Raw
}

/** An empty object. */
export function rawObject(position: SourcePosition): RawObject {
  return { kind: 'raw-object', position, slots: new Map() }
}

/** Gives a key one more value. Objects next to each other merge at once; `${base} {…}` becomes two values that merge later. */
export function addLayer(object: RawObject, key: string, position: SourcePosition, value: Raw): void {
  let slot = object.slots.get(key)
  if (slot === undefined) {
    slot = { position, layers: [], active: -1 }
    object.slots.set(key, slot)
  }
  slot.position = position
  for (const layer of layersOf(value)) {
    const last = slot.layers.at(-1)
    if (last?.kind === 'raw-object' && layer.kind === 'raw-object') mergeRaw(last, layer)
    else slot.layers.push(layer)
  }
}

/** Adds all keys of one object to another. */
export function mergeRaw(target: RawObject, source: RawObject): void {
  for (const [key, slot] of source.slots) {
    for (const layer of slot.layers) addLayer(target, key, slot.position, layer)
  }
}

function layersOf(value: Raw): readonly Raw[] {
  if (value.kind !== 'concatenation') return [value]
  const parts = value.parts.map((part) => part.value)
  const objects = parts.filter((part) => part.kind === 'raw-object').length
  const mergeable = parts.every((part) => part.kind === 'raw-object' || part.kind === 'substitution')
  return mergeable && objects > 0 && objects < parts.length ? parts : [value]
}
