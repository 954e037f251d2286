import type { PluginBlock } from '../config/job-document.js'
import type { MillraceError } from '../core/error.js'
import type { KernelBackend, ProgramContext } from '../native/backend.js'
import type { PluginRegistry } from './registry.js'

/** How a job runs. */
export type JobMode = 'BATCH' | 'STREAMING'

/** Which files of a machine may be used, links followed. Plain data: it goes to workers. */
export interface FilePolicy {
  /** Folders that everything must be in; `null` for all. */
  readonly allowed: readonly string[] | null
  /** Files and folders that must not be used, nor what is in them. */
  readonly forbidden: readonly string[]
  /**
   * Folder of files that came with the job, which it may read wherever that is, and not change. A path without a root means a file there
   * where there is one. Absent for none.
   */
  readonly packaged?: string | undefined
}

/** Where rows that are printed go to. */
export interface RowLog {
  /** Log file that they are appended to; `null` for none. */
  readonly file: string | null
  /** The file takes no rows while it is larger than this: its lines are not worth a full disk. */
  readonly limitBytes: number
  /** Whether they go to standard output. */
  readonly isPrinted: boolean
  /** What every line begins with. */
  readonly linePrefix: string
}

/** What a plug-in may use while a job is planned on the main thread. */
export interface PlanContext {
  readonly jobId: string
  readonly jobMode: JobMode
  /** Number of this attempt of a durable job, from 1: part of every staging path. Absent or `null` for a job that is not. */
  readonly epoch?: number | null
  /** The block of the job file that is planned; its nodes carry positions for error messages. */
  readonly block: PluginBlock
  readonly backend: KernelBackend
  /** Zone, clock, seed and limits of the job. */
  readonly program: ProgramContext
  /** All plug-ins there are, for what a plug-in finds by name (file formats). */
  readonly registry: PluginRegistry
  /** Which files of this machine the job may use; absent or `null` for all, as for jobs that come from the command line. */
  readonly filePolicy?: FilePolicy | null
  /** Whether the job may bring code of its own; absent for yes, as for jobs that come from the command line. */
  readonly allowsUserCode?: boolean
  /** Where rows that are printed go to; absent for standard output alone, as outside of a node. */
  readonly rowLog?: RowLog | undefined
  /** Subtasks of this part of the job, at least 1. */
  readonly parallelism: number
  /** Keys of row metadata that a transform of the job reads; a source gives no others. Absent for none. */
  readonly metadataKeys?: ReadonlySet<string>
  /** Rows one morsel should have at most when a rate limit asks for small steps; `null` without a limit. */
  readonly morselRowsLimit: number | null
  /** Reports something the user should know that does not stop the job. */
  warn(warning: MillraceError): void
}
