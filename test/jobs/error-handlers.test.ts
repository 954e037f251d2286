import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseJobFile } from '../../src/config/job-document.js'
import { asMillraceErrors } from '../../src/core/error.js'
import type { PreparedJob } from '../../src/engine/job-service.js'
import { putFile, temporaryFolder } from '../../src/files/testing.js'
import { csvRows, csvSink, csvSource, finishJob, linesBelow, prepareJob, runJob, testService } from './harness.js'

function errorSink(folder: string, options = ''): string {
  return `sink { plugin_name = LocalFile, path = "${folder}/errors/\${table_name}", tmp_path = "${folder}/tmp", file_format_type = json ${options} }`
}

/** Copies rows, dividing by what is left of their number modulo `modulus`. */
function dividing(folder: string, env: string, modulus = 3): string {
  return `env { ${env} }
source { ${csvSource(`${folder}/in`, ', plugin_output = a')} }
transform { Sql { plugin_input = a, plugin_output = b, query = "select id, 100 / mod(id, ${modulus}) as x from a" } }
sink { ${csvSink(folder)} }`
}

/** Runs a job and gives what it logged of failed rows. */
async function logged(text: string): Promise<{ readonly job: PreparedJob; readonly lines: readonly string[] }> {
  const lines: string[] = []
  const document = parseJobFile({ text, file: 'job.conf', variables: new Map(), environment: new Map() })
  const job = await testService().prepare({ document, rowError: (line) => lines.push(line) })
  assert.equal((await job.run()).status, 'FINISHED')
  return { job, lines }
}

