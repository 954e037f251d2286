import { createHash } from 'node:crypto'
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import type { AwsV4Signer } from 'aws4fetch'
import { MillraceError } from '../../core/error.js'
import { guardedLookup, refuseForbiddenHost } from '../egress.js'
import { isTransientSocketFault, type RetryPolicy, retried, retryPolicy } from '../retry.js'
import { S3Fault } from './fault.js'
import { parseXml, type XmlElement } from './xml.js'

/** Where a bucket is and how it is reached. Plain data. */
export type S3Settings = {
  /** `http://host:port` or `https://host`, without a path. */
  readonly endpoint: string
  readonly region: string
  readonly bucket: string
  /** Whether the bucket is the first part of the path instead of a part of the host. */
  readonly isPathStyle: boolean
  /** `null` for requests without a signature. */
  readonly credentials: S3Credentials | null
  /** Milliseconds without a byte from the service after which a request is given up. */
  readonly timeoutMs: number
  /** Tries of one request in all. */
  readonly attempts: number
}

/** A key pair, with the token of a temporary one. */
export type S3Credentials = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | null
}

/** One request to a bucket. */
export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  /** Without a leading `/`; empty for the bucket itself. */
  readonly key: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: readonly Uint8Array[]
}

/** An answer that was read to its end. */
export interface S3Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  /** Root element of the body; `null` for a body that is no XML, or none. */
  readonly xml: XmlElement | null
}

/** Largest answer that is read into memory: a page of a listing has about 1 MiB. */
const ANSWER_LIMIT_BYTES = 32 * 1024 * 1024
/** Hash of no bytes. */
const EMPTY_SHA256 = createHash('sha256').digest('hex')
/** Open connections of one thread. */
const SOCKETS = 32

/** Signs and sends requests to one bucket, and repeats those that fail in passing. */
export class S3Client {
  readonly settings: S3Settings
  readonly policy: RetryPolicy
  readonly #agent: HttpAgent | HttpsAgent
  readonly #isSecure: boolean
  #region: string
  #signer: Promise<typeof AwsV4Signer> | null = null

  constructor(settings: S3Settings) {
    this.settings = settings
    this.policy = retryPolicy(settings.attempts)
    this.#region = settings.region
    this.#isSecure = settings.endpoint.startsWith('https:')
    const agentOptions = { keepAlive: true, maxSockets: SOCKETS, scheduling: 'lifo' } as const
    this.#agent = this.#isSecure ? new HttpsAgent(agentOptions) : new HttpAgent(agentOptions)
  }

  /**
   * Sends a request and reads its answer.
   *
   * @throws S3Fault for an answer that is a failure, `MillraceError EGRESS_DENIED`, and what the socket says.
   */
  async send(request: S3Request): Promise<S3Answer> {
    return retried(this.policy, isTransientS3Fault, async () => {
      const response = await this.stream(request)
      const bytes = await readAll(response)
      const xml = bytes.length === 0 ? null : parseXml(bytes.toString('utf8'))
      // Long-running steps answer 200 at once and report a failure in the body.
      if (xml?.name === 'Error') throw S3Fault.of(500, xml, response.headers)
      return { status: response.statusCode ?? 0, headers: response.headers, xml }
    })
  }

  /**
   * Sends a request once and gives its answer while it comes in. Whoever gets it reads or destroys it.
   *
   * @throws as {@link send}.
   */
  async stream(request: S3Request): Promise<IncomingMessage> {
    const response = await this.#exchange(request)
    const status = response.statusCode ?? 0
    if (status >= 200 && status < 300) return response
    const bytes = await readAll(response)
    const fault = S3Fault.of(status, bytes.length === 0 ? null : parseXml(bytes.toString('utf8')), response.headers)
    // A bucket of another region says so; the signature is then made for that one.
    if (fault.region === null || fault.region === this.#region) throw fault
    this.#region = fault.region
    return this.stream(request)
  }

  /** Ends idle connections. */
  close(): void {
    this.#agent.destroy()
  }

  async #exchange(request: S3Request): Promise<IncomingMessage> {
    const url = this.#url(request)
    refuseForbiddenHost(url.hostname)
    const headers = await this.#signedHeaders(request, url)
    const { timeoutMs } = this.settings
    return new Promise((resolve, reject) => {
      const send = this.#isSecure ? requestHttps : requestHttp
      const outgoing = send(url, {
        method: request.method,
        headers,
        agent: this.#agent,
        lookup: guardedLookup,
        timeout: timeoutMs,
      })
      outgoing.on('response', resolve)
      outgoing.on('error', reject)
      outgoing.on('timeout', () => {
        const message = `no answer within ${timeoutMs} ms`
        outgoing.destroy(Object.assign(new Error(message), { code: 'ETIMEDOUT' }))
      })
      for (const chunk of request.body ?? []) outgoing.write(chunk)
      outgoing.end()
    })
  }

  #url({ key, query }: S3Request): URL {
    const { endpoint, bucket, isPathStyle } = this.settings
    const path = key.split('/').map(encodeSegment).join('/')
    const url = new URL(endpoint)
    if (isPathStyle) url.pathname = key === '' ? `/${bucket}` : `/${bucket}/${path}`
    else {
      url.hostname = `${bucket}.${url.hostname}`
      url.pathname = `/${path}`
    }
    const pairs = Object.entries(query ?? {}).map(([name, value]) => `${encodeSegment(name)}=${encodeSegment(value)}`)
    url.search = pairs.join('&')
    return url
  }

  async #signedHeaders(request: S3Request, url: URL): Promise<Record<string, string>> {
    const { credentials } = this.settings
    const body = request.body ?? []
    const length = body.reduce((sum, chunk) => sum + chunk.length, 0)
    const headers: Record<string, string> = { ...request.headers }
    if (request.body !== undefined || request.method === 'PUT' || request.method === 'POST') {
      headers['content-length'] = String(length)
    }
    if (credentials === null) return headers
    this.#signer ??= import('aws4fetch').then((module) => module.AwsV4Signer)
    const Signer = await this.#signer
    const signer = new Signer({
      method: request.method,
      url: url.href,
      headers: { ...headers, 'x-amz-content-sha256': sha256(body) },
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: credentials.secretAccessKey,
      ...(credentials.sessionToken === null ? {} : { sessionToken: credentials.sessionToken }),
      service: 's3',
      region: this.#region,
    })
    const signed = await signer.sign()
    return Object.fromEntries(signed.headers)
  }
}

/** Whether a failed request can succeed when it is sent again. */
export function isTransientS3Fault(failure: unknown): boolean {
  return failure instanceof S3Fault ? failure.isTransient : isTransientSocketFault(failure)
}

function sha256(chunks: readonly Uint8Array[]): string {
  if (chunks.length === 0) return EMPTY_SHA256
  const hash = createHash('sha256')
  for (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex')
}

/** Everything but unreserved characters as `%XX`, as signatures want it. */
function encodeSegment(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`)
}

async function readAll(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > ANSWER_LIMIT_BYTES) {
      throw new MillraceError('VALUE_TOO_LARGE', `the service's answer has more than '${ANSWER_LIMIT_BYTES}' bytes`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
