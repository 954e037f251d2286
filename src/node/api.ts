import type { JobSyntax } from '../config/job-document.js'
import type { MillraceError } from '../core/error.js'
import type { JobDag } from '../engine/job-dag.js'
import type { JobAttempts } from './attempt-api.js'

export { checkpointLocation } from '../checkpoint/location.js'
export type { JobDag, JobEdge, JobVertex } from '../engine/job-dag.js'
export type {
  AttemptView,
  FailedTask,
  JobAttempts,
  SubtaskFigures,
  TaskFigures,
  TaskRates,
  VertexFigures,
  VertexRates,
  VertexTotal,
} from './attempt-api.js'
export type { JobPackage, JobPackages, PackagedJob, PackageEntry } from './packages/api.js'

/**
 * States of a job. Those of {@link END_STATES} are final.
 *
 * @source SeaTunnel `JobStatus`
 */
export type JobStatus =
  | 'INITIALIZING'
  | 'CREATED'
  | 'PENDING'
  | 'SCHEDULED'
  | 'RUNNING'
  | 'FAILING'
  | 'FAILED'
  | 'DOING_SAVEPOINT'
  | 'SAVEPOINT_DONE'
  | 'CANCELING'
  | 'CANCELED'
  | 'FINISHED'
  | 'UNKNOWABLE'

/** States in which a job has ended. */
export const END_STATES: ReadonlySet<JobStatus> = new Set([
  'FAILED',
  'SAVEPOINT_DONE',
  'CANCELED',
  'FINISHED',
  'UNKNOWABLE',
])

/** A job as it comes in. The text is kept as it came, so that nothing decrypted is ever stored. */
export interface JobSubmission {
  readonly text: string
  readonly format: JobSyntax
  /** Name that errors carry as the file; `null` for a request body. */
  readonly fileName: string | null
  /** Any 64-bit number as text; a new one when absent. */
  readonly jobId?: string | undefined
  /** Overrides `job.name`. */
  readonly jobName?: string | undefined
  /** Goes on from the last savepoint or checkpoint of the job with this id. */
  readonly isStartWithSavepoint: boolean
  /** Goes on behind this savepoint or checkpoint, of whichever job it is; absent for none. */
  readonly restoreFrom?: RestoreRequest | undefined
  /** Where it came from: policies about files and addresses hold for `rest` only. */
  readonly origin: 'rest' | 'cli'
  /** Who asked, for the audit log; `null` without authentication. */
  readonly user: string | null
  /** Values of `${name}` in the text, as the command line has them. Absent: placeholders in quoted texts stay. */
  readonly variables?: ReadonlyMap<string, string> | undefined
  /** Members of `env` that go before those of the text. */
  readonly env?: ReadonlyMap<string, string> | undefined
  /** Another name of the job: what {@link NodeService.jobByAlias} finds it by. No two known jobs have the same. */
  readonly alias?: string | undefined
  /** Settings of the client that are only shown with the job. */
  readonly clientSettings?: ReadonlyMap<string, string> | undefined
  /** Cancels the job when its client is not heard of for so long: {@link NodeService.heard}. Absent: nobody has to be there. */
  readonly clientTimeoutMs?: number | undefined
  /** What the job's user should know of the request; kept as the first warnings. */
  readonly notices?: readonly MillraceError[] | undefined
  /** Content of a job package, whose files the job may read by names without a folder in front: {@link PackagedJob.content}. */
  readonly packageContent?: string | undefined
}

/** A job by its document alone. */
export interface JobOutline {
  readonly jobName: string
  readonly mode: 'BATCH' | 'STREAMING'
  /** Without names of tables: nobody has looked which there are. */
  readonly dag: JobDag
  readonly warnings: readonly MillraceError[]
}

/** What a job is to go on behind. */
export interface RestoreRequest {
  /** The folder of a savepoint as a path or `file:/…`, or a checkpoint of this node: `millrace:/jobs/ID/checkpoints/N`. */
  readonly location: string
  /** Whether what was recorded of plug-ins that the job has no more is dropped; else such a job is refused. */
  readonly allowsMissingState: boolean
  /** Whether a savepoint belongs to the job from now on and is removed with the job's own checkpoints; else it is left alone. */
  readonly isClaimed: boolean
}

