import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { describe, it } from 'node:test'
import { cli, withFolder } from '../../test/support/cli.js'
import {
  clientLines,
  RECORDED_COMMANDS,
  recordedCauses,
  SKIP_RECORDED,
  sharedRecording,
} from '../../test/support/shared-recordings.js'

const SINK =
  'sink { Assert { source_table_name = fake, rules { row_rules = [{ rule_type = MAX_ROW, rule_value = 9 }] } } }'
const SOURCE =
  'source { FakeSource { result_table_name = fake, row.num = 3, schema { fields { id = bigint, name = string } } } }'
const OK = `env { job.name = cli_ok, job.mode = BATCH }\n${SOURCE}\n${SINK}\n`
const UNNAMED = OK.replace('job.name = cli_ok, ', '')
const FIELD_RULE =
  'field_rules = [{ field_name = id, field_type = bigint, field_value = [{ rule_type = MAX, rule_value = -1 }] }]'
const VARIABLES = OK.replace('cli_ok', '"${jn}"').replace('row.num = 3', 'row.num = ${rows}')
const ENCRYPTED = UNNAMED.replace('env {', 'env { shade.identifier = base64, ').replace(
  'row.num = 3',
  'row.num = 3, password = "c2VhdHVubmVsX3Bhc3N3b3Jk"',
)
const JSON_JOB = JSON.stringify({
  env: { 'job.mode': 'BATCH' },
  source: [{ plugin_name: 'FakeSource', plugin_output: 'fake', 'row.num': 3, schema: { fields: { id: 'bigint' } } }],
  sink: [
    { plugin_name: 'Assert', plugin_input: 'fake', rules: { row_rules: [{ rule_type: 'MAX_ROW', rule_value: 9 }] } },
  ],
})
const SQL = `/* config
env { job.mode = BATCH }
*/
CREATE TABLE src (id BIGINT) WITH ('connector' = 'FakeSource', 'type' = 'source', 'row.num' = '3',
  'schema' = '{ fields { id = bigint } }');
CREATE TABLE snk (id BIGINT) WITH ('connector' = 'Assert', 'type' = 'sink',
  'rules' = '{ row_rules = [{ rule_type = MAX_ROW, rule_value = 9 }] }');
INSERT INTO snk SELECT id FROM src;
`

interface Case {
  /** Name and text of the job file. */
  readonly file: readonly [name: string, text: string]
  readonly more?: readonly string[]
  readonly variables?: readonly (readonly [name: string, value: string])[]
}

const CASES: Readonly<Record<string, Case>> = {
  'local-ok': { file: ['ok.conf', OK] },
  'local-ok-short': { file: ['ok.conf', OK], more: ['-n', 'named'] },
  'beside-server-local': { file: ['ok.conf', OK] },
  'unknown-option-with-config': { file: ['ok.conf', OK], more: ['--nope'] },
  'local-json': { file: ['ok.json', JSON_JOB] },
  'local-sql': { file: ['ok.sql', SQL] },
  'local-encrypted': { file: ['dec.conf', ENCRYPTED] },
  'local-variables': { file: ['var.conf', VARIABLES], more: ['-i', 'jn=from_i', '-i', 'rows=2', '-i', 'word=hello'] },
  'local-variables-comma': { file: ['var.conf', VARIABLES], more: ['-i', 'jn=a,rows=2'] },
  'local-variables-env': {
    file: ['var.conf', VARIABLES],
    variables: [
      ['rows', '2'],
      ['jn', 'from_env'],
    ],
  },
  'local-variables-missing': { file: ['var.conf', VARIABLES], more: ['-i', 'jn=x'] },
  'local-variables-reserved': { file: ['var.conf', VARIABLES], more: ['-i', 'table_name=x', '-i', 'rows=1'] },
  'local-fail-field-rule': { file: ['failf.conf', UNNAMED.replace(/row_rules = \[.*?\]/, FIELD_RULE)] },
  'local-bad-syntax': { file: ['bad.conf', 'env {\n  a = [1\n'] },
  'local-no-sink': { file: ['nosink.conf', `env { job.mode = BATCH }\n${SOURCE}\n`] },
}

/** Recordings of this process that other tests compare, or that differ on purpose, with the reason. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'local-fail-row-rule': 'seatunnel-client.test',
  'local-missing-option': 'seatunnel-client.test',
  'local-missing-plugin': 'seatunnel-client.test',
  'missing-file': 'seatunnel-client.test',
  'check-ok': 'seatunnel-client.test',
  'check-missing-plugin': 'seatunnel-client.test',
  'check-bad': 'differs: --check checks',
  'local-no-env': 'differs: a missing env is one of defaults',
  'no-arguments': 'differs: the usage, as the script of the original gives it',
  'bad-master': 'seatunnel-client.test',
}

describe('seatunnel.sh with -m local', { skip: SKIP_RECORDED }, () => {
  for (const [name, { file, more = [], variables = [] }] of Object.entries(CASES)) {
    it(`answers like '${name}': exit code, log lines, causes`, () =>
      withFolder(async (write) => {
        const recorded = sharedRecording(name)
        const { code, out, err } = await cli(['seatunnel', '-c', write(...file), '-m', 'local', ...more], { variables })
        assert.equal(code, recorded.code, err)
        // Ours says what is wrong with the wiring before it prints the file.
        const ours = clientLines(out)
        assert.ok(isSubsequence(ours, clientLines(recorded.out)), ours.join('\n'))
        for (const line of clientLines(recorded.out).filter((each) => /Job|Closed|Statistic/.test(each)))
          assert.ok(ours.includes(line), `${line}\n${out}`)
        assert.equal(/Exception in thread "main" /.test(err), code !== 0)
        if (name === 'local-fail-field-rule')
          assert.match(err, /ErrorCode:\[ASSERT-01\], ErrorDescription:\[Rule validate failed\]/)
        else if (code !== 0)
          for (const cause of recordedCauses(recorded.err)) assert.ok(err.includes(cause), `${cause}\n${err}`)
      }))
  }

  it('covers every recording', () => {
    const names = readdirSync(RECORDED_COMMANDS ?? '').map((file) => file.replace(/\.txt$/, ''))
    const local = names.filter((each) =>
      /^(?:local|check|beside|unknown-option-with|no-arguments|missing|bad-master)/.test(each),
    )
    assert.deepEqual(local.sort(), [...new Set([...Object.keys(CASES), ...Object.keys(ELSEWHERE)])].sort())
  })
})

/** Whether `part` stands in `whole` in the same order. */
function isSubsequence(part: readonly string[], whole: readonly string[]): boolean {
  let at = 0
  for (const line of part) {
    at = whole.indexOf(line, at) + 1
    if (at === 0) return false
  }
  return true
}
