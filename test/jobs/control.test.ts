import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { putFile, temporaryFolder } from '../../src/files/testing.js'
import { contents } from '../local-file/job.js'
import { csvRows, csvSink, csvSource, finishJob, prepareJob, runJob } from './harness.js'
import { type ProbePoint, probeRecord } from './probe.js'

/** A csv job that writes files and into a probe, so that the probe can stop or fail it while files are half-written. */
function probedJob(folder: string, name: string, options: string, env = ''): string {
  return `
env { ${env} }
source { ${csvSource(`${folder}/in`, ', plugin_output = a')} }
sink {
  ${csvSink(folder, 'out', ', plugin_input = [a]')}
  Probe { plugin_input = [a], name = ${name}, ${options} }
}`
}

/** Nothing but the input is left below a folder. */
function assertUntouched(folder: string): void {
  assert.deepEqual(
    contents(folder)
      .map(([path]) => path)
      .filter((path) => !path.startsWith('in/')),
    [],
  )
}

describe('a job that is canceled', () => {
  it('before it starts does nothing, not even to the folder', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, csvRows(10))
    putFile(`${folder}/out/old.csv`, 'old')
    const { events } = probeRecord('before')
    const job = await prepareJob(
      probedJob(folder, 'before', '').replace(
        'plugin_input = [a] }',
        'plugin_input = [a], data_save_mode = DROP_DATA }',
      ),
    )
    job.cancel()
    const outcome = await job.run()
    assert.deepEqual([outcome.status, outcome.errors, outcome.metrics.sources[0]?.rows], ['CANCELED', [], 0])
    assert.ok(!events.some((event) => event.startsWith('commit')), String(events))
    assert.deepEqual(
      contents(`${folder}/out`).map(([path]) => path),
      ['old.csv'],
    )
  })

  for (const point of ['open', 'place', 'write', 'prepare'] as const) {
    for (const workers of [1, 3]) {
      it(`at '${point}' leaves nothing, with ${workers} workers`, async (test) => {
        const folder = temporaryFolder(test)
        putFile(`${folder}/in/a.csv`, csvRows(400_000))
        const name = `cancel-${point}-${workers}`
        const { gate, events } = probeRecord(name)
        const job = await prepareJob(probedJob(folder, name, `hold_at = ${point}`), workers)
        const ended = job.run()
        await gate.arrived()
        job.cancel()
        gate.release()
        const outcome = await ended
        assert.deepEqual([outcome.status, outcome.errors], ['CANCELED', []])
        assert.deepEqual(events, ['open', 'abort'])
        assertUntouched(folder)
      })
    }
  }

  it('while it reads ends at once', async (test) => {
    const folder = temporaryFolder(test)
    const { events } = probeRecord('reading')
    const job = await prepareJob(`
source { FakeSource { row.num = 2000000000, schema { fields { id = bigint, name = string } }, plugin_output = a } }
sink { ${csvSink(folder, 'out', ', plugin_input = [a], batch_size = 100000')}
  Probe { plugin_input = [a], name = reading } }`)
    const ended = job.run()
    while (job.metrics().sources[0]?.rows === 0) await new Promise((resolve) => setImmediate(resolve))
    job.cancel()
    assert.equal((await ended).status, 'CANCELED')
    assert.deepEqual(events, ['open', 'abort'])
    assertUntouched(folder)
  })

  it('while it commits is finished: what is visible stays', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, csvRows(5))
    const { gate, events } = probeRecord('committing')
    const job = await prepareJob(probedJob(folder, 'committing', 'hold_at = commit'))
    const ended = job.run()
    await gate.arrived()
    job.cancel()
    gate.release()
    const outcome = await ended
    assert.deepEqual([outcome.status, outcome.errors], ['FINISHED', []])
    assert.deepEqual(events, ['open', 'commit last 5'])
    assert.deepEqual(
      contents(`${folder}/out`).map(([, text]) => text),
      [csvRows(5)],
    )
  })

  it('waits no longer for its limit of rows per second', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, csvRows(100_000))
    probeRecord('limited')
    const job = await prepareJob(probedJob(folder, 'limited', '', 'read_limit.rows_per_second = 1'))
    const ended = job.run()
    while (job.metrics().sources[0]?.rows === 0) await new Promise((resolve) => setImmediate(resolve))
    job.cancel()
    assert.equal((await ended).status, 'CANCELED')
    assertUntouched(folder)
  })

  it('twice is canceled once', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, csvRows(5))
    const { gate, events } = probeRecord('twice')
    const job = await prepareJob(probedJob(folder, 'twice', 'hold_at = place'))
    const ended = job.run()
    await gate.arrived()
    job.cancel()
    job.cancel()
    gate.release()
    assert.equal((await ended).status, 'CANCELED')
    assert.deepEqual(events, ['open', 'abort'])
  })
})