/** What a submission gave. */
export interface SubmittedJob {
  readonly jobId: string
  readonly jobName: string
  /** Whether a job of this id was running already and nothing was done. */
  readonly isDuplicate: boolean
  readonly warnings: readonly MillraceError[]
}

/** Counters of one table at one source or sink. */
export interface TableFlow {
  /** Id of the vertex in {@link JobDag}. */
  readonly vertex: number
  /** Full name of the table. */
  readonly table: string
  readonly rows: number
  /** Bytes by SeaTunnel's size model of values, not bytes on the wire. */
  readonly bytes: number
}

/** What a job has done, over all its attempts. */
export interface JobFlow {
  readonly sources: readonly TableFlow[]
  readonly sinks: readonly TableFlow[]
  /** What of the sinks' rows is committed, by the last durable checkpoint. */
  readonly committedSinks: readonly TableFlow[]
  /** Rows that failed and were handled. */
  readonly errorRows: number
  /** Milliseconds that it ran, the base of rates: rates are averages since the start. */
  readonly elapsedMs: number
  /** Milliseconds that its workers waited for their turn and were busy with writes. */
  readonly blockedMs: number
  readonly writeMs: number
}

/** Something that happened to a job. */
export interface JobEvent {
  readonly atMs: number
  readonly kind: 'state' | 'checkpoint' | 'restart' | 'rescale' | 'recovery' | 'error' | 'warning' | 'request'
  /** One clause for people. */
  readonly text: string
  /** State after the event. */
  readonly status: JobStatus
  /** Further facts: checkpoint id and sizes, attempt number, error code. */
  readonly data: Readonly<Record<string, string | number | boolean | null>>
}

/** One checkpoint of a job. */
export interface JobCheckpoint {
  readonly id: number
  readonly kind: 'periodic' | 'savepoint' | 'final'
  readonly status: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED'
  readonly triggeredAtMs: number
  /** `null` while it is under way. */
  readonly endedAtMs: number | null
  readonly sizeBytes: number
  readonly failure: string | null
  /** When all workers had prepared; absent while they have not. */
  readonly acknowledgedAtMs?: number
  /** Where a savepoint is kept for itself; absent for what is in the node's store only. */
  readonly location?: string
  /** Whether the job ended behind it because somebody wanted that; absent for no. */
  readonly endsJob?: boolean
  /** Whether its record was removed; absent for no. */
  readonly isDiscarded?: boolean
  /** What was measured of its parts; absent where that is not known, or not any more. */
  readonly detail?: CheckpointDetail
}

/** What was measured of a checkpoint. */
export interface CheckpointDetail {
  /** Milliseconds with fractions from the request until the first worker saw it; `null` when all had ended before. */
  readonly startDelayMs: number | null
  /** Milliseconds until the record was durable, counted from when all workers had prepared. */
  readonly persistMs: number
  /** In the order of the job's vertices; those without any state have zeros. */
  readonly vertices: readonly {
    /** Id of the vertex in {@link JobDag}. */
    readonly vertex: number
    /** By number: bytes of its part of the record, and milliseconds that its workers took to prepare. */
    readonly subtasks: readonly { readonly bytes: number; readonly syncMs: number }[]
  }[]
}

/** Checkpoints of a job, the newest last; a bounded number of them is kept. */
export interface JobCheckpoints {
  readonly triggered: number
  readonly completed: number
  readonly failed: number
  readonly restored: number
  readonly history: readonly JobCheckpoint[]
  /** What the last attempt that did not begin at the beginning went on behind; absent for none. */
  readonly lastRestore?: {
    readonly checkpointId: number
    readonly kind: JobCheckpoint['kind']
    readonly atMs: number
    /** What was asked for; `null` for the job's own last checkpoint. */
    readonly location: string | null
  }
}

/** When a job takes checkpoints, and what they are good for. */
export interface JobCheckpointing {
  /** Milliseconds between two; `null` for none but the last. */
  readonly intervalMs: number | null
  readonly minPauseMs: number
  readonly timeoutMs: number
  /** Whether every source of the job can be read again and every sink shows rows only when their checkpoint is committed. */
  readonly isExactlyOnce: boolean
}

