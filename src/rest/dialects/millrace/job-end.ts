import { END_STATES, type NodeService } from '../../../node/api.js'

/**
 * Ends with the job, with the time, or when nobody waits any more; leaves nothing behind at a job that goes on.
 *
 * @param timeoutMs `null`: as long as it takes.
 */
export async function untilEnd(
  node: NodeService,
  jobId: string,
  timeoutMs: number | null,
  signal: AbortSignal,
): Promise<void> {
  const isOver = (): boolean => END_STATES.has(node.job(jobId)?.status ?? 'UNKNOWABLE')
  if (isOver() || signal.aborted) return
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      forget()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = timeoutMs === null ? undefined : setTimeout(done, timeoutMs)
    const forget = node.onEvent((id, { status }) => {
      if (id === jobId && END_STATES.has(status)) done()
    })
    signal.addEventListener('abort', done, { once: true })
  })
  if (isOver()) await node.waitForEnd(jobId)
}
