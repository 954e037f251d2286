import type { Redactor } from '../core/redact.js'
import type { CatalogView } from '../engine/catalog-view.js'
import type { JobService } from '../engine/job-service.js'
import type { ServedNode, ServeRequest } from './serve-request.js'

/** What commands may touch; the composition root gives the real ones, tests give their own. */
export interface CliEnvironment {
  /** Plans and runs jobs. Loaded when a command asks, so that help and lists do not wait for it. */
  readonly service: () => Promise<JobService>
  /** Describes the plug-ins of this build. */
  readonly catalog: () => Promise<CatalogView>
  /** Starts a node in this process. Loaded when a command asks. */
  readonly serve: (request: ServeRequest) => Promise<ServedNode>
  /** The hash of a password as files of users keep it. */
  readonly hashPassword: (password: string) => Promise<string>
  readonly variables: ReadonlyMap<string, string>
  /** What `out` and `err` hide; it learns the secrets of every job file that is read. */
  readonly redactor: Redactor
  /** Working directory. */
  readonly workingFolder: string
  /** Folder of this installation. */
  readonly installation: string
  /** Writes text to standard output or standard error. */
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** Whether standard error is a terminal. */
  readonly isTerminal: boolean
  /** Whether standard output is a terminal. */
  readonly isOutTerminal: boolean
  /** Columns of the terminal; `null` when it does not say. */
  readonly columns: () => number | null
  readonly now: () => number
  /** Calls the handler at the first SIGINT, SIGTERM or, unless `nohup` keeps it away, SIGHUP; gives what takes it away again. A second signal ends the process. */
  readonly onSignal: (handler: (signal: string) => void) => () => void
  /** Tells who started this program in the background that it is ready; nothing for others. */
  readonly ready: () => void
  readonly version: string
  /** Runs this program again with other arguments and waits; `ended` is the exit code or the signal as words. */
  /** The command line that starts this program, without its arguments. */
  readonly self: readonly [program: string, ...rest: string[]]
  readonly runSelf: (argv: readonly string[]) => Promise<{ readonly out: string; readonly ended: string }>
}

/** Exit codes. `usage` is the one of SeaTunnel's starters; the three last are what shells give for the signals. */
export const EXIT = { ok: 0, failed: 1, usage: 234, hungUp: 129, interrupted: 130, terminated: 143 } as const

/** The exit code of a job that was stopped by a signal. */
export function signalExit(signal: string): number {
  if (signal === 'SIGHUP') return EXIT.hungUp
  return signal === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted
}
