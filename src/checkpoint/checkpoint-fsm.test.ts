import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { advance, initialState, together, wakeMs } from './checkpoint-fsm.js'
import type { CheckpointAsk, CheckpointEffect, CheckpointInput, CheckpointState } from './checkpoint-state.js'
import type { CheckpointSettings } from './settings.js'
import { seededRandom } from './testing.js'

const SETTINGS: CheckpointSettings = { intervalMs: 100, minPauseMs: -1, timeoutMs: 1000, onTimeout: 'warn' }

/** A coordinator and everything it wanted. */
class Walk {
  state: CheckpointState
  nowMs = 0
  readonly log: CheckpointEffect[] = []

  constructor(
    settings: Partial<CheckpointSettings> = {},
    job: { readonly workers?: number; readonly isDurable?: boolean; readonly lastId?: number } = {},
  ) {
    const { workers = 2, isDurable = true, lastId = 0 } = job
    this.state = initialState({ ...SETTINGS, ...settings }, { epoch: 3, isDurable, workers, lastId })
  }

  /** Takes inputs one after the other and gives what was wanted, in short. */
  take(...inputs: readonly CheckpointInput[]): readonly string[] {
    const wanted: CheckpointEffect[] = []
    for (const input of inputs) {
      const { state, effects } = advance(this.state, input, this.nowMs)
      this.state = state
      wanted.push(...effects)
    }
    this.log.push(...wanted)
    return wanted.map(inShort)
  }

  at(nowMs: number, ...inputs: readonly CheckpointInput[]): readonly string[] {
    this.nowMs = nowMs
    return this.take(...inputs)
  }
}

function inShort(effect: CheckpointEffect): string {
  switch (effect.type) {
    case 'triggered':
      return `triggered ${effect.checkpointId} ${effect.kind}`
    case 'requestBarrier':
    case 'resume':
      return `${effect.type} ${effect.checkpointId}`
    case 'persist':
    case 'commit':
    case 'dropped':
      return `${effect.type} ${effect.attempt.checkpointId}`
    case 'completed':
    case 'savepointTaken':
      return `${effect.type} ${effect.summary.checkpointId} ${effect.summary.kind}`
    case 'slow':
    case 'timedOut':
      return `${effect.type} ${effect.attempt.checkpointId} for ${effect.waitingFor.join()}`
    case 'savepointRefused':
      return `${effect.type}: ${effect.reason}`
    case 'end':
      return `end ${effect.status}`
  }
}

const started: CheckpointInput = { type: 'started' }
const tick: CheckpointInput = { type: 'tick' }
const cancel: CheckpointInput = { type: 'cancelAsked' }
const failed: CheckpointInput = { type: 'failed' }
const asks = (ask: Partial<CheckpointAsk>): CheckpointInput => {
  return { type: 'savepointAsked', ask: { kind: 'savepoint', goesOn: false, isDrained: false, ...ask } }
}
const stop = asks({})
const drain = asks({ isDrained: true })
const goOn = asks({ goesOn: true })
const leave = asks({ kind: 'periodic' })
const checkpoint = asks({ kind: 'periodic', goesOn: true })
const rests = (worker: number, checkpointId: number): CheckpointInput => {
  return { type: 'answered', worker, checkpointId, isEnded: false, startDelayMs: 2, tookMs: 1 }
}
const ends = (worker: number, checkpointId: number): CheckpointInput => {
  return { type: 'answered', worker, checkpointId, isEnded: true, startDelayMs: null, tookMs: 1 }
}
const persisted = (checkpointId: number): CheckpointInput => ({ type: 'persisted', checkpointId, sizeBytes: 7 })
const committed = (checkpointId: number): CheckpointInput => ({ type: 'committed', checkpointId })
const persistFailed = (checkpointId: number): CheckpointInput => ({ type: 'persistFailed', checkpointId })
const commitFailed = (checkpointId: number): CheckpointInput => ({ type: 'commitFailed', checkpointId })