describe('a job whose sink fails', () => {
  const points: readonly ProbePoint[] = ['open', 'place', 'write', 'prepare', 'commit', 'close']
  for (const point of points) {
    it(`at '${point}' fails with the cause, and leaves nothing uncommitted`, async (test) => {
      const folder = temporaryFolder(test)
      putFile(`${folder}/in/a.csv`, csvRows(10))
      const name = `fail-${point}`
      const { events } = probeRecord(name)
      // The probe is committed first: its failure keeps the files from being visible.
      const job = probedJob(folder, name, `fail_at = ${point}`).replace(/(LocalFile.*)\n(\s*Probe.*)\n\}$/, '$2\n$1\n}')
      const outcome = await runJob(job)
      assert.equal(outcome.status, 'FAILED')
      assert.match(outcome.errors[0]?.message ?? '', new RegExp(`the probe fails at ${point}`))
      assert.equal(events.at(-1), 'abort')
      if (point !== 'close') assertUntouched(folder)
    })
  }

  it('by a rule over the rows when it is closed', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, csvRows(10))
    const outcome = await runJob(`
source { ${csvSource(`${folder}/in`, ', plugin_output = a')} }
sink {
  Assert { plugin_input = [a], rules { row_rules = [{ rule_type = MIN_ROW, rule_value = 11 }] } }
  ${csvSink(folder, 'out', ', plugin_input = [a]')}
}`)
    assert.deepEqual([outcome.status, outcome.errors.map((error) => error.code)], ['FAILED', ['ASSERTION_FAILED']])
    assertUntouched(folder)
  })
})

