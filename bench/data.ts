import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { literal, query } from './database.js'
import type { BenchContext } from './types.js'

/** Rows of the standing file in a full run, and in a quick one. */
export const STANDING_ROWS = { full: 5_000_000, quick: 1_000_000 } as const

/** Number that every pseudo-random column starts from. */
const SEED = 20_260_814

/** How many different cities there are. */
const CITIES = 100

/** The columns of the standing file: SeaTunnel's type name, then DuckDB's. */
export const STANDING_COLUMNS = [
  ['id', 'bigint', 'BIGINT'],
  ['name', 'string', 'VARCHAR'],
  ['email', 'string', 'VARCHAR'],
  ['city', 'string', 'VARCHAR'],
  ['amount', 'double', 'DOUBLE'],
  ['qty', 'int', 'INTEGER'],
  ['ts', 'timestamp', 'TIMESTAMP'],
  ['flag', 'boolean', 'BOOLEAN'],
] as const

/** A format that the standing file is made in. */
export type StandingFormat = 'csv' | 'json' | 'parquet'

const FIRST_NAMES =
  'Ada Alan Barbara Claude Donald Edsger Frances Grace Hedy John Katherine Leslie Margaret Niklaus Radia Tony'
const _LAST_NAMES =
  'Allen Backus Conway Dijkstra Engelbart Floyd Goldberg Hopper Iverson Johnson Knuth Lamport Moore Naur Perlis Wirth'
const CITY_BEGINNINGS = 'Alt Bad Blan Dun East Gran Kings Nor Port West'
const CITY_ENDINGS = 'berg burgh bury field ford haven mouth stad ton ville'

/** A SQL list of the words of a text. */
function wordList(words: string): string {
  return `[${words.split(' ').map(literal).join(', ')}]`
}

/**
 * The query that yields the standing rows, in order of `id` from 0. Values depend on the seed and the row only.
 *
 * Names and addresses hardly ever repeat; half of the quantities are above 500; timestamps have whole seconds; nothing needs a quote in CSV.
 */
export function standingQuery(rows: number): string {
  const random = (column: number): string => `hash(id * 16 + ${column + SEED * 1024})`
  const pick = (words: string, draw: string): string => `${wordList(words)}[1 + (${draw})::INTEGER]`
  const letters = (column: number): string => `to_base((${random(column)} % 2176782336)::BIGINT, 36, 6)`
  const city = `${random(3)} % ${CITIES}`
  return `
    SELECT id,
           ${pick(FIRST_NAMES, `${random(0)} % 16`)} || ' ' || ${letters(1)} AS name,
           lower(${letters(2)}) || '@example.com' AS email,
           ${pick(CITY_BEGINNINGS, `(${city}) // 10`)} || ${pick(CITY_ENDINGS, `(${city}) % 10`)} AS city,
           (${random(4)} % 1000000)::DOUBLE / 100 AS amount,
           (1 + ${random(5)} % 1000)::INTEGER AS qty,
           TIMESTAMP '2020-01-01' + to_seconds((${random(6)} % 157766400)::BIGINT) AS ts,
           ${random(7)} % 2 = 0 AS flag
    FROM (SELECT range AS id FROM range(${rows}))`
}

/** Where the standing file of a format is. */
export function standingFile(context: BenchContext, format: StandingFormat): string {
  const suffix = { csv: 'csv', json: 'jsonl', parquet: 'parquet' }[format]
  return join(context.cache, 'data', `standing-${SEED}-${context.rows}.${suffix}`)
}

/** How DuckDB writes a format. Milliseconds are what SeaTunnel reads as a timestamp. */
function copyStatement(rows: number, format: StandingFormat, target: string): string {
  const source = standingQuery(rows)
  switch (format) {
    case 'csv':
      return `COPY (${source}) TO ${literal(target)} (FORMAT csv, HEADER true, TIMESTAMPFORMAT '%Y-%m-%d %H:%M:%S')`
    case 'json':
      return `COPY (${source}) TO ${literal(target)} (FORMAT json, TIMESTAMPFORMAT '%Y-%m-%d %H:%M:%S')`
    case 'parquet':
      return `COPY (SELECT * REPLACE (ts::TIMESTAMP_MS AS ts) FROM (${source})) TO ${literal(target)} (FORMAT parquet, COMPRESSION snappy)`
  }
}

/** Makes the standing file in a format unless it is there, and gives its path. */
export async function standingData(context: BenchContext, format: StandingFormat): Promise<string> {
  const target = standingFile(context, format)
  if (existsSync(target)) return target
  mkdirSync(join(context.cache, 'data'), { recursive: true })
  const partial = `${target}.partial`
  await query([copyStatement(context.rows, format, partial)])
  renameSync(partial, target)
  console.log(`made ${target}: ${context.rows} rows, ${(statSync(target).size / 1e6).toFixed(0)} MB`)
  return target
}