describe('the coordinator of checkpoints', () => {
  it('asks, keeps, commits and lets go, in this order, and again after the interval', () => {
    const walk = new Walk()
    assert.deepEqual(walk.take(started), [])
    assert.equal(wakeMs(walk.state), 100)
    assert.deepEqual(walk.at(99, tick), [])
    assert.deepEqual(walk.at(100, tick), ['triggered 1 periodic', 'requestBarrier 1'])
    assert.deepEqual(walk.at(110, tick, rests(1, 1)), [])
    assert.deepEqual(walk.at(130, rests(0, 1)), ['persist 1'])
    assert.deepEqual(walk.at(140, persisted(1)), ['commit 1'])
    assert.deepEqual(walk.at(150, committed(1)), ['resume 1', 'completed 1 periodic'])
    assert.equal(wakeMs(walk.state), 200)
    assert.deepEqual(walk.at(200, tick), ['triggered 2 periodic', 'requestBarrier 2'])
    const [completed] = walk.log.filter((effect) => effect.type === 'completed')
    assert.deepEqual(completed?.type === 'completed' && completed.summary, {
      checkpointId: 1,
      kind: 'periodic',
      epoch: 3,
      triggeredMs: 100,
      completedMs: 150,
      prepareMs: 30,
      persistMs: 10,
      durationMs: 50,
      endsJob: false,
      sizeBytes: 7,
      workers: [
        { worker: 1, preparedAfterMs: 10, isEnded: false, startDelayMs: 2, tookMs: 1 },
        { worker: 0, preparedAfterMs: 30, isEnded: false, startDelayMs: 2, tookMs: 1 },
      ],
    })
  })

  it('pauses as long as it has to behind a checkpoint that took long', () => {
    for (const [minPauseMs, due] of [
      [-1, 200],
      [0, 450],
      [30, 480],
    ] as const) {
      const walk = new Walk({ minPauseMs })
      walk.take(started)
      walk.at(100, tick, rests(0, 1), rests(1, 1), persisted(1))
      walk.at(450, committed(1))
      assert.equal(wakeMs(walk.state), Math.max(due, 450), String(minPauseMs))
    }
  })

  it('takes none but the last without an interval', () => {
    const walk = new Walk({ intervalMs: null })
    walk.take(started)
    assert.equal(wakeMs(walk.state), null)
    assert.deepEqual(walk.at(1_000_000, tick), [])
    assert.deepEqual(walk.take(ends(0, 1), ends(1, 1)), ['triggered 1 final', 'persist 1'])
    assert.deepEqual(walk.take(persisted(1), committed(1)), ['commit 1', 'completed 1 final', 'end FINISHED'])
  })

  it('counts workers that have no more work as prepared', () => {
    const walk = new Walk({}, { workers: 3 })
    walk.take(started, ends(2, 1))
    walk.at(100, tick, rests(0, 1))
    assert.deepEqual(walk.take(rests(1, 1)), ['persist 1'])
    walk.take(persisted(1), committed(1), ends(0, 2), ends(1, 2))
    assert.deepEqual(walk.take(persisted(2), committed(2)).at(-1), 'end FINISHED')
  })

  it('makes the checkpoint the last one when the workers end instead of resting', () => {
    const walk = new Walk()
    walk.take(started)
    walk.at(100, tick)
    assert.deepEqual(walk.take(ends(0, 1), ends(1, 1)), ['persist 1'])
    assert.deepEqual(walk.take(persisted(1), committed(1)), ['commit 1', 'completed 1 final', 'end FINISHED'])
  })

  it('goes on with the numbers of earlier attempts', () => {
    const walk = new Walk({}, { lastId: 41 })
    walk.take(started)
    assert.deepEqual(walk.at(100, tick), ['triggered 42 periodic', 'requestBarrier 42'])
  })

  it('ignores what is late or of another checkpoint', () => {
    const walk = new Walk()
    const late: readonly CheckpointInput[] = [persisted(9), committed(9), persistFailed(9), commitFailed(9)]
    assert.deepEqual(walk.take(...late, tick, rests(0, 1)), [])
    walk.take(started, started)
    walk.at(100, tick, rests(0, 1), rests(0, 1))
    assert.equal(walk.state.phase.name, 'preparing', 'a worker that answers twice is one worker')
    walk.take(rests(1, 1))
    assert.deepEqual(walk.take(...late, rests(0, 1), committed(1), commitFailed(1)), [])
    assert.deepEqual(walk.take(persisted(1), persisted(1), persistFailed(1)), ['commit 1'])
    assert.deepEqual(walk.take(cancel, committed(1)), ['completed 1 periodic', 'end CANCELED'])
    assert.deepEqual(walk.take(cancel, failed, tick, ends(0, 2), persisted(1)), [])
    assert.equal(wakeMs(walk.state), null)
  })
})