describe('error handlers', () => {
  it('are off by default', async (t) => {
    const folder = temporaryFolder(t)
    putFile(`${folder}/in/a.csv`, csvRows(5, 1))
    for (const env of ['', 'error_handler { mode = DISABLE }', 'sink_error_handler { mode = LOG }']) {
      const { status, errors } = await runJob(dividing(folder, env))
      assert.deepEqual(
        [status, errors.map(({ code, details }) => [code, details.row])],
        ['FAILED', [['EXPRESSION_FAILED', 2]]],
      )
    }
  })

  it('log a line for a row that fails, and the others go on', async (t) => {
    const folder = temporaryFolder(t)
    putFile(`${folder}/in/a.csv`, csvRows(5, 1))
    const options = 'mode = LOG, include_original_data = true, original_data_format = JSON'
    const { job, lines } = await logged(dividing(folder, `error_handler { ${options} }`))
    assert.equal(lines.length, 1)
    assert.match(
      lines[0] ?? '',
      /^row failed in TRANSFORM 'Sql', table 'a': EXPRESSION_FAILED: .*; row: \{"id":3,"name":"name 3"\}$/,
    )
    assert.deepEqual(linesBelow(`${folder}/out`), ['1,100', '2,50', '4,100', '5,50'])
    const { sources, sinks, errorRows } = job.metrics()
    assert.deepEqual([sources[0]?.rows, sinks[0]?.rows, errorRows], [5, 4, 1])
  })

  it('write records with the documented columns to a sink of their own', async (t) => {
    const folder = temporaryFolder(t)
    putFile(`${folder}/in/a.csv`, csvRows(7, 1))
    const options = `mode = ROUTE, include_original_data = true, original_data_max_length = 30, ${errorSink(folder)}`
    const outcome = await finishJob(dividing(folder, `transform_error_handler { ${options} }`))
    const records = linesBelow(`${folder}/errors/error_records`).map((line) => JSON.parse(line))
    assert.deepEqual(
      records.map((record) => record.original_data),
      ['SeaTunnelRow{tableId=a, kind=+', 'SeaTunnelRow{tableId=a, kind=+'],
    )
    const { job_id, error_message, original_data: _, ...fixed } = records[0]
    assert.deepEqual(fixed, {
      error_stage: 'TRANSFORM',
      plugin_type: 'TRANSFORM',
      plugin_name: 'Sql',
      source_table_path: 'a',
      exception_class: 'EXPRESSION_FAILED',
      stacktrace: null,
      occur_time: '2024-01-31T00:00:00',
    })
    assert.equal(typeof job_id, 'number')
    assert.notEqual(error_message, '')
    const { sources, sinks, errorRows } = outcome.metrics
    assert.deepEqual([sources[0]?.rows, sinks.map(({ rows }) => rows), errorRows], [7, [5], 2])
  })

  it('keep every row once, good or failed, with several subtasks, workers and checkpoints', async (t) => {
    for (const mode of ['BATCH', 'STREAMING']) {
      const folder = temporaryFolder(t)
      for (const part of [0, 1, 2]) putFile(`${folder}/in/${part}.csv`, csvRows(20_000, part * 20_000))
      const options = `mode = ROUTE, include_original_data = true, original_data_format = JSON, ${errorSink(folder)}`
      await finishJob(
        dividing(folder, `job.mode = ${mode}, parallelism = 3, checkpoint.interval = 10, error_handler { ${options} }`),
        2,
      )
      const sorted = (values: number[]) => values.toSorted((left, right) => left - right)
      const good = linesBelow(`${folder}/out`).map((line) => Number(line.split(',')[0]))
      const failed = linesBelow(`${folder}/errors`).map((line) => Number(JSON.parse(JSON.parse(line).original_data).id))
      const every = Array.from({ length: 60_000 }, (_, id) => id)
      assert.deepEqual(
        sorted(good),
        every.filter((id) => id % 3 !== 0),
      )
      assert.deepEqual(
        sorted(failed),
        every.filter((id) => id % 3 === 0),
      )
    }
  })

  it('keep the order of one subtask in the records too', async (t) => {
    const folder = temporaryFolder(t)
    putFile(`${folder}/in/a.csv`, csvRows(40_000))
    const options = `mode = ROUTE, include_original_data = true, original_data_format = JSON, ${errorSink(folder)}`
    await finishJob(dividing(folder, `error_handler { ${options} }`, 7), 2)
    const failed = linesBelow(`${folder}/errors`).map((line) => Number(JSON.parse(JSON.parse(line).original_data).id))
    assert.deepEqual(
      failed,
      Array.from({ length: Math.ceil(40_000 / 7) }, (_, index) => index * 7),
    )
  })

  it('end the job when more rows fail than are allowed, naming the first', async (t) => {
    for (const [limit, code] of [
      ['max_error_records = 2', 'ERROR_LIMIT_EXCEEDED'],
      ['max_error_records = 3', null],
      ['max_error_records = 0', null],
      ['max_error_ratio = 0.2, max_error_ratio_min_records = 5', 'ERROR_LIMIT_EXCEEDED'],
      ['max_error_ratio = 0.2', null],
      ['max_error_ratio = 0.5, max_error_ratio_min_records = 5', null],
    ] as const) {
      const folder = temporaryFolder(t)
      putFile(`${folder}/in/a.csv`, csvRows(9, 1))
      const { status, errors } = await runJob(dividing(folder, `transform_error_handler { mode = LOG, ${limit} }`))
      assert.deepEqual(
        [status, errors.map((error) => error.code)],
        code === null ? ['FINISHED', []] : ['FAILED', [code]],
        limit,
      )
      if (code !== null) assert.match(errors[0]?.message ?? '', /stage TRANSFORM.*the first with EXPRESSION_FAILED: /)
      assert.equal(linesBelow(`${folder}/out`).length, code === null ? 6 : 0)
    }
  })

  it('take rows that a rule of Assert or the format of a sink refuses', async (t) => {
    const folder = temporaryFolder(t)
    putFile(`${folder}/in/a.csv`, csvRows(4, 1))
    const rule = 'rules { field_rules = [{ field_name = id, field_value = [{ rule_type = MAX, rule_value = 3 }] }] }'
    const outcome =
      await finishJob(`env { sink_error_handler { mode = ROUTE, ${errorSink(folder, ', error_table = "db.refused"')} } }
source { ${csvSource(`${folder}/in`)} }
sink { Assert { ${rule} } }`)
    const records = linesBelow(`${folder}/errors/refused`).map((line) => JSON.parse(line))
    assert.deepEqual(
      records.map(({ error_stage, plugin_name, exception_class, original_data }) => [
        error_stage,
        plugin_name,
        exception_class,
        original_data,
      ]),
      [['SINK', 'Assert', 'ASSERTION_FAILED', null]],
    )
    assert.deepEqual([outcome.metrics.sinks[0]?.rows, outcome.metrics.errorRows], [3, 1])
  })

  it('take rows that Parquet cannot hold, and route records to any sink', async (t) => {
    const folder = temporaryFolder(t)
    putFile(`${folder}/in/a.csv`, '1,abcdefghijkl\n2,abcd\n3,mnopqrstuvwx\n')
    const console = 'sink { plugin_name = Console, log.print.data = false }'
    const outcome = await finishJob(`env { sink_error_handler { mode = ROUTE, ${console} } }
source { LocalFile { path = "${folder}/in", file_format_type = csv, schema { fields { id = int, raw = bytes } } } }
sink { LocalFile { path = "${folder}/out", tmp_path = "${folder}/tmp", file_format_type = parquet, parquet_avro_write_fixed_as_int96 = [raw] } }`)
    assert.deepEqual([outcome.metrics.sinks.map(({ rows }) => rows), outcome.metrics.errorRows], [[2], 1])
  })

  it('share a sink that both stages inherit', async (t) => {
    const folder = temporaryFolder(t)
    putFile(`${folder}/in/a.csv`, csvRows(6, 1))
    const rule = 'rules { field_rules = [{ field_name = x, field_value = [{ rule_type = MAX, rule_value = 60 }] }] }'
    await finishJob(`env { error_handler { mode = ROUTE, ${errorSink(folder)} } }
source { ${csvSource(`${folder}/in`, ', plugin_output = a')} }
transform { Sql { plugin_input = a, plugin_output = b, query = "select id, 100 / mod(id, 3) as x from a" } }
sink { Assert { plugin_input = b, ${rule} } }`)
    const stages = linesBelow(`${folder}/errors`).map((line) => JSON.parse(line).error_stage)
    assert.deepEqual(stages.toSorted(), ['SINK', 'SINK', 'TRANSFORM', 'TRANSFORM'])
  })

  it('fail the job for what is not the fault of a row', async (t) => {
    const folder = temporaryFolder(t)
    putFile(`${folder}/in/a.csv`, '1,a\nx,b\n')
    const { status, errors } = await runJob(dividing(folder, 'error_handler { mode = LOG }'))
    assert.deepEqual([status, errors.map(({ code }) => code)], ['FAILED', ['VALUE_MALFORMED']])
  })

  it('warn where there is no sink to route to, and only log', async (t) => {
    const folder = temporaryFolder(t)
    putFile(`${folder}/in/a.csv`, csvRows(3, 1))
    const { job, lines } = await logged(dividing(folder, 'transform_error_handler { mode = ROUTE }'))
    assert.deepEqual(
      job.warnings.map(({ message }) => message),
      ['rows that fail in the stage TRANSFORM are only logged: there is no sink to route them to'],
    )
    assert.equal(lines.length, 1)
  })

  it('refuse options that make no sense, with their place', async (t) => {
    const folder = temporaryFolder(t)
    putFile(`${folder}/in/a.csv`, csvRows(3, 1))
    for (const [env, expected] of [
      ['error_handler = 5', 'OPTION_TYPE env.error_handler'],
      ['error_handler { mode = SKIP }', 'OPTION_TYPE env.error_handler.mode'],
      [
        'sink_error_handler { mode = LOG, max_error_records = -1 }',
        'OPTION_INVALID env.sink_error_handler.max_error_records',
      ],
      ['error_handler { mode = LOG, max_error_ratio = 1.5 }', 'OPTION_INVALID env.error_handler.max_error_ratio'],
      ['error_handler { mode = ROUTE, sink = LocalFile }', 'OPTION_TYPE env.error_handler.sink'],
      ['error_handler { mode = ROUTE, sink { path = "/tmp" } }', 'PLUGIN_NAME_MISSING env.error_handler.sink'],
      ['error_handler { mode = ROUTE, sink { plugin_name = Nowhere } }', 'PLUGIN_NOT_FOUND env.error_handler.sink'],
      [
        'sink_error_handler { mode = ROUTE, sink { plugin_name = LocalFile } }',
        'OPTION_REQUIRED env.sink_error_handler.sink',
      ],
    ] as const) {
      const faults = await prepareJob(dividing(folder, env)).then(
        () => [],
        (thrown: unknown) => asMillraceErrors(thrown),
      )
      const found = faults.map(({ code, details }) => `${code} ${details.path}`)
      assert.deepEqual(found, [expected], env)
      assert.equal(faults[0]?.details.position?.line, 1, env)
    }
  })

  it('warn of known options only where they have no effect', async (t) => {
    const folder = temporaryFolder(t)
    putFile(`${folder}/in/a.csv`, csvRows(3, 1))
    const all = `mode = LOG, max_error_records = 5, max_error_ratio = 0.9, max_error_ratio_min_records = 1, queue_capacity = 10,
      queue_overflow_policy = BLOCK, include_original_data = true, include_stacktrace = true, original_data_format = TEXT,
      original_data_max_length = 10`
    const job = await prepareJob(dividing(folder, `error_handler { ${all} }`))
    assert.deepEqual(
      job.warnings.map(({ code, details }) => `${code} ${details.path}`),
      ['queue_capacity', 'queue_overflow_policy', 'include_stacktrace'].map(
        (key) => `OPTION_NO_EFFECT env.error_handler.${key}`,
      ),
    )
    assert.equal((await job.run()).status, 'FINISHED')
  })
})
