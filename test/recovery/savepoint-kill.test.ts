import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { LocalSavepoints } from '../../src/checkpoint/savepoint-place.js'
import { SavepointStore } from '../../src/checkpoint/savepoint-store.js'
import { linesBelow } from '../jobs/harness.js'
import { eventually, ServedNode, temporaryFolder } from '../support/served-node.js'

const ROWS = 30_000
const KILLS = process.env.MILLRACE_TEST === 'long' ? 100 : 6
/** Longest time between the request for a savepoint and the death of its node, in milliseconds. */
const LONGEST_MS = 80

/** A job that writes numbers for some seconds and then rests. */
function countingJob(folder: string): object {
  return {
    env: { 'job.mode': 'STREAMING', 'checkpoint.interval': 50, 'read_limit.rows_per_second': 4000 },
    source: [{ plugin_name: 'FakeSource', 'row.num': ROWS, 'split.num': 50, schema: { fields: { id: 'bigint' } } }],
    sink: [
      { plugin_name: 'LocalFile', path: join(folder, 'out'), tmp_path: join(folder, 'tmp'), file_format_type: 'csv' },
    ],
  }
}

describe('a node that is killed while it takes savepoints', { timeout: 400_000 }, () => {
  it('leaves none that is half, and a job goes on behind the last one with each row once', async (test) => {
    const folder = temporaryFolder(test)
    const directory = join(folder, 'savepoints of jobs')
    let node = await ServedNode.start(test, folder)
    const jobId = await node.submit(countingJob(folder))
    for (let kill = 0; kill < KILLS; kill += 1) {
      await node.waitFor(jobId, ['RUNNING'])
      const asked = node.ask('POST', `/api/v1/jobs/${jobId}/savepoint`, { directory }).catch(() => null)
      await new Promise((resolve) => setTimeout(resolve, (kill / KILLS) * LONGEST_MS))
      await node.kill()
      await asked
      node = await ServedNode.start(test, folder)
    }
    await node.waitFor(jobId, ['RUNNING'])
    const stopped = await node.ask('POST', `/api/v1/jobs/${jobId}/stop`, { withSavepoint: true, directory })
    assert.equal(stopped.status, 200, stopped.text)
    await node.waitFor(jobId, ['SAVEPOINT_DONE'])

    const store = new SavepointStore([new LocalSavepoints(null, null)], directory)
    const ids = new Map<number, string>()
    for (const name of readdirSync(directory)) {
      const path = join(directory, name)
      if (!existsSync(join(path, '_metadata'))) await assert.rejects(store.read(path), { code: 'SAVEPOINT_LOCATION' })
      else ids.set((await store.read(path)).checkpointId, path)
    }
    const last = ids.get(Math.max(...ids.keys())) ?? ''
    const query = new URLSearchParams({ format: 'json', restoreFrom: last, claim: 'true' })
    const answer = await node.ask('POST', `/api/v1/jobs?${query}`, countingJob(folder))
    assert.equal(answer.status, 200, answer.text)
    const { jobId: next } = answer.json() as { readonly jobId: string }
    await eventually('the last row', async () => {
      const { metrics } = await node.jobInfo(next)
      return metrics?.SinkWriteCount === String(ROWS) ? true : null
    })
    await node.ask('POST', `/api/v1/jobs/${next}/stop`, { withSavepoint: true })
    await node.waitFor(next, ['SAVEPOINT_DONE'])
    const lines = linesBelow(join(folder, 'out'))
    assert.deepEqual([lines.length, new Set(lines).size], [ROWS, ROWS])
    assert.ok(existsSync(last), 'a savepoint stays as long as its job may go on')
  })
})
