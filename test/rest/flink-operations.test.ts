import assert from 'node:assert/strict'
import { it } from 'node:test'
import { temporaryFolder } from '../../src/files/testing.js'
import { rememberedAnswer, requestIdOf } from '../../src/rest/dialects/flink/job-operations.js'
import { heldJob, submission, testNode, until } from '../node/harness.js'

const ENDLESS = `
env { job.name = endless, job.mode = STREAMING, checkpoint.interval = 50 }
source { FakeSource { row.num = 50, split.num = 5, schema { fields { id = bigint } } } }
sink { Assert { rules { row_rules = [{ rule_type = MIN_ROW, rule_value = 0 }] } } }`

it('what was asked of a job of Flink is known after the node was started again', async (test) => {
  const dataFolder = `${temporaryFolder(test)}/data`
  const node = await testNode(test, '', { dataFolder })
  const { jobId } = await node.submit(submission(ENDLESS))
  await until(() => (node.checkpoints(jobId)?.completed ?? 0) > 0)
  const { id } = await node.savepoint(jobId, null, requestIdOf('savepoint', 'a'))
  await node.savepoint(jobId, null, requestIdOf('checkpoint', 'b'))
  await until(() => node.timeline(jobId).filter(({ data }) => data.requestId !== undefined).length === 4)
  await node.stop(jobId, { withSavepoint: true, user: null, requestId: requestIdOf('savepoint', 'c') })
  assert.equal((await node.waitForEnd(jobId))?.status, 'SAVEPOINT_DONE')
  await node.close()

  const again = await testNode(test, '', { dataFolder })
  const last = again.checkpoints(jobId)?.history.findLast(({ kind }) => kind === 'savepoint')?.id
  const location = (checkpoint: number | undefined) => ({
    location: `millrace:/jobs/${jobId}/checkpoints/${checkpoint}`,
  })
  const answer = (kind: 'savepoint' | 'checkpoint', triggerId: string) =>
    rememberedAnswer(again, jobId, kind, triggerId)
  assert.deepEqual(answer('savepoint', 'a'), { status: { id: 'COMPLETED' }, operation: location(id) })
  assert.deepEqual(answer('savepoint', 'c'), { status: { id: 'COMPLETED' }, operation: location(last) })
  assert.deepEqual(Object.keys(answer('checkpoint', 'b')?.operation ?? {}), ['checkpointId'])
  assert.equal(answer('savepoint', 'b'), null)
  assert.equal(rememberedAnswer(again, '1', 'savepoint', 'a'), null)
})

it('an operation of Flink that a job refused is remembered with its reason', async (test) => {
  const node = await testNode(test)
  const { jobId } = await node.submit(submission(heldJob('flink-refused')))
  await until(() => node.job(jobId)?.status === 'RUNNING')
  await assert.rejects(node.savepoint(jobId, null, requestIdOf('savepoint', 'a')), { code: 'SAVEPOINT_REFUSED' })
  await until(() => node.timeline(jobId).some(({ data }) => data.code === 'SAVEPOINT_REFUSED'))
  const operation = rememberedAnswer(node, jobId, 'savepoint', 'a')?.operation as {
    readonly 'failure-cause': { readonly class: string }
  }
  assert.equal(operation['failure-cause'].class, 'io.millrace.SAVEPOINT_REFUSED')
  await node.stop(jobId, { withSavepoint: false, force: true, user: null })
  await node.waitForEnd(jobId)
})
