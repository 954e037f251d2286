import { MillraceError } from '../core/error.js'
import type { SqlToken } from './sql-scanner.js'

/** What a SQL job file may consist of. */
export const SQL_HINT =
  "statements are CREATE TABLE … WITH ('connector' = …), CREATE TABLE … AS SELECT … and INSERT INTO … SELECT …"

/** A fault of a SQL job file at a token. */
export function fault(message: string, token: SqlToken, hint: string): MillraceError {
  return new MillraceError('CONFIG_SQL', message, { position: token.position, hint })
}

/** Walks over the tokens of one statement. */
export class SqlCursor {
  private index = 0

  constructor(private readonly tokens: readonly SqlToken[]) {}

  peek(): SqlToken | null {
    return this.tokens[this.index] ?? null
  }

  last(): SqlToken {
    const token = this.tokens[Math.max(0, this.index - 1)] ?? this.tokens.at(-1)
    if (token === undefined) throw new MillraceError('CONFIG_SQL', 'a statement is empty')
    return token
  }

  rest(): readonly SqlToken[] {
    return this.tokens.slice(this.index)
  }

  next(): SqlToken {
    const token = this.peek()
    if (token === null) throw fault('the statement ends too early', this.last(), SQL_HINT)
    this.index += 1
    return token
  }

  isWord(word: string): boolean {
    const token = this.peek()
    return token?.kind === 'word' && !token.quoted && token.text.toUpperCase() === word
  }

  isSign(sign: string): boolean {
    const token = this.peek()
    return token?.kind === 'sign' && token.text === sign
  }

  expectWord(word: string): void {
    if (!this.isWord(word)) throw this.expected(word)
    this.index += 1
  }

  expectSign(sign: string): void {
    if (!this.isSign(sign)) throw this.expected(`'${sign}'`)
    this.index += 1
  }

  expectText(): SqlToken {
    if (this.peek()?.kind !== 'text') throw this.expected('a text in single quotes')
    return this.next()
  }

  expectEnd(): void {
    if (this.peek() !== null) throw this.expected("';'")
  }

  /** A table name; of `a.b` the last part counts. */
  expectName(): SqlToken {
    if (this.peek()?.kind !== 'word') throw this.expected('a table name')
    let name = this.next()
    while (this.isSign('.') && this.tokens[this.index + 1]?.kind === 'word') {
      this.next()
      name = this.next()
    }
    return name
  }

  private expected(what: string): MillraceError {
    const token = this.peek()
    if (token === null) return fault(`expected ${what}, but the statement ends`, this.last(), SQL_HINT)
    return fault(`expected ${what}, but found '${token.text}'`, token, SQL_HINT)
  }
}
