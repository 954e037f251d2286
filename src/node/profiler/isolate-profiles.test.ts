import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { CpuSamples } from './cpu-profile.js'
import { IsolateProfiles, MAIN_THREAD } from './isolate-profiles.js'

const BUSY = `
const { parentPort } = require('node:worker_threads')
function spinsAround(words) { for (;;) { let sum = 0; for (let n = 0; n < 1e5; n++) sum += Math.sqrt(n); if (Atomics.load(words, 0)) return sum } }
parentPort.once('message', (words) => { parentPort.postMessage('spins'); spinsAround(words) })`
const BLOCKED = `
const { parentPort } = require('node:worker_threads')
function waitsHere(words) { Atomics.wait(words, 0, 0) }
parentPort.once('message', (words) => { parentPort.postMessage('waits'); waitsHere(words) })`

async function startWorker(context: TestContext, code: string) {
  const words = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(code, { eval: true })
  context.after(async () => {
    await worker.terminate()
  })
  worker.postMessage(words)
  await once(worker, 'message')
  return { worker, words, threadId: worker.threadId }
}

/** Profiles of some ticks of the clock of V8. */
async function profiled(profiles: IsolateProfiles, meanwhile: () => Promise<unknown>) {
  await profiles.start(1_000, true)
  await meanwhile()
  const found = await profiles.stop()
  return new Map(
    [...found].map(([threadId, profile]) => [threadId, new CpuSamples(profile).stacks.flatMap(({ frames }) => frames)]),
  )
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30))

test('threads that are busy, and those that are blocked, show where they are', async (context) => {
  const busy = await startWorker(context, BUSY)
  const blocked = await startWorker(context, BLOCKED)
  const profiles = new IsolateProfiles()
  for (let turn = 0; turn < 3; turn += 1) {
    const frames = await profiled(profiles, pause)
    assert.ok(frames.has(MAIN_THREAD))
    // V8 may have put the function into its caller before the profile began.
    assert.ok(frames.get(busy.threadId)?.some((frame) => frame.includes('worker eval')))
    assert.ok(frames.get(blocked.threadId)?.some((frame) => frame.includes('waitsHere')))
  }
})

test('a thread that ends meanwhile has no profile, and nobody waits for it', async (context) => {
  const ending = await startWorker(context, BUSY)
  const staying = await startWorker(context, BUSY)
  const frames = await profiled(new IsolateProfiles(), async () => {
    await ending.worker.terminate()
  })
  assert.ok(!frames.has(ending.threadId))
  assert.ok(frames.has(staying.threadId))
})

test('profiles that were not started are none', async () => {
  assert.equal((await new IsolateProfiles().stop()).size, 0)
})
