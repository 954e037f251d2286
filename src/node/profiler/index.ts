import type { ThreadSampler } from '../../native/sampler.js'
import type {
  FlameGraph,
  FlameGraphRequest,
  JobView,
  NodeProfile,
  NodeProfiler,
  ProfileRequest,
  ProfileScope,
  ThreadStack,
} from '../api.js'
import { type NodeClock, SYSTEM_CLOCK } from '../clock.js'
import type { SampledRun } from '../job-attempt.js'
import { processThreads } from '../monitor/threads.js'
import { FlameGraphs } from './flame-graphs.js'
import { IsolateProfiles, type JavaScriptProfiles } from './isolate-profiles.js'
import { Profiles } from './profiles.js'
import { SamplingLoop, type StackSample } from './sampling-loop.js'
import { threadCpuMs, threadDump } from './thread-dump.js'

/** What a profiler looks at. */
export interface ProfilerOptions {
  readonly node: {
    runningJobs(): readonly JobView[]
    sampledRun(jobId: string): SampledRun | null
  }
  /** `null` where the kernels or the system have none. */
  readonly sampler: ThreadSampler | null
  readonly isFlameGraphOn: boolean
  readonly isProfilingOn: boolean
  /** Where pages of profiles go; made when it is needed. */
  readonly folder: string
  readonly clock?: NodeClock
  readonly javaScript?: JavaScriptProfiles
}

/** Samples of each thread for a dump, and milliseconds between them: the last one counts. */
const DUMP_SAMPLES = 2
const DUMP_INTERVAL_MS = 20

/** Stands in where there is none: no thread has joined it. */
const NO_SAMPLER: ThreadSampler = {
  join: () => null,
  threads: () => [],
  request: () => undefined,
  take: () => [],
  names: () => [],
}

/** What the threads of this process do, by samples that are taken when somebody asks. */
export class ProcessProfiler implements NodeProfiler {
  readonly #options: ProfilerOptions
  readonly #loop: SamplingLoop
  readonly #flameGraphs: FlameGraphs
  readonly #profiles: Profiles | null

  constructor(options: ProfilerOptions) {
    this.#options = options
    const { node, sampler, folder, isFlameGraphOn, isProfilingOn, clock = SYSTEM_CLOCK } = options
    this.#loop = new SamplingLoop(sampler ?? NO_SAMPLER, options.javaScript ?? new IsolateProfiles(), clock)
    this.#flameGraphs = new FlameGraphs({
      loop: isFlameGraphOn && sampler !== null ? this.#loop : null,
      runOf: (jobId) => node.sampledRun(jobId),
      clock,
    })
    const parts = { loop: this.#loop, hasSampler: sampler !== null, folder, clock }
    this.#profiles = isProfilingOn ? new Profiles(parts) : null
  }

  flameGraph(request: FlameGraphRequest): FlameGraph {
    return this.#flameGraphs.graph(request)
  }

  async threads(): Promise<readonly ThreadStack[]> {
    const samples: StackSample[] = []
    if (this.#options.sampler !== null) {
      await this.#loop.sample({
        intervalMs: DUMP_INTERVAL_MS,
        ticks: DUMP_SAMPLES,
        isMainWanted: false,
        onChunk: (chunk) => void samples.push(...chunk.samples),
      })
    }
    const jobs = this.#jobsByRun()
    return threadDump({
      threads: processThreads(),
      samples,
      cpuMs: threadCpuMs,
      task: ({ place: { run, vertex, lane, phase } }) => {
        const job = jobs.get(run)
        if (job === undefined) return null
        if (phase === null) return `job ${job.jobId}`
        const { vertices, subtasks } = job.sampled
        return `job ${job.jobId}, vertex ${vertices[vertex] ?? '?'}, subtask ${subtasks[lane] ?? '?'}: ${phase}`
      },
    })
  }

  profiles(scope: ProfileScope): readonly NodeProfile[] | null {
    return this.#profiles?.list(scope) ?? null
  }

  startProfile(request: ProfileRequest): NodeProfile | ProfileScope {
    if (this.#profiles === null) throw new Error('the node takes no profiles')
    return this.#profiles.start(request)
  }

  async profilePage(scope: ProfileScope, file: string): Promise<Uint8Array | null> {
    return (await this.#profiles?.page(scope, file)) ?? null
  }

  /** Ends what is under way. */
  close(): void {
    this.#flameGraphs.close()
    this.#loop.close()
  }

  #jobsByRun(): ReadonlyMap<number, { readonly jobId: string; readonly sampled: SampledRun }> {
    const { node } = this.#options
    return new Map(
      node.runningJobs().flatMap(({ jobId }) => {
        const sampled = node.sampledRun(jobId)
        return sampled === null ? [] : [[sampled.run, { jobId, sampled }] as const]
      }),
    )
  }
}
