import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseJobFile } from '../config/job-document.js'
import { asMillraceErrors } from '../core/error.js'
import { putFile, temporaryFolder } from '../files/testing.js'
import { kernelBackend } from '../native/load.js'
import { PLUGINS } from '../plugins.generated.js'
import { PluginRegistry } from '../spi/registry.js'
import { type PlannedJob, planJob } from './job-planner.js'

async function plan(text: string, parallelism = 1): Promise<PlannedJob> {
  return planJob({
    document: parseJobFile({ text, file: 'job.conf', variables: new Map(), environment: new Map() }),
    jobId: '1',
    jobName: 'planned',
    jobMode: 'BATCH',
    parallelism,
    readLimit: { rowsPerSecond: null, bytesPerSecond: null },
    program: { zone: 'UTC', nowMicros: 0, seed: 1, valueLimitBytes: 1 << 20, subtask: 0 },
    backend: kernelBackend(),
    registry: new PluginRegistry(PLUGINS),
  })
}

/** Every fault of a job as `code line:column path`. */
async function faults(text: string): Promise<string[]> {
  try {
    await plan(text)
    return []
  } catch (thrown) {
    return asMillraceErrors(thrown).map(({ code, details: { position, path } }) =>
      [code, `${position?.line}:${position?.column}`, path].join(' '),
    )
  }
}

const FAKE = (options: string): string => `FakeSource { ${options}, row.num = 3 }`
const FIELDS = 'schema { fields { id = int, name = string } }'

describe('a plan', () => {
  it('has one lane per subtask and one chain per table, with all transforms in it', async () => {
    const { plan: planned } = await plan(
      `source { ${FAKE(`${FIELDS}, plugin_output = a`)} }
transform {
  Filter { plugin_input = [a], plugin_output = b, include_fields = [id] }
  Copy { plugin_input = [b], plugin_output = c, fields { id2 = id } }
}
sink { Console { plugin_input = [c] } }`,
      3,
    )
    assert.deepEqual(
      planned.lanes.map(({ pipeline, subtask, splits }) => [pipeline, subtask, splits.length]),
      [
        [0, 0, 1],
        [0, 1, 1],
        [0, 2, 1],
      ],
    )
    const [chain] = planned.sources[0]?.chains ?? []
    assert.equal(planned.sources[0]?.chains.length, 1)
    assert.deepEqual(
      chain?.program.nodes.map((node) => node.input),
      [0, 1],
    )
    assert.deepEqual([chain?.program.sinks.map((sink) => sink.input), chain?.targets], [[2], [{ sink: 0, table: 0 }]])
  })

  it('reads a source once for all its sinks', async () => {
    const { plan: planned } = await plan(`source { ${FAKE(`${FIELDS}, plugin_output = a`)} }
transform { Filter { plugin_input = [a], plugin_output = b, include_fields = [id] } }
sink { Console { plugin_input = [a] }
Console { plugin_input = [b] } }`)
    const [chain] = planned.sources[0]?.chains ?? []
    assert.deepEqual(
      chain?.program.sinks.map((sink, index) => [sink.input, chain.targets[index]]),
      [
        [0, { sink: 0, table: 0 }],
        [1, { sink: 1, table: 0 }],
      ],
    )
  })

  it('gives a union one table and one pipeline, with the largest parallelism', async () => {
    const { plan: planned } = await plan(`source {
${FAKE(`${FIELDS}, plugin_output = a, parallelism = 2`)}
${FAKE(`${FIELDS}, plugin_output = b`)} }
sink { Console { plugin_input = [a, b] } }`)
    assert.equal(planned.sinks[0]?.tables.length, 1)
    assert.deepEqual(
      planned.lanes.map(({ splits }) => splits.map((split) => split.source)),
      [[0, 1], [0]],
    )
  })

  it('gives every table of a source its own chain and its own table of the sink', async () => {
    const table = (name: string): string => `{ schema { table = ${name}, fields { id = int } }, row.num = 1 }`
    const { plan: planned, tables } = await plan(
      `source { FakeSource { tables_configs = [${table('a')}, ${table('b')}] } }\nsink { Console { } }`,
    )
    assert.deepEqual(
      planned.sources[0]?.chains.map((chain) => chain.targets),
      [[{ sink: 0, table: 0 }], [{ sink: 0, table: 1 }]],
    )
    assert.deepEqual(
      [...tables.values()].map((list) => list.map((entry) => entry.path.table)),
      [['a', 'b']],
    )
  })

  it('leaves out splits without rows and keeps their lanes', async () => {
    const { plan: planned } = await plan(`source { FakeSource { ${FIELDS}, row.num = 0 } }\nsink { Console { } }`, 2)
    assert.deepEqual(
      planned.lanes.map((lane) => lane.splits.length),
      [0, 0],
    )
  })
})

