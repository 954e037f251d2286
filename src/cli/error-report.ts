import { asMillraceErrors, type MillraceError } from '../core/error.js'
import type { CliEnvironment } from './environment.js'
import { SourceLines } from './source-excerpt.js'

/** How an error is written. */
export interface ErrorTextOptions {
  readonly label?: 'error' | 'warning'
  /** Where source lines come from; absent for none. */
  readonly lines?: SourceLines | undefined
  /** Its number and how many there are; written when there are several. */
  readonly number?: readonly [index: number, count: number]
  readonly isColored?: boolean
}

const COLORS = { error: '\u001b[1;31m', warning: '\u001b[1;33m', hint: '\u001b[36m', off: '\u001b[0m' } as const

/** One error for people: code and message, where it is with the line of the text, what to change. No line break at the end. */
export function errorText(error: MillraceError, options: ErrorTextOptions = {}): string {
  const { label = 'error', lines, number, isColored = false } = options
  const { position, path, hint, offset } = error.details
  const paint = (color: keyof typeof COLORS, text: string): string =>
    isColored ? `${COLORS[color]}${text}${COLORS.off}` : text
  const count = number === undefined || number[1] < 2 ? '' : `(${number[0]}/${number[1]}) `
  const text = [`${count}${paint(label, `${label}[${error.code}]`)}: ${error.message}`]
  if (position !== undefined) {
    text.push(`  --> ${position.file}:${position.line}:${position.column}${path === undefined ? '' : ` (${path})`}`)
    const excerpt = lines?.excerpt(position) ?? null
    if (excerpt !== null) {
      const margin = String(position.line)
      const blank = ' '.repeat(margin.length)
      text.push(`  ${blank} |`, `  ${margin} | ${excerpt.text}`)
      text.push(`  ${blank} | ${' '.repeat(excerpt.column - 1)}${paint(label, '^')}`)
    }
  } else if (path !== undefined) text.push(`  --> ${path}`)
  const place = dataPlace(error)
  if (place !== null) text.push(`  at ${place}`)
  else if (offset !== undefined) text.push(`  at byte ${offset} of the text`)
  if (hint !== undefined) text.push(`  ${paint('hint', 'hint')}: ${hint}`)
  return text.join('\n')
}

/** `field 'a', row 3` for an error in data. Rows count from 1. */
function dataPlace({ details: { row, field } }: MillraceError): string | null {
  const parts = [...(field === undefined ? [] : [`field '${field}'`]), ...(row === undefined ? [] : [`row ${row + 1}`])]
  return parts.length === 0 ? null : parts.join(', ')
}

/** One error as a line of JSON-ready data. */
export function errorJson(error: MillraceError): object {
  const { position, path, hint, row, field, offset } = error.details
  return {
    code: error.code,
    message: error.message,
    seatunnel: error.definition.seatunnel?.[0] ?? null,
    path: path ?? null,
    position: position ?? null,
    hint: hint ?? null,
    row: row ?? null,
    field: field ?? null,
    offset: offset ?? null,
  }
}

/** Writes errors and warnings to standard error, as text or as lines of JSON. */
export class ErrorReporter {
  readonly #err: (text: string) => void
  readonly #isJson: boolean
  readonly #isColored: boolean
  readonly #lines = new SourceLines()

  constructor({ err, isTerminal, variables }: CliEnvironment, isJson = false) {
    this.#err = err
    this.#isJson = isJson
    this.#isColored = isTerminal && (variables.get('NO_COLOR') ?? '') === ''
  }

  /** Everything that was thrown, numbered when there is more than one. */
  errors(thrown: unknown): void {
    this.#report('error', asMillraceErrors(thrown))
  }

  warnings(warnings: readonly MillraceError[]): void {
    this.#report('warning', warnings)
  }

  #report(label: 'error' | 'warning', errors: readonly MillraceError[]): void {
    for (const [index, error] of errors.entries()) {
      if (this.#isJson) {
        this.#err(`${JSON.stringify({ type: label, ...errorJson(error) })}\n`)
        continue
      }
      const number = [index + 1, errors.length] as const
      this.#err(`${errorText(error, { label, number, lines: this.#lines, isColored: this.#isColored })}\n`)
    }
  }
}
