import { MillraceError, type SourcePosition } from '../../core/error.js'
import { MAX_DEPTH, MAX_TOKENS, tooManyTokens } from '../json.js'

/** What a token is. `text` is anything outside quotes that is not a number or a literal. */
export type TokenKind =
  | 'end'
  | 'newline'
  | ','
  | ':'
  | '='
  | '+='
  | '{'
  | '}'
  | '['
  | ']'
  | 'text'
  | 'string'
  | 'number'
  | 'boolean'
  | 'null'
  | 'substitution'

/** One token of a document. */
export interface Token {
  readonly kind: TokenKind
  /** For `string` its value; else the characters as written. */
  readonly text: string
  readonly position: SourcePosition
  /** White space in front of it on the same line: part of a text when both neighbours are. */
  readonly blank: string
  /** For a `string` without escapes: where its first character stands. */
  readonly textPosition?: SourcePosition
  /** For a substitution: its path and whether it may be absent. */
  readonly reference?: { readonly path: readonly string[]; readonly optional: boolean }
}

/** Separates the elements of a path; a dot is an ordinary character. */
export const PATH_SEPARATOR = '->'

const RESERVED = '$"{}[]:=,+#`^?!@*&\\'
const NUMBER_RUN = /[0-9-][0-9eE+\-.]*/y
const FRACTION = /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const WHOLE = /^-?\d+$/
const BLANK_RUN = /[^\S\n]+/y
const TEXT_RUN = /(?:[^\s$"{}[\]:=,+#`^?!@*&\\/]|\/(?!\/))+/y
const COMMENT_RUN = /[^\n]*/y
// biome-ignore lint/suspicious/noControlCharactersInRegex: the language forbids exactly these in quotes
const QUOTED_RUN = /[^"\\\u0000-\u001f]*/y
const LITERAL = /^(?:true|false|null)/
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
const QUOTE_HINT = 'put the whole value in double quotes'

/** Cuts a document into tokens, one at a time. */
export class Lexer {
  private offset = 0
  private tokens = 0
  private line: number
  private lineStart: number
  private readonly file: string

  constructor(
    private readonly text: string,
    start: SourcePosition,
  ) {
    this.file = start.file
    this.line = start.line
    this.lineStart = 1 - start.column
    if (text.charCodeAt(0) === 0xfeff) {
      this.offset = 1
      this.lineStart += 1
    }
  }

  /**
   * The next token; `end` for ever after the last one.
   *
   * @throws MillraceError `CONFIG_SYNTAX` at a character or quote that cannot be part of a document.
   */
  next(): Token {
    const blank = this.blanks()
    const position = this.position()
    this.tokens += 1
    if (this.tokens > MAX_TOKENS) throw tooManyTokens(position)
    const char = this.text[this.offset]
    if (char === undefined) return { kind: 'end', text: '', position, blank }
    switch (char) {
      case '\n':
        this.newline()
        return { kind: 'newline', text: char, position, blank }
      case ',':
      case ':':
      case '=':
      case '{':
      case '}':
      case '[':
      case ']':
        this.offset += 1
        return { kind: char, text: char, position, blank }
      case '"':
        return this.stringToken(position, blank)
      case '$':
        return this.substitution(position, blank)
      case '+':
        if (this.text[this.offset + 1] !== '=') throw this.reserved('+', position)
        this.offset += 2
        return { kind: '+=', text: '+=', position, blank }
      default:
        return this.bare(char, position, blank)
    }
  }

  /** A number, a literal or a run of text. */
  private bare(char: string, position: SourcePosition, blank: string): Token {
    if (RESERVED.includes(char)) throw this.reserved(char, position)
    if ((char >= '0' && char <= '9') || char === '-') {
      const run = this.run(NUMBER_RUN)
      if (isNumber(run)) return { kind: 'number', text: run, position, blank }
      if (run.includes('+')) throw this.reserved('+', position)
      return { kind: 'text', text: run, position, blank }
    }
    TEXT_RUN.lastIndex = this.offset
    const run = TEXT_RUN.exec(this.text)?.[0] ?? char
    const literal = LITERAL.exec(run)?.[0]
    const text = literal ?? run
    this.offset += text.length
    const kind = literal === undefined ? 'text' : literal === 'null' ? 'null' : 'boolean'
    return { kind, text, position, blank }
  }

  private substitution(position: SourcePosition, blank: string): Token {
    if (this.text[this.offset + 1] !== '{') throw this.reserved('$', position)
    this.offset += 2
    const optional = this.text[this.offset] === '?'
    if (optional) this.offset += 1
    const parts: Token[] = []
    for (let token = this.next(); token.kind !== '}'; token = this.next()) {
      if (!isPathToken(token)) throw this.badReference(token, position)
      parts.push(token)
    }
    const path = pathOf(parts, position)
    if (path.length > MAX_DEPTH) {
      const message = `the reference goes deeper than ${MAX_DEPTH} levels`
      throw new MillraceError('CONFIG_LIMIT', message, { position, hint: 'use fewer levels' })
    }
    return {
      kind: 'substitution',
      text: `\${${path.join(PATH_SEPARATOR)}}`,
      position,
      blank,
      reference: { path, optional },
    }
  }

  private badReference(token: Token, position: SourcePosition): MillraceError {
    if (token.kind === 'end' || token.kind === 'newline') {
      return new MillraceError('CONFIG_SYNTAX', `'\${' is not closed with '}'`, {
        position,
        hint: "add '}' on the same line",
      })
    }
    const hint = `a default as in "\${name:default}" works in double quotes only`
    return new MillraceError('CONFIG_SYNTAX', `'${token.text}' is not allowed inside '\${…}'`, {
      position: token.position,
      hint,
    })
  }

  private stringToken(position: SourcePosition, blank: string): Token {
    const width = this.text.startsWith('"""', this.offset) ? 3 : 1
    const start = this.offset + width
    const text = this.quoted()
    // Without escapes the text stands there as it is, and a place in it is a place in the file.
    if (!this.text.startsWith(text, start)) return { kind: 'string', text, position, blank }
    return { kind: 'string', text, position, blank, textPosition: { ...position, column: position.column + width } }
  }

  private quoted(): string {
    const opened = this.position()
    if (this.text.startsWith('"""', this.offset)) return this.tripleQuoted(opened)
    this.offset += 1
    let value = ''
    for (;;) {
      value += this.run(QUOTED_RUN)
      const char = this.text[this.offset]
      if (char === '"') {
        this.offset += 1
        return value
      }
      if (char === '\\') value += this.escape()
      else if (char === undefined || char === '\n' || char === '\r') {
        const hint = 'close the quote on the same line, or use """ for a text of several lines'
        throw new MillraceError('CONFIG_SYNTAX', 'the quote opened here is not closed', { position: opened, hint })
      } else {
        const code = char.charCodeAt(0).toString(16).padStart(4, '0')
        const message = `control character \\u${code} is not allowed in quotes`
        throw new MillraceError('CONFIG_SYNTAX', message, {
          position: this.position(),
          hint: 'use an escape such as \\t',
        })
      }
    }
  }

  private tripleQuoted(opened: SourcePosition): string {
    const start = this.offset + 3
    let end = this.text.indexOf('"""', start)
    if (end < 0) {
      throw new MillraceError('CONFIG_SYNTAX', 'the """ opened here is not closed', {
        position: opened,
        hint: 'add """',
      })
    }
    while (this.text[end + 3] === '"') end += 1
    const value = this.text.slice(start, end)
    for (let at = value.indexOf('\n'); at >= 0; at = value.indexOf('\n', at + 1)) {
      this.line += 1
      this.lineStart = start + at + 1
    }
    this.offset = end + 3
    return value
  }

  private escape(): string {
    const name = this.text[this.offset + 1] ?? ''
    const digits = this.text.slice(this.offset + 2, this.offset + 6)
    if (name === 'u' && /^[0-9a-fA-F]{4}$/.test(digits)) {
      this.offset += 6
      return String.fromCharCode(Number.parseInt(digits, 16))
    }
    const char = ESCAPES[name]
    if (char === undefined) {
      const message =
        name === 'u' ? "'\\u' must be followed by four hexadecimal digits" : `'\\${name}' is not an escape`
      throw new MillraceError('CONFIG_SYNTAX', message, {
        position: this.position(),
        hint: 'write \\\\ for a backslash, or use """ where nothing is escaped',
      })
    }
    this.offset += 2
    return char
  }

  /** Skips white space and comments of the line; gives the white space directly in front of the next token. */
  private blanks(): string {
    const blank = this.run(BLANK_RUN)
    const char = this.text[this.offset]
    if (char === '#' || (char === '/' && this.text[this.offset + 1] === '/')) this.run(COMMENT_RUN)
    return blank
  }

  private run(pattern: RegExp): string {
    pattern.lastIndex = this.offset
    const run = pattern.exec(this.text)?.[0] ?? ''
    this.offset += run.length
    return run
  }

  private newline(): void {
    this.offset += 1
    this.line += 1
    this.lineStart = this.offset
  }

  private position(): SourcePosition {
    return { file: this.file, line: this.line, column: this.offset - this.lineStart + 1 }
  }

  private reserved(char: string, position: SourcePosition): MillraceError {
    const message = `reserved character '${char}' is not allowed outside quotes`
    return new MillraceError('CONFIG_SYNTAX', message, { position, hint: QUOTE_HINT })
  }
}

/** Whole numbers beyond 64 bits are texts, as in the Java reference. */
function isNumber(run: string): boolean {
  if (WHOLE.test(run)) return run.length < 19 || BigInt.asIntN(64, BigInt(run)) === BigInt(run)
  return FRACTION.test(run) && Number.isFinite(Number(run))
}

/** Whether a token can be part of a key or a reference. */
export function isPathToken(token: Token): boolean {
  const { kind } = token
  return kind === 'text' || kind === 'string' || kind === 'number' || kind === 'boolean' || kind === 'null'
}

/**
 * The elements of a path: quoted parts are taken whole, the rest is cut at `->`.
 *
 * @throws MillraceError `CONFIG_SYNTAX` for an empty path or element.
 */
export function pathOf(tokens: readonly Token[], position: SourcePosition): string[] {
  const elements: string[] = []
  let element = ''
  let quotedPart = false
  let bare = ''
  const flush = () => {
    const pieces = bare.split(PATH_SEPARATOR)
    bare = ''
    for (const [index, piece] of pieces.entries()) {
      if (index > 0) {
        elements.push(quotedPart ? element : element.trim())
        if (elements.at(-1) === '' && !quotedPart) throw emptyElement(position)
        element = ''
        quotedPart = false
      }
      element += index > 0 ? piece.trimStart() : piece
    }
  }
  for (const [index, token] of tokens.entries()) {
    if (index > 0) bare += token.blank
    if (token.kind === 'string') {
      flush()
      element += token.text
      quotedPart = true
    } else bare += token.text
  }
  flush()
  if (element === '' && !quotedPart) throw emptyElement(position)
  elements.push(element)
  return elements
}

function emptyElement(position: SourcePosition): MillraceError {
  const message = `a path has nothing before, after or between its '${PATH_SEPARATOR}'`
  return new MillraceError('CONFIG_SYNTAX', message, {
    position,
    hint: `write a name on both sides of '${PATH_SEPARATOR}'`,
  })
}
