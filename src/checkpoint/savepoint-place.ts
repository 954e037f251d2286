import { lstat, rmdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MillraceError } from '../core/error.js'
import { FilePermit, isWithin, realPath } from '../files/file-permit.js'
import type { FilePolicy } from '../spi/context.js'
import { LocalCheckpointStorage } from './local-storage.js'
import type { CheckpointStorage } from './storage.js'

/** A part of the world where savepoints can be: how its folders are named, and which of them may be used. */
export interface SavepointPlace {
  readonly storage: CheckpointStorage
  /**
   * The folder of the storage that an address names; `null` when the address is of another place.
   *
   * @throws MillraceError `SAVEPOINT_LOCATION` when it may not be used.
   */
  folderOf(address: string): string | null
  addressOf(folder: string): string
  /** Removes a folder in which nothing is left; one with something in it stays. */
  removeEmptyFolder(folder: string): Promise<void>
}

/** Folders of this machine: those below the node's own for savepoints, and those that a policy allows. Links out of them are refused. */
export class LocalSavepoints implements SavepointPlace {
  readonly storage: CheckpointStorage
  readonly #root: string | null
  readonly #permit: FilePermit

  /**
   * @param root the node's own folder of savepoints, whatever the policy says; `null` for none.
   * @param policy `null` for all folders.
   */
  constructor(
    root: string | null,
    policy: FilePolicy | null,
    storage: CheckpointStorage = new LocalCheckpointStorage('/'),
  ) {
    this.storage = storage
    this.#root = root
    this.#permit = new FilePermit(policy)
  }

  folderOf(address: string): string | null {
    const path = localPath(address)
    if (path === null) return null
    const real = realPath(path)
    if (this.#root === null || !isWithin(real, realPath(this.#root))) this.#permit.require('SAVEPOINT_LOCATION', path)
    return real.slice(1)
  }

  addressOf(folder: string): string {
    return `file:${encodeURI(`/${folder}`).replaceAll('?', '%3F').replaceAll('#', '%23')}`
  }

  async removeEmptyFolder(folder: string): Promise<void> {
    const path = join('/', folder)
    if ((await lstat(path)).isDirectory()) await rmdir(path)
  }
}

/** The path of `/…` and `file:/…`; `null` for other addresses. @throws MillraceError `SAVEPOINT_LOCATION` */
function localPath(address: string): string | null {
  if (address.includes('\0')) throw new MillraceError('SAVEPOINT_LOCATION', 'a path must not contain a zero character')
  if (address.startsWith('/')) return resolve(address)
  if (!/^file:/i.test(address)) return null
  try {
    return resolve(fileURLToPath(address))
  } catch (cause) {
    const hint = 'write it like file:///var/lib/savepoints'
    throw new MillraceError('SAVEPOINT_LOCATION', `'${address.slice(0, 200)}' is not the address of a folder`, {
      cause,
      hint,
    })
  }
}

/** Folders of a storage that has no others than the node's: a bucket, or memory. */
export class StoredSavepoints implements SavepointPlace {
  readonly storage: CheckpointStorage
  readonly #schemes: readonly string[]

  /** @param schemes what addresses begin with, for example `s3://bucket/`; the first is written, all are read. */
  constructor(storage: CheckpointStorage, schemes: readonly string[]) {
    this.storage = storage
    this.#schemes = schemes
  }

  folderOf(address: string): string | null {
    const scheme = this.#schemes.find((each) => address.startsWith(each) || `${address}/` === each)
    if (scheme === undefined) return null
    const segments = address
      .slice(scheme.length)
      .split('/')
      .filter((segment) => segment !== '')
    if (segments.some((segment) => segment === '.' || segment === '..' || segment.includes('\0'))) {
      throw new MillraceError('SAVEPOINT_LOCATION', `'${address.slice(0, 200)}' is not the address of a folder`)
    }
    return segments.join('/')
  }

  addressOf(folder: string): string {
    return `${this.#schemes[0] ?? ''}${folder}`
  }

  async removeEmptyFolder(): Promise<void> {
    // A folder is a part of names here: it is gone with the last of them.
  }
}
