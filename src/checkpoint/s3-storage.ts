import { MillraceError } from '../core/error.js'
import type { S3Bucket } from '../protocols/s3/bucket.js'
import { S3Fault } from '../protocols/s3/fault.js'
import type { CheckpointStorage, StoredFile } from './storage.js'

/** Largest object that is read. */
const SIZE_LIMIT_BYTES = 1024 * 1024 * 1024

/** Objects of a bucket: a put shows the whole object or nothing, and is durable when it is answered. */
export class S3CheckpointStorage implements CheckpointStorage {
  readonly #bucket: S3Bucket
  readonly #prefix: string

  /** @param namespace what all keys begin with, as a folder. */
  constructor(bucket: S3Bucket, namespace: string) {
    this.#bucket = bucket
    const path = namespace.split('/').filter((segment) => segment !== '')
    this.#prefix = path.map((segment) => `${segment}/`).join('')
  }

  async put(folder: string, name: string, bytes: Uint8Array): Promise<void> {
    const key = this.#key(folder, name)
    await attempt('keeping', key, () => this.#bucket.put(key, [bytes]))
  }

  async get(folder: string, name: string): Promise<Uint8Array | null> {
    const key = this.#key(folder, name)
    return attempt('reading', key, async () => {
      const head = await this.#bucket.head(key)
      if (head === null) return null
      if (head.sizeBytes === 0) return new Uint8Array(0)
      if (head.sizeBytes > SIZE_LIMIT_BYTES) throw new Error(`it has '${head.sizeBytes}' bytes`)
      const chunks: Uint8Array[] = []
      for await (const chunk of await this.#bucket.openRange(key, 0, head.sizeBytes, head.etag)) chunks.push(chunk)
      const bytes = Buffer.concat(chunks)
      if (bytes.length !== head.sizeBytes) throw new Error('the connection ended early')
      return bytes
    })
  }

  async list(folder: string): Promise<readonly StoredFile[]> {
    const prefix = this.#key(folder, '')
    const objects = await attempt('listing', prefix, () => this.#bucket.list(prefix, false))
    return objects.map(({ key, sizeBytes }) => ({ name: key.slice(prefix.length), sizeBytes }))
  }

  async remove(folder: string, name: string): Promise<void> {
    const key = this.#key(folder, name)
    await attempt('removing', key, () => this.#bucket.delete([key]))
  }

  async removeFolder(folder: string): Promise<void> {
    const prefix = this.#key(folder, '')
    await attempt('removing', prefix, async () => {
      const keys = (await this.#bucket.list(prefix, true)).map(({ key }) => key)
      if (keys.length > 0) await this.#bucket.delete(keys)
    })
  }

  #key(folder: string, name: string): string {
    return `${this.#prefix}${folder}/${name}`
  }
}

async function attempt<T>(doing: string, key: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (thrown) {
    const hint = thrown instanceof S3Fault ? thrown.hint : null
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    throw new MillraceError('CHECKPOINT_FAILED', `${doing} '${key}' failed: ${message}`, {
      cause: thrown,
      hint: hint ?? 'check checkpoint.storage.plugin-config in seatunnel.yaml',
    })
  }
}
