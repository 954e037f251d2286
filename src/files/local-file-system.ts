import {
  closeSync,
  constants,
  copyFileSync,
  type Dirent,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { FilePolicy } from '../spi/context.js'
import { attempt } from './attempt.js'
import { FilePermit, isMissing } from './file-permit.js'
import {
  type FileEntry,
  type FileStatus,
  type FileSystem,
  LIST_ALL,
  type ListOptions,
  type ReadableFile,
  type WritableFile,
} from './file-system.js'
import { LocalWritableFile } from './local-writable-file.js'
import { MORSEL_BYTES } from './morsel-size.js'

/**
 * Files of this machine. System calls are made on the calling thread: workers have nothing else to do meanwhile, and a detour
 * through the thread pool costs more than a cached read.
 */
export class LocalFileSystem implements FileSystem {
  readonly writeOrder = 'any'
  readonly morselBytes = MORSEL_BYTES
  readonly #permit: FilePermit

  /** @param policy what may be read and written; `null` for everything. */
  constructor(policy: FilePolicy | null = null) {
    this.#permit = new FilePermit(policy)
  }

  resolve(path: string): string {
    return this.#permit.packaged(path) ?? resolve(path)
  }

  async list(path: string, options: ListOptions = LIST_ALL): Promise<readonly FileEntry[]> {
    this.#permit.require('FILE_LIST_FAILED', path)
    return attempt('FILE_LIST_FAILED', 'listing', path, () => {
      const status = statSync(path)
      if (status.isFile()) return [fileEntry(path, status)]
      if (!status.isDirectory()) throw new Error('it is neither a file nor a folder')
      const entries: FileEntry[] = []
      listInto(path, entries, options.isRecursive)
      // What belongs to the node is not there for the job.
      return entries.filter((entry) => !this.#permit.isForbidden(entry.path))
    })
  }

  async stat(path: string): Promise<FileStatus | null> {
    this.#permit.require('FILE_READ_FAILED', path)
    return attempt('FILE_READ_FAILED', 'looking at', path, () => {
      const status = statIfThere(path)
      if (status === null) return null
      return { isDirectory: status.isDirectory(), sizeBytes: status.size, modifiedMs: status.mtimeMs }
    })
  }

  async openForReading(path: string): Promise<ReadableFile> {
    this.#permit.require('FILE_READ_FAILED', path)
    return attempt('FILE_READ_FAILED', 'opening', path, () => {
      const descriptor = openSync(path, constants.O_RDONLY)
      const status = fstatSync(descriptor)
      if (status.isFile()) return new LocalReadableFile(path, descriptor, status.size)
      closeSync(descriptor)
      throw new Error('it is not a regular file')
    })
  }

  async openForWriting(path: string): Promise<WritableFile> {
    this.#permit.require('FILE_WRITE_FAILED', path)
    return attempt('FILE_WRITE_FAILED', 'opening', path, () => {
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW
      return new LocalWritableFile(path, openMakingFolders(path, flags))
    })
  }

  async move(from: string, to: string): Promise<void> {
    this.#permit.require('FILE_WRITE_FAILED', from, true)
    this.#permit.require('FILE_WRITE_FAILED', to, true)
    return attempt('FILE_WRITE_FAILED', 'moving to', to, () => {
      const made = mkdirSync(dirname(to), { recursive: true })
      try {
        renameSync(from, to)
      } catch (thrown) {
        if ((thrown as NodeJS.ErrnoException).code !== 'EXDEV') throw thrown
        moveAcrossDevices(from, to)
      }
      for (let folder = dirname(to); made !== undefined && folder.length >= made.length; folder = dirname(folder)) {
        syncFolder(dirname(folder))
      }
      syncFolder(dirname(to))
    })
  }

  async syncFolders(paths: readonly string[]): Promise<void> {
    for (const path of paths) attempt('FILE_WRITE_FAILED', 'syncing', path, () => syncFolder(path))
  }

  async makeDirectory(path: string): Promise<void> {
    this.#permit.require('FILE_WRITE_FAILED', path)
    attempt('FILE_WRITE_FAILED', 'making folder', path, () => mkdirSync(path, { recursive: true }))
  }

  async deleteTree(path: string): Promise<void> {
    this.#permit.require('FILE_WRITE_FAILED', path, true)
    attempt('FILE_WRITE_FAILED', 'deleting', path, () => rmSync(path, { recursive: true, force: true }))
  }

  async close(): Promise<void> {}
}

class LocalReadableFile implements ReadableFile {
  readonly sizeBytes: number
  readonly #path: string
  readonly #descriptor: number

  constructor(path: string, descriptor: number, sizeBytes: number) {
    this.#path = path
    this.#descriptor = descriptor
    this.sizeBytes = sizeBytes
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    return attempt('FILE_READ_FAILED', 'reading', this.#path, () => {
      let filled = 0
      while (filled < target.length) {
        const read = readSync(this.#descriptor, target, filled, target.length - filled, position + filled)
        if (read === 0) break
        filled += read
      }
      return filled
    })
  }

  async close(): Promise<void> {
    closeSync(this.#descriptor)
  }
}

function listInto(folder: string, entries: FileEntry[], isRecursive: boolean): void {
  const found: Dirent[] = readdirSync(folder, { withFileTypes: true })
  for (const entry of found) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      if (isRecursive) listInto(path, entries, true)
      continue
    }
    // A link is followed to a file, never to a folder: links to folders can go in circles.
    const status = entry.isFile() || entry.isSymbolicLink() ? statSync(path, { throwIfNoEntry: false }) : undefined
    if (status?.isFile()) entries.push(fileEntry(path, status))
  }
}

function fileEntry(path: string, { size, mtimeMs, birthtimeMs }: Stats): FileEntry {
  // A file system without birth times gives zero or the time of the last change of the inode.
  const createdMs = birthtimeMs > 0 && birthtimeMs <= mtimeMs ? birthtimeMs : mtimeMs
  return { path, sizeBytes: size, modifiedMs: mtimeMs, createdMs }
}

function openMakingFolders(path: string, flags: number): number {
  try {
    return openSync(path, flags, 0o644)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown
    mkdirSync(dirname(path), { recursive: true })
    return openSync(path, flags, 0o644)
  }
}

/** Copies to a hidden name beside the target first, so that the target's own name never shows half a file. */
function moveAcrossDevices(from: string, to: string): void {
  const hidden = join(dirname(to), `.${basename(to)}.moving`)
  try {
    copyFileSync(from, hidden)
    const descriptor = openSync(hidden, constants.O_RDWR)
    try {
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(hidden, to)
  } catch (thrown) {
    rmSync(hidden, { force: true })
    throw thrown
  }
  rmSync(from, { force: true })
}

function syncFolder(path: string): void {
  const descriptor = openSync(path, constants.O_RDONLY)
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function statIfThere(path: string): Stats | null {
  try {
    return statSync(path)
  } catch (thrown) {
    if (isMissing(thrown)) return null
    throw thrown
  }
}
