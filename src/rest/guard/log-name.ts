import { constants, type FileHandle, open, realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { MillraceError } from '../../core/error.js'
import { decodePercent } from '../query.js'

/** Names of files that may be asked for: no folder, no hidden file, nothing that an escape could hide in. */
const SAFE_NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/

/**
 * The name of a file that a client asked for, decoded once.
 *
 * @param raw as it stands in the path.
 * @returns `null` for everything that is more than a plain name: separators, `..`, escapes that are still escapes, NUL, leading dots,
 * more than 200 characters.
 */
export function safeFileName(raw: string): string | null {
  const name = decodePercent(raw)
  return name !== null && SAFE_NAME.test(name) && !name.includes('..') ? name : null
}

/**
 * Opens a file of a folder for reading. Links are not followed, and the file is inside of the folder whatever its name says.
 *
 * @param raw the name as it stands in a request.
 * @returns `null` when there is no such file, or it is none that may be read.
 * @throws MillraceError `FILE_READ_FAILED` when the folder itself cannot be read.
 */
export async function openServedFile(folder: string, raw: string): Promise<FileHandle | null> {
  const name = safeFileName(raw)
  if (name === null) return null
  const root = await realpath(folder).catch((error: unknown) => {
    throw new MillraceError('FILE_READ_FAILED', `the folder '${folder}' cannot be read`, { cause: error })
  })
  const path = join(root, name)
  const resolved = await realpath(path).catch(() => null)
  if (resolved === null || !resolved.startsWith(root + sep)) return null
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => null)
  if (file === null) return null
  if ((await file.stat()).isFile()) return file
  await file.close()
  return null
}
