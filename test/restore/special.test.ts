import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { LocalCheckpointStorage } from '../../src/checkpoint/local-storage.js'
import { MemoryCheckpointStorage } from '../../src/checkpoint/storage.js'
import { FileCheckpointStore } from '../../src/checkpoint/store.js'
import { parseJobFile } from '../../src/config/job-document.js'
import { MillraceError } from '../../src/core/error.js'
import { putFile, temporaryFolder } from '../../src/files/testing.js'
import { csvRows, csvSink, csvSource, linesBelow, testService } from '../jobs/harness.js'
import { probeRecord } from '../jobs/probe.js'
import { contents } from '../local-file/job.js'
import { Attempts, CRASH_POINTS, texts, until, wideRows } from './attempts.js'

const ROWS = 2400
const ENV = 'checkpoint.interval = 10, read_limit.rows_per_second = 16000'

/** One crash at every point, each at the second checkpoint of its attempt. */
const EVERYWHERE = CRASH_POINTS.map((point) => ({ checkpoint: 2, point }))

function putFiles(folder: string, count = 4): void {
  for (let file = 0; file < count; file += 1) {
    putFile(`${folder}/in/${file}.csv`, csvRows(ROWS / count, (file * ROWS) / count))
  }
}

function sorted(lines: readonly string[]): readonly string[] {
  return [...lines].sort()
}

