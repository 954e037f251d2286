import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { MillraceError } from '../../core/error.js'
import type { S3Answer, S3Client } from './client.js'
import { S3Fault } from './fault.js'
import { childrenOf, childText, escapeXml, type XmlElement } from './xml.js'

/** An object as a listing shows it. */
export interface S3Object {
  readonly key: string
  readonly sizeBytes: number
  readonly modifiedMs: number
}

/** An object's head. */
export interface S3Head {
  readonly sizeBytes: number
  readonly modifiedMs: number
  readonly etag: string | null
}

/** A part of an object that is being put together. */
export interface S3Part {
  readonly number: number
  readonly etag: string
}

/** Keys that one request deletes. */
const DELETE_BATCH = 1000
/** Pages of one listing; beyond, the service goes in circles. */
const PAGES_LIMIT = 100_000

/** The operations on one bucket that files need. Failures are those of {@link S3Client.send}. */
export class S3Bucket {
  readonly client: S3Client

  constructor(client: S3Client) {
    this.client = client
  }

  /** Objects whose keys begin with a prefix, in the order of their keys; those below a further `/` are left out unless it is deep. */
  async list(prefix: string, isDeep: boolean): Promise<readonly S3Object[]> {
    const objects: S3Object[] = []
    let token: string | null = null
    for (let page = 0; page < PAGES_LIMIT; page += 1) {
      const xml: XmlElement = await this.#page(prefix, isDeep, token, 1000)
      const decode = childText(xml, 'EncodingType') === 'url' ? decodeKey : (key: string) => key
      for (const entry of childrenOf(xml, 'Contents')) objects.push(objectOf(entry, decode))
      token = childText(xml, 'IsTruncated') === 'true' ? childText(xml, 'NextContinuationToken') : null
      if (token === null) return objects
    }
    throw new MillraceError('VALUE_TOO_LARGE', `the listing of '${prefix}' does not end`)
  }

  /** Whether there is any object whose key begins with a prefix. */
  async hasAny(prefix: string): Promise<boolean> {
    const xml = await this.#page(prefix, true, null, 1)
    return childrenOf(xml, 'Contents').length > 0
  }

