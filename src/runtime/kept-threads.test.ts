import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { KeptThreads } from './kept-threads.js'
import type { WorkerMessage, WorkerStart } from './messages.js'
import { WorkerPool } from './worker-pool.js'

/** An entry that does what its parts say and tells its thread's number. */
const OBEDIENT = new URL(
  `data:text/javascript,${encodeURIComponent(`
  import { parentPort, threadId, workerData } from 'node:worker_threads'
  if (workerData !== 'kept') throw new Error('it was started otherwise')
  parentPort.on('message', (part) => {
    if (part === 'die') process.exit(3)
    if (part === 'throw') throw new Error('no')
    if (part === 'hang') return
    parentPort.postMessage({ type: part === 'abort' ? 'aborted' : 'prepared', isLast: true, threadId })
    parentPort.postMessage({ type: 'free', isClean: part !== 'abort' })
  })
`)}`,
)

function keptThreads(test: TestContext, most: number): KeptThreads {
  const threads = new KeptThreads(OBEDIENT, most)
  test.after(() => threads.close())
  return threads
}

/** Runs workers, and gives the threads that they ran in and the deaths that there were. */
async function run(threads: KeptThreads, parts: readonly string[]): Promise<readonly (number | string)[]> {
  const answers: (number | string)[] = []
  const message = (answer: WorkerMessage): void =>
    void answers.push((answer as unknown as { threadId: number }).threadId)
  const pool = new WorkerPool((start, transferList) => threads.start(start, transferList), {
    message,
    died: (cause) => answers.push(cause.message),
  })
  for (const part of parts) pool.start(part as unknown as WorkerStart, [])
  await pool.ended()
  pool.close()
  return answers
}

describe('threads that are kept', () => {
  it('are started when there is work and given up when there is none for long', async (test) => {
    const calls: (() => void)[] = []
    const taken: number[] = []
    const threads = new KeptThreads(OBEDIENT, 2, (_delayMs, call) => {
      const place = calls.push(call) - 1
      return () => taken.push(place)
    })
    test.after(() => threads.close())
    assert.equal(threads.size, 0)
    const [first] = await run(threads, ['work'])
    const [again] = await run(threads, ['work'])
    assert.deepEqual([again, threads.size, calls.length, taken], [first, 1, 2, [0]])
    calls[1]?.()
    assert.equal(threads.size, 0)
    assert.notEqual((await run(threads, ['work']))[0], first)
  })

  it('work for one job after the other', async (test) => {
    const threads = keptThreads(test, 1)
    const [first] = await run(threads, ['work'])
    const again = [await run(threads, ['work']), await run(threads, ['work'])]
    assert.deepEqual(again, [[first], [first]])
    assert.equal(threads.size, 1)
  })

  it('are joined by others when there is more to do, which are not kept', async (test) => {
    const threads = keptThreads(test, 1)
    const used = await run(threads, ['work', 'work', 'work'])
    assert.equal(new Set(used).size, 3)
    assert.equal(threads.size, 1)
  })

  for (const [part, expected] of [
    ['die', 'exit code 3'],
    ['throw', 'no'],
  ] as const) {
    it(`that ${part} hurt only their job`, async (test) => {
      const threads = keptThreads(test, 1)
      assert.deepEqual(await run(threads, [part]), [expected])
      assert.equal((await run(threads, ['work'])).length, 1)
      assert.equal(threads.size, 1)
    })
  }

  it('are given up when their work was not brought to its end', async (test) => {
    const threads = keptThreads(test, 1)
    const [first] = await run(threads, ['abort'])
    const [second] = await run(threads, ['work'])
    assert.notEqual(first, second)
  })

  it('are ended while they work, and not once they work for another job', async (test) => {
    const threads = keptThreads(test, 1)
    const hanging = threads.start('hang' as unknown as WorkerStart, [])
    const exited = new Promise((resolve) => hanging.onExit(resolve))
    hanging.terminate()
    await exited
    const done = threads.start('work' as unknown as WorkerStart, [])
    await new Promise((resolve) => done.onExit(resolve))
    done.terminate()
    assert.equal(threads.size, 1)
  })
})