describe('a checkpoint that takes too long', () => {
  it('is told of once per timeout, with those who hold it up', () => {
    const walk = new Walk()
    walk.take(started)
    walk.at(100, tick, rests(1, 1))
    assert.equal(wakeMs(walk.state), 1100)
    assert.deepEqual(walk.at(1099, tick), [])
    assert.deepEqual(walk.at(1100, tick, tick), ['slow 1 for 0'])
    assert.deepEqual(walk.at(3500, tick), ['slow 1 for 0'])
    assert.equal(wakeMs(walk.state), 4100)
    assert.deepEqual(walk.take(rests(0, 1)), ['persist 1'])
    assert.deepEqual(walk.at(4100, tick), ['slow 1 for '])
    assert.deepEqual(walk.take(persisted(1), committed(1)), ['commit 1', 'resume 1', 'completed 1 periodic'])
  })

  it('ends the attempt where it shall, but never once its record may be durable', () => {
    const walk = new Walk({ onTimeout: 'fail' })
    walk.take(started)
    walk.at(100, tick, rests(0, 1))
    assert.deepEqual(walk.at(1100, tick), ['timedOut 1 for 1', 'dropped 1', 'end FAILED'])
    const later = new Walk({ onTimeout: 'fail' })
    later.take(started)
    later.at(100, tick, rests(0, 1), rests(1, 1))
    assert.deepEqual(later.at(1100, tick), ['slow 1 for '])
    assert.deepEqual(later.take(persisted(1), committed(1)), ['commit 1', 'resume 1', 'completed 1 periodic'])
  })
})

/** What brings a coordinator into each phase. */
const PHASES = {
  waiting: [],
  running: [started],
  preparing: [started, tick, rests(0, 1)],
  persisting: [started, tick, rests(0, 1), rests(1, 1)],
  committing: [started, tick, rests(0, 1), rests(1, 1), persisted(1)],
  'persisting the last': [started, ends(0, 1), ends(1, 1)],
  'committing the last': [started, ends(0, 1), ends(1, 1), persisted(1)],
  ended: [started, cancel],
} as const satisfies Record<string, readonly CheckpointInput[]>
type PhaseName = keyof typeof PHASES

function walkTo(phase: PhaseName, job: { readonly isDurable?: boolean } = {}): Walk {
  const walk = new Walk({}, job)
  for (const input of PHASES[phase]) walk.at(walk.nowMs + 100, input)
  if (phase !== 'waiting' && phase !== 'ended')
    assert.ok(phase.startsWith(walk.state.phase.name), `${phase}: ${walk.state.phase.name}`)
  return walk
}

describe('whoever stops a job', () => {
  const CASES: readonly (readonly [phase: PhaseName, inputs: readonly CheckpointInput[], wanted: readonly string[]])[] =
    [
      ['waiting', [cancel], ['end CANCELED']],
      ['running', [cancel], ['end CANCELED']],
      ['preparing', [cancel], ['dropped 1', 'end CANCELED']],
      ['persisting', [cancel], []],
      ['persisting', [cancel, persisted(1), committed(1)], ['commit 1', 'completed 1 periodic', 'end CANCELED']],
      ['persisting', [cancel, persistFailed(1)], ['dropped 1', 'end CANCELED']],
      ['committing', [cancel, committed(1)], ['completed 1 periodic', 'end CANCELED']],
      ['committing', [cancel, commitFailed(1)], ['dropped 1', 'end FAILED']],
      ['persisting the last', [cancel, persisted(1), committed(1)], ['commit 1', 'completed 1 final', 'end FINISHED']],
      ['persisting the last', [cancel, persistFailed(1)], ['dropped 1', 'end CANCELED']],
      ['committing the last', [cancel, cancel, committed(1)], ['completed 1 final', 'end FINISHED']],
      ['ended', [cancel], []],
      ['waiting', [failed], ['end FAILED']],
      ['running', [failed], ['end FAILED']],
      ['preparing', [failed], ['dropped 1', 'end FAILED']],
      ['persisting', [failed, persisted(1), committed(1)], ['commit 1', 'completed 1 periodic', 'end FAILED']],
      ['persisting', [failed, persistFailed(1)], ['dropped 1', 'end FAILED']],
      ['persisting', [persistFailed(1)], ['dropped 1', 'end FAILED']],
      ['persisting', [cancel, failed, persistFailed(1)], ['dropped 1', 'end FAILED']],
      ['committing', [failed, committed(1)], ['completed 1 periodic', 'end FAILED']],
      ['committing', [commitFailed(1)], ['dropped 1', 'end FAILED']],
      ['committing the last', [failed, committed(1)], ['completed 1 final', 'end FAILED']],
      ['ended', [failed], []],
    ]
  for (const [phase, inputs, wanted] of CASES) {
    it(`in the phase ${phase} by ${inputs.map(({ type }) => type).join(', ')} gets ${wanted.at(-1) ?? 'to wait'}`, () => {
      assert.deepEqual(walkTo(phase).take(...inputs), wanted)
    })
  }

  it('gets a job without this checkpoint where nothing is durable anyway', () => {
    assert.deepEqual(walkTo('persisting', { isDurable: false }).take(cancel), ['dropped 1', 'end CANCELED'])
    assert.deepEqual(walkTo('persisting the last', { isDurable: false }).take(failed), ['dropped 1', 'end FAILED'])
    const committing = walkTo('committing the last', { isDurable: false })
    assert.deepEqual(committing.take(cancel, committed(1)), ['completed 1 final', 'end FINISHED'])
  })
})

