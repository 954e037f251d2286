import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { JsonPath } from './json-path.js'
import { ConcurrencyLimit, RateLimit } from './limiter.js'
import { backoffMs, isRetryable, retryAfterMs } from './retry.js'
import { fillTemplate } from './template.js'
import { SYSTEM_TIMERS, type Timers } from './timers.js'

const NEVER = new AbortController().signal

/** A clock that stands still but for those who sleep. */
function stoppedClock(): Timers & { readonly slept: number[] } {
  const slept: number[] = []
  let now = 1000
  return {
    slept,
    now: () => now,
    random: () => 0,
    sleep: async (ms) => {
      slept.push(ms)
      now += ms
    },
  }
}

describe('waiting before another attempt', () => {
  const policy = { attempts: 9, backoffMs: 100, maxBackoffMs: 1000 }
  it('doubles up to the limit, with half of it left to chance', () => {
    assert.deepEqual(
      [1, 2, 3, 4, 5, 99].map((attempt) => backoffMs(policy, attempt, 0)),
      [50, 100, 200, 400, 500, 500],
    )
    assert.ok(backoffMs(policy, 1, 0.999) < 100 && backoffMs(policy, 1, 0.999) > 99)
  })

  it('is what Retry-After says, when it says something', () => {
    const cases: readonly (readonly [header: string | null, ms: number | null])[] = [
      [null, null],
      ['', null],
      ['soon', null],
      ['-1', null],
      ['0', 0],
      ['1.5', 1500],
      [new Date(5000).toUTCString(), 4000],
      [new Date(0).toUTCString(), null],
      ['99999999', 300_000],
    ]
    assert.deepEqual(
      cases.map(([header]) => retryAfterMs(header, 1000)),
      cases.map(([, ms]) => ms),
    )
  })

  it('is only for statuses that may pass', () => {
    assert.deepEqual([200, 400, 401, 403, 404, 422].filter(isRetryable), [])
    assert.deepEqual(
      [408, 409, 425, 429, 500, 503, 529].filter((status) => !isRetryable(status)),
      [],
    )
  })

  it('ends when it is aborted', async () => {
    const controller = new AbortController()
    const sleeping = SYSTEM_TIMERS.sleep(1_000_000, controller.signal)
    controller.abort(new Error('enough'))
    await assert.rejects(sleeping, /enough/)
    await assert.rejects(SYSTEM_TIMERS.sleep(1, controller.signal), /enough/)
    await SYSTEM_TIMERS.sleep(0, NEVER)
  })
})

describe('limits', () => {
  it('let as many tasks run as they say, first come, first served', async () => {
    const limit = new ConcurrencyLimit(2)
    const order: string[] = []
    const releases: (() => void)[] = []
    const tasks = ['a', 'b', 'c', 'd'].map((name) =>
      limit.run(async () => {
        order.push(name)
        await new Promise<void>((resolve) => releases.push(resolve))
      }),
    )
    assert.deepEqual(order, ['a', 'b'])
    while (order.length < 4) {
      releases.shift()?.()
      await new Promise((resolve) => setImmediate(resolve))
    }
    for (const release of releases) release()
    await Promise.all(tasks)
    assert.deepEqual(order, ['a', 'b', 'c', 'd'])
    await assert.rejects(
      limit.run(async () => Promise.reject(new Error('x'))),
      /x/,
    )
    assert.equal(await limit.run(async () => 1), 1)
  })

  it('spread requests over the time, for all who share the word', async () => {
    const timers = stoppedClock()
    const word = new BigInt64Array(new SharedArrayBuffer(8))
    const [one, other] = [new RateLimit(60, word, timers), new RateLimit(60, word, timers)]
    await one.take(NEVER)
    await other.take(NEVER)
    await one.take(NEVER)
    assert.deepEqual(timers.slept, [1000, 1000])
    other.pause(5000)
    await one.take(NEVER)
    assert.deepEqual(timers.slept, [1000, 1000, 5000])
  })

  it('do not make anybody wait when there is none', async () => {
    const timers = stoppedClock()
    const limit = new RateLimit(null, new BigInt64Array(new SharedArrayBuffer(8)), timers)
    for (let count = 0; count < 5; count += 1) await limit.take(NEVER)
    assert.deepEqual(timers.slept, [])
  })
})

describe('a JSONPath', () => {
  const document = { a: [{ b: 1, 'c d': 2 }, { b: 3 }], e: { f: null } }
  const cases: readonly (readonly [path: string, found: unknown])[] = [
    ['$', document],
    ['$.a[*].b', [1, 3]],
    ['a[0].b', 1],
    ["$['a'][-1]['b']", 3],
    ['$.a[0]["c d"]', 2],
    ['$..b', [1, 3]],
    ['$.a.*', document.a],
    ['$.e.f', null],
    ['$.missing', undefined],
    ['$.a[7].b', undefined],
    ['$.missing[*]', []],
    ['$.__proto__', undefined],
  ]
  for (const [path, found] of cases) {
    it(`${path} leads where it says`, () => assert.deepEqual(new JsonPath(path).read(document), found))
  }
  for (const path of ['$[?(@.a)]', '$.a[1:2]', '$.a[', '$ a', '$.a..[']) {
    it(`'${path}' is refused`, () => assert.throws(() => new JsonPath(path), { code: 'OPTION_INVALID' }))
  }
})

describe('a template', () => {
  const values = { model: 'm', input: ['x', 'y'], prompt: '' }
  const cases: readonly (readonly [template: Parameters<typeof fillTemplate>[0], filled: unknown])[] = [
    ['${model}/${input}', 'm/x'],
    ['${prompt:none}${other}', 'none${other}'],
    [['${input}'], ['x', 'y']],
    [
      ['a ${input}', 1, null, true],
      ['a x', 1, null, true],
    ],
    [{ a: { b: ['${model}'] } }, { a: { b: ['m'] } }],
    ['$& ${toString}', '$& ${toString}'],
  ]
  for (const [template, filled] of cases) {
    it(`${JSON.stringify(template)} is filled`, () => assert.deepEqual(fillTemplate(template, values), filled))
  }
})
