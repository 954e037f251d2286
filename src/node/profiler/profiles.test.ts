import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { ProfileRequest } from '../api.js'
import { Profiles } from './profiles.js'
import type { SampleChunk, SampleListener } from './sampling-loop.js'
import { ManualClock } from './testing.js'

const REQUEST: ProfileRequest = { scope: 'workers', mode: 'CPU', durationSeconds: 2, name: 'tm' }

const CHUNK: SampleChunk = {
  samples: [true, false].map((isRunning) => ({
    thread: 5,
    place: { threadId: 3, run: 1, lane: 0, vertex: 0, phase: 'busy' },
    isRunning,
    frames: [isRunning ? 'runs' : 'waits'],
  })),
  stacks: new Map([
    [0, [false, true].map((isIdle) => ({ frames: [isIdle ? 'idles' : 'answers'], isIdle, isInKernels: false }))],
    [3, [{ frames: ['script'], isIdle: false, isInKernels: false }]],
  ]),
}

function harness(context: TestContext, hasSampler = true) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-profiles-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  const clock = new ManualClock()
  const listeners: SampleListener[] = []
  let end: () => void = () => undefined
  const loop = {
    sample: (listener: SampleListener) => {
      listeners.push(listener)
      return new Promise<void>((resolve) => {
        end = resolve
      })
    },
  }
  const inner = join(folder, 'profiles')
  const profiles = new Profiles({ loop, hasSampler, folder: inner, clock })
  /** Ends the profile that is being taken, and waits for its file. */
  const finish = async (): Promise<void> => {
    listeners.at(-1)?.onChunk(CHUNK)
    end()
    while ([...profiles.list('workers'), ...profiles.list('control')].some(({ status }) => status === 'RUNNING'))
      await setImmediate()
  }
  return { profiles, folder, inner, clock, listeners, finish }
}

const text = (page: Uint8Array | null): string => Buffer.from(page ?? []).toString()

test('a profile runs, ends, and its page is there', async (context) => {
  const { profiles, clock, listeners, finish } = harness(context)
  const started = profiles.start(REQUEST)
  const running = {
    status: 'RUNNING',
    mode: 'CPU',
    startedAtMs: clock.now(),
    endedAtMs: null,
    durationSeconds: 2,
    message: null,
    file: null,
  }
  assert.deepEqual(started, running)
  assert.deepEqual(profiles.list('workers'), [running])
  assert.deepEqual(profiles.list('control'), [])
  assert.deepEqual(
    listeners.map(({ ticks, intervalMs, isMainWanted }) => [ticks * intervalMs, isMainWanted]),
    [[2000, false]],
  )
  clock.advance(2000)
  await finish()
  const [ended] = profiles.list('workers')
  assert.equal(ended?.status, 'FINISHED')
  assert.equal(ended?.message, 'Profiling Successful')
  assert.equal(ended?.endedAtMs, clock.now())
  assert.equal(ended?.file, 'tm_CPU_1970-01-01_00_16_40.html')
  const page = text(await profiles.page('workers', ended?.file ?? ''))
  assert.match(page, /"mr-worker-3".*"runs"/)
  assert.doesNotMatch(page, /"waits"|"answers"/)
})

test('what is counted depends on whose profile it is, and which', async (context) => {
  for (const [request, hasSampler, there, notThere] of [
    [{ ...REQUEST, mode: 'WALL' }, true, ['runs', 'waits'], ['answers', 'script']],
    [{ ...REQUEST, mode: 'ITIMER' }, true, ['runs'], ['waits', 'script']],
    [REQUEST, false, ['worker-3', 'script'], ['runs', 'answers']],
    [{ ...REQUEST, scope: 'control' }, true, ['main', 'answers'], ['idles', 'runs', 'script']],
    [{ ...REQUEST, scope: 'control', mode: 'WALL' }, true, ['answers', 'idles'], ['runs', 'script']],
  ] as const) {
    const { profiles, finish } = harness(context, hasSampler)
    profiles.start(request)
    await finish()
    const page = text(await profiles.page(request.scope, profiles.list(request.scope)[0]?.file ?? ''))
    const data = /const NODES = (.*)\n/.exec(page)?.[1] ?? ''
    for (const name of there) assert.ok(data.includes(`"${name}"`), `${JSON.stringify(request)} shows ${name}`)
    for (const name of notThere) assert.ok(!data.includes(`"${name}"`), `${JSON.stringify(request)} hides ${name}`)
  }
})