describe('a savepoint', () => {
  const CASES: readonly (readonly [phase: PhaseName, inputs: readonly CheckpointInput[], wanted: readonly string[]])[] =
    [
      ['waiting', [stop], ['savepointRefused: the job does not run yet']],
      ['running', [stop], ['triggered 1 savepoint', 'requestBarrier 1']],
      ['preparing', [stop, rests(1, 1)], ['persist 1']],
      [
        'preparing',
        [stop, rests(1, 1), persisted(1), committed(1)],
        ['persist 1', 'commit 1', 'completed 1 savepoint', 'savepointTaken 1 savepoint', 'end SAVEPOINT_DONE'],
      ],
      [
        'preparing',
        [goOn, rests(1, 1), persisted(1), committed(1)],
        ['persist 1', 'commit 1', 'resume 1', 'completed 1 savepoint', 'savepointTaken 1 savepoint'],
      ],
      [
        'preparing',
        [stop, goOn, rests(1, 1), persisted(1), committed(1)],
        ['persist 1', 'commit 1', 'completed 1 savepoint', 'savepointTaken 1 savepoint', 'end SAVEPOINT_DONE'],
      ],
      [
        'persisting',
        [goOn, stop, persisted(1), committed(1)],
        ['commit 1', 'resume 1', 'completed 1 periodic', 'triggered 2 savepoint', 'requestBarrier 2'],
      ],
      [
        'committing',
        [goOn, committed(1)],
        ['resume 1', 'completed 1 periodic', 'triggered 2 savepoint', 'requestBarrier 2'],
      ],
      [
        'committing',
        [stop, cancel, committed(1)],
        ['completed 1 periodic', 'savepointRefused: the job ended with CANCELED before it', 'end CANCELED'],
      ],
      ['running', [checkpoint], ['triggered 1 periodic', 'requestBarrier 1']],
      [
        'preparing',
        [leave, rests(1, 1), persisted(1), stop, committed(1)],
        [
          'persist 1',
          'commit 1',
          'resume 1',
          'completed 1 periodic',
          'savepointTaken 1 periodic',
          'triggered 2 savepoint',
          'requestBarrier 2',
        ],
      ],
      [
        'preparing',
        [leave, rests(1, 1), persisted(1), committed(1)],
        ['persist 1', 'commit 1', 'completed 1 periodic', 'savepointTaken 1 periodic', 'end SAVEPOINT_DONE'],
      ],
      [
        'preparing',
        [checkpoint, rests(1, 1), persisted(1), committed(1)],
        ['persist 1', 'commit 1', 'resume 1', 'completed 1 periodic', 'savepointTaken 1 periodic'],
      ],
      [
        'preparing',
        [checkpoint, goOn, rests(1, 1), persisted(1), committed(1)],
        ['persist 1', 'commit 1', 'resume 1', 'completed 1 savepoint', 'savepointTaken 1 savepoint'],
      ],
      [
        'preparing',
        [stop, rests(1, 1), persisted(1), { type: 'committed', checkpointId: 1, asked: null }],
        ['persist 1', 'commit 1', 'resume 1', 'completed 1 savepoint'],
      ],
      [
        'preparing',
        [stop, cancel],
        ['dropped 1', 'savepointRefused: the job ended with CANCELED before it', 'end CANCELED'],
      ],
      [
        'preparing',
        [stop, failed],
        ['dropped 1', 'savepointRefused: the job ended with FAILED before it', 'end FAILED'],
      ],
      [
        'persisting',
        [stop, persistFailed(1)],
        ['dropped 1', 'savepointRefused: the job ended with FAILED before it', 'end FAILED'],
      ],
      ['persisting the last', [stop], ['savepointRefused: the job is at its end']],
      ['committing the last', [goOn], ['savepointRefused: the job is at its end']],
      ['ended', [stop], ['savepointRefused: the job has ended']],
    ]
  for (const [phase, inputs, wanted] of CASES) {
    it(`in the phase ${phase} by ${inputs.map(({ type }) => type).join(', ')} gets ${wanted.at(-1)}`, () => {
      assert.deepEqual(walkTo(phase).take(...inputs), wanted)
    })
  }

  it('is one for all who ask in time, who get what the most demanding of them wants', () => {
    const ask = { kind: 'savepoint', goesOn: false, isDrained: false } as const
    const cases = [
      [goOn, checkpoint, { ...ask, goesOn: true }],
      [goOn, stop, ask],
      [checkpoint, drain, { ...ask, isDrained: true }],
      [drain, drain, { ...ask, isDrained: true }],
      [drain, stop, ask],
      [stop, drain, ask],
    ] as const
    for (const [first, second, expected] of cases) {
      assert.ok(first.type === 'savepointAsked' && second.type === 'savepointAsked')
      assert.deepEqual(together(first.ask, second.ask), expected)
      assert.deepEqual(together(null, second.ask), second.ask)
    }
  })

  it('is refused when all workers end before they rest', () => {
    const walk = walkTo('running')
    walk.take(stop)
    assert.deepEqual(walk.take(ends(0, 1), ends(1, 1)), ['savepointRefused: the job is at its end', 'persist 1'])
    assert.deepEqual(walk.take(persisted(1), committed(1)), ['commit 1', 'completed 1 final', 'end FINISHED'])
  })

  it('is refused where nothing is kept', () => {
    const walk = walkTo('running', { isDurable: false })
    assert.deepEqual(walk.take(stop), ['savepointRefused: it keeps no checkpoints'])
  })
})

