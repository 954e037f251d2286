import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseJobFile } from '../../src/config/job-document.js'
import { asMillraceErrors } from '../../src/core/error.js'
import { putFile, temporaryFolder } from '../../src/files/testing.js'
import { csvRows, csvSource, finishJob, linesBelow, prepareJob, runJob } from './harness.js'

function sink(folder: string): string {
  return `LocalFile { path = "${folder}/out/\${table_name}", tmp_path = "${folder}/tmp", file_format_type = json }`
}

const RULES = `field_rules = [
  { field_name = id, rule_type = RANGE, max_value = 6, custom_message = "too large" }
  { field_name = name, rules = [{ rule_type = REGEX, pattern = ".*[0-5]" }] }
]`

function validated(folder: string, options: string, parallelism = 1): string {
  return `env { parallelism = ${parallelism} }
source { ${csvSource(`${folder}/in`, ', plugin_output = a')} }
transform { DataValidator { plugin_output = b, plugin_input = a, ${RULES}
  ${options} } }
sink { ${sink(folder)} }`
}

const ROUTE = 'row_error_handle_way = ROUTE_TO_TABLE, row_error_handle_way.error_table = bad'

describe('DataValidator', () => {
  it('sends records of invalid rows to a table of their own, in their order', async (t) => {
    const folder = temporaryFolder(t)
    putFile(`${folder}/in/a.csv`, csvRows(9))
    const outcome = await finishJob(validated(folder, ROUTE))
    const rows = linesBelow(`${folder}/out/a`).map((line) => JSON.parse(line))
    assert.deepEqual(
      rows.map(({ id }) => id),
      [0, 1, 2, 3, 4, 5],
    )
    const records = linesBelow(`${folder}/out/bad`).map((line) => JSON.parse(line))
    const regex = (id: number) => ({
      field_name: 'name',
      error_message: `Value 'name ${id}' does not match pattern '.*[0-5]'`,
    })
    assert.deepEqual(
      records.map(({ original_data, validation_errors }) => [JSON.parse(original_data), JSON.parse(validation_errors)]),
      [
        [{ id: 6, name: 'name 6' }, [regex(6)]],
        [{ id: 7, name: 'name 7' }, [{ field_name: 'id', error_message: 'too large' }, regex(7)]],
        [{ id: 8, name: 'name 8' }, [{ field_name: 'id', error_message: 'too large' }, regex(8)]],
      ],
    )
    const { source_table_id, source_table_path, create_time } = records[0]
    assert.deepEqual([source_table_id, source_table_path, create_time], ['schema.a', 'a', '2024-01-31T00:00:00'])
    assert.deepEqual([outcome.metrics.sources[0]?.rows, outcome.metrics.sinks[0]?.rows], [9, 9])
  })

  it('gives the same with several subtasks and workers', async (t) => {
    const folder = temporaryFolder(t)
    for (const part of [0, 1, 2]) putFile(`${folder}/in/${part}.csv`, csvRows(5000, part * 5000))
    await finishJob(
      `env { parallelism = 3 }
source { ${csvSource(`${folder}/in`, ', plugin_output = a')} }
transform { DataValidator { plugin_output = b, plugin_input = a, ${ROUTE}
  field_rules = [{ field_name = name, rule_type = REGEX, pattern = ".*[02468]" }] } }
sink { ${sink(folder)} }`,
      2,
    )
    const ids = linesBelow(`${folder}/out/a`).map((line) => Number(JSON.parse(line).id))
    const bad = linesBelow(`${folder}/out/bad`).map((line) => Number(JSON.parse(JSON.parse(line).original_data).id))
    const sorted = (values: number[]) => values.toSorted((left, right) => left - right)
    const every = Array.from({ length: 7500 }, (_, index) => index * 2)
    assert.deepEqual(sorted(ids), every)
    assert.deepEqual(
      sorted(bad),
      every.map((id) => id + 1),
    )
  })

  it('drops invalid rows, and warns where there is no table for them', async (t) => {
    for (const [options, warnings] of [
      ['row_error_handle_way = SKIP', []],
      [
        'row_error_handle_way = ROUTE_TO_TABLE',
        ["invalid rows of 'a' are dropped: there is no error table to route them to"],
      ],
    ] as const) {
      const folder = temporaryFolder(t)
      putFile(`${folder}/in/a.csv`, csvRows(9))
      const job = await prepareJob(validated(folder, options))
      assert.deepEqual(
        job.warnings.map(({ message }) => message),
        warnings,
      )
      assert.equal((await job.run()).status, 'FINISHED')
      assert.equal(linesBelow(`${folder}/out`).length, 6)
    }
  })

  it('fails the job with everything that is wrong with the first invalid row', async (t) => {
    const folder = temporaryFolder(t)
    putFile(`${folder}/in/a.csv`, csvRows(9, 1))
    const { status, errors } = await runJob(validated(folder, ''))
    assert.equal(status, 'FAILED')
    assert.deepEqual(
      errors.map(({ code, message, details }) => [code, message, details.row]),
      [['VALIDATION_FAILED', "Validation failed: name: Value 'name 6' does not match pattern '.*[0-5]'", 5]],
    )
  })

  it('warns of a field that is not there and checks the others', async (t) => {
    const folder = temporaryFolder(t)
    putFile(`${folder}/in/a.csv`, csvRows(2))
    const job = await prepareJob(
      validated(folder, '').replace(RULES, 'field_rules = [{ field_name = age, rule_type = NOT_NULL }]'),
    )
    assert.deepEqual(
      job.warnings.map(({ message }) => message),
      ["field 'age' is not in table 'a' and is not checked"],
    )
  })

  it('refuses rules that make no sense, with their place', async () => {
    for (const [rules, expected] of [
      ['', 'OPTION_REQUIRED 3'],
      ['field_rules = [{ rule_type = NOT_NULL }]', 'OPTION_REQUIRED 4'],
      ['field_rules = [{ field_name = id }]', 'OPTION_EXCLUSIVE 4'],
      ['field_rules = [{ field_name = id, rule_type = UNIQUE }]', 'OPTION_TYPE 4'],
      ['field_rules = [{ field_name = id, rule_type = REGEX }]', 'OPTION_CONDITIONAL 4'],
      ['field_rules = [{ field_name = id, rules = [{ rule_type = UDF }] }]', 'OPTION_CONDITIONAL 4'],
      ['field_rules = [{ field_name = id, rule_type = UDF, function_name = PHONE }]', 'OPTION_INVALID 3'],
      ['field_rules = [{ field_name = id, rule_type = RANGE, min_value = low }]', 'OPTION_INVALID 3'],
      ['field_rules = [{ field_name = id, rule_type = REGEX, pattern = "(" }]', 'OPTION_INVALID 3'],
      ['field_rules = [], row_error_handle_way = DROP', 'OPTION_TYPE 4'],
    ] as const) {
      const text = `
source { FakeSource { schema { fields { id = int } }, row.num = 1 } }
transform { DataValidator {
  ${rules} } }
sink { Console { } }`
      assert.doesNotThrow(() => parseJobFile({ text, file: 'job.conf', variables: new Map(), environment: new Map() }))
      const faults = await prepareJob(text).then(
        () => [],
        (thrown: unknown) => asMillraceErrors(thrown),
      )
      assert.deepEqual(
        faults.map(({ code, details }) => `${code} ${details.position?.line}`),
        [expected],
        rules,
      )
    }
  })
})