describe('a job that is restored', () => {
  it('has every failed row once where it was routed, and counts them all', async (test) => {
    const folder = temporaryFolder(test)
    putFiles(folder)
    const handler = `plugin_name = LocalFile, path = "${folder}/errors", tmp_path = "${folder}/tmp", file_format_type = json`
    const attempts =
      new Attempts(`env { ${ENV}, transform_error_handler { mode = ROUTE, max_error_ratio = 0.5, sink { ${handler} } } }
source { ${csvSource(`${folder}/in`, ', plugin_output = a')} }
transform { Sql { plugin_input = a, plugin_output = b, query = "select id, 100 / mod(id, 4) as x from a" } }
sink { LocalFile { plugin_input = b, path = "${folder}/out", tmp_path = "${folder}/tmp", file_format_type = csv } }`)
    test.after(() => attempts.close())
    const outcome = await attempts.finish(EVERYWHERE)
    assert.deepEqual([outcome.status, texts(outcome.errors)], ['FINISHED', []])
    const good = linesBelow(`${folder}/out`).map((line) => Number(line.split(',')[0]))
    const all = Array.from({ length: ROWS }, (_, id) => id)
    assert.deepEqual(
      good.sort((left, right) => left - right),
      all.filter((id) => id % 4 !== 0),
    )
    assert.equal(linesBelow(`${folder}/errors`).length, ROWS / 4)
    assert.equal(outcome.metrics.errorRows, ROWS / 4)
    assert.equal((await attempts.store.latest(attempts.jobId))?.record.errorBudget.join(), `${ROWS},${ROWS / 4}`)
  })

  it('has every row once behind an asynchronous transform', async (test) => {
    const folder = temporaryFolder(test)
    putFiles(folder, 2)
    putFile(`${folder}/in/9.csv`, csvRows(100, ROWS))
    const attempts = new Attempts(`env { ${ENV} }
source { ${csvSource(`${folder}/in`)} }
transform { StageProbe { batch_rows = 50 } }
sink { ${csvSink(folder)} }`)
    test.after(() => attempts.close())
    const outcome = await attempts.finish(EVERYWHERE)
    assert.deepEqual([outcome.status, texts(outcome.errors)], ['FINISHED', []])
    const expected = csvRows(ROWS + 100)
      .split('\n')
      .map((line) => `${line}!`)
    assert.deepEqual(sorted(linesBelow(`${folder}/out`)), sorted(expected))
  })

  it('goes on in the middle of a file that is read in order, without giving its rows to transforms again', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.gz`, gzipSync(wideRows(8000)))
    const attempts = new Attempts(`env { ${ENV} }
source { ${csvSource(`${folder}/in`, ', archive_compress_codec = gz')} }
transform { StageProbe { batch_rows = 50 } }
sink { ${csvSink(folder)} }`)
    test.after(() => attempts.close())
    const delivered = async (): Promise<number> => {
      const latest = await attempts.store.latest(attempts.jobId)
      return latest?.record.lanes[0]?.splits[0]?.deliveredMorsels ?? 0
    }
    for (const least of [1, 2]) {
      const job = await attempts.prepare()
      const ended = job.run()
      while ((await delivered()) < least) await new Promise((resolve) => setImmediate(resolve))
      job.abandon()
      assert.equal((await ended).status, 'ABANDONED')
    }
    const outcome = await attempts.finish(EVERYWHERE)
    assert.deepEqual([outcome.status, texts(outcome.errors)], ['FINISHED', []])
    const expected = wideRows(8000).split('\n')
    assert.deepEqual(sorted(linesBelow(`${folder}/out`)), sorted(expected.map((line) => `${line}!`)))
    assert.equal(outcome.metrics.sources[0]?.rows, 8000)
  })

  it('keeps the order of its rows, also of a union and over several sinks', async (test) => {
    const folder = temporaryFolder(test)
    putFiles(folder)
    putFile(`${folder}/more/a.csv`, csvRows(300, ROWS))
    const attempts = new Attempts(`env { ${ENV} }
source {
  ${csvSource(`${folder}/in`, ', plugin_output = a')}
  ${csvSource(`${folder}/more`, ', plugin_output = b')}
}
sink {
  ${csvSink(folder, 'one', ', plugin_input = [a, b]')}
  ${csvSink(folder, 'two', ', plugin_input = [a, b]')}
  Assert { plugin_input = [a, b], rules { row_rules = [
    { rule_type = MIN_ROW, rule_value = ${ROWS + 300} }, { rule_type = MAX_ROW, rule_value = ${ROWS + 300} }] } }
}`)
    test.after(() => attempts.close())
    const outcome = await attempts.finish(EVERYWHERE)
    assert.deepEqual([outcome.status, texts(outcome.errors)], ['FINISHED', []])
    for (const name of ['one', 'two']) {
      // Files are named by checkpoint: in their order the rows are in theirs.
      const checkpointOf = (file: string): number => Number(/_0_(\d+)_0\.csv$/.exec(file)?.[1])
      const files = readdirSync(`${folder}/${name}`).sort((left, right) => checkpointOf(left) - checkpointOf(right))
      const text = files.map((file) => readFileSync(`${folder}/${name}/${file}`, 'utf8')).join('\n')
      assert.ok(text === csvRows(ROWS + 300), `${name} is in another order`)
    }
  })

  it('does not open its sinks again: what it committed is not dropped', async (test) => {
    const folder = temporaryFolder(test)
    putFiles(folder)
    putFile(`${folder}/out/old.csv`, 'old')
    const sink = csvSink(folder, 'out', ', data_save_mode = DROP_DATA')
    const attempts = new Attempts(`env { ${ENV} }\nsource { ${csvSource(`${folder}/in`)} }\nsink { ${sink} }`)
    test.after(() => attempts.close())
    assert.equal((await attempts.finish(EVERYWHERE)).status, 'FINISHED')
    assert.deepEqual(sorted(linesBelow(`${folder}/out`)), sorted(csvRows(ROWS).split('\n')))
  })

  it('begins anew when it was killed before its first checkpoint, and removes what it had staged', async (test) => {
    const folder = temporaryFolder(test)
    putFiles(folder)
    const attempts = new Attempts(`source { ${csvSource(`${folder}/in`)} }\nsink { ${csvSink(folder)} }`)
    test.after(() => attempts.close())
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await attempts.run({ checkpoint: 1, point: 'before the record' })
      assert.equal(
        linesBelow(`${folder}/tmp`).length,
        ROWS,
        'the last attempt has staged everything, earlier ones nothing',
      )
    }
    assert.equal((await attempts.run({ checkpoint: 1, point: 'behind the record' })).status, 'ABANDONED')
    assert.deepEqual(linesBelow(`${folder}/out`), [])
    const outcome = await attempts.run()
    assert.deepEqual([outcome.status, outcome.metrics.sinks[0]?.rows], ['FINISHED', ROWS])
    assert.deepEqual(sorted(linesBelow(`${folder}/out`)), sorted(csvRows(ROWS).split('\n')))
    assert.deepEqual([linesBelow(`${folder}/tmp`), readdirSync(`${folder}/tmp/seatunnel`)], [[], []])
    const again = await attempts.run()
    assert.deepEqual(
      [again.status, linesBelow(`${folder}/out`).length],
      ['FINISHED', ROWS],
      'a job at its end ends again',
    )
  })

  it('does not miss files that were committed and taken away by somebody', async (test) => {
    const folder = temporaryFolder(test)
    putFiles(folder)
    const attempts = new Attempts(
      `env { ${ENV} }\nsource { ${csvSource(`${folder}/in`)} }\nsink { ${csvSink(folder)} }`,
    )
    test.after(() => attempts.close())
    const job = await attempts.prepare()
    const ended = job.run()
    await until(() => (job.committedMetrics().sinks[0]?.rows ?? 0) > 0)
    const { checkpointId } = await job.savepoint()
    assert.equal((await ended).status, 'SAVEPOINT_DONE')
    assert.equal(await attempts.store.committedId(attempts.jobId), checkpointId)
    const taken = linesBelow(`${folder}/out`)
    rmSync(`${folder}/out`, { recursive: true })
    const outcome = await attempts.run()
    assert.deepEqual([outcome.status, texts(outcome.errors)], ['FINISHED', []])
    assert.deepEqual(sorted([...taken, ...linesBelow(`${folder}/out`)]), sorted(csvRows(ROWS).split('\n')))
  })

  it('copies binary files once each', async (test) => {
    const folder = temporaryFolder(test)
    for (let file = 0; file < 6; file += 1) putFile(`${folder}/in/${file % 2}/${file}.bin`, `file ${file}`)
    const attempts = new Attempts(`env { checkpoint.interval = 10, read_limit.rows_per_second = 20 }
source { LocalFile { path = "${folder}/in", file_format_type = binary } }
sink { LocalFile { path = "${folder}/out", tmp_path = "${folder}/tmp", file_format_type = binary } }`)
    test.after(() => attempts.close())
    const outcome = await attempts.finish(EVERYWHERE)
    assert.deepEqual([outcome.status, texts(outcome.errors)], ['FINISHED', []])
    assert.deepEqual(contents(`${folder}/out`), contents(`${folder}/in`))
  })

  it('without rows has its one empty file', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, '1,x')
    const attempts = new Attempts(`source { ${csvSource(`${folder}/in`)} }
transform { Sql { query = "select id, name from dual where id > 5" } }
sink { ${csvSink(folder, 'out', ', enable_header_write = true, create_empty_file_when_no_data = true')} }`)
    test.after(() => attempts.close())
    assert.equal((await attempts.run({ checkpoint: 1, point: 'behind the record' })).status, 'ABANDONED')
    assert.equal((await attempts.run({ checkpoint: 1, point: 'behind the commit' })).status, 'FINISHED')
    assert.equal((await attempts.run()).status, 'FINISHED')
    assert.deepEqual([readdirSync(`${folder}/out`).length, linesBelow(`${folder}/out`)], [1, ['id,name']])
  })

  it('finds the files that came meanwhile, and none again', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, csvRows(10))
    const options = ', discovery_mode = continuous, scan_interval = 100ms'
    const attempts = new Attempts(`env { job.mode = STREAMING, checkpoint.interval = 10 }
source { ${csvSource(`${folder}/in`, options)} }
sink { ${csvSink(folder)} }`)
    test.after(() => attempts.close())
    for (let round = 1; round <= 3; round += 1) {
      const job = await attempts.prepare()
      const ended = job.run()
      await until(() => job.committedMetrics().sinks[0]?.rows === round * 20 - 10)
      putFile(`${folder}/in/b${round}.csv`, csvRows(10, round * 100))
      await until(() => job.committedMetrics().sinks[0]?.rows === round * 20)
      job.abandon()
      assert.equal((await ended).status, 'ABANDONED')
      putFile(`${folder}/in/c${round}.csv`, csvRows(10, round * 1000))
    }
    assert.equal(linesBelow(`${folder}/out`).length, 60)
    assert.equal(new Set(linesBelow(`${folder}/out`)).size, 60)
  })
})

describe('a job whose newest checkpoint is damaged', () => {
  it('goes back behind the one before it, and takes back what was committed since', async (test) => {
    const folder = temporaryFolder(test)
    putFiles(folder)
    const store = new FileCheckpointStore(new LocalCheckpointStorage(`${folder}/checkpoints`), { maxRetained: 100 })
    const attempts = new Attempts(
      `env { ${ENV} }\nsource { ${csvSource(`${folder}/in`)} }\nsink { ${csvSink(folder)} }`,
      { store },
    )
    test.after(() => attempts.close())
    const first = await attempts.prepare()
    const firstEnd = first.run()
    await until(() => (first.committedMetrics().sinks[0]?.rows ?? 0) >= ROWS / 2)
    first.abandon()
    assert.equal((await firstEnd).status, 'ABANDONED')
    const committed = linesBelow(`${folder}/out`).length
    let damaged = 0
    for (const { checkpointId } of (await store.list('4711')).toReversed()) {
      const { counts } = await store.load('4711', checkpointId)
      if ((counts.sinks[0]?.rows ?? 0) < committed) break
      writeFileSync(`${folder}/checkpoints/4711/${String(checkpointId).padStart(16, '0')}.checkpoint`, 'damaged')
      damaged += 1
    }
    const latest = await store.latest('4711')
    assert.deepEqual(
      latest?.skipped.map(({ code }) => code),
      Array.from({ length: damaged }, () => 'CHECKPOINT_CORRUPT'),
    )
    const newest = (latest?.record.checkpointId ?? 0) + damaged
    const job = await attempts.prepare()
    const before = job.metrics().sinks[0]?.rows ?? 0
    assert.ok(before < committed, `${before} of ${committed} rows`)
    const outcome = await job.run()
    assert.deepEqual([outcome.status, texts(outcome.errors)], ['FINISHED', []])
    assert.deepEqual(sorted(linesBelow(`${folder}/out`)), sorted(csvRows(ROWS).split('\n')))
    assert.ok((job.checkpoints().history[0]?.checkpointId ?? 0) > newest, 'numbers are not used again')
  })
})

describe('a listener of a job that fails', () => {
  it('fails the job, and does not leave it waiting', async (test) => {
    const folder = temporaryFolder(test)
    putFiles(folder)
    const attempts = new Attempts(`source { ${csvSource(`${folder}/in`)} }\nsink { ${csvSink(folder)} }`)
    test.after(() => attempts.close())
    const job = await attempts.prepare()
    job.onEvent(({ type }) => {
      if (type === 'checkpointCompleted') throw new Error('the listener is broken')
    })
    const outcome = await job.run()
    assert.deepEqual([outcome.status, texts(outcome.errors)], ['FAILED', ['JOB_FAILED the listener is broken']])
    assert.equal((await attempts.run()).status, 'FINISHED')
    assert.equal(linesBelow(`${folder}/out`).length, ROWS)
  })
})

describe('an attempt that was replaced', () => {
  it('is not what its own number goes on behind', async (test) => {
    const folder = temporaryFolder(test)
    putFiles(folder)
    const attempts = new Attempts(
      `env { ${ENV} }\nsource { ${csvSource(`${folder}/in`)} }\nsink { ${csvSink(folder)} }`,
    )
    test.after(() => attempts.close())
    await attempts.run({ checkpoint: 1, point: 'behind the record' })
    attempts.epoch = 0
    const outcome = await attempts.run()
    assert.deepEqual([outcome.status, outcome.errors.map(({ code }) => code)], ['FAILED', ['CHECKPOINT_FENCED']])
    assert.equal((await attempts.run()).status, 'FINISHED')
    assert.deepEqual(sorted(linesBelow(`${folder}/out`)), sorted(csvRows(ROWS).split('\n')))
  })

  it('cannot commit any more', async (test) => {
    const folder = temporaryFolder(test)
    putFiles(folder)
    const { gate } = probeRecord('fenced')
    test.after(() => gate.release())
    const attempts = new Attempts(`env { checkpoint.interval = 60000 }
source { ${csvSource(`${folder}/in`, ', plugin_output = a')} }
sink { ${csvSink(folder, 'out', ', plugin_input = [a]')}
  Probe { plugin_input = [a], name = fenced, hold_at = prepare } }`)
    test.after(() => attempts.close())
    const old = await attempts.prepare()
    const oldEnd = old.run()
    await gate.arrived()
    await attempts.store.claim(attempts.jobId, 2)
    gate.release()
    const outcome = await oldEnd
    assert.deepEqual([outcome.status, outcome.errors.map(({ code }) => code)], ['FAILED', ['CHECKPOINT_FENCED']])
    assert.deepEqual([linesBelow(`${folder}/out`), await attempts.store.latest(attempts.jobId)], [[], null])
    assert.equal((await attempts.run()).status, 'FINISHED')
    assert.equal(linesBelow(`${folder}/out`).length, ROWS)
  })
})

describe('a job whose checkpoints cannot be kept', () => {
  it('fails with the reason, shows nothing, and goes on later', async (test) => {
    const folder = temporaryFolder(test)
    putFiles(folder)
    const storage = new MemoryCheckpointStorage()
    const store = new FileCheckpointStore(storage, { maxRetained: 2 })
    const attempts = new Attempts(`source { ${csvSource(`${folder}/in`)} }\nsink { ${csvSink(folder)} }`, { store })
    test.after(() => attempts.close())
    const job = await attempts.prepare()
    const put = storage.put.bind(storage)
    storage.put = async () => {
      throw new MillraceError('CHECKPOINT_FAILED', 'there is no space left')
    }
    const outcome = await job.run()
    assert.deepEqual([outcome.status, texts(outcome.errors)], ['FAILED', ['CHECKPOINT_FAILED there is no space left']])
    assert.deepEqual([linesBelow(`${folder}/out`), linesBelow(`${folder}/tmp`)], [[], []])
    storage.put = put
    assert.equal((await attempts.run()).status, 'FINISHED')
    assert.equal(linesBelow(`${folder}/out`).length, ROWS)
  })

  it('keeps what it staged when nobody knows whether the record is there', async (test) => {
    const folder = temporaryFolder(test)
    putFiles(folder)
    const storage = new MemoryCheckpointStorage()
    const store = new FileCheckpointStore(storage, { maxRetained: 2 })
    const attempts = new Attempts(`source { ${csvSource(`${folder}/in`)} }\nsink { ${csvSink(folder)} }`, { store })
    test.after(() => attempts.close())
    const job = await attempts.prepare()
    const { put, remove } = storage
    storage.put = async (...file) => {
      await put.apply(storage, file)
      throw new MillraceError('CHECKPOINT_FAILED', 'the answer was lost')
    }
    storage.remove = async (jobFolder, name) => {
      if (!name.endsWith('.checkpoint')) return remove.call(storage, jobFolder, name)
      throw new MillraceError('CHECKPOINT_FAILED', 'the answer was lost')
    }
    assert.equal((await job.run()).status, 'FAILED')
    storage.put = put
    storage.remove = remove
    assert.equal(linesBelow(`${folder}/tmp`).length, ROWS)
    const outcome = await attempts.run()
    assert.deepEqual([outcome.status, outcome.metrics.sinks[0]?.rows], ['FINISHED', ROWS])
    assert.deepEqual(sorted(linesBelow(`${folder}/out`)), sorted(csvRows(ROWS).split('\n')))
    assert.deepEqual(linesBelow(`${folder}/tmp`), [])
  })
})

describe('a job that is canceled', () => {
  const RECORDS = [
    ['its last', '', 'FINISHED'],
    ['a', 'checkpoint.interval = 10, read_limit.rows_per_second = 16000', 'CANCELED'],
  ] as const
  for (const [which, env, status] of RECORDS) {
    it(`while it commits ${which} checkpoint again is ${status}: what was decided is done`, async (test) => {
      const folder = temporaryFolder(test)
      putFiles(folder)
      const name = `recommit-${status}`
      const attempts = new Attempts(`env { ${env} }
source { ${csvSource(`${folder}/in`, ', plugin_output = a')} }
sink { ${csvSink(folder, 'out', ', plugin_input = [a]')}
  Probe { plugin_input = [a], name = ${name}, hold_at = commit } }`)
      test.after(() => attempts.close())
      const { gate: first } = probeRecord(name)
      test.after(() => first.release())
      assert.equal((await attempts.run({ checkpoint: 1, point: 'behind the record' })).status, 'ABANDONED')
      const { gate } = probeRecord(name)
      test.after(() => gate.release())
      const job = await attempts.prepare()
      const ended = job.run()
      await gate.arrived()
      job.cancel()
      gate.release()
      assert.deepEqual(await ended.then((outcome) => [outcome.status, texts(outcome.errors)]), [status, []])
      assert.equal(linesBelow(`${folder}/out`).length, job.committedMetrics().sinks[0]?.rows)
      assert.deepEqual(linesBelow(`${folder}/tmp`), [])
    })
  }

  it('ends in time when a worker is stuck', async (test) => {
    const folder = temporaryFolder(test)
    putFiles(folder)
    const { gate } = probeRecord('stuck')
    test.after(() => gate.release())
    const text = `source { ${csvSource(`${folder}/in`, ', plugin_output = a')} }
sink { ${csvSink(folder, 'out', ', plugin_input = [a]')}
  Probe { plugin_input = [a], name = stuck, hold_at = write } }`
    const document = parseJobFile({ text, file: 'job.conf', variables: new Map(), environment: new Map() })
    const job = await testService(2, { stopGraceMs: 20 }).prepare({ document })
    const ended = job.run()
    await gate.arrived()
    job.cancel()
    const outcome = await ended
    assert.deepEqual([outcome.status, texts(outcome.errors)], ['CANCELED', []])
    assert.deepEqual([linesBelow(`${folder}/out`), linesBelow(`${folder}/tmp`)], [[], []])
  })

  it('keeps what was committed and nothing else', async (test) => {
    const folder = temporaryFolder(test)
    putFiles(folder)
    const attempts = new Attempts(
      `env { ${ENV} }\nsource { ${csvSource(`${folder}/in`)} }\nsink { ${csvSink(folder)} }`,
    )
    test.after(() => attempts.close())
    const job = await attempts.prepare()
    const ended = job.run()
    await until(() => job.checkpoints().completed >= 2)
    job.cancel()
    assert.equal((await ended).status, 'CANCELED')
    const rows = linesBelow(`${folder}/out`).length
    assert.deepEqual([job.committedMetrics().sinks[0]?.rows, linesBelow(`${folder}/tmp`)], [rows, []])
  })
})
