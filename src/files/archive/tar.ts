import { MillraceError } from '../../core/error.js'
import type { ChunkReader } from '../byte-stream.js'

const BLOCK_BYTES = 512
/** A long name or an extended header is not longer than this. */
const META_LIMIT_BYTES = 1024 * 1024

/** A regular file in an archive. */
export interface TarEntry {
  readonly name: string
  readonly sizeBytes: number
}

/** What a tar reader takes its bytes from. */
export type TarInput = Pick<ChunkReader, 'take' | 'skip'>

/**
 * Walks through an archive. After `next` the input stands at the entry's first byte; the caller reads the entry's bytes, all or
 * none of them, and says how many by `consumed`.
 *
 * @source POSIX ustar and pax, GNU long names
 */
export class TarReader {
  readonly #input: TarInput
  readonly #archive: string
  /** Bytes up to the next header. */
  #ahead = 0

  constructor(input: TarInput, archive: string) {
    this.#input = input
    this.#archive = archive
  }

  /** Counts bytes of the entry that were read. */
  consumed(bytes: number): void {
    this.#ahead -= bytes
  }

  /**
   * The next regular file, or `null` at the end.
   *
   * @throws MillraceError `FILE_CORRUPT` for a damaged or cut-off header.
   */
  async next(): Promise<TarEntry | null> {
    const overrides = new Map<string, string>()
    for (;;) {
      if (!(await this.#input.skip(this.#ahead))) throw this.#corrupt('it ends inside an entry')
      this.#ahead = 0
      const header = await this.#input.take(BLOCK_BYTES)
      if (header.length === 0 || header.every((byte) => byte === 0)) return null
      if (header.length < BLOCK_BYTES) throw this.#corrupt('it ends inside a header')
      this.#check(header)
      const type = String.fromCharCode(header[156] ?? 0)
      const headerSize = this.#number(header.subarray(124, 136), 'size')
      const isMeta = type === 'x' || type === 'L' || type === 'g' || type === 'K'
      const size = isMeta ? headerSize : Number(overrides.get('size') ?? headerSize)
      if (!Number.isSafeInteger(size) || size < 0) throw this.#corrupt('the size of an entry is not a number')
      this.#ahead = Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES
      if (isMeta) {
        await this.#readMeta(type, size, overrides)
        continue
      }
      const name = overrides.get('path') ?? headerName(header)
      overrides.clear()
      if (type === '0' || type === '\0') return { name, sizeBytes: size }
    }
  }

  async #readMeta(type: string, size: number, overrides: Map<string, string>): Promise<void> {
    if (size > META_LIMIT_BYTES) throw this.#corrupt(`a header of '${size}' bytes is too long`)
    const bytes = await this.#input.take(size)
    if (bytes.length < size) throw this.#corrupt('it ends inside a header')
    this.#ahead -= size
    if (type === 'L') overrides.set('path', Buffer.from(bytes).toString('utf8').replace(/\0.*$/s, ''))
    if (type === 'x') this.#readPax(Buffer.from(bytes), overrides)
  }

  /** Records of the form `length key=value\n`. */
  #readPax(bytes: Buffer, overrides: Map<string, string>): void {
    for (let start = 0; start < bytes.length; ) {
      const blank = bytes.indexOf(0x20, start)
      const length = Number(bytes.toString('latin1', start, blank < 0 ? start : blank))
      if (!Number.isInteger(length) || length <= 0 || start + length > bytes.length) {
        throw this.#corrupt('an extended header does not parse')
      }
      const record = bytes.toString('utf8', blank + 1, start + length - 1)
      const equals = record.indexOf('=')
      if (equals > 0) overrides.set(record.slice(0, equals), record.slice(equals + 1))
      start += length
    }
  }

  #check(header: Uint8Array): void {
    const declared = this.#number(header.subarray(148, 156), 'checksum')
    const sum = header.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 0x20 : byte), 0)
    if (sum !== declared) throw this.#corrupt('the checksum of a header is wrong')
  }

  /** Octal digits, or base 256 when the highest bit is set. */
  #number(field: Uint8Array, what: string): number {
    if (((field[0] ?? 0) & 0x80) !== 0) {
      return field.reduce((value, byte, index) => value * 256 + (index === 0 ? byte & 0x7f : byte), 0)
    }
    const text = Buffer.from(field).toString('latin1').replace(/\0.*$/s, '').trim()
    if (!/^[0-7]*$/.test(text)) throw this.#corrupt(`the ${what} of an entry is not a number`)
    return text === '' ? 0 : Number.parseInt(text, 8)
  }

  #corrupt(reason: string): MillraceError {
    return new MillraceError('FILE_CORRUPT', `'${this.#archive}' is not a whole tar archive: ${reason}`)
  }
}

function headerName(header: Uint8Array): string {
  const text = (start: number, end: number): string =>
    Buffer.from(header.subarray(start, end)).toString('utf8').replace(/\0.*$/s, '')
  const isUstar = text(257, 262) === 'ustar'
  const prefix = isUstar && text(257, 265) !== 'ustar  ' ? text(345, 500) : ''
  return prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`
}
