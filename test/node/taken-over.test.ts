import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memorySavepoints } from '../../src/checkpoint/checkpoint-storage.js'
import { MemoryCheckpointStorage } from '../../src/checkpoint/storage.js'
import { FileCheckpointStore } from '../../src/checkpoint/store.js'
import { loadNodeConfig } from '../../src/config/node-config.js'
import { MemoryJobStore } from '../../src/node/job-store.js'
import { startNode } from '../../src/node/open-node.js'
import { testService } from '../jobs/harness.js'
import { probeRecord } from '../jobs/probe.js'
import { heldJob, IDENTITY, shortJob, submission } from './harness.js'

describe('a node whose data folder another one has taken', () => {
  it('lets go of its jobs, says so and takes no more', async (test) => {
    const store = new MemoryJobStore()
    const checkpoints = new FileCheckpointStore(new MemoryCheckpointStorage(), { maxRetained: 2 })
    const places = { store: checkpoints, savepoints: memorySavepoints() }
    const parts = { config: loadNodeConfig({}), jobs: testService(), identity: IDENTITY }
    const before = await startNode(store, places, parts)
    const { gate } = probeRecord('taken-over')
    const { jobId } = await before.submit(submission(heldJob('taken-over')))
    await gate.arrived()
    const after = await startNode(store.reopened(), places, parts)
    test.after(() => after.close())
    await assert.rejects(before.stop(jobId, { withSavepoint: false, user: null }), { code: 'NODE_LOCKED' })
    assert.equal((await before.lost).code, 'NODE_LOCKED')
    await assert.rejects(before.submit(submission(shortJob())), { code: 'NODE_STOPPING' })
    gate.release()
    assert.equal((await after.waitForEnd(jobId))?.status, 'FINISHED')
    assert.notEqual(before.job(jobId)?.status, 'FINISHED')
  })
})
