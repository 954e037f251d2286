import { MillraceError } from '../core/error.js'
import type { ByteChunks } from './byte-stream.js'

/** What an encoding's name leads to. */
type Charset =
  | { readonly kind: 'utf-8' }
  /** One byte is one code point; bytes above `limit` are not characters. */
  | { readonly kind: 'single-byte'; readonly limit: 0x7f | 0xff }
  | { readonly kind: 'utf-16'; readonly order: 'le' | 'be' | 'marked' }
  /** An encoding of the web platform, by its name there. */
  | { readonly kind: 'table'; readonly label: string }

const UTF8_NAMES = new Set(['utf-8', 'utf8', 'unicode-1-1-utf-8'])
const LATIN1_NAMES = new Set(['iso-8859-1', 'iso8859-1', 'iso8859_1', 'latin1', 'l1', 'iso_8859-1', 'cp819'])
const ASCII_NAMES = new Set(['us-ascii', 'ascii', 'iso646-us', 'ansi_x3.4-1968'])
/** Names of Java whose spelling the web platform does not know. */
const JAVA_NAMES: ReadonlyMap<string, string> = new Map([
  ['cp936', 'gbk'],
  ['ms936', 'gbk'],
  ['euc_cn', 'gbk'],
  ['gb2312', 'gbk'],
  ['sjis', 'shift_jis'],
  ['shift-jis', 'shift_jis'],
  ['ms932', 'shift_jis'],
  ['cp949', 'euc-kr'],
  ['euc_kr', 'euc-kr'],
  ['euc_jp', 'euc-jp'],
  ['cp1250', 'windows-1250'],
  ['cp1251', 'windows-1251'],
  ['cp1252', 'windows-1252'],
  ['koi8_r', 'koi8-r'],
])

/** Whether text in the encoding needs no conversion. */
export function isUtf8(encoding: string): boolean {
  return UTF8_NAMES.has(encoding.trim().toLowerCase())
}

/**
 * Refuses what cannot be converted.
 *
 * @throws MillraceError `ENCODING_UNSUPPORTED`.
 */
export function checkEncoding(encoding: string): void {
  charsetOf(encoding)
}

function charsetOf(encoding: string): Charset {
  const name = encoding.trim().toLowerCase()
  if (UTF8_NAMES.has(name)) return { kind: 'utf-8' }
  if (LATIN1_NAMES.has(name)) return { kind: 'single-byte', limit: 0xff }
  if (ASCII_NAMES.has(name)) return { kind: 'single-byte', limit: 0x7f }
  if (name === 'utf-16' || name === 'utf16' || name === 'utf_16') return { kind: 'utf-16', order: 'marked' }
  if (name === 'utf-16le' || name === 'x-utf-16le') return { kind: 'utf-16', order: 'le' }
  if (name === 'utf-16be' || name === 'x-utf-16be') return { kind: 'utf-16', order: 'be' }
  const label = JAVA_NAMES.get(name) ?? name
  try {
    return { kind: 'table', label: new TextDecoder(label).encoding }
  } catch (cause) {
    throw new MillraceError('ENCODING_UNSUPPORTED', `encoding '${encoding}' is not supported`, {
      cause,
      hint: 'use UTF-8, UTF-16, ISO-8859-1, GBK, GB18030, Big5, Shift_JIS, EUC-JP, EUC-KR or a windows code page',
    })
  }
}

/**
 * Text in an encoding as UTF-8. Bytes that are no character become U+FFFD, as in Java; a byte-order mark is left out.
 *
 * @throws MillraceError `ENCODING_UNSUPPORTED`.
 */
export function toUtf8(input: ByteChunks, encoding: string): ByteChunks {
  const charset = charsetOf(encoding)
  switch (charset.kind) {
    case 'utf-8':
      return input
    case 'single-byte':
      return singleByteToUtf8(input, charset.limit)
    case 'utf-16':
      return charset.order === 'marked' ? markedToUtf8(input) : decodeWith(input, `utf-16${charset.order}`)
    case 'table':
      return decodeWith(input, charset.label)
  }
}

async function* decodeWith(input: ByteChunks, label: string): ByteChunks {
  const decoder = new TextDecoder(label)
  for await (const chunk of input) {
    const text = decoder.decode(chunk, { stream: true })
    if (text !== '') yield Buffer.from(text, 'utf8')
  }
  const rest = decoder.decode()
  if (rest !== '') yield Buffer.from(rest, 'utf8')
}

async function* singleByteToUtf8(input: ByteChunks, limit: number): ByteChunks {
  for await (const chunk of input) {
    let text = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString('latin1')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the class is the range of bytes that are ASCII.
    if (limit === 0x7f) text = text.replace(/[^\u0000-\u007f]/g, '\ufffd')
    yield Buffer.from(text, 'utf8')
  }
}

