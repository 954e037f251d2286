import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { memorySavepoints } from '../../src/checkpoint/checkpoint-storage.js'
import { FileCheckpointStore } from '../../src/checkpoint/store.js'
import type { MillraceError } from '../../src/core/error.js'
import { END_STATES, type JobStatus } from '../../src/node/api.js'
import { MemoryJobStore } from '../../src/node/job-store.js'
import { MillraceNode } from '../../src/node/node-service.js'
import { IDENTITY, submission } from './harness.js'
import { SeededRandom, SimProcess, SimTime } from './sim-clock.js'
import { SimJobs, SimStore, SimWorld } from './sim-world.js'

const SEEDS = process.env.MILLRACE_TEST === 'long' ? 2000 : process.env.MILLRACE_TEST === 'fast' ? 20 : 200
/** A failing seed, to run it alone. */
const ONLY = process.env.MILLRACE_SEED === undefined ? null : Number(process.env.MILLRACE_SEED)

/** What a request may be refused with at any time. */
const REFUSED = ['JOB_STATE', 'JOB_NOT_FOUND', 'STORE_FAILED']

const EVENTFUL_STEPS = 300
const LONGEST_STEPS = 20_000
/** Longest time from a request to cancel to the end of the job, with a store that fails now and then, in milliseconds. */
const CANCEL_LIMIT_MS = 25_000

/** What a client knows of a job. */
interface KnownJob {
  readonly jobId: string
  /** Whether the node said that it took it. */
  isAccepted: boolean
  /** When the node said that it will end it. */
  cancelMs: number | null
  ended: JobStatus | null
}

interface Booted {
  readonly process: SimProcess
  /** What its jobs run in. */
  readonly attempts: SimProcess
  readonly node: MillraceNode
  isReady: boolean
}

/** Changes of the parallelism that somebody was told of, over all seeds. */
let changes = 0

/** A node, its clients and what goes wrong, all of it decided by a seed. */
class Simulation {
  readonly #random: SeededRandom
  readonly #time = new SimTime()
  readonly #world: SimWorld
  readonly #jobs = new Map<string, KnownJob>()
  readonly #failures: unknown[] = []
  #memory = new MemoryJobStore()
  #booted: Booted
  #bootMs = 0
  isFaulty = true

  constructor(seed: number) {
    this.#random = new SeededRandom(seed)
    this.#world = new SimWorld(this.#random)
    this.#booted = this.#boot()
  }

