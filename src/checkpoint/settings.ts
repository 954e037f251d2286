/** What becomes of a checkpoint that takes longer than it may. */
export type TimeoutAction = 'warn' | 'fail'

/** When checkpoints are taken. */
export interface CheckpointSettings {
  /** Milliseconds between the beginnings of two checkpoints; `null` for none but the last. */
  readonly intervalMs: number | null
  /** Milliseconds between the end of a checkpoint and the beginning of the next at least; 0 or less for none. */
  readonly minPauseMs: number
  /** Milliseconds that a checkpoint may take. */
  readonly timeoutMs: number
  /** `warn` says who holds the checkpoint up and goes on waiting, `fail` ends the job's attempt. */
  readonly onTimeout: TimeoutAction
}
