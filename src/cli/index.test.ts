import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { cli, withFolder } from '../../test/support/cli.js'

const GOOD_JOB = `
env { job.name = "good", job.mode = "BATCH" }
source { FakeSource { row.num = 3, schema { fields { id = bigint } } } }
sink { Assert { rules { row_rules = [{ rule_type = MAX_ROW, rule_value = 3 }] } } }
`
const FAULTY_JOB = `
env { job.mode = "BATSH" }
source { FakeSource { row.num = many } }
sink { Konsole { password = "geheim" } }
`
const FAILING_JOB = GOOD_JOB.replace('MAX_ROW, rule_value = 3', 'MIN_ROW, rule_value = 100')

interface Case {
  readonly name: string
  readonly argv: readonly string[]
  /** Text of the file that stands for `JOB` in `argv`. */
  readonly job?: string
  readonly code: number
  readonly out?: RegExp
  readonly err?: RegExp
}

const CASES: readonly Case[] = [
  { name: 'no arguments show the commands', argv: [], code: 0, out: /Usage: millrace COMMAND[\s\S]*validate/ },
  { name: '--help shows the commands', argv: ['--help'], code: 0, out: /Usage: millrace COMMAND/ },
  {
    name: 'help COMMAND shows its options',
    argv: ['help', 'run'],
    code: 0,
    out: /Usage: millrace run[\s\S]*--workers N/,
  },
  { name: '--version tells it', argv: ['--version'], code: 0, out: /^millrace 0\.0\.0-test\n$/ },
  {
    name: 'an unknown command is suggested',
    argv: ['valdate'],
    code: 234,
    err: /unknown command 'valdate': did you mean 'validate'\?/,
  },
  {
    name: 'an unknown option is suggested',
    argv: ['run', '--nmae=x', 'JOB'],
    job: GOOD_JOB,
    code: 234,
    err: /unknown option '--nmae=x': did you mean '--name'\?/,
  },
  { name: 'a missing operand is a fault of usage', argv: ['run'], code: 234, err: /no JOB_FILE was given/ },
  {
    name: 'a second operand is a fault of usage',
    argv: ['run', 'JOB', 'more'],
    job: GOOD_JOB,
    code: 234,
    err: /unexpected argument 'more'/,
  },
  {
    name: 'an option without its value is a fault of usage',
    argv: ['run', '-n'],
    code: 234,
    err: /Expected a value after parameter -n/,
  },
  {
    name: 'run ends with the counts',
    argv: ['run', 'JOB'],
    job: GOOD_JOB,
    code: 0,
    out: /^good \(\d+\) FINISHED: read 3 rows, wrote 3 rows in /,
  },
  { name: 'run takes the name', argv: ['run', '-n', 'other name', 'JOB'], job: GOOD_JOB, code: 0, out: /^other name / },
  {
    name: 'run takes a number of workers',
    argv: ['run', '--workers', '1', 'JOB'],
    job: GOOD_JOB,
    code: 0,
    out: /FINISHED/,
  },
  {
    name: 'run refuses no workers',
    argv: ['run', '--workers', '0', 'JOB'],
    job: GOOD_JOB,
    code: 234,
    err: /'--workers' is a whole number from 1 to 1024, not '0'/,
  },
  {
    name: 'run refuses workers that are no number',
    argv: ['run', '--workers', 'all', 'JOB'],
    job: GOOD_JOB,
    code: 234,
    err: /not 'all'/,
  },
  {
    name: 'run gives a failed job exit code 1',
    argv: ['run', 'JOB'],
    job: FAILING_JOB,
    code: 1,
    out: /FAILED/,
    err: /error\[ASSERTION_FAILED\]/,
  },
  {
    name: 'run reports every fault with its number',
    argv: ['run', 'JOB'],
    job: FAULTY_JOB,
    code: 1,
    err: /\(1\/3\) error\[OPTION_TYPE\][\s\S]*\(3\/3\) error\[PLUGIN_NOT_FOUND\]/,
  },
  {
    name: 'run names a job file that is not there',
    argv: ['run', 'none.conf'],
    code: 1,
    err: /error\[CONFIG_FILE_NOT_FOUND\]: the job file 'none\.conf' does not exist/,
  },
  {
    name: 'run --strict refuses warnings',
    argv: ['run', '--strict', 'JOB'],
    job: GOOD_JOB.replace('row.num = 3', 'row.num = 3, nonsense = 1'),
    code: 1,
    err: /error\[OPTION_UNKNOWN\]: option 'nonsense'/,
  },
  {
    name: 'validate says that a file is valid',
    argv: ['validate', 'JOB'],
    job: GOOD_JOB,
    code: 0,
    out: /: valid \(0 errors, 0 warnings\)\n$/,
  },
  {
    name: 'validate counts faults',
    argv: ['validate', 'JOB'],
    job: FAULTY_JOB,
    code: 1,
    out: /: not valid \(3 errors, 0 warnings\)\n$/,
    err: /\| env \{ job\.mode = "BATSH" \}\n +\| +\^\n/,
  },
  {
    name: 'validate accepts warnings',
    argv: ['validate', 'JOB'],
    job: GOOD_JOB.replace('row.num = 3', 'row.numb = 3'),
    code: 0,
    out: /valid \(0 errors, 1 warning\)/,
    err: /did you mean 'row\.num'\?/,
  },
  {
    name: 'validate --strict refuses warnings',
    argv: ['validate', '--strict', 'JOB'],
    job: GOOD_JOB.replace('row.num = 3', 'row.numb = 3'),
    code: 1,
    out: /not valid/,
  },
  {
    name: 'validate stops at a fault of syntax',
    argv: ['validate', 'JOB'],
    job: 'env { ',
    code: 1,
    err: /error\[CONFIG_SYNTAX\]/,
  },
  {
    name: 'validate fills in variables with blanks and quotes',
    argv: ['validate', '-i', 'n=a "b" c', '-i', 'rows=3', 'JOB'],
    job: GOOD_JOB.replace('"good"', '"${n}"').replace('row.num = 3', 'row.num = ${rows}'),
    code: 0,
  },
  {
    name: 'graph shows plug-ins, chains and lanes',
    argv: ['graph', 'JOB'],
    job: GOOD_JOB,
    code: 0,
    out: /source\[0\] FakeSource[\s\S]*decode fake[\s\S]*pipeline 1 subtask 0: 1 split, 1 morsel/,
  },
  {
    name: 'graph as Mermaid',
    argv: ['graph', '--mermaid', 'JOB'],
    job: GOOD_JOB,
    code: 0,
    out: /^flowchart LR\n {2}source_0_\["FakeSource source\[0\]"\]\n/,
  },
  {
    name: 'graph as a Graphviz graph',
    argv: ['graph', '--dot', 'JOB'],
    job: GOOD_JOB,
    code: 0,
    out: /^digraph "good" \{\n/,
  },
  {
    name: 'graph in two forms is a fault of usage',
    argv: ['graph', '--dot', '--json', 'JOB'],
    job: GOOD_JOB,
    code: 234,
    err: /--json and --dot are different forms/,
  },
  {
    name: 'graph of a faulty job tells the faults',
    argv: ['graph', 'JOB'],
    job: FAULTY_JOB,
    code: 1,
    err: /\(1\/3\) error/,
  },
  {
    name: 'connectors lists all kinds',
    argv: ['connectors'],
    code: 0,
    out: /^sources\n[\s\S]*\ntransforms\n[\s\S]*\nsinks\n[\s\S]*\nfile formats\n/,
  },
  { name: 'connectors lists one kind', argv: ['connectors', '--kind', 'TRANSFORM'], code: 0, out: /^transforms\n/ },
  { name: 'connectors lists formats', argv: ['connectors', '--kind', 'format'], code: 0, out: /^file formats\n/ },
  {
    name: 'connectors refuses an unknown kind',
    argv: ['connectors', '--kind', 'catalog'],
    code: 234,
    err: /use source, transform, sink or format/,
  },
  {
    name: 'connectors show tells options, rules and examples of a transform',
    argv: ['connectors', 'show', 'fieldmapper'],
    code: 0,
    out: /^FieldMapper \(transform\)[\s\S]*field_mapper {2}\(object of texts; required\)[\s\S]*and the other options of this block[\s\S]*may be given in 'table_transform' instead[\s\S]*\nexample\n/,
  },
  {
    name: 'connectors show tells the options of a format',
    argv: ['connectors', 'show', 'CSV'],
    code: 0,
    out: /^csv \(file format; reads, writes\)[\s\S]*options of file sources\n[\s\S]*quote_char[\s\S]*options of file sinks\n[\s\S]*example of a source\n {2}LocalFile/,
  },
  {
    name: 'connectors show tells every kind of a name',
    argv: ['connectors', 'show', 'LocalFile'],
    code: 0,
    out: /^LocalFile \(source\)[\s\S]*\nLocalFile \(sink\)/,
  },
  {
    name: 'connectors show picks a kind',
    argv: ['connectors', 'show', 'localfile', '--kind', 'sink'],
    code: 0,
    out: /^LocalFile \(sink\)/,
  },
  {
    name: 'connectors show suggests formats',
    argv: ['connectors', 'show', 'parket', '--kind', 'format'],
    code: 1,
    err: /no format is called 'parket': did you mean 'parquet'\?/,
  },
  { name: 'connectors show wants a name', argv: ['connectors', 'show'], code: 234, err: /no NAME was given/ },
  {
    name: 'connectors takes one name',
    argv: ['connectors', 'console', 'assert'],
    code: 234,
    err: /unexpected argument 'assert'/,
  },
  {
    name: 'connectors NAME tells options and example',
    argv: ['connectors', 'console'],
    code: 0,
    out: /^Console \(sink\)[\s\S]*log\.print\.data {2}\(true or false; default true\)[\s\S]*example\n {2}Console \{/,
  },
  {
    name: 'connectors NAME suggests',
    argv: ['connectors', 'fakesorce'],
    code: 1,
    err: /no plug-in is called 'fakesorce': did you mean 'FakeSource'\?/,
  },
  {
    name: 'schema is a JSON Schema',
    argv: ['schema', '--json'],
    code: 0,
    out: /^\{"\$schema":"https:\/\/json-schema\.org\/draft\/2020-12\/schema"/,
  },
  { name: 'doctor tells the version of Node.js', argv: ['doctor'], code: 0, out: /^ok {4}node +\d+\./m },
]

describe('the command line', () => {
  for (const { name, argv, job, code, out, err } of CASES) {
    it(name, () =>
      withFolder(async (write) => {
        const file = job === undefined ? '' : write('job.conf', job)
        const result = await cli(argv.map((argument) => (argument === 'JOB' ? file : argument)))
        assert.equal(result.code, code, result.err + result.out)
        if (out !== undefined) assert.match(result.out, out)
        if (err !== undefined) assert.match(result.err, err)
        else assert.equal(result.out === '' && result.err !== '', false, result.err)
      }),
    )
  }
})

describe('JSON for programs', () => {
  it('run gives one result object and keeps standard error for lines of JSON', () =>
    withFolder(async (write) => {
      const { code, out, err } = await cli(['run', '--json', write('job.conf', GOOD_JOB)])
      assert.equal(code, 0)
      const { jobId, elapsedMs, bytesRead, bytesWritten, ...result } = JSON.parse(out) as Record<string, unknown>
      assert.deepEqual(result, {
        type: 'result',
        jobName: 'good',
        status: 'FINISHED',
        rowsRead: 3,
        rowsWritten: 3,
        errorRows: 0,
        errors: [],
      })
      assert.match(String(jobId), /^\d{18,19}$/)
      assert.ok([elapsedMs, bytesRead, bytesWritten].every((value) => typeof value === 'number'))
      assert.equal(err, '')
    }))

  it('run gives the faults of a file as lines', () =>
    withFolder(async (write) => {
      const { code, err } = await cli(['run', '--json', write('job.conf', FAULTY_JOB)])
      assert.equal(code, 1)
      const codes = err
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { code: string }).code)
      assert.deepEqual(codes, ['OPTION_TYPE', 'OPTION_TYPE', 'PLUGIN_NOT_FOUND'])
    }))

  it('validate gives faults and warnings with their places', () =>
    withFolder(async (write) => {
      const file = write('job.conf', FAULTY_JOB)
      const { code, out, err } = await cli(['validate', '--json', file])
      assert.equal(code, 1)
      assert.equal(err, '')
      const result = JSON.parse(out) as { valid: boolean; errors: { position: object; path: string }[] }
      assert.equal(result.valid, false)
      assert.deepEqual(result.errors[0]?.position, { file, line: 2, column: 18 })
      assert.equal(result.errors[0]?.path, 'env.job.mode')
    }))

  it('graph is the same in every run', () =>
    withFolder(async (write) => {
      const file = write('job.conf', GOOD_JOB)
      const [first, second] = [await cli(['graph', '--json', file]), await cli(['graph', '--json', file])]
      assert.equal(first.out, second.out)
      const graph = JSON.parse(first.out) as { nodes: { id: string }[] }
      assert.deepEqual(
        graph.nodes.map((node) => node.id),
        ['source[0]', 'sink[0]'],
      )
    }))

  it('connectors gives every option as data', async () => {
    const { out } = await cli(['connectors', 'LocalFile', '--kind', 'sink', '--json'])
    const [plugin, ...others] = JSON.parse(out) as { kind: string; options: { options: { key: string }[] } }[]
    assert.equal(others.length, 0)
    assert.equal(plugin?.kind, 'sink')
    assert.ok(plugin.options.options.some((option) => option.key === 'path'))
  })

  it('connectors gives a format as data', async () => {
    const { out } = await cli(['connectors', 'show', 'parquet', '--json'])
    const [format, ...others] = JSON.parse(out) as { kind: string; name: string; writeOptions: { key: string }[] }[]
    assert.deepEqual([format?.kind, format?.name, others.length], ['format', 'parquet', 0])
    assert.ok(format?.writeOptions.some((option) => option.key === 'compress_codec'))
  })

  it('doctor gives every check', async () => {
    const { out } = await cli(['doctor', '--json'])
    const { fit, checks } = JSON.parse(out) as { fit: boolean; checks: { name: string; level: string }[] }
    assert.equal(typeof fit, 'boolean')
    assert.ok(checks.length >= 10)
  })
})

describe('secrets', () => {
  it('are never printed, whatever a command says of the file', () =>
    withFolder(async (write) => {
      const text = GOOD_JOB.replace(
        'row.num = 3,',
        'password = "geheim", row.num = x, url = "jdbc:x://u:geheim@h/d?password=geheim",',
      )
      const file = write('job.conf', text)
      for (const argv of [
        ['validate', file],
        ['validate', '--json', file],
        ['run', file],
        ['seatunnel', '-m', 'local', '-c', file],
      ]) {
        const { out, err } = await cli(argv)
        assert.doesNotMatch(out + err, /geheim/, argv.join(' '))
        assert.match(out + err, /row\.num/)
      }
    }))
})

describe('a signal', () => {
  const ENDLESS = GOOD_JOB.replace('BATCH', 'STREAMING')
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`${signal} cancels the job and gives ${code}`, () =>
      withFolder(async (write) => {
        const file = write('job.conf', ENDLESS)
        const result = await cli(['run', file], { onSignal: (handler) => setImmediate(() => handler(signal)) })
        assert.equal(result.code, code)
        assert.match(result.out, /CANCELED/)
      }))
  }
})
