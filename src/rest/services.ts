import type { ShadeRegistry } from '../config/shade.js'
import type { JobPackages, NodeLogs, NodeMonitor, NodeProfiler, NodeService } from '../node/api.js'

/** What handlers work with. */
export interface RestServices {
  readonly node: NodeService
  /** Job packages; absent or `null` where the node keeps none. */
  readonly packages?: JobPackages | null | undefined
  readonly logs: NodeLogs
  readonly monitor: NodeMonitor
  /** Absent: nothing is sampled, and threads are told of as the monitor knows them. */
  readonly profiler?: NodeProfiler | undefined
  /** Kinds of encryption; with the keys of this process' environment when absent. */
  readonly shades?: ShadeRegistry | undefined
  /** Wall clock in milliseconds. */
  readonly now: () => number
  /** Ends the node: what the cluster's shutdown request does. Absent: the request is refused. */
  readonly shutdown?: (() => void) | undefined
  /** Part of a log that is served, in bytes from its end. */
  readonly logLimitBytes: number
  /** The node's own log file; the first that is no job's when absent. */
  readonly nodeLog?: string | undefined
  /** Whether the node takes jobs; probes say so. Absent: it does. */
  readonly isReady?: (() => boolean) | undefined
}
