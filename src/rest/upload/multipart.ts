import { MillraceError } from '../../core/error.js'

/** Bounds of an upload beside its size, which the route has. */
export interface MultipartLimits {
  readonly parts: number
  /** Bytes of the headers of one part. */
  readonly headerBytes: number
}

/** What holds unless it is configured. */
export const MULTIPART_LIMITS: MultipartLimits = { parts: 20, headerBytes: 8192 }

/** One part of a form. */
export interface UploadPart {
  /** Name of the form's field. */
  readonly name: string
  /** What the client calls its file, for messages only: never a path. `null` for a field that is no file. */
  readonly fileName: string | null
  readonly contentType: string | null
  /** Read at most once; what is not read is skipped when the next part is asked for. */
  readonly content: AsyncIterable<Uint8Array>
}

const BOUNDARY = /^[A-Za-z0-9'()+_,./:=? -]{1,70}$/
/** Bytes in front of the first part that are skipped. */
const PREAMBLE_BYTES = 8192
const LINE = Buffer.from('\r\n')
const HEADERS_END = Buffer.from('\r\n\r\n')
const DASH = 0x2d

/**
 * Reads a form of parts as it arrives. At most one piece of the body and the headers of one part are held.
 *
 * @param contentType header of the request; `null` without one.
 * @throws MillraceError `UPLOAD_INVALID` for another type, a form that breaks off, or one beyond the limits. What the body throws passes.
 * @source RFC 7578, RFC 2046 section 5.1
 */
export async function* multipartParts(
  contentType: string | null,
  body: AsyncIterable<Uint8Array>,
  limits: MultipartLimits = MULTIPART_LIMITS,
): AsyncGenerator<UploadPart> {
  const reader = new FormReader(body, boundaryOf(contentType))
  await reader.skipPreamble()
  for (let count = 1; await reader.startsPart(); count += 1) {
    if (count > limits.parts) throw invalid(`the form has more than ${limits.parts} parts`)
    const headers = await reader.headers(limits.headerBytes)
    const content = reader.content()
    yield { ...describePart(headers), content }
    for await (const _ of content);
  }
}

/** The text between the parts. */
function boundaryOf(contentType: string | null): string {
  const [type = ''] = (contentType ?? '').split(';', 1)
  if (type.trim().toLowerCase() !== 'multipart/form-data')
    throw invalid("the request is no form: its content type is not 'multipart/form-data'")
  const boundary = parametersOf(contentType ?? '').get('boundary')
  if (boundary === undefined || !BOUNDARY.test(boundary) || boundary.endsWith(' '))
    throw invalid('the content type has no usable boundary')
  return boundary
}

/** `; name="value"` parts of a header, names in lower case; the first of a name counts. */
function parametersOf(header: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>()
  for (const [, name = '', quoted, plain = ''] of header.matchAll(
    /;\s*([^=;\s]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;"]*)(?=;|$))/g,
  )) {
    const key = name.toLowerCase()
    if (!parameters.has(key)) parameters.set(key, quoted?.replace(/\\(.)/g, '$1') ?? plain.trim())
  }
  return parameters
}

function describePart(headers: ReadonlyMap<string, string>): Omit<UploadPart, 'content'> {
  const disposition = headers.get('content-disposition') ?? ''
  const parameters = parametersOf(disposition)
  const name = parameters.get('name')
  if (!/^form-data\s*(;|$)/i.test(disposition) || name === undefined) throw invalid('a part of the form has no name')
  return { name, fileName: parameters.get('filename') ?? null, contentType: headers.get('content-type') ?? null }
}

function invalid(message: string): MillraceError {
  return new MillraceError('UPLOAD_INVALID', message, { hint: "send the file as 'curl -F NAME=@FILE' does" })
}

/** Walks through the bytes of a form. */
class FormReader {
  readonly #source: AsyncIterator<Uint8Array>
  readonly #delimiter: Buffer
  /** A line break stands in front, so that the first delimiter looks like the others. */
  #bytes: Buffer = LINE

  constructor(body: AsyncIterable<Uint8Array>, boundary: string) {
    this.#source = body[Symbol.asyncIterator]()
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1')
  }

  async skipPreamble(): Promise<void> {
    for (let skipped = 0; ; ) {
      const start = this.#bytes.indexOf(this.#delimiter)
      if (start >= 0) {
        this.#take(start + this.#delimiter.length)
        return
      }
      skipped += this.#take(Math.max(0, this.#bytes.length - this.#delimiter.length)).length
      if (skipped > PREAMBLE_BYTES) throw invalid('the form does not begin with its boundary')
      await this.#fill()
    }
  }

  /** Whether another part follows the delimiter that was read. */
  async startsPart(): Promise<boolean> {
    while (this.#bytes.length < 2) await this.#fill()
    if (this.#bytes[0] === DASH && this.#bytes[1] === DASH) return false
    for (let padding = 0; padding < 64; padding += 1) {
      while (this.#bytes.length < 2) await this.#fill()
      if (this.#bytes.indexOf(LINE) === 0) return true
      if (this.#bytes[0] !== 0x20 && this.#bytes[0] !== 0x09) break
      this.#take(1)
    }
    throw invalid('a boundary of the form does not end its line')
  }

  /** The headers of a part, names in lower case. The line break of the delimiter is still in front of them. */
  async headers(limitBytes: number): Promise<ReadonlyMap<string, string>> {
    let end = this.#bytes.indexOf(HEADERS_END)
    while (end < 0) {
      if (this.#bytes.length > limitBytes) throw invalid(`the headers of a part are longer than ${limitBytes} bytes`)
      await this.#fill()
      end = this.#bytes.indexOf(HEADERS_END)
    }
    if (end > limitBytes) throw invalid(`the headers of a part are longer than ${limitBytes} bytes`)
    const lines = this.#take(end + HEADERS_END.length)
      .toString('utf8')
      .split('\r\n')
    const headers = new Map<string, string>()
    for (const line of lines.filter((each) => each !== '')) {
      const colon = line.indexOf(':')
      if (colon < 1) throw invalid('a part of the form has a faulty header')
      headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim())
    }
    return headers
  }

  /** The content of a part up to the next delimiter. */
  async *content(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const end = this.#bytes.indexOf(this.#delimiter)
      const size = end >= 0 ? end : this.#bytes.length - this.#delimiter.length
      const piece = this.#take(Math.max(0, size))
      if (end >= 0) this.#take(this.#delimiter.length)
      if (piece.length > 0) yield piece
      if (end >= 0) return
      await this.#fill()
    }
  }

  #take(size: number): Buffer {
    const taken = this.#bytes.subarray(0, size)
    this.#bytes = this.#bytes.subarray(size)
    return taken
  }

  async #fill(): Promise<void> {
    const { done, value } = await this.#source.next()
    if (done === true) throw invalid('the form breaks off')
    this.#bytes = this.#bytes.length === 0 ? Buffer.from(value) : Buffer.concat([this.#bytes, value])
  }
}
