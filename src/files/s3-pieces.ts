import { retried } from '../protocols/retry.js'
import type { S3Bucket, S3Part } from '../protocols/s3/bucket.js'
import { isTransientS3Fault } from '../protocols/s3/client.js'
import { S3Fault } from '../protocols/s3/fault.js'
import type { WritableFile } from './file-system.js'

/** A piece of a file that is being written: one object. */
export interface S3Piece {
  readonly key: string
  readonly offset: number
  readonly length: number
}

/** Bytes that all writers of one thread hold back together. */
export interface PieceBudget {
  bufferedBytes: number
}

/** A writer sends a piece when it has so many bytes: few requests, and little to lose in a repeated one. */
const PIECE_BYTES = 8 * 1024 * 1024
/** Beyond this sum over all files a writer sends what it has. */
const BUDGET_BYTES = 64 * 1024 * 1024
/** Least size of every part of an object but the last. */
const LEAST_PART_BYTES = 5 * 1024 * 1024
/** Largest part that is copied on the side of the service with one request. */
const MOST_PART_BYTES = 1024 ** 3
const PARTS_LIMIT = 10_000
/** Digits of an offset in a key, so that the order of keys is that of offsets. */
const OFFSET_DIGITS = 15

/** What the keys of a file's pieces begin with. */
export function piecesPrefix(key: string): string {
  return `${key}.pieces/`
}

/** The pieces of a file in the order of their offsets; empty when it has none. */
export async function listPieces(bucket: S3Bucket, key: string): Promise<readonly S3Piece[]> {
  if (key === '') return []
  const prefix = piecesPrefix(key)
  const objects = await bucket.list(prefix, false)
  return objects
    .filter((object) => /^\d+$/.test(object.key.slice(prefix.length)))
    .map(({ key: pieceKey, sizeBytes }) => {
      return { key: pieceKey, offset: Number(pieceKey.slice(prefix.length)), length: sizeBytes }
    })
    .sort((left, right) => left.offset - right.offset)
}

/** Collects what is written side by side and sends it as pieces. Writing the same bytes again replaces the piece. */
export class S3PieceWriter implements WritableFile {
  readonly #bucket: S3Bucket
  readonly #key: string
  readonly #budget: PieceBudget
  readonly #attempt: <T>(step: () => Promise<T>) => Promise<T>
  #chunks: Uint8Array[] = []
  #offset = 0
  #length = 0
  #isEmptyFile = false

