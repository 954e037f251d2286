import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { parseJobFile } from '../../src/config/job-document.js'
import { JobService } from '../../src/engine/job-service.js'
import { temporaryFolder } from '../../src/files/testing.js'
import { BACKEND_VARIABLE, loadBackend } from '../../src/native/load.js'
import { PLUGINS } from '../../src/plugins.generated.js'
import type { JobOutcome } from '../../src/runtime/job-runner.js'
import { PluginRegistry } from '../../src/spi/registry.js'
import { ROOT } from '../conventions/layers.js'
import { Oracle } from './duckdb.js'

type BackendKind = 'native' | 'wasm'
type SinkFormat = 'csv' | 'json' | 'parquet'

const DATA = join(ROOT, 'node_modules', 'vega-datasets', 'data')

/** A file of real data: how a job reads it and how DuckDB does. */
interface Dataset {
  readonly file: string
  readonly options: string
  readonly relation: string
}

const file = (name: string): string => join(DATA, name)

/** Fields as SeaTunnel's schema and as DuckDB's. */
function csvDataset(name: string, fields: readonly (readonly [field: string, type: string, duckdb: string])[]): Dataset {
  const schema = fields.map(([field, type]) => `"${field}" = ${type}`).join(', ')
  const columns = fields.map(([field, , duckdb]) => `'${field}': '${duckdb}'`).join(', ')
  return {
    file: name,
    options: `file_format_type = csv, skip_header_row_number = 1, schema { fields { ${schema} } }`,
    relation: `read_csv('${file(name)}', header = true, columns = {${columns}})`,
  }
}

const text = (field: string) => [field, 'string', 'VARCHAR'] as const

const AIRPORTS = csvDataset('airports.csv', [
  ...['iata', 'name', 'city', 'state', 'country'].map(text),
  ['latitude', 'double', 'DOUBLE'],
  ['longitude', 'double', 'DOUBLE'],
])
const ZIPCODES = csvDataset('zipcodes.csv', [
  text('zip_code'),
  ['latitude', 'double', 'DOUBLE'],
  ['longitude', '"decimal(12, 6)"', 'DECIMAL(12, 6)'],
  ...['city', 'state', 'county'].map(text),
])
const BIRDSTRIKES = csvDataset('birdstrikes.csv', [
  ...['airport', 'aircraft', 'damage'].map(text),
  ['flight_date', 'date', 'DATE'],
  ...['operator', 'origin_state', 'phase', 'size', 'species', 'time_of_day'].map(text),
  ['cost_other', 'int', 'INTEGER'],
  ['cost_repair', 'bigint', 'BIGINT'],
  ['cost_total', 'bigint', 'BIGINT'],
  ['speed', 'int', 'INTEGER'],
])
const FLIGHTS_200K: Dataset = {
  file: 'flights-200k.json',
  options: 'file_format_type = json, schema { fields { delay = int, distance = bigint, time = double } }',
  relation: `(select delay::int as delay, distance::bigint as distance, time::double as time from read_json('${file('flights-200k.json')}'))`,
}
const FLIGHTS_3M: Dataset = {
  file: 'flights-3m.parquet',
  options: 'file_format_type = parquet',
  relation: `read_parquet('${file('flights-3m.parquet')}')`,
}

/** One job: a data set, perhaps SQL that both sides understand alike, and a format. */
interface DifferentialJob {
  readonly name: string
  readonly dataset: Dataset
  /** What stands for `select … from`; the table is called `t`. `null` copies. */
  readonly sql: string | null
  /** DuckDB's SQL where it has to be another text. */
  readonly duckdbSql?: string
  readonly format: SinkFormat
  readonly sinkOptions?: string
  /** Takes seconds: run in few combinations only. */
  readonly isLarge?: boolean
}

