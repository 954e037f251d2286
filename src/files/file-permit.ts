import { existsSync, realpathSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, resolve } from 'node:path'
import { type ErrorCode, MillraceError } from '../core/error.js'
import type { FilePolicy } from '../spi/context.js'

/** Folders of the kernel and the devices: what looks like a file there is none. Shared memory is an ordinary file system. */
const SPECIAL_ROOTS = ['/proc', '/sys', '/dev'] as const
const SHARED_MEMORY = '/dev/shm/'

/** Says which files of this machine may be used, links followed. */
export class FilePermit {
  /** Real paths of the folders that may be used, `null` for all, and of what may not. */
  readonly #roots: readonly string[] | null
  readonly #forbidden: readonly string[]
  /** Real path of the folder of files that came with the job; `null` for none. */
  readonly #packaged: string | null

  /** @param policy what may be read and written; `null` for everything. */
  constructor(policy: FilePolicy | null) {
    this.#roots = policy?.allowed?.map(realPath) ?? null
    this.#forbidden = policy?.forbidden.map(realPath) ?? []
    this.#packaged = policy?.packaged === undefined ? null : realPath(policy.packaged)
  }

  /** @param isWhole whether everything below the path is meant: then nothing forbidden may be there. @throws MillraceError with the code. */
  require(code: ErrorCode, path: string, isWhole = false): void {
    refuseSpecial(code, path)
    if (this.#roots === null && this.#forbidden.length === 0 && this.#packaged === null) return
    const real = realPath(path)
    if (this.#packaged !== null && isWithin(real, this.#packaged)) {
      if (code !== 'FILE_WRITE_FAILED') return
      throw new MillraceError(code, `'${path}' came with the job package, whose files are only read`, {
        hint: 'write to a path with a root',
      })
    }
    if (this.#forbidden.some((place) => isWithin(real, place) || (isWhole && isWithin(place, real)))) {
      throw new MillraceError(code, `'${path}' belongs to the node, and no job may use it`)
    }
    if (this.#roots === null || this.#roots.some((root) => isWithin(real, root))) return
    throw new MillraceError(code, `'${path}' is outside of the folders that jobs may use`, {
      hint: `use a path below ${this.#roots.join(' or ')}`,
    })
  }

  /** Whether a file belongs to the node. */
  isForbidden(path: string): boolean {
    if (this.#forbidden.length === 0) return false
    const real = realPath(path)
    if (this.#packaged !== null && isWithin(real, this.#packaged)) return false
    return this.#forbidden.some((place) => isWithin(real, place))
  }

  /** The file or folder that came with the job and is meant by a path without a root; `null` where there is none. */
  packaged(path: string): string | null {
    if (this.#packaged === null || isAbsolute(path)) return null
    const inside = resolve(this.#packaged, path)
    return isWithin(inside, this.#packaged) && existsSync(inside) ? inside : null
  }
}

/** Whether a path is a folder or in it; both without links. */
export function isWithin(path: string, folder: string): boolean {
  return folder === '/' || path === folder || path.startsWith(`${folder}/`)
}

/** Whether there is nothing at a path, or a file where a folder would have to be. */
export function isMissing(thrown: unknown): boolean {
  const { code } = thrown as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/** The path with every link in it followed; what does not exist yet is taken as written. */
export function realPath(path: string): string {
  const missing: string[] = []
  for (let existing = resolve(path); ; existing = dirname(existing)) {
    try {
      return join(realpathSync(existing), ...missing)
    } catch (thrown) {
      if (!isMissing(thrown) || existing === '/') return join(existing, ...missing)
      missing.unshift(basename(existing))
    }
  }
}

function refuseSpecial(code: ErrorCode, path: string): void {
  if (path.includes('\0')) throw new MillraceError(code, 'a path must not contain a zero character')
  const root = SPECIAL_ROOTS.find((special) => path === special || path.startsWith(`${special}/`))
  if (root === undefined || path.startsWith(SHARED_MEMORY)) return
  throw new MillraceError(code, `'${path}' is in '${root}', where no data files are`)
}