describe('whatever happens to a coordinator', () => {
  const FIRST_SEED = 1
  const SEEDS = 2000
  it(`its promises hold: ${SEEDS} random walks`, () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed += 1) {
      try {
        new RandomWalk(seed).run()
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error })
      }
    }
  })
})

/**
 * Workers, store and sinks that answer when they like, and people who ask for things at any time. What the coordinator wants is done
 * as the runtime does it, and checked.
 */
class RandomWalk {
  readonly #random: () => number
  readonly #walk: Walk
  readonly #workers: { rests: boolean; ended: boolean }[]
  /** What is under way: its end is an input that may come at any later time. */
  #pending: { readonly succeeds: CheckpointInput; readonly fails: CheckpointInput } | null = null
  #barrier = 0
  #done = 0
  #isOver = false
  #durable = 0
  #committed = 0
  #lastTriggered = 0

  constructor(seed: number) {
    this.#random = seededRandom(seed)
    const workers = 1 + this.#below(4)
    const settings = {
      intervalMs: this.#random() < 0.2 ? null : 10 + this.#below(200),
      minPauseMs: this.#below(3) * 40 - 1,
      timeoutMs: 50 + this.#below(500),
      onTimeout: this.#random() < 0.2 ? ('fail' as const) : ('warn' as const),
    }
    this.#walk = new Walk(settings, { workers, isDurable: this.#random() < 0.8, lastId: this.#below(50) })
    this.#workers = Array.from({ length: workers }, () => ({ rests: false, ended: false }))
    this.#lastTriggered = this.#walk.state.lastId
    this.#durable = this.#walk.state.lastId
    this.#committed = this.#walk.state.lastId
    this.#barrier = this.#walk.state.lastId
    this.#done = this.#walk.state.lastId
  }