const JOBS: readonly DifferentialJob[] = [
  { name: 'airports are copied to csv', dataset: AIRPORTS, sql: null, format: 'csv' },
  { name: 'airports are copied to json', dataset: AIRPORTS, sql: null, format: 'json' },
  {
    name: 'airports of some states get a climate and go to parquet',
    dataset: AIRPORTS,
    sql: `select iata, upper(name) as name, city, latitude,
      case when latitude >= 66.56 then 'arctic' when latitude >= 60 then 'subarctic' else 'temperate' end as climate
      from t where state in ('AK', 'WA', 'OR') or (latitude > 45 and longitude < -100)`,
    format: 'parquet',
    sinkOptions: 'compress_codec = snappy',
  },
  {
    name: 'airports go through text functions to csv',
    dataset: AIRPORTS,
    sql: `select lower(name) as name, length(city) as city_length, concat(city, ', ', state) as place,
      substring(name, 1, 5) as short, trim(name) as trimmed, replace(name, ' ', '_') as slug
      from t where name like '%Municipal%' and city is not null`,
    format: 'csv',
  },
  { name: 'zip codes are copied to parquet', dataset: ZIPCODES, sql: null, format: 'parquet' },
  {
    name: 'zip codes are cast and computed with, to json',
    dataset: ZIPCODES,
    sql: `select cast(zip_code as int) as zip, abs(latitude) as latitude, longitude, cast(latitude as int) as whole,
      latitude * 2 + 1 as stretched, county from t where state <> 'NY' and cast(zip_code as int) >= 10000 and cast(zip_code as int) < 60000`,
    duckdbSql: `select cast(zip_code as int) as zip, abs(latitude) as latitude, longitude, trunc(latitude)::int as whole,
      latitude * 2 + 1 as stretched, county from t where state <> 'NY' and cast(zip_code as int) >= 10000 and cast(zip_code as int) < 60000`,
    format: 'json',
  },
  { name: 'bird strikes are copied to csv', dataset: BIRDSTRIKES, sql: null, format: 'csv' },
  { name: 'bird strikes are copied to json', dataset: BIRDSTRIKES, sql: null, format: 'json' },
  {
    name: 'bird strikes with their costs go to parquet',
    dataset: BIRDSTRIKES,
    sql: `select flight_date, aircraft, cost_other + cost_repair as cost, cost_total - cost_repair as rest, coalesce(speed, -1) as speed,
      case when speed is null then 'unknown' when speed > 150 then 'fast' else 'slow' end as pace
      from t where cost_total > 0 or size = 'Large'`,
    format: 'parquet',
    sinkOptions: 'compress_codec = gzip',
  },
  { name: '200,000 flights go from one json document to parquet', dataset: FLIGHTS_200K, sql: null, format: 'parquet' },
  {
    name: '200,000 flights are filtered to csv',
    dataset: FLIGHTS_200K,
    sql: `select delay, distance, time, mod(distance, 100) as rest, case when delay < 0 then 'early' when delay = 0 then 'on time' else 'late' end as kind
      from t where delay > 30 or distance < 100`,
    format: 'csv',
  },
  {
    name: '3,000,000 flights are copied to parquet',
    dataset: FLIGHTS_3M,
    sql: null,
    format: 'parquet',
    isLarge: true,
  },
  {
    name: '3,000,000 flights are filtered to csv',
    dataset: FLIGHTS_3M,
    sql: "select date, delay, origin, destination, distance * 2 as way from t where delay > 60 and origin <> 'ATL'",
    format: 'csv',
    isLarge: true,
  },
]

/** How DuckDB reads what a job wrote, with the types that it expects. */
function resultRelation(folder: string, format: SinkFormat, columns: readonly string[]): string {
  const pattern = `${folder}/*.${format}`
  if (format === 'parquet') return `select * from read_parquet('${pattern}')`
  const types = columns.map((column) => {
    const [name = '', ...type] = column.split(' ')
    return `'${name}': '${type.join(' ')}'`
  })
  const reader = format === 'csv' ? 'read_csv' : 'read_json'
  const options = format === 'csv' ? ", header = false, auto_detect = false, delim = ',', quote = '\"', escape = '\"'" : ''
  return `select * from ${reader}('${pattern}', columns = {${types.join(', ')}}${options})`
}

