import { posix } from 'node:path'
import { type ErrorCode, MillraceError } from '../core/error.js'

/** The one spelling of a path on another machine; relative paths stay relative. */
export function normalizeRemotePath(path: string): string {
  const normal = posix.normalize(path)
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal
}

/**
 * Refuses paths that would mean something else to a server.
 *
 * @throws MillraceError `code` for line breaks and zero characters.
 */
export function checkRemotePath(code: ErrorCode, path: string): void {
  if (/[\r\n\0]/.test(path)) throw new MillraceError(code, 'a path must not contain a line break or a zero character')
}

/** The folder above a path; `null` above the first one. */
export function parentFolder(path: string): string | null {
  const parent = posix.dirname(path)
  return parent === path || parent === '.' || parent === '/' ? null : parent
}
