import { constants, promises } from 'node:fs'
import { join } from 'node:path'
import { MillraceError } from '../core/error.js'
import type { CheckpointStorage, StoredFile } from './storage.js'

/** A file that is being written. */
export interface OpenFile {
  /** Writes as much as the system takes at once and gives the number of bytes. */
  write(bytes: Uint8Array): Promise<number>
  sync(): Promise<void>
  close(): Promise<void>
}

/** The calls of the system that a storage on the local disk makes. They reject with an error that has a `code`. */
export interface DiskCalls {
  /** Makes a folder with those above it; gives the first that was made, or `null`. */
  makeFolder(path: string): Promise<string | null>
  /** Creates a file, in place of one that is there. */
  create(path: string): Promise<OpenFile>
  rename(from: string, to: string): Promise<void>
  syncFolder(path: string): Promise<void>
  read(path: string): Promise<Uint8Array>
  /** The files of a folder. */
  list(path: string): Promise<readonly StoredFile[]>
  remove(path: string): Promise<void>
  removeTree(path: string): Promise<void>
}

/** Suffix of files that are not finished. */
const UNFINISHED = '.tmp'

/**
 * Files of the local disk. A file is written under another name, synced, renamed, and its folder synced: whenever power fails, the
 * old file or the new one is there, and once {@link put} has returned, the new one.
 */
export class LocalCheckpointStorage implements CheckpointStorage {
  readonly #root: string
  readonly #calls: DiskCalls

  /** @param root folder of everything; made when it is missing. */
  constructor(root: string, calls: DiskCalls = DISK) {
    this.#root = root
    this.#calls = calls
  }

  async put(folder: string, name: string, bytes: Uint8Array): Promise<void> {
    const path = join(this.#root, folder, name)
    await attempt('keeping', path, async () => {
      await this.#makeFolder(join(this.#root, folder))
      const unfinished = `${path}${UNFINISHED}`
      try {
        await this.#write(unfinished, bytes)
        await this.#calls.rename(unfinished, path)
      } catch (thrown) {
        await this.#calls.remove(unfinished).catch(() => undefined)
        throw thrown
      }
      await this.#calls.syncFolder(join(this.#root, folder))
    })
  }

  async #write(path: string, bytes: Uint8Array): Promise<void> {
    const file = await this.#calls.create(path)
    try {
      for (let written = 0; written < bytes.length; ) {
        const more = await file.write(bytes.subarray(written))
        if (more === 0) throw Object.assign(new Error('nothing was written'), { code: 'EIO' })
        written += more
      }
      await file.sync()
    } finally {
      await file.close()
    }
  }

  /** The names of new folders must survive too. */
  async #makeFolder(path: string): Promise<void> {
    const first = await this.#calls.makeFolder(path)
    if (first === null) return
    for (let made = path; made.length >= first.length; made = join(made, '..'))
      await this.#calls.syncFolder(join(made, '..'))
  }

  async get(folder: string, name: string): Promise<Uint8Array | null> {
    const path = join(this.#root, folder, name)
    return attempt('reading', path, () => orMissing(null, () => this.#calls.read(path)))
  }

  async list(folder: string): Promise<readonly StoredFile[]> {
    const path = join(this.#root, folder)
    const files = await attempt('listing', path, () => orMissing([], () => this.#calls.list(path)))
    return files.filter(({ name }) => !name.endsWith(UNFINISHED))
  }

  async remove(folder: string, name: string): Promise<void> {
    const path = join(this.#root, folder, name)
    await attempt('removing', path, () => orMissing(undefined, () => this.#calls.remove(path)))
  }

  async removeFolder(folder: string): Promise<void> {
    const path = join(this.#root, folder)
    await attempt('removing', path, () => this.#calls.removeTree(path))
  }
}

async function orMissing<T>(value: T, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (thrown) {
    // What is below a file is not there either.
    if (['ENOENT', 'ENOTDIR'].includes((thrown as NodeJS.ErrnoException).code ?? '')) return value
    throw thrown
  }
}

async function attempt<T>(doing: string, path: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (thrown) {
    const { code, message } = thrown as NodeJS.ErrnoException
    throw new MillraceError('CHECKPOINT_FAILED', `${doing} '${path}' failed: ${code ?? message}`, {
      cause: thrown,
      hint: 'check checkpoint.storage in seatunnel.yaml, the rights of its folder and the space on its disk',
    })
  }
}

/** The calls of the real system. */
export const DISK: DiskCalls = {
  makeFolder: async (path) => (await promises.mkdir(path, { recursive: true, mode: 0o700 })) ?? null,
  async create(path) {
    // What is there was left by a process that died, or was put there by somebody else: its rights are not ours.
    await promises.rm(path, { force: true })
    const file = await promises.open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
    return {
      write: async (bytes) => (await file.write(bytes)).bytesWritten,
      sync: () => file.sync(),
      close: () => file.close(),
    }
  },
  rename: (from, to) => promises.rename(from, to),
  async syncFolder(path) {
    const folder = await promises.open(path, constants.O_RDONLY)
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  },
  read: (path) => promises.readFile(path),
  async list(path) {
    const entries = await promises.readdir(path, { withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile())
    return Promise.all(
      files.map(async ({ name }) => ({ name, sizeBytes: (await promises.stat(join(path, name))).size })),
    )
  },
  remove: (path) => promises.unlink(path),
  removeTree: (path) => promises.rm(path, { recursive: true, force: true }),
}
