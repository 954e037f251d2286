import type { JobAttempts } from './attempt-api.js'
import type { CheckpointRequest, JobCheckpoint, JobCheckpoints, JobRequest } from './checkpoint-api.js'
import type {
  JobEvent,
  JobOutline,
  JobStatus,
  JobSubmission,
  JobView,
  RescaleRequest,
  StopRequest,
  SubmittedJob,
  VertexBounds,
} from './job-api.js'

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
