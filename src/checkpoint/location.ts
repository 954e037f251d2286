/** Where something is that a job can go on behind: a checkpoint in the node's own store, or a savepoint in a folder. */
export type CheckpointLocation =
  | { readonly type: 'checkpoint'; readonly jobId: string; readonly checkpointId: number }
  | { readonly type: 'savepoint'; readonly address: string }

const CHECKPOINT = /^millrace:\/*jobs\/(-?\d{1,19})\/checkpoints\/(\d{1,15})\/?$/

/** The location that a text names. Everything that is no checkpoint of a node is taken for the folder of a savepoint. */
export function parseLocation(text: string): CheckpointLocation {
  const match = CHECKPOINT.exec(text)
  if (match === null) return { type: 'savepoint', address: text }
  return { type: 'checkpoint', jobId: match[1] ?? '', checkpointId: Number(match[2]) }
}

/** The text that names a checkpoint in the node's own store; {@link parseLocation} reads it. */
export function checkpointLocation(jobId: string, checkpointId: number): string {
  return `millrace:/jobs/${jobId}/checkpoints/${checkpointId}`
}
