import { END_STATES, type JobEvent, type JobStatus, type NodeMonitor, type NodeService } from '../api.js'
import { type NodeClock, SYSTEM_CLOCK } from '../clock.js'
import { type ClusterInput, clusterFamilies, jobCountFamily, memberFamilies, poolFamilies } from './cluster-families.js'
import { byLabel, type MetricFamily, type MetricFormat, metricsPage, single } from './exposition.js'
import { GarbageMeter } from './garbage.js'
import { jobFamilies } from './job-families.js'
import { NodeCounters } from './node-counters.js'
import { ProcessReader } from './process-facts.js'
import {
  allocationFamily,
  collectionFamily,
  memoryFamilies,
  type ProcessInput,
  processFamilies,
  runtimeFamilies,
  threadFamilies,
} from './process-families.js'
import { systemInformation } from './system-information.js'
import { type ProcessThread, processThreads } from './threads.js'

/** A figure of another part of the node, read when a page is made. */
export interface ExtraMetric {
  readonly type: 'gauge' | 'counter'
  /** Begins with `millrace_`; of a counter without `_total`. */
  readonly name: string
  readonly help: string
  /** Gives the value, or one for each value of {@link label}. */
  readonly read: () => number | Iterable<readonly [value: string, count: number]>
  readonly label?: string
}

/** What a monitor looks at. */
export interface MonitorOptions {
  readonly node: NodeService
  /** Whether pages of metrics are made: `telemetry.metric.enabled`. */
  readonly isMetricsEnabled: boolean
  readonly counters?: NodeCounters
  readonly extra?: readonly ExtraMetric[]
  readonly clock?: NodeClock
  /** The threads of this process when absent. */
  readonly threads?: () => readonly ProcessThread[]
}

/** Milliseconds between two looks whether the event loop is late. */
const DELAY_INTERVAL_MS = 200

/** Jobs and totals since the node started, which do not shrink when jobs end or leave the history. */
interface Totals {
  begun: number
  rejected: number
  readonly ended: Map<JobStatus, number>
  readonly endedFlow: { sourceRows: number; sourceBytes: number; sinkRows: number; sinkBytes: number }
}

/** Figures of the process, the machine and the jobs, made when they are asked for. */
export class ProcessMonitor implements NodeMonitor {
  readonly counters: NodeCounters
  readonly #options: MonitorOptions
  readonly #clock: NodeClock
  readonly #reader = new ProcessReader()
  readonly #garbage = new GarbageMeter()
  readonly #totals: Totals
  readonly #seenThreads = new Set<number>()
  #peakThreads = 0
  #startedThreads = 0
  #forgetDelay: () => void = () => undefined
  readonly #forgetEvents: () => void

