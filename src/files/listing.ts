import { MillraceError } from '../core/error.js'
import { type FileEntry, type FileSystem, LIST_ALL, type ListOptions } from './file-system.js'

/** Which of the files under a path are read. */
export interface ListingFilter {
  /** Must match the whole file name, or the whole path. */
  readonly pattern: FilePattern | null
  /** Milliseconds since 1970, inclusive. */
  readonly modifiedStartMs: number | null
  /** Milliseconds since 1970, exclusive. */
  readonly modifiedEndMs: number | null
  /** `key=value` texts of which a path must contain one; empty for no such condition. */
  readonly partitions: readonly string[]
}

/** A pattern and what it is held against. */
export interface FilePattern {
  readonly expression: RegExp
  readonly isForPath: boolean
}

const SUCCESS_MARKER = '_SUCCESS'

/**
 * The files to read under a path, ordered by the bytes of their paths. Empty files, `_SUCCESS` and names that begin with a point
 * are left out.
 *
 * @throws MillraceError `FILE_LIST_FAILED` when there is nothing at the path or it cannot be looked at.
 * @source SeaTunnel `AbstractReadStrategy.getFileNamesByPath`
 */
export async function listFiles(
  fileSystem: FileSystem,
  path: string,
  filter: ListingFilter,
  options: ListOptions = LIST_ALL,
): Promise<readonly FileEntry[]> {
  const all = await fileSystem.list(path, options)
  return all.filter((entry) => isWanted(entry, path, filter)).sort((left, right) => compareBytes(left.path, right.path))
}

function isWanted(entry: FileEntry, root: string, filter: ListingFilter): boolean {
  const name = fileName(entry.path)
  if (entry.sizeBytes === 0 || name === SUCCESS_MARKER || name.startsWith('.') || isInHiddenFolder(entry.path, root)) {
    return false
  }
  const { pattern, modifiedStartMs, modifiedEndMs, partitions } = filter
  if (pattern !== null && !pattern.expression.test(pattern.isForPath ? entry.path : name)) return false
  if (modifiedStartMs !== null && entry.modifiedMs < modifiedStartMs) return false
  if (modifiedEndMs !== null && entry.modifiedMs >= modifiedEndMs) return false
  return partitions.length === 0 || partitions.some((partition) => entry.path.includes(partition))
}

/** Whether a folder between the root and the file has a name that begins with a point: staged files lie in such. */
function isInHiddenFolder(path: string, root: string): boolean {
  const below = path.startsWith(root) ? path.slice(root.length) : path
  return below
    .split('/')
    .slice(0, -1)
    .some((part) => part.startsWith('.'))
}

/** The part behind the last `/`. */
export function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/**
 * A pattern of a job file. One that begins with the path that is read is held against whole paths, others against names.
 *
 * @throws MillraceError `OPTION_INVALID` when it does not parse.
 * @source SeaTunnel `AbstractReadStrategy.filterFileByPattern`, with paths since 2.3.9
 */
export function filePattern(pattern: string, roots: readonly string[]): FilePattern {
  const isForPath = roots.some((root) => root !== '' && pattern.startsWith(root))
  return { expression: wholeNamePattern(pattern), isForPath }
}

/**
 * A pattern that must match a whole name.
 *
 * @throws MillraceError `OPTION_INVALID` when it does not parse.
 */
export function wholeNamePattern(pattern: string): RegExp {
  try {
    return new RegExp(`^(?:${pattern})$`, 'u')
  } catch {
    try {
      return new RegExp(`^(?:${pattern})$`)
    } catch (cause) {
      const message = `the pattern '${pattern}' does not parse: ${(cause as Error).message}`
      throw new MillraceError('OPTION_INVALID', message, { cause })
    }
  }
}

function compareBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right))
}
