import { constants } from 'node:fs'
import { lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { LogFile } from '../api.js'

/** Names that are given out and written: nothing that could lead out of the folder. @source CVE-2026-40119 */
const SAFE_NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/

/** Names of log files, rolled ones too. */
const LOG_NAME = /\.log(?:\.\d{4}-\d{2}-\d{2}-\d{1,9})?$/

/** Whether a text may name a file of the log folder. */
export function isSafeLogName(name: string): boolean {
  return SAFE_NAME.test(name)
}

/** The folder of the log files, as the writer needs it. */
export interface LogDisk {
  /** Appends to a file, which is made when it is not there. */
  append(name: string, bytes: Uint8Array): Promise<void>
  /** `null` when there is no such file. */
  stat(name: string): Promise<LogFile | null>
  /** Names of log files in order, rolled ones too. */
  names(): Promise<readonly string[]>
  rename(from: string, to: string): Promise<void>
  /** Does nothing when there is no such file. */
  remove(name: string): Promise<void>
}

/** Nothing is followed or waited for: not a link, not a pipe. */
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** A folder of this machine. Files are opened for every append, so that any number of jobs holds no file open. */
export class FolderDisk implements LogDisk {
  readonly #folder: string
  #isMade = false

  constructor(folder: string) {
    this.#folder = folder
  }

  async append(name: string, bytes: Uint8Array): Promise<void> {
    if (!this.#isMade) await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    this.#isMade = true
    const file = await open(join(this.#folder, name), APPEND, 0o600).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') this.#isMade = false
      throw error
    })
    try {
      await file.writeFile(bytes)
    } finally {
      await file.close()
    }
  }

  async stat(name: string): Promise<LogFile | null> {
    if (!isSafeLogName(name)) return null
    try {
      const facts = await lstat(join(this.#folder, name))
      return facts.isFile() ? { name, sizeBytes: facts.size, modifiedAtMs: facts.mtimeMs } : null
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw error
    }
  }

  async names(): Promise<readonly string[]> {
    const names = await readdir(this.#folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return []
      throw error
    })
    return names.filter((name) => LOG_NAME.test(name)).sort()
  }

  async rename(from: string, to: string): Promise<void> {
    await rename(join(this.#folder, from), join(this.#folder, to))
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.#folder, name), { force: true })
  }
}

/** Files that are asked for at the same time: there may be thousands of jobs. */
const FILES_AT_ONCE = 32

/** The files of some names, as far as they are there, in the order of the names. */
export async function filesOf(disk: LogDisk, names: readonly string[]): Promise<readonly LogFile[]> {
  const files: LogFile[] = []
  for (let start = 0; start < names.length; start += FILES_AT_ONCE) {
    const some = await Promise.all(names.slice(start, start + FILES_AT_ONCE).map((name) => disk.stat(name)))
    files.push(...some.filter((file) => file !== null))
  }
  return files
}
