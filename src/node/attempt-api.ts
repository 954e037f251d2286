/** Rows and bytes that entered and left a vertex. Bytes are those of SeaTunnel's size model of values. */
export interface VertexTotal {
  /** Id of the vertex in the job's graph. */
  readonly vertex: number
  readonly recordsIn: number
  readonly bytesIn: number
  readonly recordsOut: number
  readonly bytesOut: number
}

/**
 * What a task did in one attempt. A source takes in from the outside what it gives away, a sink gives to the outside what it takes in. The
 * three times add up to the time that the task had: see `laneClocks`.
 */
export interface TaskFigures extends Omit<VertexTotal, 'vertex'> {
  /** Batches that left it. */
  readonly batches: number
  readonly busyMs: number
  readonly idleMs: number
  readonly backPressuredMs: number
}

/** What one subtask did in one attempt. */
export interface SubtaskFigures extends TaskFigures {
  /** When it first had something in hand, in milliseconds since 1970; `null` before that. */
  readonly firstAtMs: number | null
  /** When it was through with everything that it will get; `null` while it is not. */
  readonly endedAtMs: number | null
}

/** What one vertex did in one attempt. */
export interface VertexFigures {
  readonly vertex: number
  readonly sum: TaskFigures
  /** By subtask; `null` where only the sum was kept. */
  readonly subtasks: readonly SubtaskFigures[] | null
}

/** Where an attempt failed. */
export interface FailedTask {
  /** `null` where it is known only in which subtask. */
  readonly vertex: number | null
  readonly subtask: number
}

/** One attempt of a job. Times in milliseconds since 1970. */
export interface AttemptView {
  /** From 0, one more with every attempt. */
  readonly number: number
  /** Its fencing number. */
  readonly epoch: number
  /** When it was begun: it is planned, and connectors are opened. */
  readonly openedAtMs: number
  /** When it was planned: what it writes into is opened. `null` before that. */
  readonly startedAtMs: number | null
  /** When its workers were started; `null` before that. */
  readonly runningAtMs: number | null
  /** `null` while it is under way. */
  readonly endedAtMs: number | null
  /** How it ended; `null` while it is under way. `ABANDONED` when the node ended in the middle of it. */
  readonly outcome: 'FINISHED' | 'CANCELED' | 'FAILED' | 'SAVEPOINT_DONE' | 'ABANDONED' | null
  /** The first task that failed; `null` for none, and where it was none of them. */
  readonly failedTask: FailedTask | null
  /** Vertices that were measured; none before the work began. */
  readonly vertices: readonly VertexFigures[]
}

/** What a task does in a second, over the last minute where the attempt is as old. */
export interface TaskRates extends Omit<TaskFigures, 'batches'> {
  /** Whether it has rows at this moment that it cannot give away. */
  readonly isBackPressured: boolean
}

/** What the subtasks of one vertex do in a second. */
export interface VertexRates {
  readonly vertex: number
  readonly subtasks: readonly TaskRates[]
}

/** The attempts of a job and what its vertices have done. */
export interface JobAttempts {
  /** Over all attempts, what a later one did again counted once, as the job's other counters. Empty before the first one. */
  readonly totals: readonly VertexTotal[]
  /** The newest ones, oldest first. */
  readonly attempts: readonly AttemptView[]
  /** Of the attempt that runs, and of the last one until the next begins; empty before the first and when the job has ended. */
  readonly rates: readonly VertexRates[]
  /** Of the attempt that runs, by vertex: splits of sources that no subtask has begun. */
  readonly unassignedSplits: ReadonlyMap<number, number>
}
