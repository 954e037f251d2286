import type { FlameGraph, FlameGraphRequest, FlameGraphType } from '../api.js'
import type { NodeClock } from '../clock.js'
import type { SampledRun } from '../job-attempt.js'
import { FlameBuilder } from './flame.js'
import type { SamplingLoop, StackSample } from './sampling-loop.js'

/** Samples of each thread for one graph. @source Flink `rest.flamegraph.num-samples` */
const SAMPLES = 100
/** Milliseconds between them. @source Flink `rest.flamegraph.delay-between-samples` */
const INTERVAL_MS = 50
/** Samples older than this are replaced when somebody asks. @source Flink `rest.flamegraph.refresh-interval` */
const REFRESH_MS = 60_000
/** Samples that nobody asks for are forgotten after this. @source Flink `rest.flamegraph.cleanup-interval` */
const FORGET_MS = 600_000

/** Samples of one job. */
interface JobSamples {
  askedAtMs: number
  isSampling: boolean
  result: {
    readonly run: number
    readonly sampledAtMs: number
    readonly samples: readonly StackSample[]
  } | null
}

/** What flame graphs are made with. */
export interface FlameGraphParts {
  /** `null` where no samples are taken. */
  readonly loop: Pick<SamplingLoop, 'sample'> | null
  /** How samples of a job are known; `null` while it does not run. */
  readonly runOf: (jobId: string) => SampledRun | null
  readonly clock: NodeClock
}

/** Flame graphs of vertices. All vertices of a job are sampled together, by the first request for one of them. */
export class FlameGraphs {
  readonly #parts: FlameGraphParts
  readonly #jobs = new Map<string, JobSamples>()
  #forgetTimer: (() => void) | null = null

  constructor(parts: FlameGraphParts) {
    this.#parts = parts
  }

  /** Jobs whose samples are kept. */
  get size(): number {
    return this.#jobs.size
  }

  graph({ jobId, vertex, type, subtask }: FlameGraphRequest): FlameGraph {
    const { loop, runOf, clock } = this.#parts
    if (loop === null) return 'off'
    const sampled = runOf(jobId)
    if (sampled === null) return 'sampling'
    const job = this.#job(jobId)
    const now = clock.now()
    job.askedAtMs = now
    const known = job.result?.run === sampled.run ? job.result : null
    if (!job.isSampling && (known === null || now - known.sampledAtMs > REFRESH_MS))
      void this.#sample(loop, job, sampled)
    if (known === null) return 'sampling'
    const builder = new FlameBuilder()
    for (const { place, isRunning, frames } of known.samples) {
      const isOfVertex = sampled.vertices[place.vertex] === vertex
      const isOfSubtask = subtask === null || sampled.subtasks[place.lane] === subtask
      if (isOfVertex && isOfSubtask && isOfType(type, isRunning)) builder.add(frames)
    }
    return { sampledAtMs: known.sampledAtMs, root: builder.build() }
  }

  /** Forgets everything. */
  close(): void {
    this.#forgetTimer?.()
    this.#jobs.clear()
  }

  #job(jobId: string): JobSamples {
    const known = this.#jobs.get(jobId)
    if (known !== undefined) return known
    const job: JobSamples = { askedAtMs: 0, isSampling: false, result: null }
    this.#jobs.set(jobId, job)
    this.#forgetTimer ??= this.#forgetLater()
    return job
  }

  async #sample(loop: Pick<SamplingLoop, 'sample'>, job: JobSamples, { run }: SampledRun): Promise<void> {
    job.isSampling = true
    const samples: StackSample[] = []
    await loop.sample({
      intervalMs: INTERVAL_MS,
      ticks: SAMPLES,
      isMainWanted: false,
      onChunk: (chunk) => void samples.push(...chunk.samples.filter(({ place }) => place.run === run)),
    })
    job.isSampling = false
    job.result = { run, sampledAtMs: this.#parts.clock.now(), samples }
  }

  #forgetLater(): () => void {
    return this.#parts.clock.after(FORGET_MS, () => {
      const oldest = this.#parts.clock.now() - FORGET_MS
      for (const [jobId, { askedAtMs }] of this.#jobs) if (askedAtMs <= oldest) this.#jobs.delete(jobId)
      this.#forgetTimer = this.#jobs.size === 0 ? null : this.#forgetLater()
    })
  }
}

function isOfType(type: FlameGraphType, isRunning: boolean): boolean {
  return type === 'full' || isRunning === (type === 'on_cpu')
}
