import type { RecordedCall } from './recordings.js'

/** A part of a recorded form. */
interface FormPart {
  readonly name: string
  readonly filename: string | null
  readonly contentType: string | null
  readonly size: number
}

/** Bodies that were too long to be kept. */
const LEFT_OUT: Readonly<Record<string, number>> = { '<101 MiB of JSON>': 105_906_184, '<raw jar bytes>': 0 }
/** What depends on the connection, and is written anew. */
const OWN_HEADERS = /^(?:host|content-length|connection|origin)$/i

/**
 * A recorded request as bytes, with our path.
 *
 * @param jar what a recorded jar is replaced by.
 * @param replace puts our places and ids into a body.
 */
export function requestBytes(
  { request }: RecordedCall,
  path: string,
  jar: Uint8Array,
  replace: (text: string) => string,
): Uint8Array {
  const { method, headers, body } = request
  const announced = typeof body === 'string' ? LEFT_OUT[body] : undefined
  const bytes = announced === undefined ? bodyBytes(request, jar, replace) : body === '<raw jar bytes>' ? jar : null
  const lines = Object.entries(headers)
    .filter(([name]) => !OWN_HEADERS.test(name))
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
  const close = headers.Connection === 'close' ? 'Connection: close\r\n' : ''
  const size = bytes?.byteLength ?? announced ?? null
  const length = size === null ? '' : `Content-Length: ${size}\r\n`
  const head = Buffer.from(`${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${lines}${close}${length}\r\n`, 'latin1')
  return bytes === null ? head : Buffer.concat([head, bytes])
}

function bodyBytes(
  { headers, body }: RecordedCall['request'],
  jar: Uint8Array,
  replace: (text: string) => string,
): Uint8Array | null {
  if (body === null || body === undefined) return null
  if (typeof body === 'object' && 'multipart' in body) {
    const boundary = /boundary=(\S+)/.exec(headers['Content-Type'] ?? '')?.[1] ?? ''
    return formBytes(body.multipart as readonly FormPart[], boundary, jar)
  }
  return Buffer.from(replace(typeof body === 'string' ? body : JSON.stringify(body)))
}

function formBytes(parts: readonly FormPart[], boundary: string, jar: Uint8Array): Uint8Array {
  const pieces = parts.flatMap(({ name, filename, contentType, size }) => {
    const file = filename === null ? '' : `; filename="${filename}"`
    const type = contentType === null ? '' : `Content-Type: ${contentType}\r\n`
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n${type}\r\n`
    // Files of a few bytes are no archives.
    const content =
      filename === null ? Buffer.from('{}'.padEnd(size).slice(0, size)) : size > 100 ? jar : Buffer.alloc(size, 'x')
    return [Buffer.from(head), content, Buffer.from('\r\n')]
  })
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)])
}