  constructor(bucket: S3Bucket, key: string, budget: PieceBudget, attempt: <T>(step: () => Promise<T>) => Promise<T>) {
    this.#bucket = bucket
    this.#key = key
    this.#budget = budget
    this.#attempt = attempt
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    if (bytes.length === 0) {
      this.#isEmptyFile = position === 0
      return
    }
    if (this.#length > 0 && position !== this.#offset + this.#length) await this.#send()
    if (this.#length === 0) this.#offset = position
    // The caller uses its memory again as soon as this write is over.
    this.#chunks.push(bytes.slice())
    this.#length += bytes.length
    this.#budget.bufferedBytes += bytes.length
    if (this.#length >= PIECE_BYTES || this.#budget.bufferedBytes > BUDGET_BYTES) await this.#send()
  }

  async sync(): Promise<void> {
    await this.#send()
    if (this.#isEmptyFile) await this.#attempt(() => this.#bucket.put(this.#pieceKey(0), []))
    this.#isEmptyFile = false
  }

  async close(): Promise<void> {
    await this.sync()
  }

  async #send(): Promise<void> {
    if (this.#length === 0) return
    const body = this.#chunks
    await this.#attempt(() => this.#bucket.put(this.#pieceKey(this.#offset), body))
    this.#budget.bufferedBytes -= this.#length
    this.#chunks = []
    this.#length = 0
    this.#isEmptyFile = false
  }

  #pieceKey(offset: number): string {
    return piecesPrefix(this.#key) + String(offset).padStart(OFFSET_DIGITS, '0')
  }
}

/**
 * Puts pieces together under a key, which shows the whole object or what was there before. Doing it again gives the same object.
 *
 * @throws Error when the pieces leave a gap; what the service says.
 */
export async function composeObject(bucket: S3Bucket, pieces: readonly S3Piece[], target: string): Promise<void> {
  const total = checkPieces(pieces)
  const [first] = pieces
  if (first !== undefined && pieces.length === 1 && total <= MOST_PART_BYTES) return bucket.copy(first.key, target)
  if (total <= PIECE_BYTES) {
    const bodies: Uint8Array[] = []
    for (const piece of pieces) bodies.push(await readRange(bucket, piece.key, 0, piece.length))
    return bucket.put(target, bodies)
  }
  await asUpload(bucket, target, total, (uploadId) => new Composer(bucket, target, uploadId, total).parts(pieces))
}

/** Copies an object that is too large for one request. */
export async function copyLargeObject(bucket: S3Bucket, key: string, sizeBytes: number, target: string): Promise<void> {
  await asUpload(bucket, target, sizeBytes, async (uploadId) => {
    return new Composer(bucket, target, uploadId, sizeBytes).parts([{ key, offset: 0, length: sizeBytes }])
  })
}

async function asUpload(
  bucket: S3Bucket,
  target: string,
  total: number,
  makeParts: (uploadId: string) => Promise<readonly S3Part[]>,
): Promise<void> {
  const uploadId = await bucket.createUpload(target)
  try {
    const parts = await makeParts(uploadId)
    await bucket.completeUpload(target, uploadId, parts)
  } catch (thrown) {
    // When the answer to the last request was lost, the repeated one finds no upload any more: the object tells what happened.
    const isGone = thrown instanceof S3Fault && thrown.code === 'NoSuchUpload'
    if (isGone && (await bucket.head(target))?.sizeBytes === total) return
    await bucket.abortUpload(target, uploadId).catch(() => undefined)
    throw thrown
  }
}

function checkPieces(pieces: readonly S3Piece[]): number {
  let end = 0
  for (const { offset, length } of pieces) {
    if (offset !== end) throw new Error(`what was written has a gap at byte '${end}'`)
    end = offset + length
  }
  return end
}

/** Makes parts: large pieces are copied on the side of the service, small ones are read and sent together. */
class Composer {
  readonly #bucket: S3Bucket
  readonly #target: string
  readonly #uploadId: string
  readonly #parts: S3Part[] = []
  readonly #partBytes: number
  /** Smaller pieces are sent together with what follows. */
  readonly #leastCopiedBytes: number
  #buffer: Uint8Array[] = []
  #bufferedBytes = 0
  /** Whether the service copies parts; some do not. */
  #canCopy = true

  constructor(bucket: S3Bucket, target: string, uploadId: string, total: number) {
    this.#bucket = bucket
    this.#target = target
    this.#uploadId = uploadId
    const isUsual = total <= (PARTS_LIMIT - 1) * LEAST_PART_BYTES
    this.#leastCopiedBytes = isUsual ? LEAST_PART_BYTES : Math.max(PIECE_BYTES, Math.ceil(total / (PARTS_LIMIT - 1)))
    this.#partBytes = Math.max(PIECE_BYTES, this.#leastCopiedBytes)
  }

  async parts(pieces: readonly S3Piece[]): Promise<readonly S3Part[]> {
    for (const piece of pieces) {
      for (let at = 0; at < piece.length; ) at += await this.#take(piece, at)
    }
    await this.#sendBuffer()
    return this.#parts
  }

  async #take(piece: S3Piece, at: number): Promise<number> {
    const left = piece.length - at
    if (this.#canCopy && this.#bufferedBytes === 0 && left >= this.#leastCopiedBytes) {
      const length = Math.min(left, MOST_PART_BYTES)
      if (await this.#copied(piece.key, at, length)) return length
    }
    const length = Math.min(left, this.#partBytes - this.#bufferedBytes)
    this.#buffer.push(await readRange(this.#bucket, piece.key, at, length))
    this.#bufferedBytes += length
    if (this.#bufferedBytes >= this.#partBytes) await this.#sendBuffer()
    return length
  }

  async #copied(key: string, offset: number, length: number): Promise<boolean> {
    const number = this.#parts.length + 1
    try {
      this.#parts.push(await this.#bucket.copyPart(this.#target, this.#uploadId, number, { key, offset, length }))
      return true
    } catch (thrown) {
      if (!(thrown instanceof S3Fault) || (thrown.status !== 501 && thrown.code !== 'NotImplemented')) throw thrown
      this.#canCopy = false
      return false
    }
  }

  async #sendBuffer(): Promise<void> {
    if (this.#bufferedBytes === 0) return
    const number = this.#parts.length + 1
    this.#parts.push(await this.#bucket.uploadPart(this.#target, this.#uploadId, number, this.#buffer))
    this.#buffer = []
    this.#bufferedBytes = 0
  }
}

async function readRange(bucket: S3Bucket, key: string, offset: number, length: number): Promise<Uint8Array> {
  if (length === 0) return new Uint8Array(0)
  return retried(bucket.client.policy, isTransientS3Fault, async () => {
    const bytes = new Uint8Array(length)
    let filled = 0
    for await (const chunk of await bucket.openRange(key, offset, length, null)) {
      bytes.set((chunk as Buffer).subarray(0, length - filled), filled)
      filled += (chunk as Buffer).length
    }
    if (filled === length) return bytes
    throw Object.assign(new Error(`'${key}' gave '${filled}' bytes of '${length}'`), { code: 'ECONNRESET' })
  })
}
