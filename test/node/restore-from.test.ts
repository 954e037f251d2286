import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { temporaryFolder } from '../../src/files/testing.js'
import type { JobSubmission } from '../../src/node/api.js'
import type { MillraceNode } from '../../src/node/node-service.js'
import { csvSink, linesBelow } from '../jobs/harness.js'
import { submission, testNode, until } from './harness.js'

const ROWS = 3000

/** A job that writes numbers for a second or so and then rests. */
function countingJob(folder: string, more = ''): string {
  return `
env { job.name = counting, job.mode = STREAMING, checkpoint.interval = 20, read_limit.rows_per_second = 4000 }
source { FakeSource { row.num = ${ROWS}, split.num = 5, schema { fields { id = bigint } }, plugin_output = a } ${more} }
sink { ${csvSink(folder, 'out', ', plugin_input = [a]')} }`
}

function nodeAt(test: TestContext, folder: string): Promise<MillraceNode> {
  return testNode(test, '', { dataFolder: `${folder}/data` })
}

/** A submission that goes on behind something. */
function restored(
  text: string,
  location: string,
  more: Partial<JobSubmission['restoreFrom'] & object> = {},
): JobSubmission {
  return submission(text, { restoreFrom: { location, allowsMissingState: false, isClaimed: false, ...more } })
}

async function stopped(node: MillraceNode, jobId: string, withSavepoint: boolean): Promise<void> {
  await node.stop(jobId, { withSavepoint, user: null })
  await node.waitForEnd(jobId)
}

/** The number of the newest complete checkpoint. */
function newestCheckpoint(node: MillraceNode, jobId: string): number {
  return node.checkpoints(jobId)?.history.findLast(({ status }) => status === 'COMPLETED')?.id ?? 0
}

describe('a job that goes on behind a checkpoint of another job', () => {
  it('writes each row once together with it', async (test) => {
    const folder = temporaryFolder(test)
    const node = await nodeAt(test, folder)
    const { jobId: first } = await node.submit(submission(countingJob(folder)))
    await until(() => (node.checkpoints(first)?.completed ?? 0) > 2)
    await stopped(node, first, true)
    const checkpoint = newestCheckpoint(node, first)
    const rows = linesBelow(`${folder}/out`).length
    assert.ok(rows < ROWS, `${rows} rows are more than can be read in that time`)
    const location = `millrace:/jobs/${first}/checkpoints/${checkpoint}`
    const { jobId: second } = await node.submit(restored(countingJob(folder), location))
    assert.notEqual(second, first)
    await until(() => node.job(second)?.flow.committedSinks[0]?.rows === ROWS)
    await stopped(node, second, false)
    const lines = linesBelow(`${folder}/out`)
    assert.deepEqual([lines.length, new Set(lines).size], [ROWS, ROWS])
    const ids = node.checkpoints(second)?.history.map(({ id }) => id) ?? []
    assert.ok(Math.min(...ids) > checkpoint, 'ids grow on')
    assert.equal(node.checkpoints(second)?.restored, 1)
    assert.equal(node.job(first)?.status, 'SAVEPOINT_DONE')
  })

  it('is refused where there is none, where it does not fit, and where it is no place for one', async (test) => {
    const folder = temporaryFolder(test)
    const node = await nodeAt(test, folder)
    const { jobId } = await node.submit(submission(countingJob(folder)))
    await until(() => (node.checkpoints(jobId)?.completed ?? 0) > 2)
    await stopped(node, jobId, true)
    const location = `millrace:/jobs/${jobId}/checkpoints/${newestCheckpoint(node, jobId)}`
    const cases = [
      [`millrace:/jobs/${jobId}/checkpoints/999999`, /there is no checkpoint at/],
      ['millrace:/jobs/1/checkpoints/1', /there is no checkpoint at/],
      [`${folder}/nothing`, /there is no savepoint at/],
      ['file:///proc/self', /where no data files are/],
      ['nonsense', /is no place for savepoints/],
    ] as const
    for (const [place, message] of cases) {
      const refusal = { code: 'SAVEPOINT_LOCATION', message }
      await assert.rejects(node.submit(restored(countingJob(folder), place)), refusal, place)
    }
    const other = countingJob(folder).replace('id = bigint', 'id = string')
    await assert.rejects(node.submit(restored(other, location)), /RESTORE_REFUSED/)
    assert.equal(node.runningJobs().length, 0)
  })

  it('may have lost a part, where that is allowed', async (test) => {
    const folder = temporaryFolder(test)
    const node = await nodeAt(test, folder)
    const before = `
env { job.name = two, job.mode = STREAMING, checkpoint.interval = 20, read_limit.rows_per_second = 4000 }
source {
  FakeSource { row.num = 10, schema { fields { id = bigint } }, plugin_output = gone }
  FakeSource { row.num = ${ROWS}, split.num = 5, schema { fields { id = bigint } }, plugin_output = a }
}
sink {
  ${csvSink(folder, 'gone', ', plugin_input = [gone]')}
  ${csvSink(folder, 'out', ', plugin_input = [a]')}
}`
    const { jobId } = await node.submit(submission(before))
    await until(() => (node.checkpoints(jobId)?.completed ?? 0) > 2)
    await stopped(node, jobId, true)
    const location = `millrace:/jobs/${jobId}/checkpoints/${newestCheckpoint(node, jobId)}`
    await assert.rejects(node.submit(restored(countingJob(folder), location)), /RESTORE_REFUSED/)
    const { jobId: second } = await node.submit(restored(countingJob(folder), location, { allowsMissingState: true }))
    await until(() => node.job(second)?.flow.committedSinks[0]?.rows === ROWS)
    await stopped(node, second, false)
    const lines = linesBelow(`${folder}/out`)
    assert.deepEqual([lines.length, new Set(lines).size], [ROWS, ROWS])
    // What is new has no state to lose.
    const third = before.replaceAll('gone', 'new')
    await assert.rejects(node.submit(restored(third, location, { allowsMissingState: true })), /RESTORE_REFUSED/)
  })
})