  #boot(): Booted {
    const process = new SimProcess(this.#time)
    const attempts = new SimProcess(this.#time)
    const memory = this.#memory
    const stored = (jobId: string) => [...memory.jobs()].find(({ record }) => record.jobId === jobId)
    const jobs = new SimJobs(this.#world, attempts, stored)
    const isWaiting = this.#random.chance(0.5)
    const node = new MillraceNode({
      jobs,
      store: new SimStore(this.#memory, process, this.#random, () => this.isFaulty),
      checkpoints: {
        store: jobs.store,
        savepoints: memorySavepoints(),
        memory: { maxRetained: 3, details: 10 },
        settings: { intervalMs: 1000, minPauseMs: 0, timeoutMs: 1000, onTimeout: 'warn' },
      },
      clock: process,
      identity: IDENTITY,
      slots: { isDynamic: !isWaiting, slots: 6, strategy: 'WAIT', maxJobs: 8 },
      history: { expireMs: 86_400_000, jobs: 1000 },
      tags: new Map(),
      saveIntervalMs: 5000,
    })
    const booted: Booted = { process, attempts, node, isReady: false }
    this.#bootMs = this.#time.nowMs
    node.recover().then(
      () => {
        booted.isReady = true
      },
      (thrown: MillraceError) => {
        if (this.#booted !== booted) return
        // A node that cannot write to its store does not start; somebody starts it again.
        if (thrown.code === 'STORE_FAILED') this.#crash(false)
        else this.#failures.push(thrown)
      },
    )
    return booted
  }

  /** Ends the process at once, or leaves it behind as one that does not know that it was replaced. */
  #crash(isZombie: boolean): void {
    if (!isZombie) this.#booted.process.isAlive = false
    this.#booted.attempts.isAlive = false
    this.#memory = this.#memory.reopened()
    this.#booted = this.#boot()
  }

  async step(): Promise<boolean> {
    const isMoving = await this.#time.step()
    const [failure] = [...this.#failures, ...this.#world.failures]
    if (failure !== undefined) throw failure
    if (this.#booted.isReady) this.#check()
    return isMoving
  }

  /** Something that a client or fate does. */
  act(): void {
    const { node, isReady, process } = this.#booted
    const die = this.#random.next()
    if (die < 0.02) this.#crash(this.#random.chance(0.3))
    else if (!isReady) return
    else if (die < 0.12) this.#submit(`${1 + this.#random.below(12)}`)
    else if (die < 0.24) {
      const job = [...this.#jobs.values()][this.#random.below(this.#jobs.size)]
      if (job === undefined) return
      const withSavepoint = die > 0.18
      const isForced = this.#random.chance(0.3)
      const request = { withSavepoint, force: isForced, user: null }
      this.#ask(process, node.stop(job.jobId, request), ['JOB_STATE', 'JOB_NOT_FOUND', 'STORE_FAILED'], () => {
        if (!withSavepoint) job.cancelMs ??= this.#time.nowMs
      })
      if (this.#random.chance(0.4)) {
        const codes = [...REFUSED, 'RESCALE_REFUSED', 'NODE_STOPPING']
        const parallelism = 1 + this.#random.below(5)
        if (this.#random.chance(0.5)) {
          this.#ask(process, node.rescale(job.jobId, { parallelism, user: null }), codes, () => {
            changes += 1
          })
        } else {
          const bounds = [1, 2].map((vertex) => ({ vertex, lower: 1, upper: parallelism }))
          this.#ask(process, node.setBounds(job.jobId, bounds, null), codes, () => undefined)
        }
      }
      if (this.#random.chance(0.2)) {
        const codes = ['JOB_STATE', 'JOB_NOT_FOUND', 'SAVEPOINT_REFUSED', 'CHECKPOINT_FAILED', 'CHECKPOINT_FENCED']
        this.#ask(process, node.savepoint(job.jobId, { user: null }), codes, () => undefined)
      }
    }
  }

  #submit(jobId: string): void {
    const { node, process } = this.#booted
    const isStartWithSavepoint = this.#random.chance(0.5)
    const wasKnown = this.#jobs.get(jobId)
    const job: KnownJob = wasKnown ?? { jobId, isAccepted: false, cancelMs: null, ended: null }
    this.#jobs.set(jobId, job)
    // Should it be taken, it is a new job, whether the answer is heard or not.
    if (!this.#booted.node.runningJobs().some((view) => view.jobId === jobId)) job.cancelMs = null
    const text = 'env { job.retry.interval.seconds = 1 }\nsource { A {} }\nsink { B {} }'
    const codes = ['JOB_EXISTS', 'STORE_FAILED', 'FILE_LIST_FAILED', 'CHECKPOINT_FAILED']
    this.#ask(process, node.submit(submission(text, { jobId, isStartWithSavepoint })), codes, ({ isDuplicate }) => {
      if (isDuplicate) return
      Object.assign(job, { isAccepted: true, ended: null, cancelMs: null })
    })
  }