/** Something that was asked of a job and takes longer than a request. */
export interface JobRequest {
  /** Given by whoever asked; asking again with it changes nothing. */
  readonly id: string
  readonly kind: 'checkpoint' | 'savepoint' | 'stop'
  readonly askedAtMs: number
  /** `null` while it is under way. */
  readonly endedAtMs: number | null
  /** Set when it was taken; a stop is under way until its job has ended. */
  readonly checkpointId: number | null
  readonly location: string | null
  readonly failure: { readonly code: string; readonly text: string } | null
  /** How a stop ends its job; `null` for others. */
  readonly stop: StopKind | null
}

/** How a job is stopped with a savepoint. */
export interface StopKind {
  /** Folder below which the savepoint is kept; `null` for the node's own. */
  readonly directory: string | null
  /** Whether the job is CANCELED then, not SAVEPOINT_DONE. */
  readonly isCanceled: boolean
  /** Whether the sinks commit as they do at the end of all data. Such a savepoint is good for reading, not for going on. */
  readonly isDrained: boolean
}

/** What is asked for of a job that goes on. */
export interface CheckpointRequest {
  readonly user: string | null
  /** By this it is found again; a new one when absent. */
  readonly requestId?: string | undefined
  /** Whether a checkpoint like those of the clock is enough; absent for a savepoint. */
  readonly isCheckpoint?: boolean | undefined
  /** Folder below which a savepoint is kept, as a path or `file:/…`; the node's own when absent. */
  readonly directory?: string | null | undefined
}

/** Why a job ended badly. Secrets are taken out. */
export interface JobFailure {
  /** The whole text: the first cause first, one line each. */
  readonly text: string
  readonly errors: readonly MillraceError[]
}

/** A job at one moment. Objects that did not change are the same objects, so that what is made of them can be kept. */
export interface JobView {
  readonly jobId: string
  /** Its other name; `null` without one. */
  readonly alias: string | null
  readonly jobName: string
  readonly status: JobStatus
  readonly mode: 'BATCH' | 'STREAMING'
  /** Members of `env` as text, as they were submitted, in their order. @source SeaTunnel `Object.toString` of nested values */
  readonly envOptions: ReadonlyMap<string, string>
  /** What its client set and nobody here needs, without secrets. */
  readonly clientSettings: ReadonlyMap<string, string>
  readonly isStartWithSavepoint: boolean
  /** When it was submitted, first ran and ended, in milliseconds since 1970; `null` where that has not come. */
  readonly createdAtMs: number
  readonly startedAtMs: number | null
  readonly finishedAtMs: number | null
  readonly dag: JobDag
  readonly flow: JobFlow
  readonly failure: JobFailure | null
  /** What a PENDING job waits for; `null` for others. */
  readonly pendingReason: string | null
  /** Attempts after the first. */
  readonly restarts: number
  /** Whether an attempt is over, because it failed or for another parallelism, and the next one does not run yet. */
  readonly isBetweenAttempts: boolean
  /** Whether the node was started again and the job's work is not taken up yet. */
  readonly isRecovering: boolean
  /** Changes of its parallelism that were carried out. They are no restarts. */
  readonly rescales: number
  /** What is being done for another parallelism; `null` for nothing. */
  readonly rescaleStage: 'saving' | 'restarting' | null
  /** Why it has not the parallelism that was asked for, as one clause; `null` when it has, or nobody asked. */
  readonly rescalePending: string | null
  /** Fencing number of the attempt: what carries a lower one cannot commit. */
  readonly epoch: number
  /** Slots that it needs. */
  readonly slots: number
  /** Absent for a job of an earlier version of the node. */
  readonly checkpointing?: JobCheckpointing | undefined
}

/** How a running job is stopped. */
export interface StopRequest {
  /** Keeps a savepoint, from which the job can be started again. */
  readonly withSavepoint: boolean
  /** Ends threads that do not end by themselves at once. */
  readonly force?: boolean | undefined
  readonly user: string | null
  /** With a savepoint: by this the request is found again; a new one when absent. */
  readonly requestId?: string | undefined
  /** With a savepoint: what is other than usual. */
  readonly stop?: Partial<StopKind> | undefined
}

/** How many subtasks a vertex may have. */
export interface VertexBounds {
  /** Id of the vertex in {@link JobDag}. */
  readonly vertex: number
  readonly lower: number
  readonly upper: number
}

