import { readFileSync, statSync } from 'node:fs'
import type { SourcePosition } from '../core/error.js'
import { REDACTED, redactUrls, secretPairs } from '../core/redact.js'

/** Largest file that excerpts are taken from, in bytes. */
const FILE_LIMIT_BYTES = 16 * 1024 * 1024
/** Columns of an excerpt; a longer line is cut around the place. */
const EXCERPT_COLUMNS = 120

/** A line of a text and the place in it. */
export interface Excerpt {
  readonly text: string
  /** 1-based column of the place in `text`. */
  readonly column: number
}

/** Takes lines from the files that errors point into. Files are read once; those that cannot be read give nothing. */
export class SourceLines {
  readonly #files = new Map<string, readonly string[] | null>()

  /** The line of a position, secrets hidden, fit for one terminal line; `null` when there is none. */
  excerpt({ file, line, column }: SourcePosition): Excerpt | null {
    const text = this.#lines(file)?.[line - 1]
    if (text === undefined || text.trim() === '') return null
    return cut(hideSecrets({ text: text.replaceAll('\t', ' ').trimEnd(), column }))
  }

  #lines(file: string): readonly string[] | null {
    const known = this.#files.get(file)
    if (known !== undefined) return known
    const lines = readLines(file)
    this.#files.set(file, lines)
    return lines
  }
}

function readLines(file: string): readonly string[] | null {
  try {
    const stat = statSync(file)
    if (!stat.isFile() || stat.size > FILE_LIMIT_BYTES) return null
    return readFileSync(file, 'utf8').split(/\r\n|\n|\r/)
  } catch {
    return null
  }
}

/** The line with the values of secret keys and passwords in URLs replaced; the column stays on its letter. */
export function hideSecrets({ text, column }: Excerpt): Excerpt {
  let [shift, end, hidden] = [0, 0, '']
  for (const { value, start } of secretPairs(text)) {
    hidden += text.slice(end, start) + REDACTED
    end = start + value.length
    if (column - 1 >= end) shift += REDACTED.length - value.length
    else if (column - 1 > start) shift += start - (column - 1)
  }
  hidden += text.slice(end)
  const withoutUrls = redactUrls(hidden)
  return { text: withoutUrls, column: Math.min(column + shift, withoutUrls.length + 1) }
}

function cut({ text, column }: Excerpt): Excerpt {
  if (text.length <= EXCERPT_COLUMNS) return { text, column }
  const start = Math.max(0, Math.min(column - EXCERPT_COLUMNS / 2, text.length - EXCERPT_COLUMNS))
  const end = start + EXCERPT_COLUMNS
  const [before, after] = [start > 0 ? '…' : '', end < text.length ? '…' : '']
  return { text: before + text.slice(start, end) + after, column: column - start + before.length }
}
