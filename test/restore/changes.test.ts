import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { describe, it } from 'node:test'
import { putFile, temporaryFolder } from '../../src/files/testing.js'
import { csvRows, csvSource, linesBelow } from '../jobs/harness.js'
import { Attempts, texts } from './attempts.js'

const ROWS = 2000

/** A job of two files, one transform and two sinks, with places in it that a test can change. */
function jobText(folder: string): string {
  return `env { checkpoint.interval = 10, read_limit.rows_per_second = 16000, parallelism = 1, job.name = before }
source { ${csvSource(`${folder}/in`, ', plugin_output = rows')} }
transform { Sql { plugin_input = rows, plugin_output = chosen, query = "select id, name from rows" } }
sink {
  LocalFile { plugin_input = chosen, path = "${folder}/out", tmp_path = "${folder}/tmp", file_format_type = csv }
  Assert { plugin_input = chosen, rules { row_rules = [{ rule_type = MIN_ROW, rule_value = ${ROWS} }, { rule_type = MAX_ROW, rule_value = ${ROWS} }] } }
}`
}

/** Files in order, so that a listing after the checkpoint would be another one. */
function putInput(folder: string): void {
  for (let file = 1; file <= 4; file += 1) {
    putFile(`${folder}/in/${file}.csv`, csvRows(ROWS / 4, ((file - 1) * ROWS) / 4))
  }
}

