import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { WorkerMessage, WorkerStart } from './messages.js'
import { SpareWorker } from './spare-worker.js'
import { WorkerPool } from './worker-pool.js'
import { ownThreads } from './worker-thread.js'

const DEADLINE_MS = 20_000

/** An entry that ends behind an answer, which tells whether it was given its part at its start or by a message. */
const ANSWERING = entry(`
  import { parentPort, workerData } from 'node:worker_threads'
  const answer = (how, part) => {
    parentPort.postMessage({ type: 'prepared', isLast: true, how, part })
    parentPort.close()
  }
  if ((workerData ?? null) === null) parentPort.once('message', (part) => answer('spare', part))
  else answer('new', workerData)
`)

function entry(source: string): URL {
  return new URL(`data:text/javascript,${encodeURIComponent(source)}`)
}

async function until(condition: () => boolean): Promise<void> {
  for (const end = performance.now() + DEADLINE_MS; !condition(); await nextTurn()) {
    assert.ok(performance.now() < end, 'waited for too long')
  }
}

/** Runs as many workers as there are parts, and gives what they answered. */
async function run(spare: SpareWorker | undefined, parts: readonly string[]): Promise<readonly unknown[]> {
  const answers: unknown[] = []
  const message = (answer: WorkerMessage): void => void answers.push(answer)
  const startWorker = spare?.startWorker(ANSWERING) ?? ownThreads(ANSWERING)
  const pool = new WorkerPool(startWorker, { message, died: (cause) => answers.push(cause) })
  for (const part of parts) pool.start(part as unknown as WorkerStart, [])
  await pool.ended()
  pool.close()
  return answers
}

describe('SpareWorker', () => {
  it('is the first worker of a pool, once', async () => {
    const spare = new SpareWorker(ANSWERING)
    const answers = (await run(spare, ['a', 'b'])) as { readonly how: string; readonly part: string }[]
    const seen = answers.map(({ how, part }) => `${how} ${part}`)
    assert.deepEqual(seen.toSorted(), ['new b', 'spare a'])
    assert.equal(spare.isWaiting, false)
    assert.equal(spare.take(), null)
  })

  it('is not used when it ended before', async () => {
    for (const source of ['process.exit(3)', 'throw new Error("no")']) {
      const spare = new SpareWorker(entry(source))
      assert.equal(spare.isWaiting, true)
      // It does not keep the process, so that this test does.
      const keepAlive = setInterval(() => undefined, DEADLINE_MS)
      await until(() => !spare.isWaiting)
      clearInterval(keepAlive)
      assert.deepEqual(await run(spare, ['a']), [{ type: 'prepared', isLast: true, how: 'new', part: 'a' }])
    }
  })
})