describe('a job with broken rows', () => {
  for (const workers of [1, 2, 6]) {
    it(`fails with the first of them, with ${workers} workers`, async (test) => {
      const folder = temporaryFolder(test)
      for (let file = 0; file < 20; file += 1) {
        const rows = csvRows(2000, file * 2000).split('\n')
        if (file >= 7) rows[(file * 37) % 2000] = `wrong ${file},x`
        putFile(`${folder}/in/${String(file).padStart(2, '0')}.csv`, rows.join('\n'))
      }
      const first = await lowestFault(folder)
      const outcome = await runJob(`source { ${csvSource(`${folder}/in`)} }\nsink { ${csvSink(folder)} }`, workers)
      assert.equal(outcome.status, 'FAILED')
      assert.deepEqual([outcome.errors[0]?.code, outcome.errors[0]?.message], first)
      assertUntouched(folder)
    })
  }

  it('keeps every cause that other subtasks had', async (test) => {
    const folder = temporaryFolder(test)
    for (let file = 0; file < 40; file += 1) putFile(`${folder}/in/${file}.csv`, `wrong ${file},x`)
    const outcome = await runJob(
      `env { parallelism = 4 }\nsource { ${csvSource(`${folder}/in`)} }\nsink { ${csvSink(folder)} }`,
      4,
    )
    assert.equal(outcome.status, 'FAILED')
    assert.ok(outcome.errors.length >= 1 && outcome.errors.length <= 4, String(outcome.errors.length))
    assert.ok(outcome.errors.every((error) => error.code === 'VALUE_MALFORMED'))
    assertUntouched(folder)
  })

  it('fails also where a checkpoint comes while the failed morsel waits for its turn', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.gz`, gzipSync(csvRows(1_500_000), { level: 1 }))
    putFile(`${folder}/in/b.csv`, 'wrong,x')
    // Sources of a union are read in their order: the second worker fails at once and waits for the first.
    const outcome = await runJob(
      `
env { checkpoint.interval = 10 }
source {
  ${csvSource(`${folder}/in/a.gz`, ', plugin_output = a, archive_compress_codec = gz')}
  ${csvSource(`${folder}/in/b.csv`, ', plugin_output = b')}
}
sink { ${csvSink(folder, 'out', ', plugin_input = [a, b]')} }`,
      2,
    )
    assert.deepEqual([outcome.status, outcome.errors.map((error) => error.code)], ['FAILED', ['VALUE_MALFORMED']])
  })

  it('refuses a field over the limit', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, `1,${'x'.repeat(66 << 20)}`)
    const outcome = await runJob(`source { ${csvSource(`${folder}/in`)} }\nsink { ${csvSink(folder)} }`)
    assert.deepEqual([outcome.status, outcome.errors.map((error) => error.code)], ['FAILED', ['VALUE_TOO_LARGE']])
    assertUntouched(folder)
  })
})

/** What one worker says of the files below a folder: its order is that of the rows. */
async function lowestFault(folder: string): Promise<readonly [string | undefined, string | undefined]> {
  const outcome = await runJob(`source { ${csvSource(`${folder}/in`)} }\nsink { ${csvSink(folder)} }`, 1)
  return [outcome.errors[0]?.code, outcome.errors[0]?.message]
}

describe('checkpoints', () => {
  it('make files visible while a streaming job runs, and cancel ends it', async (test) => {
    const folder = temporaryFolder(test)
    const { gate, events } = probeRecord('streaming')
    const job = await prepareJob(`
env { job.mode = STREAMING, checkpoint.interval = 20, parallelism = 2 }
source { FakeSource { row.num = 50, schema { fields { id = int } }, plugin_output = a } }
sink { ${csvSink(folder, 'out', ', plugin_input = [a]')}
  Probe { plugin_input = [a], name = streaming, hold_at = commit } }`)
    const ended = job.run()
    await gate.arrived()
    // The files' sink comes before the probe, which holds the same checkpoint.
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
    assert.deepEqual(contents(`${folder}/out`), visible, 'what was committed stays')
  })

  it('do not stop a worker that reads a gzip file while another waits for its turn', async (test) => {
    const folder = temporaryFolder(test)
    const text = csvRows(1_200_000)
    putFile(`${folder}/in/a.gz`, gzipSync(text, { level: 1 }))
    putFile(`${folder}/in/b.csv`, csvRows(10, 5_000_000))
    await finishJob(
      `
env { checkpoint.interval = 10 }
source {
  ${csvSource(`${folder}/in/a.gz`, ', plugin_output = a, archive_compress_codec = gz')}
  ${csvSource(`${folder}/in/b.csv`, ', plugin_output = b')}
}
sink { ${csvSink(folder, 'out', ', plugin_input = [a, b]')} }`,
      2,
    )
    const lines = contents(`${folder}/out`)
      .flatMap(([, content]) => content.split('\n'))
      .sort((left, right) => Number.parseInt(left, 10) - Number.parseInt(right, 10))
    assert.ok(lines.join('\n') === `${text}\n${csvRows(10, 5_000_000)}`, 'rows are missing or twice')
  })

  it('of a batch job count every row once', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, csvRows(900_000))
    const { events } = probeRecord('batch')
    const job = await prepareJob(probedJob(folder, 'batch', '', 'checkpoint.interval = 10'), 3)
    assert.equal((await job.run()).status, 'FINISHED')
    assert.equal(events.at(-1), 'commit last 900000')
    const lines = contents(`${folder}/out`).reduce((sum, [, text]) => sum + text.split('\n').length, 0)
    assert.equal(lines, 900_000)
  })
})

describe('a limit of rows per second', () => {
  it('holds every subtask to it', async () => {
    const rate = 2000
    const started = performance.now()
    const job = await prepareJob(`
env { parallelism = 2, read_limit.rows_per_second = ${rate} }
source { FakeSource { row.num = 1000, schema { fields { id = int } } } }
sink { Assert { rules { row_rules = [{ rule_type = MIN_ROW, rule_value = 2000 }] } } }`)
    const outcome = await job.run()
    const elapsedSeconds = (performance.now() - started) / 1000
    assert.deepEqual([outcome.status, outcome.metrics.sources[0]?.rows], ['FINISHED', 2000])
    // A tenth of a second's rows are read before they are paid for.
    const allowed = 2 * (rate * elapsedSeconds + rate / 10)
    assert.ok(2000 <= allowed, `2000 rows in ${elapsedSeconds} s, at most ${allowed}`)
  })

  it('cuts files into small steps', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, csvRows(3000))
    const rate = 5000
    const started = performance.now()
    const outcome = await runJob(
      `env { read_limit.rows_per_second = ${rate} }\nsource { ${csvSource(`${folder}/in`)} }\nsink { ${csvSink(folder)} }`,
    )
    const elapsedSeconds = (performance.now() - started) / 1000
    assert.deepEqual([outcome.status, outcome.metrics.sinks[0]?.rows], ['FINISHED', 3000])
    assert.ok(3000 <= rate * elapsedSeconds + 2 * rate, `3000 rows in ${elapsedSeconds} s`)
    assert.equal(contents(`${folder}/out`)[0]?.[1], csvRows(3000))
  })
})
