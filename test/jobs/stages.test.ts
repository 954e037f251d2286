import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { graphText } from '../../src/cli/graph-text.js'
import { putFile, temporaryFolder } from '../../src/files/testing.js'
import { contents } from '../local-file/job.js'
import { csvRows, csvSink, csvSource, finishJob, prepareJob, runJob } from './harness.js'
import { knownGate, probeRecord } from './probe.js'

const ROWS = 70_000

/** Lines of everything below a folder. */
function lines(folder: string): readonly string[] {
  return contents(folder).flatMap(([, text]) => (text === '' ? [] : text.split('\n')))
}

/** The rows of {@link csvRows} with something behind every name. */
function suffixed(count: number, suffix: string): readonly string[] {
  return csvRows(count)
    .split('\n')
    .map((line) => `${line}${suffix}`)
}

/** Comparing by hand: a failing comparison of long lists takes minutes to print. */
function assertLines(actual: readonly string[], expected: readonly string[]): void {
  const at = expected.findIndex((line, index) => actual[index] !== line)
  assert.ok(at < 0 && actual.length === expected.length, `${actual.length} lines, at ${at}: '${actual[at]}'`)
}

/** A job that sends the rows of `<folder>/in` through transforms, one behind the other, into `<folder>/out`. */
function chainJob(folder: string, transforms: readonly string[], env = ''): string {
  const wired = transforms.map((block, index) =>
    block.replace('{', `{ plugin_input = [t${index}], plugin_output = t${index + 1}, `),
  )
  return `
env { ${env} }
source { ${csvSource(`${folder}/in`, ', plugin_output = t0')} }
transform { ${wired.join('\n')} }
sink { ${csvSink(folder, 'out', `, plugin_input = [t${transforms.length}]`)} }`
}

describe('an asynchronous transform', () => {
  for (const workers of [1, 3]) {
    it(`keeps the order of rows between synchronous ones, with ${workers} workers`, async (test) => {
      const folder = temporaryFolder(test)
      putFile(`${folder}/in/a.csv`, csvRows(ROWS))
      const { metrics } = await finishJob(
        chainJob(folder, [
          'Sql { query = "select id, upper(name) as name from t where mod(id, 2) = 0" }',
          'StageProbe { batch_rows = 700 }',
          'Sql { query = "select id * 10 as id, name from t where mod(id, 4) = 0" }',
        ]),
        workers,
      )
      const expected = Array.from({ length: ROWS / 4 }, (_, index) => `${index * 40},NAME ${index * 4}!`)
      assertLines(lines(`${folder}/out`), expected)
      assert.deepEqual([metrics.sources[0]?.rows, metrics.sinks[0]?.rows], [ROWS, ROWS / 4])
    })
  }

  it('may come behind another one', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, csvRows(ROWS))
    await finishJob(
      chainJob(folder, [
        'StageProbe { suffix = a, batch_rows = 900 }',
        'StageProbe { suffix = b, batch_rows = 100, in_flight = 2 }',
        'StageProbe { suffix = c, in_flight = 1 }',
      ]),
    )
    assertLines(lines(`${folder}/out`), suffixed(ROWS, 'abc'))
  })

  it('leaves operators behind it what is known of the file of a row', async (test) => {
    const folder = temporaryFolder(test)
    for (const [index, name] of ['a', 'b'].entries()) putFile(`${folder}/in/${name}.csv`, csvRows(2, index * 2))
    await finishJob(
      chainJob(folder, ['StageProbe { }', 'Metadata { metadata_fields { FilePath = path, RowKind = op } }']),
    )
    assertLines(
      lines(`${folder}/out`),
      csvRows(4)
        .split('\n')
        .map((line, row) => `${line}!,${folder}/in/${row < 2 ? 'a' : 'b'}.csv,+I`),
    )
  })

  it('may stand beside others, and its rows may go into several sinks', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, csvRows(ROWS))
    await finishJob(`
source { ${csvSource(`${folder}/in`, ', plugin_output = t')} }
transform {
  StageProbe { plugin_input = [t], plugin_output = a, suffix = a }
  StageProbe { plugin_input = [t], plugin_output = b, suffix = b, batch_rows = 333 }
  Sql { plugin_input = [a], plugin_output = few, query = "select id from a where id < 3" }
}
sink {
  ${csvSink(folder, 'a', ', plugin_input = [a]')}
  ${csvSink(folder, 'few', ', plugin_input = [few]')}
  ${csvSink(folder, 'b', ', plugin_input = [b]')}
  ${csvSink(folder, 't', ', plugin_input = [t]')}
}`)
    assertLines(lines(`${folder}/a`), suffixed(ROWS, 'a'))
    assertLines(lines(`${folder}/b`), suffixed(ROWS, 'b'))
    assertLines(lines(`${folder}/t`), suffixed(ROWS, ''))
    assert.deepEqual(lines(`${folder}/few`), ['0', '1', '2'])
  })

  it('works for every subtask and every format whose rows wait for their number', async (test) => {
    const folder = temporaryFolder(test)
    for (const name of ['a', 'b', 'c']) putFile(`${folder}/in/${name}.csv`, csvRows(5))
    await finishJob(`
env { parallelism = 2 }
source { ${csvSource(`${folder}/in`)} }
transform { StageProbe { in_flight = 3 } }
sink { ${csvSink(folder, 'out', ', have_partition = true, partition_by = [id], is_enable_transaction = true')} }`)
    assert.equal(lines(`${folder}/out`).length, 15)
  })

  it('has nothing to do when no row reaches it', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, csvRows(10))
    const { metrics } = await finishJob(
      chainJob(folder, ['Sql { query = "select id, name from t where id > 100" }', 'StageProbe {}']),
    )
    assert.deepEqual([metrics.sources[0]?.rows, metrics.sinks[0]?.rows], [10, 0])
  })

  it('is shown in the graph, with the program behind it', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, csvRows(10))
    const job = await prepareJob(
      chainJob(folder, ['StageProbe { suffix = secret }', 'Sql { query = "select id from t" }']),
    )
    const text = graphText(job.graph())
    const chains = text.slice(text.indexOf('fused chains'), text.indexOf('lanes'))
    assert.deepEqual(chains.trim().split('\n').slice(1), [
      '  source[0] t0',
      '      decode csv',
      '      encode arrow for transform[0], asynchronous <- decode',
      '  transform[0] t0',
      '      decode arrow',
      '      1. sql <- decode',
      '      encode csv for sink[0] <- 1',
    ])
    assert.ok(!JSON.stringify(job.graph()).includes('secret'))
  })
})

