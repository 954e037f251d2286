import { join } from 'node:path'
import { STANDING_COLUMNS, type StandingFormat, standingFile } from '../data.js'
import { literal } from '../database.js'
import { FILTER_SELECT, FILTER_WHERE, outputFolder } from '../jobs.js'
import type { BenchContext, Contender } from '../types.js'
import { PYTHON_PEERS, type PythonPeer } from './python.js'

/** What is done with the standing file. */
export interface Conversion {
  readonly id: string
  readonly from: StandingFormat
  readonly to: StandingFormat
  /** Whether the filter and projection of the goal table are applied. */
  readonly filter: boolean
}

/** File that a peer writes. */
function resultFile(context: BenchContext, conversion: Conversion, peer: string): string {
  return join(outputFolder(context, conversion.id, peer), `result.${conversion.to}`)
}

/** A table function of DuckDB over files of a format with the standing columns. */
function reader(format: StandingFormat, path: string): string {
  const columns = `{${STANDING_COLUMNS.map(([name, , type]) => `'${name}': '${type}'`).join(', ')}}`
  switch (format) {
    case 'csv':
      return `read_csv(${literal(path)}, header = true, columns = ${columns}, timestampformat = '%Y-%m-%d %H:%M:%S')`
    case 'json':
      return `read_json(${literal(path)}, format = 'newline_delimited', columns = ${columns})`
    case 'parquet':
      return `read_parquet(${literal(path)})`
  }
}

const WRITE_OPTIONS = {
  csv: 'FORMAT csv, HEADER true',
  json: 'FORMAT json',
  parquet: 'FORMAT parquet, COMPRESSION snappy',
} as const

/** DuckDB from npm, in a Node process of its own: the peer of every run. */
export function duckdbContender(context: BenchContext, conversion: Conversion): Contender {
  const from = reader(conversion.from, standingFile(context, conversion.from))
  const select = conversion.filter
    ? `SELECT ${FILTER_SELECT} FROM ${from} WHERE ${FILTER_WHERE}`
    : `SELECT * FROM ${from}`
  const target = literal(resultFile(context, conversion, 'duckdb-npm'))
  return duckdbProgram(context, conversion.id, [`COPY (${select}) TO ${target} (${WRITE_OPTIONS[conversion.to]})`])
}

/** Any statements by DuckDB from npm, in a Node process of its own. */
export function duckdbProgram(context: BenchContext, scenario: string, statements: readonly string[]): Contender {
  const script = join(context.root, 'dist', 'bench', 'peers', 'duckdb.js')
  return {
    name: 'duckdb-npm',
    command: {
      argv: [process.execPath, script, String(context.threads), ...statements],
      output: outputFolder(context, scenario, 'duckdb-npm'),
    },
  }
}

/** Whether a Python peer can do a conversion at all. */
function canConvert(peer: PythonPeer, conversion: Conversion): boolean {
  return peer !== 'pyarrow' || (conversion.from === 'csv' && conversion.to === 'parquet')
}

/** Every peer of this run. */
export function contenders(context: BenchContext, conversion: Conversion): readonly Contender[] {
  const all = [duckdbContender(context, conversion)]
  const python = context.python
  if (python === null) return all
  const script = join(context.root, 'bench', 'peers', 'peers.py')
  const name = conversion.filter ? 'filter' : `${conversion.from}-${conversion.to}`
  const source = standingFile(context, conversion.from)
  for (const peer of Object.keys(PYTHON_PEERS) as PythonPeer[]) {
    if (!canConvert(peer, conversion)) continue
    const target = resultFile(context, conversion, peer)
    all.push({
      name: peer,
      command: {
        argv: [python, script, peer, name, source, target, String(context.threads)],
        output: outputFolder(context, conversion.id, peer),
      },
    })
  }
  return all
}