  run(): void {
    this.#input(started)
    for (let step = 0; step < 400 && !this.#isOver; step += 1) this.#step()
    // A job that is stopped ends, whatever it is at.
    for (let step = 0; step < 400 && !this.#isOver; step += 1) {
      this.#input(cancel)
      if (this.#pending !== null) this.#finishPending(true)
    }
    assert.ok(this.#isOver, 'the job does not end')
    this.#input(persisted(1), committed(1), tick, failed)
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit)
  }

  #step(): void {
    this.#walk.nowMs += this.#below(40)
    const due = wakeMs(this.#walk.state)
    const isDue = due !== null && due <= this.#walk.nowMs && this.#random() < 0.9
    const choice = isDue ? 1 : this.#random()
    if (choice < 0.5) this.#worker(this.#below(this.#workers.length))
    else if (choice < 0.8) this.#finishPending(this.#random() < 0.95)
    else if (choice < 0.82) this.#input(this.#random() < 0.5 ? goOn : checkpoint)
    else if (choice < 0.83) this.#input(stop)
    else if (choice < 0.84) this.#input(cancel)
    else if (choice < 0.85) this.#input(failed)
    else this.#input(tick)
  }

  /** A worker looks around: rests when it was asked to, or works on, perhaps to its end. */
  #worker(index: number): void {
    const worker = this.#workers[index]
    if (worker === undefined || worker.ended || worker.rests) return
    if (this.#barrier > this.#done && this.#random() < 0.8) {
      worker.rests = true
      this.#input(rests(index, this.#barrier))
    } else if (this.#random() < 0.1) {
      worker.ended = true
      this.#input(ends(index, this.#done + 1))
    }
  }

  #finishPending(succeeds: boolean): void {
    const pending = this.#pending
    if (pending === null) return
    this.#pending = null
    if (succeeds && pending.succeeds.type === 'persisted') this.#durable = pending.succeeds.checkpointId
    if (succeeds && pending.succeeds.type === 'committed') this.#committed = pending.succeeds.checkpointId
    this.#input(succeeds ? pending.succeeds : pending.fails)
  }

  #input(...inputs: readonly CheckpointInput[]): void {
    for (const input of inputs) {
      const before = this.#walk.log.length
      this.#walk.take(input)
      for (const effect of this.#walk.log.slice(before)) this.#do(effect)
      const { lastId, durableId, committedId } = this.#walk.state
      assert.ok(committedId <= durableId && durableId <= lastId, `${committedId} ${durableId} ${lastId}`)
      assert.ok(committedId <= this.#committed, 'nothing counts as committed that is not')
    }
  }

  #do(effect: CheckpointEffect): void {
    assert.ok(!this.#isOver || effect.type === 'savepointRefused', `${inShort(effect)} comes behind the end`)
    switch (effect.type) {
      case 'triggered':
        assert.ok(effect.checkpointId > this.#lastTriggered, 'ids increase')
        this.#lastTriggered = effect.checkpointId
        break
      case 'requestBarrier':
        this.#barrier = effect.checkpointId
        break
      case 'persist': {
        const { checkpointId } = effect.attempt
        assert.equal(this.#pending, null, 'one thing at a time')
        assert.ok(
          this.#workers.every((worker) => worker.rests || worker.ended),
          'all workers rest',
        )
        this.#pending = { succeeds: persisted(checkpointId), fails: persistFailed(checkpointId) }
        break
      }
      case 'commit': {
        const { checkpointId } = effect.attempt
        assert.equal(this.#durable, checkpointId, 'only what is durable is committed')
        this.#pending = { succeeds: committed(checkpointId), fails: commitFailed(checkpointId) }
        break
      }
      case 'resume':
        assert.equal(this.#committed, effect.checkpointId, 'workers go on behind a commit')
        this.#done = effect.checkpointId
        for (const worker of this.#workers) worker.rests = false
        break
      case 'completed':
        assert.equal(this.#committed, effect.summary.checkpointId)
        for (const share of effect.summary.workers) assert.ok(share.preparedAfterMs >= 0)
        assert.equal(effect.summary.workers.length, this.#workers.length)
        break
      case 'end':
        this.#isOver = true
        if (effect.status === 'FINISHED') {
          assert.ok(
            this.#workers.every((worker) => worker.ended),
            'a finished job has no more work',
          )
          assert.equal(this.#committed, this.#lastTriggered, 'and nothing that is not committed')
        }
        if (effect.status === 'SAVEPOINT_DONE') assert.equal(this.#committed, this.#lastTriggered)
        break
      case 'dropped':
      case 'slow':
      case 'timedOut':
      case 'savepointTaken':
      case 'savepointRefused':
    }
  }
}
