import { posix } from 'node:path'
import { type ErrorCode, MillraceError } from '../core/error.js'
import { S3Bucket } from '../protocols/s3/bucket.js'
import { isTransientS3Fault, S3Client, type S3Settings } from '../protocols/s3/client.js'
import { S3Fault } from '../protocols/s3/fault.js'
import type { ByteChunks } from './byte-stream.js'
import {
  type FileEntry,
  type FileStatus,
  type FileSystem,
  LIST_ALL,
  type ListOptions,
  type ReadableFile,
  type WritableFile,
} from './file-system.js'
import { MORSEL_BYTES } from './morsel-size.js'
import { type RemoteReason, remoteFault, socketReason } from './remote-fault.js'
import { checkRemotePath } from './remote-path.js'
import {
  composeObject,
  copyLargeObject,
  listPieces,
  type PieceBudget,
  piecesPrefix,
  S3PieceWriter,
} from './s3-pieces.js'
import { StreamedFile } from './streamed-file.js'

/** Objects up to this size are copied with one request. */
const COPY_LIMIT_BYTES = 5 * 1024 ** 3

/**
 * Objects of one bucket as files. Folders are what stands in keys in front of a `/`; an empty object whose key ends with `/`
 * marks an empty one.
 *
 * An object cannot be written in pieces by several workers. A file that is being written is therefore a set of objects, one per
 * piece, named by offset below `<key>.pieces/`; `move` puts them together under the target's key, mostly on the side of the
 * service, and the target is visible as a whole or not at all.
 */
export class S3FileSystem implements FileSystem {
  readonly writeOrder = 'any'
  readonly morselBytes = MORSEL_BYTES
  readonly #bucket: S3Bucket
  readonly #budget: PieceBudget = { bufferedBytes: 0 }

  constructor(settings: S3Settings) {
    this.#bucket = new S3Bucket(new S3Client(settings))
  }

  resolve(path: string): string {
    const { bucket } = this.#bucket.client.settings
    const inBucket = /^s3[an]?:\/\/([^/]+)(\/.*)?$/.exec(path)
    return posix.resolve('/', inBucket?.[1] === bucket ? (inBucket[2] ?? '/') : path)
  }

