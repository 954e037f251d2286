import type { JobSyntax } from '../config/job-document.js'
import type { MillraceError } from '../core/error.js'
import type { JobDag } from '../engine/job-dag.js'
import type { JobCheckpointing, StopKind } from './checkpoint-api.js'
import type { NodeService } from './service-api.js'

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
