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
  /** Gives `null` where the kernels or the system have none. Called with the first request. */
  readonly sampler: () => ThreadSampler | null
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

interface ProfilerParts {
  readonly loop: SamplingLoop
  readonly hasSampler: boolean
  readonly flameGraphs: FlameGraphs
  /** `null` where none are taken. */
  readonly profiles: Profiles | null
}

function openParts(options: ProfilerOptions): ProfilerParts {
  const { node, folder, isFlameGraphOn, isProfilingOn, clock = SYSTEM_CLOCK } = options
  const sampler = options.sampler()
  const hasSampler = sampler !== null
  const loop = new SamplingLoop(sampler ?? NO_SAMPLER, options.javaScript ?? new IsolateProfiles(), clock)
  const runOf = (jobId: string): SampledRun | null => node.sampledRun(jobId)
  const flameGraphs = new FlameGraphs({ loop: isFlameGraphOn && hasSampler ? loop : null, runOf, clock })
  const profiles = isProfilingOn ? new Profiles({ loop, hasSampler, folder, clock }) : null
  return { loop, hasSampler, flameGraphs, profiles }
}

/** What the threads of this process do, by samples that are taken when somebody asks. */
export class ProcessProfiler implements NodeProfiler {
  readonly #options: ProfilerOptions
  #opened: ProfilerParts | null = null

  constructor(options: ProfilerOptions) {
    this.#options = options
  }

  /** The parts, which are made when somebody asks for the first time. */
  #open(): ProfilerParts {
    this.#opened ??= openParts(this.#options)
    return this.#opened
  }

  flameGraph(request: FlameGraphRequest): FlameGraph {
    return this.#open().flameGraphs.graph(request)
  }

  async threads(): Promise<readonly ThreadStack[]> {
    const samples: StackSample[] = []
    const { loop, hasSampler } = this.#open()
    if (hasSampler) {
      await loop.sample({
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
    return this.#open().profiles?.list(scope) ?? null
  }

  startProfile(request: ProfileRequest): NodeProfile | ProfileScope {
    const { profiles } = this.#open()
    if (profiles === null) throw new Error('the node takes no profiles')
    return profiles.start(request)
  }

  async profilePage(scope: ProfileScope, file: string): Promise<Uint8Array | null> {
    return (await this.#open().profiles?.page(scope, file)) ?? null
  }

  /** Ends what is under way. */
  close(): void {
    this.#opened?.flameGraphs.close()
    this.#opened?.loop.close()
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
