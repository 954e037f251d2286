import assert from 'node:assert/strict'
import { MemoryCheckpointStorage } from '../../src/checkpoint/storage.js'
import { FileCheckpointStore } from '../../src/checkpoint/store.js'
import { asMillraceErrors, MillraceError } from '../../src/core/error.js'
import type {
  CheckpointKind,
  CheckpointRecord,
  CheckpointStore,
  JobRequest,
  JobService,
  PreparedJob,
} from '../../src/engine/job-service.js'
import type { JobStore, MemoryJobStore, StoreChange, StoredJob } from '../../src/node/job-store.js'
import type { SeededRandom, SimProcess } from './sim-clock.js'

/** What one job wrote, as somebody sees it who only looks at its output. */
export interface SimOutput {
  /** Rows that the job has to write. */
  readonly rows: number
  /** Rows that can be seen; row `n` counts once and is the n-th. */
  visible: number
  /** First attempt of the job that writes it. */
  life: number
  /** Goes up with every attempt: it takes away what those before it had staged. */
  generation: number
}

/** Everything that outlives a process: output, checkpoints. */
export class SimWorld {
  readonly outputs = new Map<string, SimOutput>()
  readonly storage = new MemoryCheckpointStorage()
  readonly random: SeededRandom
  /** What no job may ever do. */
  readonly failures: unknown[] = []

  constructor(random: SeededRandom) {
    this.random = random
  }

  output(jobId: string): SimOutput {
    const known = this.outputs.get(jobId)
    if (known !== undefined) return known
    const made = { rows: 1 + this.random.below(100), visible: 0, life: 0, generation: 0 }
    this.outputs.set(jobId, made)
    return made
  }
}

/** A store whose writes take time, fail, and are lost when the process dies before they are through. */
export class SimStore implements JobStore {
  readonly #inner: MemoryJobStore
  readonly #process: SimProcess
  readonly #random: SeededRandom
  readonly #isFaulty: () => boolean

  constructor(inner: MemoryJobStore, process: SimProcess, random: SeededRandom, isFaulty: () => boolean) {
    this.#inner = inner
    this.#process = process
    this.#random = random
    this.#isFaulty = isFaulty
  }

  get epoch(): number {
    return this.#inner.epoch
  }

  get lost(): Promise<MillraceError> {
    return this.#inner.lost
  }

  jobs(): Iterable<StoredJob> {
    return this.#inner.jobs()
  }