/** A parallelism for a running job. */
export interface RescaleRequest {
  /** Of every source that can have another one, and of what is behind it. */
  readonly parallelism: number
  readonly user: string | null
  /** Stands as `requestId` in the data of the job's events: of the request, and of its result. */
  readonly requestId?: string | undefined
}

/** Numbers of the node and its jobs. */
export interface NodeOverview {
  readonly totalSlots: number
  readonly unassignedSlots: number
  readonly isDynamicSlots: boolean
  /** Jobs that have not ended, by state. */
  readonly running: number
  readonly pending: number
  /** Ended jobs in the history. */
  readonly finished: number
  readonly failed: number
  readonly canceled: number
  readonly savepointed: number
}

/** Facts of the node that do not change while it runs. */
export interface NodeIdentity {
  readonly version: string
  readonly commit: string
  readonly clusterName: string
  readonly host: string
  /** Port of REST v1; 0 before it is bound. */
  readonly port: number
  /** Port of REST v2, or `null` when it is off. */
  readonly httpPort: number | null
  readonly uuid: string
  readonly startedAtMs: number
}

/** Everything that clients can ask of a node. Dialects and command lines translate it and decide nothing. */
export interface NodeService {
  readonly identity: NodeIdentity
  /**
   * Checks, plans and stores a job and puts it into the queue; ends when the job is durable.
   *
   * @throws MillraceErrors with every fault of the document; `JOB_EXISTS` when the id ended before and no savepoint is asked for,
   *   and when a job has the alias; `SAVEPOINT_LOCATION`, `CHECKPOINT_CORRUPT` and `RESTORE_REFUSED` for what it cannot go on behind;
   *   `JOB_PACKAGE` when the package's content is gone; `NODE_STOPPING` while the node is shut down.
   */
  submit(submission: JobSubmission): Promise<SubmittedJob>
  /**
   * What a submission would be made of. Starts and stores nothing, and makes no plug-in: no file, no server is asked.
   *
   * @throws MillraceErrors with every fault that the document shows.
   */
  outline(submission: JobSubmission): Promise<JobOutline>
  /** Jobs that have not ended, oldest first. */
  runningJobs(): readonly JobView[]
  /** Ended jobs of one state, or all, in the order of their ends. */
  endedJobs(status: JobStatus | null): readonly JobView[]
  /** `null` when the id is not known or expired. Costs nothing: no file or store is read. */
  job(jobId: string): JobView | null
  /** The same by the job's other name. */
  jobByAlias(alias: string): JobView | null
  /** What happened to a job, oldest first; bounded. Empty when the id is not known. */
  timeline(jobId: string): readonly JobEvent[]
  checkpoints(jobId: string): JobCheckpoints | null
  /** What its vertices and subtasks have done, attempt by attempt; `null` when the id is not known. */
  attempts(jobId: string): JobAttempts | null
  /** What was asked of a job under an id; `null` when that was never. Kept as long as the job is known, 5000 of a job at most. */
  request(jobId: string, requestId: string): JobRequest | null
  /**
   * Ends when the request is durable, not when the job has stopped.
   *
   * @throws MillraceError `JOB_NOT_FOUND`, `JOB_STATE` when it cannot be done in its state, `SAVEPOINT_LOCATION` for a directory that may
   *   not be used.
   */
  stop(jobId: string, request: StopRequest): Promise<void>
  /**
   * Takes a savepoint and lets the job go on.
   *
   * @throws MillraceError `JOB_NOT_FOUND`, `JOB_STATE`, `SAVEPOINT_LOCATION`, `SAVEPOINT_REFUSED`, `CHECKPOINT_FAILED`.
   */
  savepoint(jobId: string, request: CheckpointRequest): Promise<JobCheckpoint>
  /** Begins as {@link savepoint}, and ends when the request is durable. @throws MillraceError `JOB_NOT_FOUND`, `JOB_STATE`, `SAVEPOINT_LOCATION`. */
  beginSavepoint(jobId: string, request: CheckpointRequest): Promise<JobRequest>
  /**
   * Removes a savepoint that is kept in a folder: what its manifest names, and nothing else.
   *
   * @throws MillraceError `SAVEPOINT_LOCATION` when there is none or it may not be touched, `JOB_STATE` when a job that has not ended went
   *   on behind it, `CHECKPOINT_FAILED` when it cannot be removed.
   */
  disposeSavepoint(location: string): Promise<void>
  /**
   * Lets a running job go on with another parallelism behind a savepoint; ends when it runs with it. The job's text stays as it is.
   * If it cannot be done, the job goes on with what it had.
   *
   * @throws MillraceError `JOB_NOT_FOUND`; `JOB_STATE` when the job does not run, or another change is under way; `RESCALE_REFUSED` when its
   *   sources cannot have another one or there are not enough slots; what the savepoint or the new attempt failed with.
   */
  rescale(jobId: string, request: RescaleRequest): Promise<void>
  /** How many subtasks each vertex may have, as it was asked for; `null` when the id is not known. */
  bounds(jobId: string): readonly VertexBounds[] | null
  /**
   * Says how many subtasks each vertex may have; ends when that is durable. The job follows as soon as there are the slots for it, and
   * runs as it is until then. Vertices of a pipeline share one parallelism: the upper bound rules that is another one than before, the
   * largest where there are several, and becomes that of all; no lower bound is gone below. Who asks for the same again changes nothing.
   *
   * @param bounds of every vertex of the job, whole numbers from 1 to 1024.
   * @throws MillraceError `JOB_NOT_FOUND`; `JOB_STATE` when the job has ended, or a change is under way; `RESCALE_REFUSED` when a vertex is to
   *   have more than it has and cannot.
   */
  setBounds(jobId: string, bounds: readonly VertexBounds[], user: string | null): Promise<void>
  /** The client of a job is there, and is heard of again before a time in milliseconds since 1970; nothing for jobs that wait for no client. */
  heard(jobId: string, untilMs: number): void
  /** Ends with the view of the ended job, or as it stands when the node closes; `null` when the id is not known. */
  waitForEnd(jobId: string): Promise<JobView | null>
  overview(): NodeOverview
  /** Attributes of this node, which `tag_filter` is compared with; replaced as a whole. In memory only. */
  readonly tags: ReadonlyMap<string, string>
  setTags(tags: ReadonlyMap<string, string>): void
  /** Calls back for every event of every job; gives a function that ends it. */
  onEvent(listener: (jobId: string, event: JobEvent) => void): () => void
  /**
   * Takes no more jobs and stops. Running jobs are left as they are and resume when the node starts again.
   */
  close(): Promise<void>
}

