// From a fresh clone to a result: sets up, builds, runs examples/airports.conf and shows what it wrote.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { build } from './build.mjs'
import { ROOT, run, ScriptError, script } from './lib.mjs'
import { setup } from './setup.mjs'

const JOB = 'examples/airports.conf'
const OUTPUT = 'examples/out/airports'
const SAMPLE_ROWS = 8

/**
 * Prints rows as a table with one column per field.
 *
 * @param {readonly Record<string, unknown>[]} rows
 */
function printTable(rows) {
  const names = Object.keys(rows[0] ?? {})
  const text = rows.map((row) => names.map((name) => String(row[name])))
  const width = names.map((name, i) => Math.max(name.length, ...text.map((cells) => (cells[i] ?? '').length)))
  for (const cells of [names, width.map((count) => '-'.repeat(count)), ...text]) {
    console.log(`  ${cells.map((cell, i) => cell.padEnd(width[i] ?? 0)).join('  ')}`.trimEnd())
  }
}

/** Reads the Parquet files of the job with DuckDB, an independent reader, and prints counts and a sample. */
async function showResult() {
  const folder = join(ROOT, OUTPUT)
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.parquet')) : []
  if (files.length === 0) throw new ScriptError(`the job left no Parquet file in ${OUTPUT}`)
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const from = `read_parquet('${join(folder, '*.parquet').replaceAll("'", "''")}')`
  const query = async (/** @type {string} */ sql) => (await connection.runAndReadAll(sql)).getRowObjects()
  const climates = await query(
    `select climate, count(*) as airports, round(avg(latitude), 2) as mean_latitude from ${from} group by climate order by climate`,
  )
  const sample = await query(`select * from ${from} order by latitude desc limit ${SAMPLE_ROWS}`)
  connection.closeSync()
  console.log(
    `\n${OUTPUT}/${files[0]}${files.length > 1 ? ` and ${files.length - 1} more` : ''}, read back with DuckDB:\n`,
  )
  printTable(climates)
  console.log(`\nThe ${SAMPLE_ROWS} northernmost:\n`)
  printTable(sample)
}

await script(async () => {
  setup()
  await build({ wasm: false })
  console.log(`\n$ bin/millrace run ${JOB}\n`)
  if (process.platform === 'win32') run(process.execPath, [join(ROOT, 'dist', 'bundle', 'main.js'), 'run', JOB])
  else run(join(ROOT, 'bin', 'millrace'), ['run', JOB])
  await showResult()
})
