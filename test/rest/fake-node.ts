import { MillraceError } from '../../src/core/error.js'
import type {
  JobAttempts,
  JobCheckpoints,
  JobDag,
  JobFlow,
  JobOutline,
  JobRequest,
  JobStatus,
  JobSubmission,
  JobView,
  NodeLogs,
  NodeMonitor,
  NodeOverview,
  NodeService,
  RescaleRequest,
  StopRequest,
  VertexBounds,
} from '../../src/node/api.js'
import { END_STATES } from '../../src/node/api.js'
import type { RestServices } from '../../src/rest/services.js'

/** One source and one sink, as SeaTunnel draws them. */
export const SIMPLE_DAG: JobDag = {
  vertices: [
    {
      id: 1,
      kind: 'source',
      index: 0,
      pipeline: 1,
      name: 'pipeline-1 [Source[0]-FakeSource]',
      plugins: ['FakeSource'],
      tablePaths: ['fake'],
      parallelism: 1,
    },
    {
      id: 2,
      kind: 'sink',
      index: 0,
      pipeline: 1,
      name: 'pipeline-1 [Sink[0]-Console-MultiTableSink]',
      plugins: ['Console'],
      tablePaths: ['fake'],
      parallelism: 1,
    },
  ],
  edges: [{ pipeline: 1, from: 1, to: 2 }],
}

/** What one table of 5 rows and 65 bytes gives in a tenth of a second; a part of it is committed. */
export const SIMPLE_FLOW: JobFlow = {
  sources: [{ vertex: 1, table: 'fake', rows: 5, bytes: 65 }],
  sinks: [{ vertex: 2, table: 'fake', rows: 5, bytes: 65 }],
  committedSinks: [{ vertex: 2, table: 'fake', rows: 4, bytes: 52 }],
  errorRows: 0,
  elapsedMs: 100,
  blockedMs: 0,
  writeMs: 0,
}

/** 23 October 2024, 10:00:00 where the process is. */
export const CREATED_AT_MS = new Date(2024, 9, 23, 10, 0, 0).getTime()

/** A job that changes what the test says. */
export function jobView(more: Partial<JobView> = {}): JobView {
  const status = more.status ?? 'RUNNING'
  return {
    jobId: '733584788375666689',
    alias: null,
    jobName: 'rest_api_test',
    status,
    mode: 'BATCH',
    envOptions: new Map([
      ['job.mode', 'BATCH'],
      ['parallelism', '2'],
    ]),
    clientSettings: new Map(),
    isStartWithSavepoint: false,
    createdAtMs: CREATED_AT_MS,
    startedAtMs: CREATED_AT_MS,
    finishedAtMs: END_STATES.has(status) ? CREATED_AT_MS + 5000 : null,
    dag: SIMPLE_DAG,
    flow: SIMPLE_FLOW,
    failure: null,
    pendingReason: null,
    restarts: 0,
    isBetweenAttempts: false,
    isRecovering: false,
    rescales: 0,
    rescaleStage: null,
    rescalePending: null,
    epoch: 1,
    slots: 1,
    ...more,
  }
}

/** A node whose jobs the test writes. */
export class FakeNode implements NodeService {
  readonly identity = {
    version: '2.3.9-SNAPSHOT',
    commit: '15431c9',
    clusterName: 'seatunnel',
    host: '127.0.0.1',
    port: 5801,
    httpPort: 8080,
    uuid: 'c4d01cf3-e91e-4ecc-bdda-00e7741a69f8',
    startedAtMs: CREATED_AT_MS,
  }
  readonly views: JobView[] = []
  readonly submissions: JobSubmission[] = []
  readonly rescales: { readonly jobId: string; readonly request: RescaleRequest }[] = []
  /** Bounds that were asked for, by job. */
  readonly boundsOf = new Map<string, readonly VertexBounds[]>()
  readonly stops: { readonly jobId: string; readonly request: StopRequest }[] = []
  /** What the next submission throws. */
  refusal: unknown = null
  tags: ReadonlyMap<string, string> = new Map()
  /** Checkpoints of every job. */
  checkpointsOf: JobCheckpoints | null = null
  /** By job and request id. */
  readonly requests = new Map<string, JobRequest>()
  /** Attempts of every job. */
  attemptsOf: JobAttempts | null = null

  async submit(submission: JobSubmission) {
    if (this.refusal !== null) throw this.refusal
    this.submissions.push(submission)
    const jobId = submission.jobId ?? String(700 + this.submissions.length)
    const running = this.runningJobs().find((view) => view.jobId === jobId)
    const jobName = running?.jobName ?? submission.jobName ?? 'SeaTunnel_Job'
    return { jobId, jobName, isDuplicate: running !== undefined, warnings: [] }
  }

  runningJobs(): readonly JobView[] {
    return this.views.filter(({ status }) => !END_STATES.has(status))
  }

  endedJobs(status: JobStatus | null): readonly JobView[] {
    return this.views.filter((view) => END_STATES.has(view.status) && (status === null || view.status === status))
  }

  job(jobId: string): JobView | null {
    return this.views.find((view) => view.jobId === jobId) ?? null
  }