/** A log file of the node. */
export interface LogFile {
  readonly name: string
  readonly sizeBytes: number
  readonly modifiedAtMs: number
}

/** Log files and levels of the node. */
export interface NodeLogs {
  /** Names in order. */
  list(): Promise<readonly LogFile[]>
  /**
   * The content of a file, at most `limitBytes` from its end.
   *
   * @returns `null` when there is no such file. Names that could lead elsewhere are refused the same way.
   */
  read(name: string, limitBytes: number): Promise<Uint8Array | null>
  /** Follows a file from its last `tailLines` on until the signal is aborted; `null` when there is no such file. */
  follow(name: string, tailLines: number, signal: AbortSignal): AsyncIterable<Uint8Array> | null
  /** Levels by logger, `root` for the rest. */
  levels(): ReadonlyMap<string, LogLevel>
  setLevel(logger: string, level: LogLevel): void
}

/** Levels of log lines. */
export type LogLevel = 'OFF' | 'ERROR' | 'WARN' | 'INFO' | 'DEBUG' | 'TRACE'

/** Garbage collections of one kind since the process started. */
export interface CollectionFigures {
  readonly count: number
  readonly seconds: number
}

/** What the process uses. What a system does not tell is 0. */
export interface ProcessFigures {
  readonly processors: number
  readonly physicalTotalBytes: number
  readonly heapUsedBytes: number
  readonly heapTotalBytes: number
  readonly heapMaxBytes: number
  /** Buffers outside of the heap. */
  readonly externalBytes: number
  readonly residentBytes: number
  readonly openFiles: number
  readonly maxFiles: number
  /** User and system time of all threads. */
  readonly cpuSeconds: number
  /** Part of the processors that the process used since the reading before; 0 … 1. */
  readonly processLoad: number
  readonly threads: number
  /** Of the main thread: of young objects, and of everything. */
  readonly minor: CollectionFigures
  readonly major: CollectionFigures
}

