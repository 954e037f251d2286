import { createHash, randomBytes } from 'node:crypto'
import { asMillraceErrors, MillraceError } from '../core/error.js'
import { decodeRecord, encodeRecord } from './codec.js'
import type { CheckpointRecord } from './record.js'
import type { SavepointPlace } from './savepoint-place.js'

/** What a savepoint says of itself: the file that makes a folder one. */
interface Manifest {
  readonly format: typeof FORMAT
  readonly version: number
  readonly jobId: string
  readonly jobName: string
  readonly checkpointId: number
  readonly takenAtMs: number
  readonly record: { readonly name: string; readonly sizeBytes: number; readonly sha256: string }
}

const FORMAT = 'millrace-savepoint'
const VERSION = 1
/** As Flink calls it. */
const MANIFEST_NAME = '_metadata'
const RECORD_NAME = 'record'
/** More is no manifest of ours. */
const MANIFEST_LIMIT_BYTES = 64 * 1024

/**
 * Savepoints: each is a folder of its own with the record of a checkpoint whose sinks have all committed, and nothing else is needed to
 * go on behind it. The manifest is written last and removed first, so that half a savepoint is never taken for one.
 */
export class SavepointStore {
  readonly #places: readonly SavepointPlace[]
  readonly #defaultFolder: string
  readonly #newName: () => string

  /**
   * @param defaultFolder address of the folder of savepoints that name no other.
   * @param newName twelve hexadecimal digits that were never given before.
   */
  constructor(
    places: readonly SavepointPlace[],
    defaultFolder: string,
    newName: () => string = () => randomBytes(6).toString('hex'),
  ) {
    this.#places = places
    this.#defaultFolder = defaultFolder
    this.#newName = newName
  }

  /** Checks that savepoints may be written into a folder. @param directory `null` for the default one. @throws MillraceError `SAVEPOINT_LOCATION` */
  requireDirectory(directory: string | null): void {
    this.#find(directory ?? this.#defaultFolder)
  }

  /** The folder that an address names, as {@link write} tells it. @throws MillraceError `SAVEPOINT_LOCATION` */
  canonical(address: string): string {
    const { place, folder } = this.#find(address)
    return place.addressOf(folder)
  }

  /**
   * Writes a savepoint into a new folder; when this returns, it survives a loss of power.
   *
   * @returns its address.
   * @throws MillraceError `SAVEPOINT_LOCATION` when the directory may not be used, `CHECKPOINT_FAILED` when it cannot be written.
   */
  async write(directory: string | null, record: CheckpointRecord, takenAtMs: number): Promise<string> {
    const { place, folder: parent } = this.#find(directory ?? this.#defaultFolder)
    const folder = [parent, `savepoint-${shortId(record.jobId)}-${this.#newName()}`]
      .filter((part) => part !== '')
      .join('/')
    const bytes = await encodeRecord(record)
    const { jobId, jobName, checkpointId } = record
    const manifest: Manifest = {
      format: FORMAT,
      version: VERSION,
      jobId,
      jobName,
      checkpointId,
      takenAtMs,
      record: { name: RECORD_NAME, sizeBytes: bytes.length, sha256: sha256(bytes) },
    }
    try {
      await place.storage.put(folder, RECORD_NAME, bytes)
      await place.storage.put(folder, MANIFEST_NAME, Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`))
    } catch (thrown) {
      await this.#remove(place, folder).catch(() => undefined)
      throw thrown
    }
    return place.addressOf(folder)
  }

  /**
   * The record of a savepoint.
   *
   * @throws MillraceError `SAVEPOINT_LOCATION` when there is no savepoint or it may not be read, `CHECKPOINT_CORRUPT` when it is damaged,
   *   `CHECKPOINT_FAILED` when it cannot be read.
   */
  async read(address: string): Promise<CheckpointRecord> {
    const { place, folder } = this.#find(address)
    const { record: file } = await manifestOf(place, folder, address)
    const bytes = await place.storage.get(folder, file.name)
    const name = `the savepoint '${address}'`
    if (bytes === null) throw new MillraceError('CHECKPOINT_CORRUPT', `${name} has no record`)
    if (bytes.length !== file.sizeBytes || sha256(bytes) !== file.sha256)
      throw new MillraceError('CHECKPOINT_CORRUPT', `${name} does not match its manifest`)
    return decodeRecord(bytes, name)
  }

  /**
   * Removes a savepoint: the files that its manifest names, and its folder when nothing else is in it.
   *
   * @throws MillraceError `SAVEPOINT_LOCATION` when there is none or it may not be touched, `CHECKPOINT_FAILED` when it cannot be removed.
   */
  async dispose(address: string): Promise<void> {
    const { place, folder } = this.#find(address)
    await manifestOf(place, folder, address)
    await this.#remove(place, folder)
  }

  async #remove(place: SavepointPlace, folder: string): Promise<void> {
    await place.storage.remove(folder, MANIFEST_NAME)
    await place.storage.remove(folder, RECORD_NAME)
    // What somebody else put there stays, and its folder with it.
    await place.removeEmptyFolder(folder).catch(() => undefined)
  }

  /** @throws MillraceError `SAVEPOINT_LOCATION` */
  #find(address: string): { readonly place: SavepointPlace; readonly folder: string } {
    for (const place of this.#places) {
      const folder = place.folderOf(address)
      if (folder !== null) return { place, folder }
    }
    const message = `'${address.slice(0, 200)}' is no place for savepoints`
    throw new MillraceError('SAVEPOINT_LOCATION', message, { hint: 'use an absolute path, or a file:/// address' })
  }
}

/** @throws MillraceError `SAVEPOINT_LOCATION` when the folder is no savepoint. */
async function manifestOf({ storage }: SavepointPlace, folder: string, address: string): Promise<Manifest> {
  const none = new MillraceError('SAVEPOINT_LOCATION', `there is no savepoint at '${address.slice(0, 500)}'`, {
    hint: `a savepoint is a folder with a file '${MANIFEST_NAME}' that this program wrote`,
  })
  const files = await storage.list(folder).catch((cause: unknown) => {
    const reason = asMillraceErrors(cause)[0]?.message ?? ''
    throw new MillraceError('SAVEPOINT_LOCATION', `'${address.slice(0, 500)}' cannot be looked at: ${reason}`, {
      cause,
    })
  })
  const found = files.find(({ name }) => name === MANIFEST_NAME)
  if (found === undefined || found.sizeBytes > MANIFEST_LIMIT_BYTES) throw none
  const bytes = await storage.get(folder, MANIFEST_NAME)
  const manifest = bytes === null ? null : parsed(Buffer.from(bytes).toString('utf8'))
  if (manifest?.format !== FORMAT) throw none
  if (manifest.version === VERSION && manifest.record?.name === RECORD_NAME) return manifest as Manifest
  throw new MillraceError('SAVEPOINT_LOCATION', `the savepoint '${address.slice(0, 500)}' is of another version`, {
    hint: 'use it with the release that wrote it',
  })
}

function parsed(text: string): Partial<Manifest> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : null
  } catch {
    return null
  }
}

/** The first six hexadecimal digits of a job's number. */
function shortId(jobId: string): string {
  const digits = /^-?\d{1,19}$/.test(jobId)
    ? BigInt.asUintN(64, BigInt(jobId)).toString(16)
    : sha256(Buffer.from(jobId))
  return digits.padStart(16, '0').slice(0, 6)
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
