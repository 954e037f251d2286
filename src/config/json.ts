import { MillraceError, type SourcePosition } from '../core/error.js'
import type { ConfigNode } from './document.js'

/** Nesting that a document may have. */
export const MAX_DEPTH = 128
/** Size in bytes of UTF-8 that a document may have, its includes together. */
export const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024

/** Tokens that a document may have, so that reading it ends within seconds. */
export const MAX_TOKENS = 2_000_000

/** The error for a document with more tokens. */
export function tooManyTokens(position: SourcePosition): MillraceError {
  const hint = 'move large data out of the job file'
  return new MillraceError('CONFIG_LIMIT', `the document has more than ${MAX_TOKENS} tokens`, { position, hint })
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids exactly these in quotes
const PLAIN = /[^"\\\u0000-\u001f]*/y
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}
const DUPLICATE_HINT = 'keep one of the two; JSON does not merge them'

/** How JSON is read. */
export interface JsonReading {
  /** Told of every key that is given twice; the last value counts then. Absent: such a key is an error. */
  readonly onDuplicate?: (key: string) => void
}

/**
 * Reads strict JSON into a tree with positions: no comments, no trailing commas, every key once.
 *
 * @throws MillraceError `CONFIG_SYNTAX`, `CONFIG_DUPLICATE_KEY`, `CONFIG_LIMIT` (nesting over 128).
 */
export function parseJson(text: string, file: string, reading: JsonReading = {}): ConfigNode {
  return new JsonReader(text, { file, line: 1, column: 1 }, reading.onDuplicate).document()
}

/**
 * Refuses texts that are too large to read.
 *
 * @throws MillraceError `CONFIG_LIMIT`.
 */
export function requireSize(text: string, file: string): void {
  if (text.length <= MAX_DOCUMENT_BYTES && Buffer.byteLength(text) <= MAX_DOCUMENT_BYTES) return
  throw new MillraceError('CONFIG_LIMIT', `the document is larger than ${MAX_DOCUMENT_BYTES} bytes`, {
    position: { file, line: 1, column: 1 },
    hint: 'split the job, or read long values from files',
  })
}

/** The tree of a text that may be JSON, or `null` when it is not. Positions count on from `start`. */
export function parseJsonValue(text: string, start: SourcePosition): ConfigNode | null {
  const first = text.trimStart()[0]
  if (first !== '{' && first !== '[') return null
  try {
    return new JsonReader(text, start).document()
  } catch (error) {
    if (error instanceof MillraceError) return null
    throw error
  }
}

class JsonReader {
  private offset = 0
  private values = 0
  private line: number
  private lineStart: number

  constructor(
    private readonly text: string,
    private readonly start: SourcePosition,
    private readonly onDuplicate?: (key: string) => void,
  ) {
    this.line = start.line
    this.lineStart = 1 - start.column
    if (text.charCodeAt(0) === 0xfeff) {
      this.offset = 1
      this.lineStart += 1
    }
  }

  document(): ConfigNode {
    const value = this.value(0)
    this.blanks()
    if (this.offset < this.text.length) throw this.fault(`expected the end of the file, but found ${this.found()}`)
    return value
  }

  private value(depth: number): ConfigNode {
    this.blanks()
    const position = this.position()
    this.values += 1
    if (this.values > MAX_TOKENS / 2) throw tooManyTokens(position)
    const char = this.text[this.offset]
    if (char === '{' || char === '[') {
      if (depth >= MAX_DEPTH)
        throw new MillraceError('CONFIG_LIMIT', `the document is nested deeper than ${MAX_DEPTH} levels`, {
          position,
          hint: 'use fewer levels',
        })
      this.offset += 1
      return char === '{' ? this.object(position, depth) : this.list(position, depth)
    }
    if (char === '"') return { kind: 'string', position, value: this.string() }
    NUMBER.lastIndex = this.offset
    const number = NUMBER.exec(this.text)?.[0]
    if (number !== undefined) {
      this.offset += number.length
      return { kind: 'number', position, text: number, value: Number(number) }
    }
    if (this.word('true')) return { kind: 'boolean', position, value: true }
    if (this.word('false')) return { kind: 'boolean', position, value: false }
    if (this.word('null')) return { kind: 'null', position }
    throw this.fault(`expected a value, but found ${this.found()}`)
  }

  private object(position: SourcePosition, depth: number): ConfigNode {
    const entries = new Map<string, ConfigNode>()
    const keyPositions = new Map<string, SourcePosition>()
    this.blanks()
    if (this.take('}')) return { kind: 'object', position, entries, keyPositions }
    for (;;) {
      this.blanks()
      const keyPosition = this.position()
      if (this.text[this.offset] !== '"') throw this.fault(`expected a key in quotes, but found ${this.found()}`)
      const key = this.string()
      const earlier = keyPositions.get(key)
      if (earlier !== undefined && this.onDuplicate !== undefined) this.onDuplicate(key)
      else if (earlier !== undefined) {
        const message = `key '${key}' was already given at line ${earlier.line}, column ${earlier.column}`
        throw new MillraceError('CONFIG_DUPLICATE_KEY', message, { position: keyPosition, hint: DUPLICATE_HINT })
      }
      this.blanks()
      if (!this.take(':')) throw this.fault(`expected ':' after key '${key}', but found ${this.found()}`)
      entries.set(key, this.value(depth + 1))
      keyPositions.set(key, keyPosition)
      this.blanks()
      if (this.take('}')) return { kind: 'object', position, entries, keyPositions }
      if (!this.take(',')) throw this.fault(`expected ',' or '}', but found ${this.found()}`)
    }
  }

  private list(position: SourcePosition, depth: number): ConfigNode {
    const items: ConfigNode[] = []
    this.blanks()
    if (this.take(']')) return { kind: 'list', position, items }
    for (;;) {
      items.push(this.value(depth + 1))
      this.blanks()
      if (this.take(']')) return { kind: 'list', position, items }
      if (!this.take(',')) throw this.fault(`expected ',' or ']', but found ${this.found()}`)
    }
  }

  private string(): string {
    this.offset += 1
    let result = ''
    for (;;) {
      PLAIN.lastIndex = this.offset
      const run = PLAIN.exec(this.text)?.[0] ?? ''
      result += run
      this.offset += run.length
      const char = this.text[this.offset]
      if (char === '"') {
        this.offset += 1
        return result
      }
      if (char !== '\\')
        throw this.fault(
          char === undefined ? 'the text in quotes is not closed' : `a control character is not allowed in quotes`,
        )
      result += this.escape()
    }
  }

  private escape(): string {
    const name = this.text[this.offset + 1] ?? ''
    if (name === 'u') {
      const digits = this.text.slice(this.offset + 2, this.offset + 6)
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw this.fault(`'\\u' must be followed by four hexadecimal digits`)
      this.offset += 6
      return String.fromCharCode(Number.parseInt(digits, 16))
    }
    const char = ESCAPES[name]
    if (char === undefined) throw this.fault(`'\\${name}' is not an escape of JSON`)
    this.offset += 2
    return char
  }

  private word(word: string): boolean {
    if (!this.text.startsWith(word, this.offset) || /\w/.test(this.text[this.offset + word.length] ?? '')) return false
    this.offset += word.length
    return true
  }

  private take(char: string): boolean {
    if (this.text[this.offset] !== char) return false
    this.offset += 1
    return true
  }

  private blanks(): void {
    for (;;) {
      const char = this.text.charCodeAt(this.offset)
      if (char === 0x0a) {
        this.line += 1
        this.lineStart = this.offset + 1
      } else if (char !== 0x20 && char !== 0x09 && char !== 0x0d) return
      this.offset += 1
    }
  }

  private found(): string {
    const char = this.text[this.offset]
    return char === undefined ? 'the end of the file' : `'${char}'`
  }

  private position(): SourcePosition {
    return { file: this.start.file, line: this.line, column: this.offset - this.lineStart + 1 }
  }

  private fault(message: string): MillraceError {
    return new MillraceError('CONFIG_SYNTAX', message, {
      position: this.position(),
      hint: 'check the JSON at this place',
    })
  }
}
