import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { STANDING_COLUMNS, type StandingFormat, standingFile } from './data.js'
import type { BenchContext, Command } from './types.js'

/** The filter of the goal table, in the words that SeaTunnel and every peer understand. */
export const FILTER_SELECT = 'id, upper(name) as name, city, amount * qty as total, ts'
export const FILTER_WHERE = "qty > 500 and city <> 'Zzz'"

/** The columns as a `schema` block. */
function schemaBlock(): string {
  return `schema { fields { ${STANDING_COLUMNS.map(([name, type]) => `${name} = ${type}`).join(', ')} } }`
}

/** A `LocalFile` source over the standing file. */
export function fileSource(context: BenchContext, format: StandingFormat): string {
  const lines = [`path = ${JSON.stringify(standingFile(context, format))}`, `file_format_type = "${format}"`]
  if (format !== 'parquet') lines.push(schemaBlock())
  if (format === 'csv') lines.push('skip_header_row_number = 1')
  return `LocalFile { ${lines.join('\n    ')} }`
}

/** A `LocalFile` sink into a folder. */
export function fileSink(folder: string, format: StandingFormat): string {
  const lines = [
    `path = ${JSON.stringify(join(folder, 'result'))}`,
    `tmp_path = ${JSON.stringify(join(folder, 'staging'))}`,
    `file_format_type = "${format}"`,
  ]
  if (format === 'parquet') lines.push('compress_codec = "snappy"')
  if (format === 'csv') lines.push('enable_header_write = true')
  return `LocalFile { ${lines.join('\n    ')} }`
}

/** A `FakeSource` with the standing columns. */
export function fakeSource(rows: number): string {
  return `FakeSource { row.num = ${rows}\n    ${schemaBlock()} }`
}

/** A `Console` sink that prints nothing. */
export const SILENT_CONSOLE = 'Console { log.print.data = false }'

/** The text of a batch job with one source, at most one query and one sink. */
export function jobText(source: string, sql: string | null, sink: string): string {
  const transform = sql === null ? '' : `transform {\n  Sql { query = ${JSON.stringify(sql)} }\n}\n`
  return `env { job.mode = "BATCH" }\nsource {\n  ${source}\n}\n${transform}sink {\n  ${sink}\n}\n`
}

/** Folder that a side of a scenario writes into. */
export function outputFolder(context: BenchContext, scenario: string, contender: string): string {
  return join(context.outputs, scenario, contender)
}

/** Where the job file of a scenario is. */
function jobFile(context: BenchContext, scenario: string): string {
  return join(context.cache, 'jobs', `${scenario}.conf`)
}

/** Writes the job file of a scenario. */
export function writeJob(context: BenchContext, scenario: string, text: string): void {
  const file = jobFile(context, scenario)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, text)
}

/** The run of a scenario's job by the program under test, with as many worker threads as the peers get. */
export function jobCommand(
  context: BenchContext,
  scenario: string,
  output: string,
  env: Record<string, string> = {},
): Command {
  return {
    argv: [context.program, 'run', '--json', jobFile(context, scenario)],
    env: { MILLRACE_WORKERS: String(context.threads), ...env },
    output,
  }
}
