import { readdirSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'
import { STANDING_COLUMNS, type StandingFormat, standingFile } from './data.js'
import { literal, query } from './database.js'
import { FILTER_SELECT, FILTER_WHERE } from './jobs.js'
import type { Conversion } from './peers/conversions.js'
import type { BenchContext, Verification } from './types.js'

/** What a result is reduced to: rows, and a sum of row digests that does not depend on their order. */
interface Checksum {
  readonly rows: number
  readonly sum: string
}

const FILTER_COLUMNS = [
  ['id', 'BIGINT'],
  ['name', 'VARCHAR'],
  ['city', 'VARCHAR'],
  ['total', 'DOUBLE'],
  ['ts', 'TIMESTAMP'],
] as const

/** Columns of a result with the types that its values are compared in. */
function resultColumns(conversion: Conversion): readonly (readonly [name: string, type: string])[] {
  return conversion.filter ? FILTER_COLUMNS : STANDING_COLUMNS.map(([name, , type]) => [name, type] as const)
}

/** The data files below a folder: the format's own suffix, or what a side calls it. */
function dataFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => ['.csv', '.json', '.jsonl', '.parquet'].includes(extname(path)) && statSync(path).isFile())
    .sort()
}

/** A table function over files, as text where the format has no types of its own. */
function looseReader(
  format: StandingFormat,
  files: readonly string[],
  columns: readonly (readonly [string, string])[],
): string {
  const list = `[${files.map(literal).join(', ')}]`
  const texts = `{${columns.map(([name]) => `'${name}': 'VARCHAR'`).join(', ')}}`
  switch (format) {
    case 'csv':
      return `read_csv(${list}, header = true, columns = ${texts}, auto_detect = false, quote = '"', escape = '"')`
    case 'json':
      return `read_json(${list}, format = 'newline_delimited', columns = ${texts})`
    case 'parquet':
      return `read_parquet(${list})`
  }
}

/** Rows and checksum of a query with the given columns. */
async function checksum(from: string, columns: readonly (readonly [string, string])[]): Promise<Checksum> {
  const values = columns.map(([name, type]) => `CAST(${name} AS ${type})`).join(', ')
  const sql = `SELECT count(*)::INTEGER AS rows, sum(hash(${values})::HUGEINT)::VARCHAR AS sum FROM ${from}`
  const [row] = await query(["SET TimeZone = 'UTC'", sql])
  return { rows: Number(row?.rows), sum: String(row?.sum) }
}

const expected = new Map<string, Promise<Checksum>>()

/** What a conversion has to give, computed from the standing file. */
function expectation(context: BenchContext, conversion: Conversion): Promise<Checksum> {
  const known = expected.get(conversion.id)
  if (known !== undefined) return known
  const columns = STANDING_COLUMNS.map(([name, , type]) => [name, type] as const)
  const typed = `SELECT ${columns.map(([name, type]) => `CAST(${name} AS ${type}) AS ${name}`).join(', ')} FROM ${looseReader(
    conversion.from,
    [standingFile(context, conversion.from)],
    columns,
  )}`
  const select = conversion.filter ? `SELECT ${FILTER_SELECT} FROM (${typed}) WHERE ${FILTER_WHERE}` : typed
  const sum = checksum(`(${select})`, resultColumns(conversion))
  expected.set(conversion.id, sum)
  return sum
}

/**
 * Compares the files in a folder with what the conversion has to give: rows, values in any order, bytes on disk.
 *
 * The standing file is read by DuckDB as text and cast, so that no side is judged by its own reader.
 */
export async function verifyConversion(
  context: BenchContext,
  conversion: Conversion,
  folder: string,
): Promise<Verification> {
  const files = dataFiles(folder)
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0)
  if (bytes === 0) return { ok: false, detail: 'no bytes were written' }
  const columns = resultColumns(conversion)
  const want = await expectation(context, conversion)
  const have = await checksum(looseReader(conversion.to, files, columns), columns)
  if (have.rows !== want.rows) return { ok: false, detail: `${have.rows} rows instead of ${want.rows}` }
  if (have.sum !== want.sum) return { ok: false, detail: `the values of the ${have.rows} rows differ` }
  return { ok: true, detail: `${have.rows} rows, ${(bytes / 1e6).toFixed(0)} MB` }
}
