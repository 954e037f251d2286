/** Most headers of one request. */
export const HEADER_LIMIT = 100
/** Most bytes of a path, and of a query. */
export const TARGET_LIMIT = 8192

/** What is wrong with the head of a request. */
export interface HeadFault {
  /** One lower-case clause. */
  readonly message: string
  /**
   * Whether it is unclear where the request ends. Then nothing that follows on the connection may be read as a request, and a
   * transport that cannot guarantee that cuts the connection instead of answering.
   */
  readonly ambiguous: boolean
}

/** Characters of a target: printable ASCII without the blank. What else belongs into a URI is escaped. */
const PATH = /^\/[!-~]*$/
const QUERY = /^[!-~]*$/
const DIGITS = /^\d{1,15}$/

/**
 * Looks at the head of one request after another: what the parsers of the transports let through and must not be served.
 * The fields hold what was found in the last one.
 */
export class HeadCheck {
  /** Announced size of the body in bytes; `null` without `Content-Length`. */
  length: number | null = null
  /** Whether the body comes in chunks. */
  chunked = false

  /**
   * @param headers names in lower case and values, one after the other.
   * @param needsHost HTTP/1.0 has requests without `Host`.
   * @source RFC 9112, sections 3.2, 6.1 and 6.3
   */
  fault(path: string, query: string | null, headers: readonly string[], needsHost = true): HeadFault | null {
    let hosts = 0
    let lengths = 0
    let encodings = 0
    let trailer = false
    let fault: HeadFault | null = null
    this.length = null
    this.chunked = false
    for (let index = 0; index < headers.length; index += 2) {
      const value = headers[index + 1] ?? ''
      switch (headers[index]) {
        case 'host':
          hosts += 1
          if (value === '') fault = malformed('the Host header is empty')
          break
        case 'content-length':
          lengths += 1
          if (!DIGITS.test(value)) return ambiguous('Content-Length is no number')
          this.length = Number(value)
          break
        case 'transfer-encoding':
          encodings += 1
          if (value.toLowerCase() !== 'chunked') return ambiguous("Transfer-Encoding is not 'chunked'")
          this.chunked = true
          break
        case 'trailer':
          trailer = true
          break
        case '':
          return ambiguous('a header has no name')
      }
    }
    if (lengths > 1) return ambiguous('Content-Length is there twice')
    if (encodings > 1) return ambiguous('Transfer-Encoding is there twice')
    if (lengths + encodings > 1) return ambiguous('Content-Length and Transfer-Encoding are both there')
    if (trailer) return ambiguous('trailer fields are not supported')
    if (fault !== null) return fault
    if (hosts > 1) return malformed('the Host header is there twice')
    if (hosts === 0 && needsHost) return malformed('the Host header is missing')
    if (headers.length > 2 * HEADER_LIMIT) return malformed(`there are more than ${HEADER_LIMIT} headers`)
    if (path.length > TARGET_LIMIT || !PATH.test(path)) return malformed('the target is no path')
    if (query !== null && (query.length > TARGET_LIMIT || !QUERY.test(query))) return malformed('the query is none')
    return null
  }
}

function ambiguous(message: string): HeadFault {
  return { message, ambiguous: true }
}

function malformed(message: string): HeadFault {
  return { message, ambiguous: false }
}