describe('a job that cannot be planned', () => {
  it('is told all faults of its options, names and wiring at once, in the order of the file', async () => {
    const text = `source {
  FakeSource { ${FIELDS}, row.num = many, plugin_output = a }
  NoSource { plugin_output = b }
}
transform {
  Filter { plugin_input = [a], plugin_output = c }
}
sink {
  Console { plugin_input = [x] }
  Console { plugin_input = [b], parallelism = 0 }
}`
    const found = await faults(text)
    const codes = found.map((fault) => fault.split(' ')[0])
    for (const code of ['OPTION_TYPE', 'PLUGIN_NOT_FOUND', 'JOB_DEFINITION', 'OPTION_INVALID'])
      assert.ok(codes.includes(code), found.join('\n'))
    const lines = found.map((fault) => Number.parseInt(fault.split(' ')[1] ?? '', 10))
    assert.deepEqual(
      lines,
      lines.toSorted((left, right) => left - right),
    )
  })

  const cases: readonly [title: string, text: string, expected: string][] = [
    [
      'a union of tables with different columns',
      `source {
  ${FAKE(`${FIELDS}, plugin_output = a`)}
  ${FAKE('schema { fields { id = bigint } }, plugin_output = b')}
}
sink {
  Console { plugin_input = [a, b] }
}`,
      'JOB_DEFINITION 6:3 sink[0]',
    ],
    [
      'a union with a source of several tables',
      `source {
  FakeSource { plugin_output = a, tables_configs = [{ schema { table = x, fields { id = int } } }, { schema { table = y, fields { id = int } } }] }
  ${FAKE('schema { fields { id = int } }, plugin_output = b')}
}
sink {
  Console { plugin_input = [a, b] }
}`,
      'JOB_DEFINITION 6:3 sink[0]',
    ],
    [
      'a field that a transform does not find',
      `source { ${FAKE(`${FIELDS}`)} }
transform {
  Filter { include_fields = [nmae] }
}
sink { Console { } }`,
      'FIELDS_NOT_FOUND 3:3 transform[0]',
    ],
    [
      'a query that is wrong on its third line',
      `source { ${FAKE(`${FIELDS}`)} }
transform {
  Sql { query = """
    select 'ä😀' as a,
      nmae from fake""" }
}
sink { Console { } }`,
      'SQL_INVALID 5:7 transform[0].query',
    ],
    [
      'a query with escapes: the place of the whole query',
      `source { ${FAKE(`${FIELDS}`)} }
transform {
  Sql { query = "select id,\\n nmae from fake" }
}
sink { Console { } }`,
      'SQL_INVALID 3:17 transform[0].query',
    ],
  ]
  for (const [title, text, expected] of cases) {
    it(`has ${title}`, async () => assert.deepEqual(await faults(text), [expected]))
  }

  it('has an option that only the kernels find wrong: its own sink is blamed', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, '1,2024-01-01')
    const sink = (name: string, options: string): string =>
      `LocalFile { path = "${folder}/${name}", tmp_path = "${folder}/tmp", file_format_type = csv ${options} }`
    const text = `source { LocalFile { path = "${folder}/in", file_format_type = csv, schema { fields { id = int, d = date } }, plugin_output = a } }
sink {
  ${sink('x', ', plugin_input = [a]')}
  ${sink('y', ', plugin_input = [a], date_format = "jjjj"')}
}`
    assert.deepEqual(await faults(text), ['OPTION_INVALID 4:3 sink[1]'])
  })
})
