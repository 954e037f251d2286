import assert from 'node:assert/strict'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { describe, it } from 'node:test'
import { temporaryFolder } from '../../src/files/testing.js'
import { KeptThreads } from '../../src/runtime/kept-threads.js'
import { testService } from '../jobs/harness.js'
import { shortJob, submission, testNode, until } from './harness.js'

const IS_LONG = process.env.MILLRACE_TEST === 'long'
const JOBS = IS_LONG ? 1000 : 50
/** Jobs that run at a time. */
const AT_ONCE = 4

function openFiles(): number {
  return existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0
}

describe('a node that runs many short jobs', () => {
  it('holds nothing of them but their history', async (test) => {
    const folder = temporaryFolder(test)
    const threads = new KeptThreads(new URL('../jobs/worker.js', import.meta.url), 2)
    test.after(() => threads.close())
    const jobs = testService(2, { startWorker: (start, transferList) => threads.start(start, transferList) })
    const node = await testNode(test, '', { jobs, dataFolder: `${folder}/data` })
    const run = async (count: number): Promise<void> => {
      for (let done = 0; done < count; done += AT_ONCE) {
        const submitted = await Promise.all(Array.from({ length: AT_ONCE }, () => node.submit(submission(shortJob()))))
        for (const { jobId } of submitted) assert.equal((await node.waitForEnd(jobId))?.status, 'FINISHED')
      }
    }
    const idle = { masters: 0, attempts: 0, plans: 0, submissions: 0, slots: 0, waiting: 0 }
    assert.deepEqual(node.liveObjects(), idle)
    const warmUp = IS_LONG ? 100 : AT_ONCE * 2
    await run(warmUp)
    const before = { files: openFiles(), bytes: process.memoryUsage().rss }
    await run(JOBS - warmUp)
    assert.deepEqual(node.liveObjects(), idle)
    await until(() => threads.size <= 2)
    assert.ok(openFiles() <= before.files + 8, `${openFiles()} files are open, there were ${before.files}`)
    await until(() => readdirSync(`${folder}/data/checkpoints`).length === 0)
    assert.ok(statSync(`${folder}/data/jobs/data.mdb`).size < 10e6)
    if (IS_LONG) {
      const grown = process.memoryUsage().rss / before.bytes
      assert.ok(grown < 1.3, `memory has grown ${grown.toFixed(2)} times`)
    }
  })
})