test('one profile is taken at a time', async (context) => {
  const { profiles, finish } = harness(context)
  profiles.start(REQUEST)
  assert.equal(profiles.start(REQUEST), 'workers')
  assert.equal(profiles.start({ ...REQUEST, scope: 'control' }), 'workers')
  await finish()
  assert.notEqual(typeof profiles.start({ ...REQUEST, scope: 'control' }), 'string')
  await finish()
})

test('what cannot be sampled fails at once and says why', (context) => {
  const { profiles, listeners } = harness(context)
  for (const mode of ['ALLOC', 'LOCK'] as const) {
    const profile = profiles.start({ ...REQUEST, mode })
    assert.ok(typeof profile !== 'string' && profile.status === 'FAILED' && profile.endedAtMs !== null)
    assert.match(profile.message ?? '', new RegExp(`^Profiling failed: ${mode} is not possible, `))
  }
  assert.equal(profiles.list('workers').length, 2)
  assert.equal(listeners.length, 0)
})

test('the newest ten are kept, for a day, and what an earlier process left is removed', async (context) => {
  const { profiles, inner, clock, finish } = harness(context)
  profiles.start(REQUEST)
  await finish()
  writeFileSync(join(inner, 'other.txt'), '')
  for (let index = 0; index < 12; index += 1) {
    clock.advance(1000)
    profiles.start(REQUEST)
    await finish()
  }
  assert.equal(profiles.list('workers').length, 10)
  assert.equal(readdirSync(inner).filter((name) => name.endsWith('.html')).length, 10)
  clock.advance(86_400_001)
  profiles.start({ ...REQUEST, scope: 'control' })
  await finish()
  assert.deepEqual(profiles.list('workers'), [])
  assert.deepEqual(readdirSync(inner).length, 2)
  const next = new Profiles({ loop: { sample: async () => undefined }, hasSampler: true, folder: inner, clock })
  next.start(REQUEST)
  while (next.list('workers')[0]?.status === 'RUNNING') await setImmediate()
  assert.deepEqual(readdirSync(inner).toSorted(), ['other.txt', next.list('workers')[0]?.file].toSorted())
})

test('only files of the list are served', async (context) => {
  const { profiles, folder, inner, finish } = harness(context)
  profiles.start({ ...REQUEST, name: '../../etc/x y' })
  await finish()
  const [profile] = profiles.list('workers')
  assert.match(profile?.file ?? '', /^\.\._\.\._etc_x_y_CPU_/)
  writeFileSync(join(folder, 'secret.html'), 'secret')
  for (const name of ['../secret.html', 'nope.html', '', '.', inner])
    assert.equal(await profiles.page('workers', name), null)
  assert.equal(await profiles.page('control', profile?.file ?? ''), null)
  assert.notEqual(await profiles.page('workers', profile?.file ?? ''), null)
  rmSync(inner, { recursive: true })
  assert.equal(await profiles.page('workers', profile?.file ?? ''), null)
})

test('a file that cannot be written is a profile that failed', async (context) => {
  const { profiles, inner, finish } = harness(context)
  writeFileSync(inner, 'in the way')
  profiles.start(REQUEST)
  await finish()
  const [profile] = profiles.list('workers')
  assert.equal(profile?.status, 'FAILED')
  assert.equal(profile?.file, null)
  assert.match(profile?.message ?? '', /could not be written/)
})
