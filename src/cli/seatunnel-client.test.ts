import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { cli, recording, withFolder } from '../../test/support/cli.js'
import { jobStatistics } from './statistics.js'

const OK_JOB = `
env { job.name = "cli_ok", job.mode = "BATCH" }
source { FakeSource { result_table_name = "fake", row.num = 3, schema { fields { id = bigint, name = string } } } }
sink { Assert { source_table_name = "fake", rules { row_rules = [{ rule_type = MAX_ROW, rule_value = 3 }] } } }
`
const FAIL_JOB = OK_JOB.replace('MAX_ROW, rule_value = 3', 'MIN_ROW, rule_value = 100')
const NO_PLUGIN_JOB = OK_JOB.replace('FakeSource', 'NoSuch')
const ENC_JOB = `
env { job.mode = BATCH, shade.identifier = base64 }
source { FakeSource {
  result_table_name = fake, row.num = 1, username = seatunnel, password = seatunnel_password, schema { fields { a = int } } } }
sink { Console { source_table_name = fake, password = p } }
`

/** What differs from run to run: times, job ids, paths, jars. */
function shape(line: string): string {
  return (
    line
      .replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} /, '')
      .replace(/\b\d{18,19}\b/g, 'ID')
      .replace(/path: .*\//, 'path: ')
      .replace(/plugin jar \[.*\]/, 'plugin jar []')
      // Ours has one shade more.
      .replace('shade spi: [base64, aes-256-gcm]', 'shade spi: [base64]')
  )
}

/** The head lines of log messages, in order. */
function logLines(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => /^\d{4}-\d\d-\d\d .* - /.test(line))
    .map(shape)
}

/** Whether `part` stands in `whole` in the same order. */
function isSubsequence(part: readonly string[], whole: readonly string[]): boolean {
  let at = 0
  for (const line of part) {
    at = whole.indexOf(line, at) + 1
    if (at === 0) return false
  }
  return true
}

function statisticBlock(text: string): string {
  const start = text.indexOf('\n***********************************************\n           Job Statistic')
  const rule = '*'.repeat(47)
  const end = text.indexOf(rule, text.indexOf('Total Failed Count', start)) + rule.length
  return text.slice(start, end + 2)
}

describe('help', () => {
  for (const [name, argv] of [
    ['help-client', ['--help']],
    ['help-client-h', ['-h']],
  ] as const) {
    it(`${argv[0]} is the recorded text`, async () => {
      const recorded = recording(name)
      assert.deepEqual(await cli(['seatunnel', ...argv]), { code: recorded.code, out: recorded.out, err: recorded.err })
    })
  }

  it('no arguments are help', async () => {
    const { code, out } = await cli(['seatunnel'])
    assert.deepEqual([code, out], [234, recording('help-client').out])
  })
})

describe('the arguments of the client', () => {
  const refused: readonly (readonly [name: string, argv: readonly string[], message: RegExp])[] = [
    ['an option without its value', ['-c'], /^Expected a value after parameter -c\n$/],
    [
      'a job id that is no number',
      ['--set-job-id', 'x', '-c', 'f'],
      /^"--set-job-id": couldn't convert "x" to a long\n$/,
    ],
    ['an unknown option beside -can', ['--nope', '-can', '1'], /'--nope'/],
  ]
  for (const [name, argv, message] of refused) {
    it(`refuse ${name} with the usage and 234`, async () => {
      const { code, out, err } = await cli(['seatunnel', ...argv])
      assert.equal(code, 234)
      assert.equal(out, recording('help-client').out)
      assert.match(err, message)
    })
  }

  it('refuse a master that is not known, as recorded', async () => {
    const recorded = recording('bad-master')
    const { code, out, err } = await cli(['seatunnel', '-c', 'ok.conf', '-m', 'nowhere'])
    assert.equal(code, recorded.code)
    assert.equal(out, '')
    assert.equal(err.trim(), recorded.err.split('\n')[0])
  })

  it('refuse to restore in this process, which needs what a node keeps', async () => {
    const { code, err } = await cli(['seatunnel', '-r', '1', '-c', 'ok.conf', '-m', 'local'])
    assert.equal(code, 1)
    assert.match(err, /error\[UNIMPLEMENTED\]/)
  })
})

