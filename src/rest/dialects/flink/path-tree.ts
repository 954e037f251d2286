import { decodePercent, NO_PARAMETERS } from '../../query.js'

/** What a path of the tree leads to, with its variable parts. */
export interface PathMatch<T> {
  readonly value: T
  readonly parameters: ReadonlyMap<string, string>
}

interface Branch<T> {
  readonly fixed: Map<string, Branch<T>>
  variable: { readonly name: string; readonly branch: Branch<T> } | null
  readonly methods: Map<string, T>
}

/** Finds routes by their segments; a fixed segment goes before a variable one. */
export class PathTree<T> {
  readonly #root: Branch<T> = newBranch()

  /** @param pattern segments behind slashes; `:name` stands for any one segment. @throws TypeError for a second route there. */
  add(method: string, pattern: string, value: T): void {
    let branch = this.#root
    for (const segment of segmentsOf(pattern))
      branch = segment.startsWith(':') ? into(branch, segment) : to(branch, segment)
    if (branch.methods.has(method)) throw new TypeError(`two routes for '${method} ${pattern}'`)
    branch.methods.set(method, value)
  }

  /** The route of a path, or `null`. Slashes at both ends do not count; an empty segment between others is no segment. */
  find(method: string, path: string): PathMatch<T> | null {
    const segments = segmentsOf(path)
    return search(this.#root, method, segments[0] === 'v1' ? segments.slice(1) : segments, 0, NO_PARAMETERS)
  }
}

function newBranch<T>(): Branch<T> {
  return { fixed: new Map(), variable: null, methods: new Map() }
}

function to<T>({ fixed }: Branch<T>, segment: string): Branch<T> {
  const known = fixed.get(segment) ?? newBranch<T>()
  fixed.set(segment, known)
  return known
}

function into<T>(branch: Branch<T>, segment: string): Branch<T> {
  const name = segment.slice(1)
  if (branch.variable !== null && branch.variable.name !== name)
    throw new TypeError(`one place of a path has two names: '${branch.variable.name}' and '${name}'`)
  branch.variable ??= { name, branch: newBranch() }
  return branch.variable.branch
}

function segmentsOf(path: string): readonly string[] {
  let [from, end] = [0, path.length]
  while (path[from] === '/') from += 1
  while (end > from && path[end - 1] === '/') end -= 1
  return from === end ? [] : path.slice(from, end).split('/')
}

function search<T>(
  branch: Branch<T>,
  method: string,
  segments: readonly string[],
  index: number,
  parameters: ReadonlyMap<string, string>,
): PathMatch<T> | null {
  const segment = segments[index]
  if (segment === undefined) {
    const value = branch.methods.get(method)
    return value === undefined ? null : { value, parameters }
  }
  const text = decodePercent(segment)
  // A slash that is hidden in an escape never belongs to a name.
  if (text === null || text.includes('/')) return null
  const fixed = branch.fixed.get(text)
  const found = fixed === undefined ? null : search(fixed, method, segments, index + 1, parameters)
  if (found !== null || branch.variable === null || text === '') return found
  const { name, branch: next } = branch.variable
  return search(next, method, segments, index + 1, new Map([...parameters, [name, text]]))
}
