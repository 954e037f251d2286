import { MillraceError, type SourcePosition } from '../core/error.js'
import { MAX_TOKENS, tooManyTokens } from './json.js'

/** A word, a text in quotes or a sign of a SQL job file. */
export interface SqlToken {
  readonly kind: 'word' | 'text' | 'sign'
  /** The word as written, without its identifier quotes; the value of a text with `''` read as one quote; or the sign. */
  readonly text: string
  /** Whether a word stood in `"…"` or backticks, so that it is no keyword. */
  readonly quoted: boolean
  readonly start: number
  readonly end: number
  readonly position: SourcePosition
}

/** One statement without its semicolon. */
export interface SqlStatement {
  readonly tokens: readonly SqlToken[]
  /** The text from the first token to the last, comments blanked out. */
  readonly text: string
}

/** A SQL job file cut into its parts. */
export interface ScannedSql {
  readonly statements: readonly SqlStatement[]
  /** The HOCON inside configuration comments. */
  readonly configs: readonly { readonly text: string; readonly start: SourcePosition }[]
}

const CONFIG_OPEN = /\/\*[ \t]*config[ \t]*\r?\n/y
const CONFIG_CLOSE = /^[ \t]*\*\/[ \t]*$/m
const WORD = /[\p{L}_$][\p{L}\p{N}_$]*|\d[\w.]*/uy

/**
 * Cuts a SQL job file into statements and configuration comments.
 *
 * @throws MillraceError `CONFIG_SQL` for a quote or comment that is not closed.
 */
export function scanSql(text: string, file: string): ScannedSql {
  return new Scanner(text, file).scan()
}

class Scanner {
  private offset = 0
  private tokenCount = 0
  private readonly lineStarts: number[] = [0]
  private readonly statements: SqlStatement[] = []
  private readonly configs: { text: string; start: SourcePosition }[] = []
  private tokens: SqlToken[] = []
  /** Comments inside the current statement, to be blanked out of its text. */
  private comments: { start: number; end: number }[] = []

  constructor(
    private readonly text: string,
    private readonly file: string,
  ) {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.lineStarts.push(at + 1)
    if (text.charCodeAt(0) === 0xfeff) this.offset = 1
  }

  scan(): ScannedSql {
    while (this.offset < this.text.length) this.step()
    this.endStatement()
    return { statements: this.statements, configs: this.configs }
  }

  private step(): void {
    const char = this.text[this.offset] ?? ''
    if (/\s/.test(char)) this.offset += 1
    else if (this.text.startsWith('--', this.offset)) this.lineComment()
    else if (this.text.startsWith('/*', this.offset)) this.blockComment()
    else if (char === ';') {
      this.endStatement()
      this.offset += 1
    } else if (char === "'" || char === '"' || char === '`') this.quoted(char)
    else this.wordOrSign(char)
  }

  private wordOrSign(char: string): void {
    WORD.lastIndex = this.offset
    const word = WORD.exec(this.text)?.[0]
    this.push(word === undefined ? 'sign' : 'word', word ?? char, false, this.offset + (word ?? char).length)
  }

  private quoted(quote: string): void {
    let value = ''
    for (let from = this.offset + 1; ; ) {
      const end = this.text.indexOf(quote, from)
      if (end < 0) {
        throw new MillraceError('CONFIG_SQL', `the ${quote} opened here is not closed`, {
          position: this.positionOf(this.offset),
          hint: `add ${quote}; inside a text write ${quote}${quote} for one`,
        })
      }
      value += this.text.slice(from, end)
      if (this.text[end + 1] !== quote) {
        this.push(quote === "'" ? 'text' : 'word', value, true, end + 1)
        return
      }
      value += quote
      from = end + 2
    }
  }

  private push(kind: SqlToken['kind'], text: string, quoted: boolean, end: number): void {
    const position = this.positionOf(this.offset)
    this.tokenCount += 1
    if (this.tokenCount > MAX_TOKENS) throw tooManyTokens(position)
    this.tokens.push({ kind, text, quoted, start: this.offset, end, position })
    this.offset = end
  }

  private lineComment(): void {
    const newline = this.text.indexOf('\n', this.offset)
    this.skipComment(newline < 0 ? this.text.length : newline)
  }

  private blockComment(): void {
    CONFIG_OPEN.lastIndex = this.offset
    const open = CONFIG_OPEN.exec(this.text)?.[0]
    if (open !== undefined) {
      const start = this.offset + open.length
      const close = CONFIG_CLOSE.exec(this.text.slice(start))
      if (close === null) throw this.openComment()
      this.configs.push({ text: this.text.slice(start, start + close.index), start: this.positionOf(start) })
      this.skipComment(start + close.index + close[0].length)
      return
    }
    const close = this.text.indexOf('*/', this.offset + 2)
    if (close < 0) throw this.openComment()
    this.skipComment(close + 2)
  }

  private openComment(): MillraceError {
    const position = this.positionOf(this.offset)
    return new MillraceError('CONFIG_SQL', 'the comment opened here is not closed', {
      position,
      hint: 'add */ on a line of its own',
    })
  }

  private skipComment(end: number): void {
    this.comments.push({ start: this.offset, end })
    this.offset = end
  }

  private endStatement(): void {
    const [first, last] = [this.tokens[0], this.tokens.at(-1)]
    if (first !== undefined && last !== undefined) {
      const pieces: string[] = []
      let from = first.start
      for (const { start, end } of this.comments) {
        if (start < first.start || end > last.end) continue
        pieces.push(this.text.slice(from, start), this.text.slice(start, end).replaceAll(/[^\n]/g, ' '))
        from = end
      }
      const text = pieces.join('') + this.text.slice(from, last.end)
      this.statements.push({ tokens: this.tokens, text })
    }
    this.tokens = []
    this.comments = []
  }

  private positionOf(offset: number): SourcePosition {
    let [low, high] = [0, this.lineStarts.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.lineStarts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return { file: this.file, line: low + 1, column: offset - (this.lineStarts[low] ?? 0) + 1 }
  }
}