  async #page(prefix: string, isDeep: boolean, token: string | null, most: number): Promise<XmlElement> {
    const query: Record<string, string> = { 'list-type': '2', 'encoding-type': 'url', 'max-keys': String(most), prefix }
    if (!isDeep) query.delimiter = '/'
    if (token !== null) query['continuation-token'] = token
    return elementOf(await this.client.send({ method: 'GET', key: '', query }), 'ListBucketResult')
  }

  /** `null` when there is no such object. */
  async head(key: string): Promise<S3Head | null> {
    try {
      const { headers } = await this.client.send({ method: 'HEAD', key })
      const modified = Date.parse(headers['last-modified'] ?? '')
      return {
        sizeBytes: Number(headers['content-length'] ?? 0),
        modifiedMs: Number.isNaN(modified) ? 0 : modified,
        etag: headers.etag ?? null,
      }
    } catch (thrown) {
      if (thrown instanceof S3Fault && thrown.isMissing) return null
      throw thrown
    }
  }

  /** The bytes of an object from `position` on while they come in; once, without a second try. */
  async openRange(key: string, position: number, length: number, etag: string | null): Promise<IncomingMessage> {
    const range = `bytes=${position}-${position + length - 1}`
    const headers = { range, ...(etag === null ? {} : { 'if-match': etag }) }
    return this.client.stream({ method: 'GET', key, headers })
  }

  async put(key: string, body: readonly Uint8Array[]): Promise<void> {
    await this.client.send({ method: 'PUT', key, body })
  }

  /** Copies an object of at most 5 GiB on the side of the service. */
  async copy(from: string, to: string): Promise<void> {
    await this.client.send({ method: 'PUT', key: to, headers: { 'x-amz-copy-source': this.#copySource(from) } })
  }

  /** Deletes objects; what is not there is no failure. */
  async delete(keys: readonly string[]): Promise<void> {
    const [first] = keys
    if (keys.length === 1 && first !== undefined) {
      await this.client.send({ method: 'DELETE', key: first })
      return
    }
    for (let at = 0; at < keys.length; at += DELETE_BATCH) await this.#deleteBatch(keys.slice(at, at + DELETE_BATCH))
  }

  async #deleteBatch(keys: readonly string[]): Promise<void> {
    const items = keys.map((key) => `<Object><Key>${escapeXml(key)}</Key></Object>`).join('')
    const body = Buffer.from(`<Delete><Quiet>true</Quiet>${items}</Delete>`)
    const md5 = createHash('md5').update(body).digest('base64')
    const headers = { 'content-md5': md5, 'content-type': 'application/xml' }
    const { xml } = await this.client.send({ method: 'POST', key: '', query: { delete: '' }, headers, body: [body] })
    const [failed] = xml === null ? [] : childrenOf(xml, 'Error')
    if (failed !== undefined) {
      const code = childText(failed, 'Code') ?? ''
      throw new S3Fault(403, code, `'${childText(failed, 'Key') ?? ''}' cannot be deleted (${code})`, null)
    }
  }

  /** Begins to put an object together; it is not visible before {@link completeUpload}. */
  async createUpload(key: string): Promise<string> {
    const answer = await this.client.send({ method: 'POST', key, query: { uploads: '' }, body: [] })
    const id = childText(elementOf(answer, 'InitiateMultipartUploadResult'), 'UploadId')
    if (id === null) throw new S3Fault(502, '', 'the service gave no id for an upload', null)
    return id
  }

  /** Every part but the last has at least 5 MiB. */
  async uploadPart(key: string, uploadId: string, number: number, body: readonly Uint8Array[]): Promise<S3Part> {
    const query = { partNumber: String(number), uploadId }
    const { headers } = await this.client.send({ method: 'PUT', key, query, body })
    return { number, etag: headers.etag ?? '' }
  }

  /** Takes a part from another object on the side of the service. */
  async copyPart(
    key: string,
    uploadId: string,
    number: number,
    source: { readonly key: string; readonly offset: number; readonly length: number },
  ): Promise<S3Part> {
    const headers = {
      'x-amz-copy-source': this.#copySource(source.key),
      'x-amz-copy-source-range': `bytes=${source.offset}-${source.offset + source.length - 1}`,
    }
    const query = { partNumber: String(number), uploadId }
    const answer = await this.client.send({ method: 'PUT', key, query, headers })
    return { number, etag: childText(elementOf(answer, 'CopyPartResult'), 'ETag') ?? '' }
  }

  /** Makes the object visible as a whole, in place of one with the same key. */
  async completeUpload(key: string, uploadId: string, parts: readonly S3Part[]): Promise<void> {
    const items = parts.map(
      ({ number, etag }) => `<Part><PartNumber>${number}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`,
    )
    const body = Buffer.from(`<CompleteMultipartUpload>${items.join('')}</CompleteMultipartUpload>`)
    const headers = { 'content-type': 'application/xml' }
    await this.client.send({ method: 'POST', key, query: { uploadId }, headers, body: [body] })
  }

  async abortUpload(key: string, uploadId: string): Promise<void> {
    await this.client.send({ method: 'DELETE', key, query: { uploadId } })
  }

  #copySource(key: string): string {
    return `/${this.client.settings.bucket}/${key.split('/').map(encodeURIComponent).join('/')}`
  }
}

function elementOf(answer: S3Answer, name: string): XmlElement {
  if (answer.xml?.name === name) return answer.xml
  throw new S3Fault(502, '', `the service's answer is no ${name}; is this the endpoint of an object store?`, null)
}

function objectOf(entry: XmlElement, decode: (key: string) => string): S3Object {
  const modified = Date.parse(childText(entry, 'LastModified') ?? '')
  return {
    key: decode(childText(entry, 'Key') ?? ''),
    sizeBytes: Number(childText(entry, 'Size') ?? 0),
    modifiedMs: Number.isNaN(modified) ? 0 : modified,
  }
}

function decodeKey(key: string): string {
  return decodeURIComponent(key.replaceAll('+', ' '))
}
