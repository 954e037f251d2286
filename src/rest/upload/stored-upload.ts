import { MillraceError } from '../../core/error.js'
import type { UploadPart } from './multipart.js'

/**
 * Collects a part in memory.
 *
 * @throws MillraceError `BODY_TOO_LARGE` beyond the limit.
 */
export async function readPart(part: UploadPart, limitBytes: number): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of part.content) {
    bytes += piece.byteLength
    if (bytes > limitBytes) throw tooLarge(`is larger than ${limitBytes} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

/** The last part of a name that a client gave, with at most 100 letters, digits, dots, dashes and underscores; never hidden, never empty. */
export function safeDisplayName(name: string | null): string {
  const last = (name ?? '').split(/[/\\]/).at(-1) ?? ''
  const safe = last
    .replace(/[^A-Za-z0-9._-]/g, '_')
    .replace(/^\.+/, '')
    .slice(-100)
  return safe === '' ? 'upload' : safe
}

function tooLarge(message: string): MillraceError {
  return new MillraceError('BODY_TOO_LARGE', `the uploaded file ${message}`, { hint: 'send a smaller file' })
}
