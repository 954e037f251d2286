import { createHash } from 'node:crypto'
import { MillraceError } from '../core/error.js'
import type { Json } from '../spi/json.js'
import { type CheckpointRecord, RECORD_VERSION, type RecordedLane, type RecordedPlugin } from './record.js'

/** First bytes of every record. */
const MAGIC = Buffer.from('MRCP')
/** Version of the bytes around the body. */
const LAYOUT_VERSION = 1
/**
 * Magic (4), layout version (2), record version (2), body length (8), SHA-256 of the body (32), the first bytes of the SHA-256 of all
 * these (8). Numbers are little-endian.
 */
const HEADER_BYTES = 56
const SEAL_AT = 48

/** A record as bytes: a header with checksums and a MessagePack body. */
export async function encodeRecord(record: CheckpointRecord): Promise<Uint8Array> {
  const body = (await packer()).pack(record)
  const header = Buffer.alloc(HEADER_BYTES)
  MAGIC.copy(header, 0)
  header.writeUInt16LE(LAYOUT_VERSION, 4)
  header.writeUInt16LE(record.version, 6)
  header.writeBigUInt64LE(BigInt(body.length), 8)
  sha256(body).copy(header, 16)
  sha256(header.subarray(0, SEAL_AT)).copy(header, SEAL_AT, 0, HEADER_BYTES - SEAL_AT)
  return Buffer.concat([header, body])
}

/**
 * @param name what the record is called in messages.
 * @throws MillraceError `CHECKPOINT_CORRUPT` when a byte is missing, added or wrong; `UNIMPLEMENTED` for a whole record of a later version.
 */
export async function decodeRecord(bytes: Uint8Array, name: string): Promise<CheckpointRecord> {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const corrupt = (reason: string): MillraceError => new MillraceError('CHECKPOINT_CORRUPT', `${name} ${reason}`)
  if (all.length < HEADER_BYTES) throw corrupt(`has '${all.length}' bytes, not even a header`)
  if (!all.subarray(0, 4).equals(MAGIC)) throw corrupt('is no checkpoint')
  const seal = sha256(all.subarray(0, SEAL_AT)).subarray(0, HEADER_BYTES - SEAL_AT)
  if (!seal.equals(all.subarray(SEAL_AT, HEADER_BYTES))) throw corrupt('has a damaged header')
  const [layout, version] = [all.readUInt16LE(4), all.readUInt16LE(6)]
  if (layout !== LAYOUT_VERSION || version < 1 || version > RECORD_VERSION) {
    const message = `${name} has version '${layout}.${version}', this program reads '${LAYOUT_VERSION}.1' to '${LAYOUT_VERSION}.${RECORD_VERSION}'`
    throw new MillraceError('UNIMPLEMENTED', message, { hint: 'restore it with the release that wrote it' })
  }
  const body = all.subarray(HEADER_BYTES)
  const length = all.readBigUInt64LE(8)
  if (BigInt(body.length) !== length) throw corrupt(`has '${body.length}' bytes of '${length}'`)
  if (!sha256(body).equals(all.subarray(16, SEAL_AT))) throw corrupt('does not match its checksum')
  const record: unknown = (await packer()).unpack(body)
  return version === 1 ? fromFirstVersion(record as FirstRecord) : (record as CheckpointRecord)
}

/** A record of version 1: what was delivered stands with the lane and is of its first split. */
interface FirstRecord extends Omit<CheckpointRecord, 'lanes' | 'gone' | 'parallelism'> {
  readonly lanes: readonly (RecordedLane & { readonly deliveredMorsels: number })[]
}

function fromFirstVersion(record: FirstRecord): CheckpointRecord {
  const lanes = record.lanes.map(({ deliveredMorsels, splits: [first, ...others], ...lane }): RecordedLane => {
    return { ...lane, splits: first === undefined ? [] : [{ ...first, deliveredMorsels }, ...others] }
  })
  const plugins = record.plugins.map((plugin) => ({ ...plugin, key: withoutJob(plugin.key, record.jobId) }))
  return { ...record, version: RECORD_VERSION, plugins, lanes, gone: [], parallelism: null }
}

/** Where files are staged stood with the job's id, which another job that goes on behind the record has not. */
function withoutJob(key: RecordedPlugin['key'], jobId: string): RecordedPlugin['key'] {
  const { tmp_path: folders } = key
  if (!Array.isArray(folders)) return key
  const shortened = folders.map((folder: Json) =>
    typeof folder === 'string' && folder.endsWith(jobId) ? folder.slice(0, -jobId.length) : folder,
  )
  return { ...key, tmp_path: shortened }
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}

/** Says how many bytes a value has in a record. */
export async function recordSizes(): Promise<(value: unknown) => number> {
  const { pack } = await packer()
  return (value) => pack(value).length
}

/** The package is loaded by jobs that keep records, and by nothing else. */
async function packer(): Promise<{ pack(value: unknown): Buffer; unpack(bytes: Uint8Array): unknown }> {
  const { Packr } = await import('msgpackr')
  return new Packr({ useRecords: false, moreTypes: false, int64AsType: 'number' })
}