describe('of several failures around an asynchronous transform', () => {
  const failing = (id: number): string =>
    `Sql { query = "select id, concat(name, cast(1 / (id - ${id}) as string)) as name from t" }`
  const cases: readonly (readonly [name: string, transforms: readonly string[], message: RegExp])[] = [
    ['its own counts when it is alone', ['StageProbe { fail_at = 2500 }'], /fails at '2500'/],
    ['a batch that is refused counts', ['StageProbe { reject_at = 2500 }'], /rejects '2500'/],
    ['an earlier row behind it counts', ['StageProbe { fail_at = 2500 }', failing(2400)], /divi|zero/i],
    ['a later row behind it does not count', ['StageProbe { fail_at = 2500 }', failing(2600)], /fails at '2500'/],
    ['a later row in front of it does not count', [failing(2600), 'StageProbe { fail_at = 2500 }'], /fails at '2500'/],
    ['an earlier row in front of it counts', [failing(2400), 'StageProbe { fail_at = 2500 }'], /divi|zero/i],
    [
      'an earlier row of a second one counts',
      ['StageProbe { fail_at = 9000 }', 'StageProbe { fail_at = 2500, batch_rows = 100 }'],
      /fails at '2500'/,
    ],
    [
      'a later row of a second one does not count',
      ['StageProbe { fail_at = 2500 }', 'StageProbe { fail_at = 9000, batch_rows = 100 }'],
      /fails at '2500'/,
    ],
  ]
  for (const [name, transforms, message] of cases) {
    it(name, async (test) => {
      const folder = temporaryFolder(test)
      putFile(`${folder}/in/a.csv`, csvRows(ROWS))
      const outcome = await runJob(chainJob(folder, transforms))
      assert.equal(outcome.status, 'FAILED')
      assert.match(outcome.errors[0]?.message ?? '', message)
      assert.deepEqual(contents(`${folder}/out`), [])
    })
  }
})

describe('a job with an asynchronous transform', () => {
  for (const workers of [1, 2]) {
    it(`can be canceled while results are waited for, with ${workers} workers`, async (test) => {
      const folder = temporaryFolder(test)
      putFile(`${folder}/in/a.csv`, csvRows(ROWS))
      const name = `stage-cancel-${workers}`
      // Planning makes the record.
      const job = await prepareJob(chainJob(folder, [`StageProbe { hold = ${name} }`]), workers)
      const ended = job.run()
      await knownGate(name).arrived()
      job.cancel()
      const outcome = await ended
      assert.deepEqual([outcome.status, outcome.errors], ['CANCELED', []])
      assert.deepEqual(contents(`${folder}/out`), [])
    })
  }

  it('takes checkpoints in STREAMING: what is committed is a prefix in files and counts', async (test) => {
    const folder = temporaryFolder(test)
    const { gate, events } = probeRecord('stage-streaming')
    const job = await prepareJob(`
env { job.mode = STREAMING, checkpoint.interval = 20, parallelism = 2 }
source { FakeSource { row.num = 500, schema { fields { id = bigint, name = string } }, plugin_output = a } }
transform { StageProbe { plugin_input = [a], plugin_output = b, batch_rows = 7 } }
sink { ${csvSink(folder, 'out', ', plugin_input = [b]')}
  Probe { plugin_input = [b], name = stage-streaming, hold_at = commit } }`)
    const ended = job.run()
    await gate.arrived()
    const visible = contents(`${folder}/out`)
    job.cancel()
    gate.release()
    const outcome = await ended
    assert.deepEqual([outcome.status, outcome.errors], ['CANCELED', []])
    const rows = Number(events.find((event) => event.startsWith('commit'))?.split(' ')[2])
    assert.equal(
      visible.reduce((sum, [, text]) => sum + text.split('\n').length, 0),
      rows,
    )
  })

  it('commits everything that came before a checkpoint in the middle of a file', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, csvRows(400_000))
    await finishJob(chainJob(folder, ['StageProbe { batch_rows = 2000 }'], 'checkpoint.interval = 10'), 2)
    const all = lines(`${folder}/out`).toSorted((left, right) => Number.parseInt(left, 10) - Number.parseInt(right, 10))
    assertLines(all, suffixed(400_000, '!'))
  })
})
