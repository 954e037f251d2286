import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { describe, it } from 'node:test'
import { LocalCheckpointStorage } from '../../src/checkpoint/local-storage.js'
import { FileCheckpointStore } from '../../src/checkpoint/store.js'
import { putFile, temporaryFolder } from '../../src/files/testing.js'
import { csvRows, csvSource, linesBelow } from '../jobs/harness.js'
import { Attempts, texts } from './attempts.js'
import { countedDisk, FAULTS, type FaultMode } from './faulty-file.js'

const ROWS = 900
/** Every call is tried in a long run; else every fourth, others in each mode. */
const STEP = process.env.MILLRACE_TEST === 'long' ? 1 : 4
/** Calls that a job of some checkpoints makes at least. */
const LEAST_CALLS = 40

function job(folder: string): string {
  return `env { checkpoint.interval = 10, read_limit.rows_per_second = 16000 }
source { ${csvSource(`${folder}/in`)} }
sink { FaultyFile { path = "${folder}/out", tmp_path = "${folder}/tmp", file_format_type = csv, batch_size = 200 } }`
}

describe('a job of which one call to the disk fails', () => {
  const MODES: readonly (readonly [FaultMode, number, string])[] = [
    ['once', 1, 'fails or goes on, and is finished by its next attempt'],
    ['from then on', 3, 'leaves what its next attempt needs, wherever it is killed'],
  ]
  for (const [mode, begin, promise] of MODES) {
    it(`(${mode}) ${promise}`, async (test) => {
      for (let failing = begin; ; failing += STEP) {
        const folder = temporaryFolder(test)
        for (let file = 0; file < 3; file += 1)
          putFile(`${folder}/in/${file}.csv`, csvRows(ROWS / 3, (file * ROWS) / 3))
        const storage = new LocalCheckpointStorage(`${folder}/checkpoints`, countedDisk(FAULTS))
        const store = new FileCheckpointStore(storage, { maxRetained: 2 })
        const attempts = new Attempts(job(folder), { store, workers: 1 })
        test.after(() => attempts.close())
        FAULTS.set(failing, mode)
        const first = await attempts.run().catch(() => null)
        const hasFailed = FAULTS.hasFailed
        FAULTS.set(0, 'once')
        const place = `call ${failing}, ${texts(first?.errors ?? []).join('; ')}`
        const latest = await store.latest(attempts.jobId)
        assert.deepEqual(latest?.skipped ?? [], [], `a checkpoint is damaged: ${place}`)
        if (first?.status === 'FINISHED') {
          assert.equal(latest?.record.kind, 'final', place)
          assertWhole(`${folder}/out`, place)
        } else {
          assert.ok(hasFailed, place)
          const next = await attempts.run()
          assert.deepEqual([next.status, texts(next.errors)], ['FINISHED', []], place)
          assert.equal(next.metrics.sinks[0]?.rows, ROWS, place)
        }
        assertWhole(`${folder}/out`, place)
        if (first === null || first.status !== 'FINISHED') assert.deepEqual(filesBelow(`${folder}/tmp`), [], place)
        if (hasFailed) continue
        assert.ok(failing > LEAST_CALLS, `only ${failing} calls were seen`)
        return
      }
    })
  }
})

function assertWhole(folder: string, place: string): void {
  assert.deepEqual(linesBelow(folder).sort(), csvRows(ROWS).split('\n').sort(), place)
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
}