  async write(changes: readonly StoreChange[]): Promise<void> {
    await this.#process.sleep(this.#random.below(10))
    if (this.#random.chance(0.02) && this.#isFaulty()) throw new MillraceError('STORE_FAILED', 'the disk is full')
    await this.#inner.write(changes)
    await this.#process.sleep(this.#random.below(10))
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

/** Jobs of which only what matters to a node is there: they read, take checkpoints, commit, fail and hang. */
export class SimJobs implements Pick<JobService, 'prepare' | 'outline'> {
  readonly #world: SimWorld
  readonly #process: SimProcess
  readonly store: CheckpointStore
  readonly #stored: (jobId: string) => StoredJob | undefined

  /** @param stored a job that is durable. */
  constructor(world: SimWorld, process: SimProcess, stored: (jobId: string) => StoredJob | undefined) {
    this.#world = world
    this.#process = process
    this.#stored = stored
    this.store = new SlowCheckpoints(new FileCheckpointStore(world.storage, { maxRetained: 3 }), process, world.random)
  }

  outline(): Promise<never> {
    return Promise.reject(new Error('no client of the simulation looks at jobs that it does not submit'))
  }

  async prepare({ jobId = '', jobName = '', checkpoints, sourceParallelism }: JobRequest): Promise<PreparedJob> {
    const { random } = this.#world
    await this.#process.sleep(random.below(5))
    if (sourceParallelism !== undefined) {
      assert.deepEqual(
        sourceParallelism,
        this.#stored(jobId)?.progress.state.parallelism,
        'it runs with what is durable',
      )
    }
    if (random.chance(0.02)) throw new MillraceError('FILE_LIST_FAILED', 'the folder cannot be listed')
    const { epoch = 0, restoreFrom = null } = checkpoints ?? {}
    const life = (): number => this.#stored(jobId)?.record.firstEpoch ?? 0
    const parts = { world: this.#world, process: this.#process, store: this.store, jobId, epoch, restoreFrom, life }
    const run = new SimRun(parts)
    const nothing = { sources: [], sinks: [], errorRows: 0 }
    return {
      id: jobId,
      name: jobName,
      planned: plannedParts(),
      warnings: [],
      pipelines: [],
      run: () => run.run(),
      cancel: () => run.cancel(),
      abandon: () => run.abandon(),
      savepoint: () => run.savepoint(),
      checkpointSettings: { intervalMs: 1000, minPauseMs: 0, timeoutMs: 1000, onTimeout: 'warn' },
      isExactlyOnce: true,
      metrics: () => ({ ...nothing, blockedMs: 0, writeMs: 0, vertices: [] }),
      tasks: () => ({ atMs: 0, startedAtMs: null, vertices: [], lanes: [], unassignedSplits: [] }),
      committedMetrics: () => nothing,
      onEvent: () => () => undefined,
    } as unknown as PreparedJob
  }
}

/** One source and one sink behind it, as far as a node looks at them. */
function plannedParts() {
  const source = { block: { kind: 'source', index: 0, pluginName: 'A', output: null }, inputs: [] }
  const sink = { block: { kind: 'sink', index: 0, pluginName: 'B', output: null }, inputs: [source] }
  return {
    dag: { sources: [source], transforms: [], sinks: [sink] },
    tables: new Map(),
    parallelism: new Map([[source, 1]]),
    fixedParallelism: new Map(),
    sinks: [],
    plan: { vertices: [] },
  }
}

/** Checkpoints that take time and fail. */
class SlowCheckpoints implements CheckpointStore {
  readonly #inner: CheckpointStore
  readonly #process: SimProcess
  readonly #random: SeededRandom

  constructor(inner: CheckpointStore, process: SimProcess, random: SeededRandom) {
    this.#inner = inner
    this.#process = process
    this.#random = random
  }

  async #slowly<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.#process.sleep(this.#random.below(8))
    if (this.#random.chance(0.01)) throw new MillraceError('CHECKPOINT_FAILED', 'the disk is full')
    const result = await work()
    await this.#process.sleep(this.#random.below(8))
    return result
  }

  claim = (jobId: string, epoch: number) => this.#slowly(() => this.#inner.claim(jobId, epoch))
  save = (record: CheckpointRecord) => this.#slowly(() => this.#inner.save(record))
  latest = (jobId: string) => this.#slowly(() => this.#inner.latest(jobId))
  load = (jobId: string, id: number) => this.#inner.load(jobId, id)
  list = (jobId: string) => this.#inner.list(jobId)
  markCommitted = (jobId: string, id: number) => this.#inner.markCommitted(jobId, id)
  committedId = (jobId: string) => this.#inner.committedId(jobId)
  discard = (jobId: string) => this.#slowly(() => this.#inner.discard(jobId))
  remove = (jobId: string) => this.#slowly(() => this.#inner.remove(jobId))
}

interface SimRunParts {
  readonly world: SimWorld
  readonly process: SimProcess
  readonly store: CheckpointStore
  readonly jobId: string
  readonly epoch: number
  readonly restoreFrom: CheckpointRecord | null
  /** First attempt of the job. */
  readonly life: () => number
}

type SimOutcome = Awaited<ReturnType<PreparedJob['run']>>
type SimSummary = Awaited<ReturnType<PreparedJob['savepoint']>>

/** One attempt of a simulated job. Its behaviour is drawn at the beginning. */
class SimRun {
  readonly #parts: SimRunParts
  readonly #output: SimOutput
  readonly #failsAfter: number
  readonly #hangs: boolean
  #position = 0
  #checkpointId = 0
  #isCanceled = false
  #isAbandoned = false
  /** Wakes a run that sleeps or hangs. */
  #wake: () => void = () => undefined
  #savepoint: { resolve: (summary: SimSummary) => void; reject: (error: unknown) => void } | null = null
  #hasEnded = false

  constructor(parts: SimRunParts) {
    this.#parts = parts
    this.#output = parts.world.output(parts.jobId)
    const { random } = parts.world
    this.#failsAfter = random.chance(0.4) ? random.below(20) : Number.POSITIVE_INFINITY
    this.#hangs = random.chance(0.2)
  }

  cancel(): void {
    this.#isCanceled = true
    if (!this.#hangs) this.#wake()
  }

  abandon(): void {
    this.#isAbandoned = true
    this.#wake()
  }

  savepoint(): Promise<SimSummary> {
    if (this.#hasEnded) return Promise.reject(new MillraceError('SAVEPOINT_REFUSED', 'it has ended'))
    return new Promise((resolve, reject) => {
      this.#savepoint = { resolve, reject }
    })
  }

  async run(): Promise<SimOutcome> {
    const outcome = await this.#work().catch((thrown: unknown): SimOutcome => {
      if (!(thrown instanceof MillraceError)) this.#parts.world.failures.push(thrown)
      return { ...ended('FAILED'), errors: asMillraceErrors(thrown) }
    })
    this.#hasEnded = true
    this.#savepoint?.reject(new MillraceError('SAVEPOINT_REFUSED', 'it ended'))
    return outcome
  }

  async #work(): Promise<SimOutcome> {
    const { store, jobId, epoch, restoreFrom, world } = this.#parts
    if (this.#isAbandoned) return ended('ABANDONED')
    if (this.#isCanceled) return ended('CANCELED')
    await store.claim(jobId, epoch)
    if (restoreFrom !== null) {
      this.#position = restoreFrom.counts.errorRows
      this.#checkpointId = restoreFrom.checkpointId
      this.#commit(this.#output.generation)
      if (restoreFrom.kind === 'final') return ended('FINISHED')
    } else if (this.#output.life !== this.#parts.life()) {
      // An ended job that is started once more from nothing writes everything once more.
      this.#output.visible = 0
    }
    this.#output.life = this.#parts.life()
    this.#output.generation += 1
    const { generation } = this.#output
    for (let step = 0; ; step += 1) {
      await this.#pause(10 + world.random.below(200))
      if (this.#isAbandoned) return ended('ABANDONED')
      if (this.#isCanceled) return ended('CANCELED')
      if (step >= this.#failsAfter) {
        throw new MillraceError(world.random.chance(0.2) ? 'RECORD_MALFORMED' : 'CONNECTION_FAILED', 'it broke')
      }
      this.#position = Math.min(this.#output.rows, this.#position + 1 + world.random.below(10))
      const wanted = this.#savepoint
      const kind = this.#position === this.#output.rows ? 'final' : wanted === null ? 'periodic' : 'savepoint'
      if (kind === 'periodic' && world.random.chance(0.6)) continue
      await this.#checkpoint(kind, generation)
      if (kind === 'final') return ended('FINISHED')
      if (kind === 'savepoint') {
        this.#savepoint = null
        wanted?.resolve({ checkpointId: this.#checkpointId, kind, location: null } as SimSummary)
        return ended('SAVEPOINT_DONE')
      }
    }
  }

  /** Sleeps, or hangs until it is abandoned. */
  async #pause(delayMs: number): Promise<void> {
    if (this.#isCanceled || this.#isAbandoned) return
    const { process, world } = this.#parts
    const isHanging = this.#hangs && world.random.chance(0.1)
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      if (!isHanging) process.after(delayMs, resolve)
      // What hangs comes back in the end, unless somebody wants it to stop.
      else process.after(30_000, () => void (this.#isCanceled || resolve()))
    })
  }

  async #checkpoint(kind: CheckpointKind, generation: number): Promise<void> {
    const { store, jobId, epoch } = this.#parts
    this.#checkpointId += 1
    const counts = { sources: [], sinks: [], errorRows: this.#position }
    const record = { version: 2, jobId, jobName: '', epoch, checkpointId: this.#checkpointId, kind, counts }
    await store.save(record as unknown as CheckpointRecord)
    this.#commit(generation)
  }

  /** Makes the rows up to the position visible, once: what is staged by then is gone when a later attempt swept it. */
  #commit(generation: number): void {
    if (generation !== this.#output.generation) return
    assert.ok(
      this.#position >= this.#output.visible,
      `an attempt of ${this.#parts.jobId}, epoch ${this.#parts.epoch}, commits ${this.#position} behind ${this.#output.visible}`,
    )
    this.#output.visible = this.#position
  }
}

function ended(status: SimOutcome['status']): SimOutcome {
  return { status, errors: [], metrics: {} as SimOutcome['metrics'], failedAt: [] }
}