describe('a job in this process', () => {
  it('writes the log lines that were recorded, in their order', () =>
    withFolder(async (write) => {
      const recorded = recording('local-ok-short')
      const { code, out, err } = await cli(['seatunnel', '-c', write('ok.conf', OK_JOB), '-e', 'local', '-n', 'named'])
      assert.equal(code, recorded.code)
      const lines = logLines(out)
      assert.ok(isSubsequence(lines, logLines(recorded.out)), lines.join('\n'))
      for (const needed of [
        'Start submit job, job id: ID',
        'Submit job finished, job id: ID, job name: named',
        'Job (ID) end with state FINISHED',
        'Closed SeaTunnel client......',
        'Closed metrics executor service ......',
      ]) {
        assert.ok(
          lines.some((line) => line.includes(needed)),
          needed,
        )
      }
      const deprecation = err.slice(0, err.indexOf('\n', err.lastIndexOf('*****')))
      assert.equal(shape(deprecation), shape(recorded.err.trimEnd()))
    }))

  it('prints the figures byte for byte', () =>
    withFolder(async (write) => {
      const recorded = statisticBlock(recording('local-ok-short').out)
      const at = (label: string): number => new Date(new RegExp(`${label} +: (.*)`).exec(recorded)?.[1] ?? '').getTime()
      const [startMs, endMs] = [at('Start Time'), at('End Time')]
      const ours = jobStatistics({ startMs, endMs: endMs - 1, rowsRead: 3, rowsWritten: 3 })
      assert.equal(
        ours.replace(/End Time.*/, `End Time                  : ${/End Time +: (.*)/.exec(recorded)?.[1]}`),
        recorded.slice(0, -1),
      )
      const { out } = await cli(['seatunnel', '-c', write('ok.conf', OK_JOB), '-m', 'LOCAL'])
      const figures = (text: string): string =>
        text.replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, 'TIME').replace(/(Total Time.*) \d+\n/, '$1 N\n')
      assert.equal(figures(statisticBlock(out)), figures(recorded))
    }))

  it('takes the id and prints the configuration without secrets', () =>
    withFolder(async (write) => {
      const file = write('ok.conf', OK_JOB.replace('row.num', 'token = "geheim", row.num'))
      const { code, out } = await cli([
        'seatunnel',
        '--config',
        file,
        '--master',
        'local',
        '--set-job-id',
        '4242',
        '-cj',
        '--nope',
      ])
      assert.equal(code, 0)
      assert.match(out, /Start submit job, job id: 4242,/)
      assert.match(out, /"token" : "\*{6}"/)
    }))

  it('warns of --async and waits for the end', () =>
    withFolder(async (write) => {
      const { code, out, err } = await cli(['seatunnel', '-c', write('ok.conf', OK_JOB), '-m', 'local', '--async'])
      assert.equal(code, 0)
      assert.match(err, /WARN .*can not use async mode/)
      assert.match(out, /end with state FINISHED/)
    }))

  it('fills in variables, of which several may stand in one -i', () =>
    withFolder(async (write) => {
      const file = write('var.conf', OK_JOB.replace('"cli_ok"', '"${jn}"').replace('row.num = 3', 'row.num = ${rows}'))
      const { code, out } = await cli(['seatunnel', '-c', file, '-m', 'local', '-i', 'jn=a b "c",rows=2'])
      assert.equal(code, 0)
      assert.match(out, /job name: a b "c"\n/)
      assert.match(out, /Total Read Count +: +2\n/)
    }))

  it('ends a failed job without figures, with the banner and exit code 1', () =>
    withFolder(async (write) => {
      const recorded = recording('local-fail-row-rule')
      const { code, out, err } = await cli(['seatunnel', '-c', write('fail.conf', FAIL_JOB), '-m', 'local'])
      assert.equal(code, recorded.code)
      assert.doesNotMatch(out, /Statistic/)
      assert.match(out, /end with state FAILED[\s\S]*Closed SeaTunnel client/)
      assert.match(err, /ErrorCode:\[ASSERT-01\], ErrorDescription:\[Rule validate failed\] - row num :3 fail rule:/)
    }))
})

describe('a signal', () => {
  it('cancels the job, says so and gives 130', () =>
    withFolder(async (write) => {
      const file = write('endless.conf', OK_JOB.replace('BATCH', 'STREAMING'))
      const onSignal = (handler: (signal: string) => void): void => void setImmediate(() => handler('SIGINT'))
      const { code, out } = await cli(['seatunnel', '-c', file, '-m', 'local'], { onSignal })
      assert.equal(code, 130)
      assert.match(
        out,
        /run shutdown hook because get close signal\n[\s\S]*Task will be closed due to client shutdown\.\n[\s\S]*end with state CANCELED/,
      )
    }))
})