/** Without a mark the order is big-endian. @source Java `UTF-16` */
async function* markedToUtf8(input: ByteChunks): ByteChunks {
  const iterator = input[Symbol.asyncIterator]()
  let head = Buffer.alloc(0)
  while (head.length < 2) {
    const next = await iterator.next()
    if (next.done === true) break
    head = Buffer.concat([head, next.value])
  }
  const isLittle = head[0] === 0xff && head[1] === 0xfe
  const first = head
  const rest = async function* (): AsyncGenerator<Uint8Array> {
    yield first
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value
  }
  yield* decodeWith(rest(), isLittle ? 'utf-16le' : 'utf-16be')
}

/** Converts UTF-8 text for a sink; characters that the encoding lacks become `?`, as in Java. */
export interface TextEncoderFromUtf8 {
  /** Bytes that every file begins with. */
  readonly mark: Uint8Array
  /** Converts whole characters. */
  convert(utf8: Uint8Array): Uint8Array
}

/**
 * Makes the converter of an encoding.
 *
 * @throws MillraceError `ENCODING_UNSUPPORTED`.
 */
export function encoderFromUtf8(encoding: string): TextEncoderFromUtf8 {
  const charset = charsetOf(encoding)
  const none = new Uint8Array(0)
  switch (charset.kind) {
    case 'utf-8':
      return { mark: none, convert: (utf8) => utf8 }
    case 'single-byte':
      return { mark: none, convert: (utf8) => toSingleByte(textOf(utf8), charset.limit) }
    case 'utf-16': {
      const isLittle = charset.order === 'le'
      const mark = charset.order === 'marked' ? Uint8Array.of(0xfe, 0xff) : none
      return { mark, convert: (utf8) => toUtf16(textOf(utf8), isLittle) }
    }
    case 'table': {
      const table = reverseTable(charset.label)
      return { mark: none, convert: (utf8) => throughTable(textOf(utf8), table, charset.label === 'gb18030') }
    }
  }
}

function textOf(utf8: Uint8Array): string {
  return Buffer.from(utf8.buffer, utf8.byteOffset, utf8.length).toString('utf8')
}

const QUESTION_MARK = 0x3f

function toSingleByte(text: string, limit: number): Uint8Array {
  const bytes = new Uint8Array(text.length)
  let length = 0
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    bytes[length] = code <= limit ? code : QUESTION_MARK
    length += 1
  }
  return bytes.subarray(0, length)
}

function toUtf16(text: string, isLittle: boolean): Uint8Array {
  const bytes = Buffer.from(text, 'utf16le')
  return isLittle ? bytes : bytes.swap16()
}

/** Code point to bytes, the highest byte first, in one number. */
type ReverseTable = ReadonlyMap<number, number>

const tables = new Map<string, ReverseTable>()

/** What decodes to a code point, found by decoding every sequence there is. */
function reverseTable(label: string): ReverseTable {
  const known = tables.get(label)
  if (known !== undefined) return known
  const decoder = new TextDecoder(label, { fatal: true })
  const table = new Map<number, number>()
  const learn = (bytes: Uint8Array, value: number): boolean => {
    try {
      const points = [...decoder.decode(bytes)]
      const code = points.length === 1 ? points[0]?.codePointAt(0) : undefined
      if (code === undefined) return false
      if (!table.has(code)) table.set(code, value)
      return true
    } catch {
      return false
    }
  }
  const leads: number[] = []
  for (let byte = 0; byte <= 0xff; byte += 1) if (!learn(Uint8Array.of(byte), byte)) leads.push(byte)
  for (const lead of leads) {
    for (let trail = 0x30; trail <= 0xfe; trail += 1) learn(Uint8Array.of(lead, trail), lead * 256 + trail)
  }
  if (label === 'gb18030') learnFourByteSequences(learn)
  tables.set(label, table)
  return table
}

/** Four-byte sequences of the characters below U+10000. */
function learnFourByteSequences(learn: (bytes: Uint8Array, value: number) => boolean): void {
  for (let linear = 0; linear < 39_420; linear += 1) {
    const bytes = fourByteSequence(linear)
    learn(bytes, new DataView(bytes.buffer).getUint32(0))
  }
}

function fourByteSequence(linear: number): Uint8Array {
  return Uint8Array.of(
    0x81 + Math.floor(linear / 12_600),
    0x30 + (Math.floor(linear / 1260) % 10),
    0x81 + (Math.floor(linear / 10) % 126),
    0x30 + (linear % 10),
  )
}

/** Place of U+10000 among the four-byte sequences of GB18030. @source GB 18030-2005 */
const SUPPLEMENTARY_START = 189_000

function throughTable(text: string, table: ReverseTable, hasSupplementary: boolean): Uint8Array {
  const bytes = Buffer.alloc(text.length * 4)
  let length = 0
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    if (code >= 0x10000 && hasSupplementary) {
      bytes.set(fourByteSequence(SUPPLEMENTARY_START + code - 0x10000), length)
      length += 4
      continue
    }
    const value = table.get(code) ?? QUESTION_MARK
    const width = value > 0xffff ? 4 : value > 0xff ? 2 : 1
    bytes.writeUIntBE(value, length, width)
    length += width
  }
  return bytes.subarray(0, length)
}