/** Figures of the process and the machine, made when they are asked for. */
export interface NodeMonitor {
  /** `system-monitoring-information` of this node: every key of the original, values as text, in its order. */
  systemInformation(): ReadonlyMap<string, string>
  /** Metric families as text: Prometheus 0.0.4, or OpenMetrics 1.0. Empty when telemetry is off. */
  metricsText(format: 'prometheus' | 'openmetrics'): string
  /** The process now. */
  processFigures(): ProcessFigures
  /** Threads of the process, JavaScript and native, by name. */
  threads(): readonly { readonly name: string; readonly id: number; readonly state: string; readonly stack: string }[]
}

/** A call in a flame graph, and everything that it called. */
export interface FlameNode {
  /** `where.function:line` for JavaScript, `crate::module::function` for kernels, `library.function` for others; `root` for the root. */
  readonly name: string
  /** Samples; those of the children may be fewer together, never more. */
  readonly value: number
  readonly children: readonly FlameNode[]
}

/** Which samples a flame graph is made of: all, those of threads that ran, or those of threads that waited. */
export type FlameGraphType = 'full' | 'on_cpu' | 'off_cpu'

/** Which flame graph is asked for. */
export interface FlameGraphRequest {
  readonly jobId: string
  /** Id of the vertex in {@link JobDag}. */
  readonly vertex: number
  readonly type: FlameGraphType
  /** `null` for all. */
  readonly subtask: number | null
}

/** A flame graph; `off` where none are made, `sampling` while the first samples of the job are taken. */
export type FlameGraph = 'off' | 'sampling' | { readonly sampledAtMs: number; readonly root: FlameNode }

/** A thread and where it is. */
export interface ThreadStack {
  readonly name: string
  /** The operating system's number. */
  readonly id: number
  /** In Java's words, as `RUNNABLE`. */
  readonly state: string
  /** Processor time that it took so far; `null` where the system does not tell. */
  readonly cpuMs: number | null
  /** What it works at, in words; `null` for nothing. */
  readonly task: string | null
  /** The innermost first; empty where it is not known. */
  readonly frames: readonly string[]
}

/** What a profile counts. `CPU` and `ITIMER` are the same: samples of threads that run. `WALL` counts those that wait as well. */
export type ProfileMode = 'CPU' | 'ALLOC' | 'LOCK' | 'WALL' | 'ITIMER'

/** Whose profile it is: of the thread that answers clients and coordinates, or of those that do the work of jobs. */
export type ProfileScope = 'control' | 'workers'

/** A profile of the process. */
export interface NodeProfile {
  readonly status: 'RUNNING' | 'FINISHED' | 'FAILED'
  readonly mode: ProfileMode
  readonly startedAtMs: number
  /** `null` while it is taken. */
  readonly endedAtMs: number | null
  readonly durationSeconds: number
  /** `null` while it is taken. */
  readonly message: string | null
  /** Name of its file; `null` without one. */
  readonly file: string | null
}

/** What a profile is taken of. */
export interface ProfileRequest {
  readonly scope: ProfileScope
  readonly mode: ProfileMode
  readonly durationSeconds: number
  /** What its file's name begins with. */
  readonly name: string
}

/** What the threads of the node do. Nothing is sampled, and nothing loaded for it, before somebody asks. */
export interface NodeProfiler {
  /** The flame graph of a vertex of a running job; of samples that are at most a minute old when they were asked for then. */
  flameGraph(request: FlameGraphRequest): FlameGraph
  /** Every thread of the process. */
  threads(): Promise<readonly ThreadStack[]>
  /** Profiles that were taken or are, the newest first; `null` when the node takes none. */
  profiles(scope: ProfileScope): readonly NodeProfile[] | null
  /** Starts one; the scope of the one that is being taken when there is one. */
  startProfile(request: ProfileRequest): NodeProfile | ProfileScope
  /** The page of a profile: HTML that needs nothing else. `null` when there is none of the name. */
  profilePage(scope: ProfileScope, file: string): Promise<Uint8Array | null>
}