describe('a job that is restored with another job file', () => {
  const ALLOWED: readonly (readonly [title: string, change: (text: string) => string])[] = [
    ['nothing', (text) => text],
    [
      'its name and other settings of env',
      (text) => text.replace('job.name = before', 'job.name = after, job.retry.times = 0'),
    ],
    ['its rate', (text) => text.replace('rows_per_second = 16000', 'rows_per_second = 30000')],
    ['no rate at all', (text) => text.replace(', read_limit.rows_per_second = 16000', '')],
    [
      'its checkpoints',
      (text) => text.replace('checkpoint.interval = 10', 'checkpoint.interval = 60000, min-pause = 5'),
    ],
    ['a query that gives the same columns', (text) => text.replace('from rows"', 'from rows where id >= 0"')],
    ['its parallelism', (text) => text.replace('parallelism = 1', 'parallelism = 3')],
    [
      'the parallelism of its source',
      (text) => text.replace('plugin_output = rows', 'plugin_output = rows, parallelism = 2'),
    ],
    ['comments and line breaks', (text) => `# changed\n\n${text}`],
  ]
  for (const [title, change] of ALLOWED) {
    it(`goes on when ${title} changed`, async (test) => {
      const folder = temporaryFolder(test)
      putInput(folder)
      const attempts = new Attempts(jobText(folder))
      test.after(() => attempts.close())
      await attempts.run({ checkpoint: 2, point: 'behind the record' })
      const job = await attempts.prepare({ text: change(jobText(folder)) })
      const outcome = await job.run()
      assert.deepEqual([outcome.status, texts(outcome.errors)], ['FINISHED', []])
      assert.deepEqual(linesBelow(`${folder}/out`).sort(), csvRows(ROWS).split('\n').sort())
    })
  }

  const REFUSED: readonly (readonly [title: string, change: (text: string) => string, message: RegExp])[] = [
    [
      'a source was replaced',
      (text) =>
        text.replace(
          /source \{[^\n]*/,
          'source { FakeSource { plugin_output = rows, row.num = 5, schema { fields { id = bigint, name = string } } } }',
        ),
      /the checkpoint has source\[0\] 'localfile' with the output 'rows' where the job has source\[0\] 'fakesource'/,
    ],
    [
      'an output was renamed',
      (text) => text.replaceAll('rows', 'lines').replace('lines_per', 'rows_per'),
      /where the job has/,
    ],
    [
      'a transform was added',
      (text) =>
        text
          .replace(
            'from rows" }',
            'from rows" }\n  Copy { plugin_input = chosen, plugin_output = more, fields { a = id } }',
          )
          .replace('Assert { plugin_input = chosen', 'Assert { plugin_input = more'),
      /'1' transform blocks and the job has transform\[1\] 'copy' with the output 'more' too/,
    ],
    [
      'a sink was removed',
      (text) => text.replace(/ {2}Assert .*\n/, ''),
      /sink\[1\] 'assert' where the job has nothing/,
    ],
    [
      'a column was added',
      (text) => text.replace('select id, name', 'select id, name, id as twice'),
      /'columns' of transform\[0\] 'sql'/,
    ],
    [
      'the target moved',
      (text) => text.replace('/out"', '/elsewhere"'),
      /'path' of sink\[0\] 'localfile' was '\["[^']*\/out"\]' and is '\["[^']*\/elsewhere"\]'/,
    ],
    [
      'the format changed',
      (text) => text.replace('file_format_type = csv }', 'file_format_type = json }'),
      /of sink\[0\] 'localfile'/,
    ],
    [
      'the way of reading changed',
      (text) => text.replace('file_format_type = csv,', 'file_format_type = csv, skip_header_row_number = 1,'),
      /'reading options' of source\[0\] 'localfile' with the output 'rows' is not what it was/,
    ],
    [
      'an error handler was added',
      (text) => text.replace('env {', 'env { transform_error_handler { mode = LOG },'),
      /error handlers/,
    ],
  ]
  it('is refused with what was expected and what was found', async (test) => {
    const folder = temporaryFolder(test)
    putInput(folder)
    const attempts = new Attempts(jobText(folder))
    test.after(() => attempts.close())
    await attempts.run({ checkpoint: 2, point: 'behind the record' })
    for (const [title, change, message] of REFUSED) {
      const text = change(jobText(folder))
      assert.notEqual(text, jobText(folder), title)
      await assert.rejects(
        attempts.prepare({ text }),
        (thrown: { errors?: readonly { code: string; message: string; details: { hint?: string } }[] }) => {
          const [error] = thrown.errors ?? []
          assert.equal(error?.code, 'RESTORE_REFUSED', `${title}: ${String(thrown)}`)
          assert.match(error?.message ?? '', message, title)
          assert.ok(error?.details.hint !== undefined, title)
          return true
        },
      )
    }
    const outcome = await attempts.run()
    assert.deepEqual([outcome.status, texts(outcome.errors)], ['FINISHED', []], 'the right file still works')
  })

  it('is refused for the checkpoint of another job', async (test) => {
    const folder = temporaryFolder(test)
    putInput(folder)
    const attempts = new Attempts(jobText(folder))
    test.after(() => attempts.close())
    await attempts.run({ checkpoint: 1, point: 'behind the record' })
    const record = (await attempts.store.latest(attempts.jobId))?.record
    assert.ok(record !== undefined)
    const other = new Attempts(jobText(folder), { jobId: '12' })
    test.after(() => other.close())
    await assert.rejects(other.prepare({ restoreFrom: record }), /is of job '4711' and this is job '12'/)
  })
})

describe('the input of a job that is restored', () => {
  it('is what was listed when the job began: files that came later are not read', async (test) => {
    const folder = temporaryFolder(test)
    putInput(folder)
    const attempts = new Attempts(jobText(folder))
    test.after(() => attempts.close())
    await attempts.run({ checkpoint: 1, point: 'behind the commit' })
    putFile(`${folder}/in/0.csv`, csvRows(5, 900_000))
    putFile(`${folder}/in/9.csv`, csvRows(5, 910_000))
    const outcome = await attempts.run()
    assert.deepEqual([outcome.status, texts(outcome.errors)], ['FINISHED', []])
    assert.deepEqual(linesBelow(`${folder}/out`).sort(), csvRows(ROWS).split('\n').sort())
  })

  it('may be gone as far as it was read, and fails the job where it was not', async (test) => {
    const folder = temporaryFolder(test)
    putInput(folder)
    const attempts = new Attempts(jobText(folder))
    test.after(() => attempts.close())
    await attempts.run({ checkpoint: 2, point: 'behind the commit' })
    const splits = (await attempts.store.latest(attempts.jobId))?.record.lanes[0]?.splits ?? []
    assert.ok(splits.length > 0 && splits.length <= 4, String(splits.length))
    rmSync(`${folder}/in/4.csv`)
    const outcome = await attempts.run()
    assert.deepEqual([outcome.status, outcome.errors[0]?.code], ['FAILED', 'FILE_READ_FAILED'])
    putFile(`${folder}/in/4.csv`, csvRows(ROWS / 4, (3 * ROWS) / 4))
    assert.equal((await attempts.run()).status, 'FINISHED')
    assert.deepEqual(linesBelow(`${folder}/out`).sort(), csvRows(ROWS).split('\n').sort())
  })
})