  constructor(options: MonitorOptions) {
    this.#options = options
    this.#clock = options.clock ?? SYSTEM_CLOCK
    this.counters = options.counters ?? new NodeCounters()
    this.#totals = {
      begun: options.node.runningJobs().length,
      rejected: 0,
      ended: new Map(),
      endedFlow: { sourceRows: 0, sourceBytes: 0, sinkRows: 0, sinkBytes: 0 },
    }
    this.#forgetEvents = options.node.onEvent((jobId, event) => this.#count(jobId, event))
    this.#watchDelay()
  }

  systemInformation(): ReadonlyMap<string, string> {
    const threads = this.threads().length
    const { minor, major } = this.#garbage
    const { identity } = this.#options.node
    return systemInformation({
      identity,
      facts: this.#reader.read(),
      minor,
      major,
      threads,
      peakThreads: this.#peakThreads,
    })
  }

  metricsText(format: MetricFormat): string {
    if (!this.#options.isMetricsEnabled) return format === 'openmetrics' ? '# EOF\n' : ''
    return metricsPage(this.#families(), format)
  }

  threads(): readonly ProcessThread[] {
    const threads = (this.#options.threads ?? processThreads)()
    const known = new Set(threads.map(({ id }) => id))
    this.#startedThreads += threads.filter(({ id }) => !this.#seenThreads.has(id)).length
    for (const id of this.#seenThreads) if (!known.has(id)) this.#seenThreads.delete(id)
    for (const id of known) this.#seenThreads.add(id)
    this.#peakThreads = Math.max(this.#peakThreads, threads.length)
    return threads
  }

  close(): void {
    this.#forgetEvents()
    this.#forgetDelay()
    this.#garbage.close()
  }

  /** In the order of the original's page, ours behind. */
  #families(): readonly MetricFamily[] {
    const threads = this.threads()
    const { minor, major } = this.#garbage
    const { peakThreads, startedThreads } = { peakThreads: this.#peakThreads, startedThreads: this.#startedThreads }
    const process_: ProcessInput = { facts: this.#reader.read(), minor, major, threads, peakThreads, startedThreads }
    const cluster = this.#cluster(process_.facts.processors)
    return [
      ...runtimeFamilies(process_),
      ...poolFamilies(cluster),
      ...processFamilies(process_),
      ...memoryFamilies(process_),
      ...memberFamilies(cluster),
      allocationFamily(process_),
      ...clusterFamilies(cluster),
      collectionFamily(process_),
      ...threadFamilies(process_),
      jobCountFamily(cluster),
      ...this.#ownFamilies(),
    ]
  }

  #cluster(processors: number): ClusterInput {
    const { node } = this.#options
    const { begun, rejected, ended } = this.#totals
    const overview = node.overview()
    const jobs = new Map<JobStatus, number>([
      ['FINISHED', overview.finished],
      ['FAILED', overview.failed],
      ['CANCELED', overview.canceled],
    ])
    for (const { status } of node.runningJobs()) jobs.set(status, (jobs.get(status) ?? 0) + 1)
    return {
      identity: node.identity,
      nowMs: this.#clock.now(),
      processors,
      jobs,
      begunJobs: begun,
      endedJobs: [...ended.values()].reduce((sum, count) => sum + count, 0),
      queuedJobs: overview.pending,
      rejectedJobs: rejected,
    }
  }

  #ownFamilies(): readonly MetricFamily[] {
    const { node, extra = [] } = this.#options
    const jobs = node.runningJobs()
    const shown = jobs.map((view) => ({ view, checkpoints: node.checkpoints(view.jobId) }))
    const { version, commit } = node.identity
    const flow = { ...this.#totals.endedFlow }
    for (const view of jobs) addFlow(flow, view.flow)
    const total = (name: string, help: string, value: number) => single('counter', `millrace_${name}`, help, value)
    return [
      {
        name: 'millrace',
        type: 'info',
        help: 'The version of this node.',
        samples: [
          {
            labels: [
              ['version', version],
              ['commit', commit],
            ],
            value: 1,
          },
        ],
      },
      total('source_rows', 'Rows that jobs read since the node started.', flow.sourceRows),
      total('source_bytes', 'Bytes that jobs read, by the size of values.', flow.sourceBytes),
      total('sink_rows', 'Rows that jobs wrote since the node started.', flow.sinkRows),
      total('sink_bytes', 'Bytes that jobs wrote, by the size of values.', flow.sinkBytes),
      byLabel(
        'counter',
        'millrace_jobs_ended',
        'Jobs that ended since the node started.',
        'status',
        this.#totals.ended,
      ),
      ...jobFamilies(shown),
      ...this.counters.families(),
      ...extra.map(extraFamily),
    ]
  }

  #count(jobId: string, { kind, status }: JobEvent): void {
    if (kind !== 'state') return
    if (status === 'INITIALIZING') this.#totals.begun += 1
    if (!END_STATES.has(status)) return
    this.#totals.ended.set(status, (this.#totals.ended.get(status) ?? 0) + 1)
    const view = this.#options.node.job(jobId)
    if (view !== null) addFlow(this.#totals.endedFlow, view.flow)
  }

  #watchDelay(): void {
    const due = this.#clock.now() + DELAY_INTERVAL_MS
    this.#forgetDelay = this.#clock.after(DELAY_INTERVAL_MS, () => {
      this.counters.addEventLoopDelay((this.#clock.now() - due) / 1000)
      this.#watchDelay()
    })
  }
}

function extraFamily({ type, name, help, read, label = 'kind' }: ExtraMetric): MetricFamily {
  const value = read()
  return typeof value === 'number' ? single(type, name, help, value) : byLabel(type, name, help, label, value)
}

function addFlow(
  total: Totals['endedFlow'],
  { sources, sinks }: { sources: readonly Counted[]; sinks: readonly Counted[] },
): void {
  for (const { rows, bytes } of sources) {
    total.sourceRows += rows
    total.sourceBytes += bytes
  }
  for (const { rows, bytes } of sinks) {
    total.sinkRows += rows
    total.sinkBytes += bytes
  }
}

interface Counted {
  readonly rows: number
  readonly bytes: number
}