interface Shape {
  readonly backend: BackendKind
  readonly parallelism: number
  readonly workers: number
}

async function run(job: DifferentialJob, folder: string, shape: Shape): Promise<JobOutcome> {
  const service = new JobService({
    registry: new PluginRegistry(PLUGINS),
    backend: () => loadBackend(shape.backend),
    workerEntry: new URL('../../src/worker.js', import.meta.url),
    now: () => Date.UTC(2024, 0, 31),
    zone: 'UTC',
    workers: shape.workers,
  })
  const transform =
    job.sql === null ? '' : `transform { Sql { plugin_output = u, plugin_input = [t], query = """${job.sql}""" } }`
  const document = parseJobFile({
    text: `
env { parallelism = ${shape.parallelism} }
source { LocalFile { plugin_output = t, path = "${file(job.dataset.file)}", ${job.dataset.options} } }
${transform}
sink { LocalFile { plugin_input = [${job.sql === null ? 't' : 'u'}], path = "${folder}/out", tmp_path = "${folder}/tmp",
  file_format_type = ${job.format}, ${job.sinkOptions ?? ''} } }`,
    file: 'job.conf',
    variables: new Map(),
    environment: new Map(),
  })
  // Workers load their kernels themselves, as the variable says.
  process.env[BACKEND_VARIABLE] = shape.backend
  return (await service.prepare({ document })).run()
}

/** Every combination of backend, parallelism and workers; large jobs in the two that differ most. */
function shapesOf(job: DifferentialJob): readonly Shape[] {
  const backends: readonly BackendKind[] = process.env.MILLRACE_TEST === 'fast' ? ['native'] : ['native', 'wasm']
  const all = backends.flatMap((backend) =>
    [1, 3].flatMap((parallelism) => [1, 2].map((workers) => ({ backend, parallelism, workers }))),
  )
  if (job.isLarge !== true || process.env.MILLRACE_TEST === 'long') return all
  return all.filter(({ parallelism, workers }) => parallelism === 1 && workers === 2)
}

/** Whether a build reads the codec of a file; `zstd` is the only one here that WASM may not have. */
function isCodecMissing(outcome: JobOutcome, { backend }: Shape): boolean {
  return backend === 'wasm' && outcome.errors[0]?.code === 'CODEC_UNAVAILABLE'
}

const reason = existsSync(file('airports.csv')) ? false : 'the package vega-datasets is not installed'

describe('real files give the rows that DuckDB gives', { skip: reason }, () => {
  let oracle: Oracle
  before(async () => {
    oracle = await Oracle.open()
  })
  after(() => oracle.close())

  for (const job of JOBS) {
    describe(job.name, () => {
      for (const shape of shapesOf(job)) {
        const { backend, parallelism, workers } = shape
        it(`${backend}, parallelism ${parallelism}, ${workers} workers`, async (test) => {
          const folder = temporaryFolder(test)
          const outcome = await run(job, folder, shape)
          if (isCodecMissing(outcome, shape)) return test.skip(outcome.errors[0]?.message)
          assert.deepEqual(
            [outcome.status, outcome.errors.map((error) => `${error.code} ${error.message}`)],
            ['FINISHED', []],
          )
          const sql = job.duckdbSql ?? job.sql ?? 'select * from t'
          await oracle.keep('expected', `with t as (select * from ${job.dataset.relation}) ${sql}`)
          await oracle.keep('result', resultRelation(`${folder}/out`, job.format, await oracle.columns('expected')))
          assert.deepEqual(await oracle.columns('result'), await oracle.columns('expected'))
          const comparison = await oracle.compare('result', 'expected', parallelism === 1)
          assert.equal(comparison.rows, comparison.expectedRows)
          assert.equal(comparison.different, 0, comparison.samples.join('\n'))
          assert.equal(outcome.metrics.sinks[0]?.rows, comparison.rows)
        })
      }
    })
  }
})