  /** Waits for an answer; nobody hears it of a process that is dead. */
  #ask<Answer>(
    process: SimProcess,
    answer: Promise<Answer>,
    codes: readonly string[],
    heard: (answer: Answer) => void,
  ): void {
    const isOurs = (): boolean => this.#booted.process === process
    answer.then(
      (value) => void (isOurs() && heard(value)),
      (thrown: MillraceError) => {
        if (isOurs() && !codes.includes(thrown.code)) this.#failures.push(thrown)
      },
    )
  }

  /** What must hold at any time. */
  #check(): void {
    const { node } = this.#booted
    const stored = new Map([...this.#memory.jobs()].map((job) => [job.record.jobId, job]))
    for (const view of [...node.runningJobs(), ...node.endedJobs(null)]) {
      const { record, progress } = stored.get(view.jobId) ?? {}
      // A new job with its id is durable already and not yet seen.
      if (record !== undefined && record.createdAtMs !== view.createdAtMs) continue
      const visible = node.timeline(view.jobId)
      const durable = progress?.timeline ?? []
      assert.deepEqual(
        durable[visible.length - 1],
        visible.at(-1),
        `what is seen of job ${view.jobId} is not durable: ${JSON.stringify([visible, durable])}`,
      )
    }
    for (const job of this.#jobs.values()) this.#checkJob(job)
  }

  #checkJob(job: KnownJob): void {
    const { jobId } = job
    const status = this.#booted.node.job(jobId)?.status ?? null
    if (!job.isAccepted) return
    assert.notEqual(status, null, `job ${jobId} was accepted and is gone`)
    if (status === null) return
    if (job.ended !== null && job.ended !== status) {
      // Only a new submission brings an ended job back, and its answer may not have been heard.
      assert.ok(!END_STATES.has(job.ended) || !END_STATES.has(status) || job.ended !== status)
    }
    if (END_STATES.has(status)) job.ended = status
    const output = this.#world.output(jobId)
    if (status === 'FINISHED')
      assert.equal(output.visible, output.rows, `job ${jobId} is FINISHED and rows are missing`)
    const sinceMs = job.cancelMs === null ? null : Math.max(job.cancelMs, this.#bootMs)
    if (sinceMs !== null && !END_STATES.has(status)) {
      assert.ok(
        this.#time.nowMs - sinceMs < CANCEL_LIMIT_MS,
        `job ${jobId} was canceled and is still ${status}: ${this.describe()}`,
      )
    }
  }

  /** What is going on, for a failure. */
  describe(): string {
    const { node, isReady } = this.#booted
    const jobs = node.runningJobs().map(({ jobId, status, pendingReason, restarts, epoch }) => {
      const last = node
        .timeline(jobId)
        .slice(-8)
        .map(({ text, atMs }) => `${atMs % 10_000_000} ${text}`)
      return `${jobId} ${status} restarts ${restarts} epoch ${epoch} '${pendingReason}' ${last.join('; ')}`
    })
    return [`ready ${isReady} now ${this.#time.nowMs % 10_000_000}`, JSON.stringify(node.liveObjects()), ...jobs].join(
      '\n',
    )
  }

  get isQuiet(): boolean {
    const { node, isReady } = this.#booted
    return isReady && node.runningJobs().length === 0 && node.liveObjects().submissions === 0
  }

  /** What must hold when nothing happens any more. */
  async checkEnd(): Promise<void> {
    const { node } = this.#booted
    assert.deepEqual(node.liveObjects(), { masters: 0, attempts: 0, plans: 0, submissions: 0, slots: 0, waiting: 0 })
    const store = new FileCheckpointStore(this.#world.storage, { maxRetained: 3 })
    for (const { progress, record } of this.#memory.jobs()) {
      const { jobId } = record
      const status = node.job(jobId)?.status
      const latest = await store.latest(jobId)
      const output = this.#world.output(jobId)
      if (status === 'SAVEPOINT_DONE') assert.equal(latest?.record.counts.errorRows, output.visible)
      if ((status === 'FINISHED' || status === 'CANCELED') && !progress.hasLeftovers) {
        assert.equal(latest, null, `job ${jobId} is ${status} and has checkpoints`)
      }
    }
  }
}

async function simulate(seed: number): Promise<void> {
  const simulation = new Simulation(seed)
  for (let step = 0; step < EVENTFUL_STEPS; step += 1) {
    simulation.act()
    await simulation.step()
  }
  simulation.isFaulty = false
  for (let step = 0; !simulation.isQuiet; step += 1) {
    assert.ok(step < LONGEST_STEPS, `the jobs do not come to an end: ${simulation.describe()}`)
    assert.ok(await simulation.step(), 'nothing happens and jobs have not ended')
  }
  for (let step = 0; step < 50; step += 1) await simulation.step()
  await simulation.checkEnd()
}

describe('a node that crashes at any point', () => {
  // Loaded now, so that a seed always takes the same way.
  before(() => import('msgpackr'))
  const seeds = ONLY === null ? Array.from({ length: SEEDS }, (_, seed) => seed) : [ONLY]
  const groups = Math.max(1, seeds.length / 20)
  for (let group = 0; group < groups; group += 1) {
    const own = seeds.filter((_, index) => index % groups === group)
    it(`loses no job and no row, ${own.length} seeds from ${own[0]} on`, async () => {
      for (const seed of own) {
        try {
          await simulate(seed)
        } catch (thrown) {
          const reason = thrown instanceof Error ? thrown.stack : String(thrown)
          throw new Error(`seed ${seed} (run it alone with MILLRACE_SEED=${seed}): ${reason}`, { cause: thrown })
        }
      }
    })
  }
  after(() => assert.ok(changes > 0 || ONLY !== null, 'no job has changed its parallelism'))
})
