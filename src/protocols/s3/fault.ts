import type { IncomingHttpHeaders } from 'node:http'
import { childText, type XmlElement } from './xml.js'

const TRANSIENT_STATUS: ReadonlySet<number> = new Set([429, 500, 502, 503, 504])
const TRANSIENT_CODES: ReadonlySet<string> = new Set([
  'InternalError',
  'OperationAborted',
  'RequestTimeout',
  'ServiceUnavailable',
  'SlowDown',
  'ThrottlingException',
])

/** What may be wrong, by the code of the answer. */
const HINTS: Readonly<Record<string, string>> = {
  NoSuchBucket: "check 'bucket'; it is never made by a job",
  InvalidAccessKeyId: "check 'access_key'",
  SignatureDoesNotMatch: "check 'secret_key', and that no proxy changes the requests",
  AccessDenied: 'give the key the right to list, read, write and delete in the bucket',
  RequestTimeTooSkewed: "set this machine's clock",
  PermanentRedirect: "use the endpoint of the bucket's region in 'fs.s3a.endpoint'",
  AuthorizationHeaderMalformed: "name the bucket's region in 'fs.s3a.endpoint.region'",
}

/** An answer of the service that is a failure. Its message holds the service's code and never a key. */
export class S3Fault extends Error {
  override readonly name = 'S3Fault'
  readonly status: number
  /** The service's code, for example `NoSuchKey`; empty when the answer had none. */
  readonly code: string
  /** Region that the service names as the right one. */
  readonly region: string | null

  constructor(status: number, code: string, message: string, region: string | null) {
    super(message)
    this.status = status
    this.code = code
    this.region = region
  }

  /** The failure in an answer. */
  static of(status: number, body: XmlElement | null, headers: IncomingHttpHeaders): S3Fault {
    const isError = body?.name === 'Error'
    const code = (isError ? childText(body, 'Code') : null) ?? ''
    const said = (isError ? childText(body, 'Message') : null) ?? ''
    const detail = [String(status), code].filter((part) => part !== '').join(' ')
    const header = headers['x-amz-bucket-region']
    const region = (isError ? childText(body, 'Region') : null) ?? (typeof header === 'string' ? header : null)
    const misses = status === 301 || status === 400 || status === 403
    return new S3Fault(status, code, `${sentence(status, said)} (${detail})`, misses ? region : null)
  }

  get isMissing(): boolean {
    return this.status === 404 && this.code !== 'NoSuchBucket'
  }

  get isTransient(): boolean {
    return TRANSIENT_STATUS.has(this.status) || TRANSIENT_CODES.has(this.code)
  }

  /** What the user can change. */
  get hint(): string | undefined {
    if (HINTS[this.code] !== undefined) return HINTS[this.code]
    // The answer to a question about one object has no body that would tell more.
    return this.status === 403
      ? "check 'access_key' and 'secret_key', and what the key may do in the bucket"
      : undefined
  }
}

/** What the service said, cut to one line; requests without an answer's body get a sentence by their status. */
function sentence(status: number, said: string): string {
  const line = said.replace(/\s+/g, ' ').trim().slice(0, 300).replace(/\.$/, '')
  if (line !== '') return line.charAt(0).toLowerCase() + line.slice(1)
  if (status === 403) return 'access is denied'
  if (status === 404) return 'there is nothing'
  return 'the service refused the request'
}