  readonly heardOf: (readonly [jobId: string, untilMs: number])[] = []

  heard(jobId: string, untilMs: number): void {
    this.heardOf.push([jobId, untilMs])
  }

  jobByAlias(alias: string): JobView | null {
    return this.views.find((view) => view.alias === alias) ?? null
  }

  async outline({ jobName = 'SeaTunnel_Job' }: JobSubmission): Promise<JobOutline> {
    if (this.refusal !== null) throw this.refusal
    return { jobName, mode: 'BATCH', dag: SIMPLE_DAG, warnings: [] }
  }

  timeline() {
    return []
  }

  attempts() {
    return this.attemptsOf
  }

  checkpoints() {
    return this.checkpointsOf
  }

  async stop(jobId: string, request: StopRequest): Promise<void> {
    if (this.job(jobId) === null) throw new MillraceError('JOB_NOT_FOUND', `there is no job '${jobId}'`)
    this.stops.push({ jobId, request })
  }

  request(jobId: string, requestId: string): JobRequest | null {
    return this.requests.get(`${jobId}/${requestId}`) ?? null
  }

  async savepoint(jobId: string): Promise<never> {
    throw new MillraceError('JOB_NOT_FOUND', `there is no job '${jobId}'`)
  }

  /** No job here can give one. */
  async beginSavepoint(jobId: string): Promise<never> {
    throw new MillraceError('JOB_STATE', `the job '${jobId}' cannot give a savepoint`)
  }

  async disposeSavepoint(location: string): Promise<never> {
    throw new MillraceError('SAVEPOINT_LOCATION', `there is no savepoint at '${location}'`)
  }

  async rescale(jobId: string, request: RescaleRequest): Promise<void> {
    if (this.job(jobId) === null) throw new MillraceError('JOB_NOT_FOUND', `there is no job '${jobId}'`)
    this.rescales.push({ jobId, request })
  }

  bounds(jobId: string): readonly VertexBounds[] | null {
    const vertices = this.job(jobId)?.dag.vertices
    const own = vertices?.map(({ id, parallelism }) => ({ vertex: id, lower: 1, upper: parallelism }))
    return this.boundsOf.get(jobId) ?? own ?? null
  }

  async setBounds(jobId: string, bounds: readonly VertexBounds[]): Promise<void> {
    if (this.job(jobId) === null) throw new MillraceError('JOB_NOT_FOUND', `there is no job '${jobId}'`)
    this.boundsOf.set(jobId, bounds)
  }

  async waitForEnd(jobId: string): Promise<JobView | null> {
    return this.job(jobId)
  }

  overview(): NodeOverview {
    const count = (status: JobStatus) => this.views.filter((view) => view.status === status).length
    return {
      totalSlots: 2,
      unassignedSlots: 1,
      isDynamicSlots: true,
      running: this.runningJobs().length - count('PENDING'),
      pending: count('PENDING'),
      finished: count('FINISHED'),
      failed: count('FAILED'),
      canceled: count('CANCELED'),
      savepointed: count('SAVEPOINT_DONE'),
    }
  }

  setTags(tags: ReadonlyMap<string, string>): void {
    this.tags = tags
  }

  onEvent() {
    return () => undefined
  }

  async close(): Promise<void> {}
}

/** Log files that are texts. */
export function fakeLogs(files: Readonly<Record<string, string>> = {}): NodeLogs {
  const levels = new Map([['root', 'INFO' as const]])
  return {
    list: async () =>
      Object.entries(files).map(([name, text]) => ({ name, sizeBytes: text.length, modifiedAtMs: CREATED_AT_MS })),
    read: async (name) => (files[name] === undefined ? null : Buffer.from(files[name])),
    follow: () => null,
    levels: () => levels,
    setLevel: (logger, level) => void (levels as Map<string, string>).set(logger, level),
  }
}

/** A machine that does nothing. */
export const FAKE_MONITOR: NodeMonitor = {
  systemInformation: () =>
    new Map([
      ['isMaster', 'true'],
      ['host', '127.0.0.1'],
      ['port', '5801'],
      ['processors', '2'],
    ]),
  metricsText: (format) => (format === 'openmetrics' ? '# EOF\n' : ''),
  processFigures: () => ({
    processors: 2,
    physicalTotalBytes: 8_000_000_000,
    heapUsedBytes: 20_000_000,
    heapTotalBytes: 40_000_000,
    heapMaxBytes: 4_000_000_000,
    externalBytes: 1_000_000,
    residentBytes: 100_000_000,
    openFiles: 30,
    maxFiles: 1024,
    cpuSeconds: 1.5,
    processLoad: 0.25,
    threads: 8,
    minor: { count: 3, seconds: 0.01 },
    major: { count: 1, seconds: 0.02 },
  }),
  threads: () => [{ name: 'main', id: 1, state: 'RUNNABLE', stack: 'main' }],
}

/** Services of a test. */
export function fakeServices(node: NodeService, more: Partial<RestServices> = {}): RestServices {
  return {
    node,
    logs: fakeLogs(),
    monitor: FAKE_MONITOR,
    now: () => CREATED_AT_MS,
    logLimitBytes: 1024 * 1024,
    ...more,
  }
}