describe('a failure before the job', () => {
  const cases: readonly (readonly [name: string, job: string | null])[] = [
    ['local-missing-option', OK_JOB.replace(/Assert .*/, 'LocalFile { source_table_name = "fake" } }')],
    ['local-missing-plugin', NO_PLUGIN_JOB],
    ['missing-file', null],
  ]
  for (const [name, job] of cases) {
    it(`ends like '${name}': code, banner lines and causes`, () =>
      withFolder(async (write) => {
        const recorded = recording(name)
        const file = job === null ? '/tmp/none.conf' : write('job.conf', job)
        const { code, out, err } = await cli(['seatunnel', '-c', file, '-m', 'local'])
        assert.equal(code, recorded.code)
        assert.match(out, /Closed SeaTunnel client/)
        for (const part of [
          'Fatal Error, \n\n',
          'Reason:SeaTunnel job executed failed \n\n',
          'Exception StackTrace:org.apache.seatunnel.core.starter.exception.CommandExecuteException: SeaTunnel job executed failed\n',
          `\n\n${'='.repeat(79)}\n\n\n`,
        ]) {
          assert.ok(recorded.err.includes(part), part)
          assert.ok(err.includes(part), err)
        }
        const causes = [...recorded.err.matchAll(/^Caused by: (?:[\w.$]+: )?(.*)$/gm)].map((match) => match[1] ?? '')
        for (const cause of causes) assert.ok(err.includes(`Caused by: ${cause}\n`), `${cause}\n${err}`)
      }))
  }
})

describe('--check', () => {
  const cases: readonly (readonly [name: string, job: string, code: number, err: RegExp])[] = [
    ['accepts a good file without a word', OK_JOB, 0, /^$/],
    ['warns of a plug-in that this build does not have', NO_PLUGIN_JOB, 0, /^warning\[PLUGIN_NOT_FOUND\]/],
    ['refuses a fault of syntax', 'env {', 1, /error\[CONFIG_SYNTAX\]/],
    ['refuses a wrong value', OK_JOB.replace('row.num = 3', 'row.num = three'), 1, /error\[OPTION_TYPE\]/],
    ['refuses a file without a sink', OK_JOB.replace(/sink.*/, ''), 1, /Source And Sink can not be null/],
  ]
  for (const [name, job, code, message] of cases) {
    it(name, () =>
      withFolder(async (write) => {
        const { err, ...result } = await cli(['seatunnel', '--config', write('job.conf', job), '--check'])
        assert.equal(result.code, code, err)
        assert.equal(result.out, '')
        assert.match(err, message)
      }),
    )
  }
})

describe('--encrypt and --decrypt', () => {
  const json = (text: string): unknown => JSON.parse(text.slice(text.indexOf('config: \n') + 9))
  const decrypted = ENC_JOB.replace('= seatunnel,', '= "c2VhdHVubmVs",')
    .replace('seatunnel_password', '"c2VhdHVubmVsX3Bhc3N3b3Jk"')
    .replace('= p ', '= "cA==" ')
  for (const [name, options, job] of [
    ['encrypt', ['--encrypt'], ENC_JOB],
    ['decrypt', ['--decrypt'], decrypted],
    ['encrypt-and-decrypt', ['--encrypt', '--decrypt'], ENC_JOB],
  ] as const) {
    it(`print what '${name}' recorded, members in the order of the file`, () =>
      withFolder(async (write) => {
        const recorded = recording(name)
        const { code, out, err } = await cli(['seatunnel', '-c', write('enc.conf', job), ...options])
        assert.equal(code, recorded.code)
        assert.deepEqual(logLines(out), logLines(recorded.out))
        // Ours says in addition that base64 hides nothing.
        const [warnings, others] = [true, false].map((isShade) =>
          logLines(err).filter((line) => line.includes("shade 'base64' is no encryption") === isShade),
        )
        assert.equal(warnings?.length, 1)
        assert.deepEqual(others, logLines(recorded.err))
        assert.deepEqual(json(out), json(recorded.out))
        assert.equal(out.replace(/^[\s\S]*\n}/, ''), recorded.out.replace(/^[\s\S]*\n}/, ''))
      }))
  }
})
