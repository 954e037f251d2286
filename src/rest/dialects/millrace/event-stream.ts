/** Events that wait for a slow client; the oldest ones behind them are dropped and the client is told. */
const MAX_WAITING = 1000
/** Time without an event after which a comment keeps the connection open, in milliseconds. */
const KEEP_ALIVE_MS = 15_000

/** Where events come from: calls back until the function that it gives is called. */
export type EventFeed = (listener: (jobId: string, event: object) => void) => () => void

/**
 * Events as `text/event-stream`, until the client leaves. A client that reads too slowly loses the oldest events and gets an event
 * `gap` with their number.
 *
 * @param jobId only events of this job; `null` for all.
 */
export async function* eventStream(feed: EventFeed, jobId: string | null, signal: AbortSignal): AsyncGenerator<string> {
  const waiting: string[] = []
  let dropped = 0
  let wake: () => void = () => undefined
  const unsubscribe = feed((id, event) => {
    if (jobId !== null && id !== jobId) return
    if (waiting.length >= MAX_WAITING) {
      waiting.shift()
      dropped += 1
    }
    waiting.push(`data: ${JSON.stringify(event)}\n\n`)
    wake()
  })
  const onWake = (resolve: () => void): void => {
    wake = resolve
  }
  const leave = (): void => wake()
  signal.addEventListener('abort', leave)
  try {
    yield ': events of the node\n\n'
    while (!signal.aborted) {
      if (dropped > 0) {
        yield `event: gap\ndata: {"dropped":${dropped}}\n\n`
        dropped = 0
      }
      const next = waiting.shift()
      if (next !== undefined) yield next
      else if (await isQuiet(onWake)) yield ': still here\n\n'
    }
  } finally {
    unsubscribe()
    signal.removeEventListener('abort', leave)
  }
}

/** Waits for a call or for {@link KEEP_ALIVE_MS}. @returns whether the time passed first. */
function isQuiet(onWake: (resolve: () => void) => void): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(true), KEEP_ALIVE_MS)
    onWake(() => {
      clearTimeout(timer)
      resolve(false)
    })
  })
}
