/** Members and their kinds, by place; elements of a list are taken together. */
function shapeOf(value: unknown, place = '', found = new Map<string, Set<string>>()): Map<string, Set<string>> {
  const kind = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
  found.set(place, (found.get(place) ?? new Set()).add(kind))
  if (Array.isArray(value)) for (const each of value) shapeOf(each, `${place}[]`, found)
  else if (kind === 'object')
    for (const [name, each] of Object.entries(value as object)) shapeOf(each, `${place}.${name}`, found)
  return found
}

/** Kinds that one place may have at different moments. */
const ALIKE = new Set(['null', 'number,string', 'array'])

/**
 * Where two JSON values have other members, or members of other kinds.
 *
 * @param read what a client made of an answer.
 * @param raw the answer.
 */
export function shapeDifferences(read: unknown, raw: unknown): readonly string[] {
  const [left, right] = [shapeOf(read), shapeOf(raw)]
  const places = new Set([...left.keys(), ...right.keys()])
  // Of what is null at one moment and an object at another there is nothing to compare.
  const isOpen = (place: string) => {
    const parts = [...place.matchAll(/\.|\[/g)].map(({ index }) => place.slice(0, index))
    return !parts.some((outer) => left.get(outer)?.has('null') === true || right.get(outer)?.has('null') === true)
  }
  return [...places].filter(isOpen).flatMap((place) => {
    const [ours, theirs] = [right.get(place), left.get(place)]
    if (ours === undefined) return [`${place} is missing`]
    if (theirs === undefined) return [`${place} is not known to the client`]
    const kinds = [[...ours].toSorted().join(), [...theirs].toSorted().join()]
    if (kinds[0] === kinds[1] || kinds.some((each) => ALIKE.has(each))) return []
    return [`${place} is ${kinds[0]}, the client has ${kinds[1]}`]
  })
}