  async list(path: string, { isRecursive }: ListOptions = LIST_ALL): Promise<readonly FileEntry[]> {
    return this.#attempt('FILE_LIST_FAILED', 'listing', path, async () => {
      const key = keyOf(path)
      const below = await this.#bucket.list(folderPrefix(key), isRecursive)
      if (below.length > 0) return below.filter((object) => !object.key.endsWith('/')).map(entryOf)
      const own = key === '' ? null : await this.#bucket.head(key)
      if (own !== null) return [{ path, sizeBytes: own.sizeBytes, modifiedMs: own.modifiedMs }]
      if (key === '') return []
      throw new MillraceError('FILE_LIST_FAILED', `there is nothing at '${this.#where(path)}'`, {
        hint: "check 'bucket' and 'path'",
      })
    })
  }

  async stat(path: string): Promise<FileStatus | null> {
    return this.#attempt('FILE_READ_FAILED', 'looking at', path, async () => {
      const key = keyOf(path)
      const own = key === '' ? null : await this.#bucket.head(key)
      if (own !== null) return { isDirectory: false, sizeBytes: own.sizeBytes, modifiedMs: own.modifiedMs }
      if (await this.#bucket.hasAny(folderPrefix(key))) return { isDirectory: true, sizeBytes: 0, modifiedMs: 0 }
      const pieces = await listPieces(this.#bucket, key)
      const last = pieces.at(-1)
      return last === undefined ? null : { isDirectory: false, sizeBytes: last.offset + last.length, modifiedMs: 0 }
    })
  }

  async openForReading(path: string, sizeBytes?: number): Promise<ReadableFile> {
    return this.#attempt('FILE_READ_FAILED', 'opening', path, async () => {
      const key = keyOf(path)
      if (sizeBytes !== undefined) return this.#streamed(path, key, sizeBytes, null)
      const head = await this.#bucket.head(key)
      if (head === null) {
        throw new MillraceError('FILE_READ_FAILED', `there is no file '${this.#where(path)}'`)
      }
      return this.#streamed(path, key, head.sizeBytes, head.etag)
    })
  }

  async openForWriting(path: string): Promise<WritableFile> {
    return this.#attempt('FILE_WRITE_FAILED', 'opening', path, async () => {
      const attempt = <T>(step: () => Promise<T>): Promise<T> =>
        this.#attempt('FILE_WRITE_FAILED', 'writing', path, step)
      return new S3PieceWriter(this.#bucket, keyOf(path), this.#budget, attempt)
    })
  }

  async move(from: string, to: string): Promise<void> {
    return this.#attempt('FILE_WRITE_FAILED', 'moving to', to, async () => {
      const [source, target] = [keyOf(from), keyOf(to)]
      const pieces = await listPieces(this.#bucket, source)
      if (pieces.length > 0) {
        await composeObject(this.#bucket, pieces, target)
        await this.#bucket.delete(pieces.map((piece) => piece.key))
        return
      }
      const head = await this.#bucket.head(source)
      if (head === null) throw new MillraceError('FILE_WRITE_FAILED', `there is no file '${this.#where(from)}'`)
      if (head.sizeBytes <= COPY_LIMIT_BYTES) await this.#bucket.copy(source, target)
      else await copyLargeObject(this.#bucket, source, head.sizeBytes, target)
      await this.#bucket.delete([source])
    })
  }

  async makeDirectory(path: string): Promise<void> {
    return this.#attempt('FILE_WRITE_FAILED', 'making folder', path, async () => {
      const key = keyOf(path)
      if (key !== '') await this.#bucket.put(`${key}/`, [])
    })
  }

  async deleteTree(path: string): Promise<void> {
    return this.#attempt('FILE_WRITE_FAILED', 'deleting', path, async () => {
      const key = keyOf(path)
      const keys = (await this.#bucket.list(folderPrefix(key), true)).map((object) => object.key)
      const pieces = key === '' ? [] : (await this.#bucket.list(piecesPrefix(key), true)).map((object) => object.key)
      const own = key !== '' && (await this.#bucket.head(key)) !== null ? [key] : []
      const all = [...keys, ...pieces, ...own]
      if (all.length > 0) await this.#bucket.delete(all)
    })
  }

  async close(): Promise<void> {
    this.#bucket.client.close()
  }

  #streamed(path: string, key: string, sizeBytes: number, knownTag: string | null): ReadableFile {
    let etag = knownTag
    return new StreamedFile({
      sizeBytes,
      policy: this.#bucket.client.policy,
      isTransient: isTransientS3Fault,
      fault: (thrown) => this.#fault('FILE_READ_FAILED', 'reading', path, thrown),
      open: async (position, length): Promise<ByteChunks> => {
        const response = await this.#bucket.openRange(key, position, length, etag)
        etag ??= response.headers.etag ?? null
        const total = /\/(\d+)$/.exec(response.headers['content-range'] ?? '')?.[1]
        const isWhole = response.statusCode === 200 && position === 0 && length === sizeBytes
        if (!isWhole && Number(total) !== sizeBytes) {
          response.destroy()
          throw new Error(total === undefined ? 'the service gives no byte ranges' : 'it changed while it was read')
        }
        return response as ByteChunks
      },
    })
  }

  #where(path: string): string {
    return `s3a://${this.#bucket.client.settings.bucket}${path}`
  }

  async #attempt<T>(code: ErrorCode, doing: string, path: string, step: () => Promise<T>): Promise<T> {
    checkRemotePath(code, path)
    try {
      return await step()
    } catch (thrown) {
      throw this.#fault(code, doing, path, thrown)
    }
  }

  #fault(code: ErrorCode, doing: string, path: string, thrown: unknown): MillraceError {
    const { endpoint } = this.#bucket.client.settings
    return remoteFault(code, doing, this.#where(path), thrown, (cause): RemoteReason => {
      if (!(cause instanceof S3Fault)) return socketReason(cause, endpoint)
      if (cause.status === 412) return { reason: 'it changed while it was read' }
      return { reason: `'${endpoint}' answers: ${cause.message}`, hint: cause.hint }
    })
  }
}

function keyOf(path: string): string {
  return path.replace(/^\/+/, '')
}

function folderPrefix(key: string): string {
  return key === '' ? '' : `${key}/`
}

function entryOf(object: { readonly key: string; readonly sizeBytes: number; readonly modifiedMs: number }): FileEntry {
  return { path: `/${object.key}`, sizeBytes: object.sizeBytes, modifiedMs: object.modifiedMs }
}
