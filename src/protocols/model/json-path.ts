import { MillraceError } from '../../core/error.js'

/** One step of a path: a member, an item, all of them, or everything below. */
type Step =
  | { readonly kind: 'member'; readonly name: string }
  | { readonly kind: 'item'; readonly index: number }
  | { readonly kind: 'all' }
  | { readonly kind: 'below' }

const STEP = /\.\.|\.?\[\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(-?\d+)|(\*))\s*\]|\.(\*)|\.?([^.[\]\s*'"]+)/y

/**
 * A JSONPath of members, items, `*` and `..`; filters, slices and functions are not there.
 *
 * Like the original, a path that can lead to one place only gives the value there, and one with `*` or `..` a list.
 *
 * @source Jayway JsonPath: definite and indefinite paths
 */
export class JsonPath {
  readonly text: string
  readonly #steps: readonly Step[]

  /** @throws MillraceError `OPTION_INVALID` for a text that is no such path. */
  constructor(text: string) {
    this.text = text
    this.#steps = parse(text)
  }

  /** What the path leads to; `undefined` when a definite path leads nowhere. */
  read(value: unknown): unknown {
    const isDefinite = this.#steps.every((step) => step.kind === 'member' || step.kind === 'item')
    const found = this.#steps.reduce<readonly unknown[]>(
      (values, step) => values.flatMap((each) => follow(each, step)),
      [value],
    )
    return isDefinite ? found[0] : found
  }
}

function parse(text: string): readonly Step[] {
  const path = text.trim()
  const steps: Step[] = []
  STEP.lastIndex = path.startsWith('$') ? 1 : 0
  while (STEP.lastIndex < path.length) {
    const found = STEP.exec(path)
    if (found === null) throw invalid(text)
    const quoted = found[1] ?? found[2]
    if (quoted !== undefined) steps.push({ kind: 'member', name: quoted.replace(/\\(.)/g, '$1') })
    else if (found[3] !== undefined) steps.push({ kind: 'item', index: Number(found[3]) })
    else if (found[4] !== undefined || found[5] !== undefined) steps.push({ kind: 'all' })
    else if (found[6] !== undefined) steps.push({ kind: 'member', name: found[6] })
    else steps.push({ kind: 'below' })
    if (STEP.lastIndex === 0) throw invalid(text)
  }
  return steps
}

function invalid(text: string): MillraceError {
  return new MillraceError('OPTION_INVALID', `'${text}' is not a JSONPath that is known here`, {
    hint: "members, items, '*' and '..' are: $.choices[*].message.content",
  })
}

function follow(value: unknown, step: Step): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return step.kind === 'below' ? [value] : []
  switch (step.kind) {
    case 'member':
      return !Array.isArray(value) && Object.hasOwn(value, step.name) ? [Reflect.get(value, step.name)] : []
    case 'item': {
      const item = Array.isArray(value) ? (value.at(step.index) as unknown) : undefined
      return item === undefined ? [] : [item]
    }
    case 'all':
      return Object.values(value)
    case 'below':
      return [value, ...Object.values(value).flatMap((child) => follow(child, step))]
  }
}
