import type { CatalogView } from '../engine/catalog-view.js'
import type { JobService } from '../engine/job-service.js'

/** What commands may touch; the composition root gives the real ones, tests give their own. */
export interface CliEnvironment {
  readonly service: JobService
  readonly catalog: CatalogView
  readonly variables: ReadonlyMap<string, string>
  /** Writes text to standard output or standard error. */
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  readonly isTerminal: boolean
  readonly now: () => number
  /** Calls the handler at SIGINT and SIGTERM; gives what takes it away again. */
  readonly onSignal: (handler: (signal: string) => void) => () => void
  readonly version: string
}

/** Exit codes of SeaTunnel's client. */
export const EXIT = { ok: 0, failed: 1, usage: 234, interrupted: 130 } as const
