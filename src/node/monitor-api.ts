/** A log file of the node. */
export interface LogFile {
  readonly name: string
  readonly sizeBytes: number
  readonly modifiedAtMs: number
}

/** Log files and levels of the node. */
export interface NodeLogs {
  /** Names in order. */
  list(): Promise<readonly LogFile[]>
  /**
   * The content of a file, at most `limitBytes` from its end.
   *
   * @returns `null` when there is no such file. Names that could lead elsewhere are refused the same way.
   */
  read(name: string, limitBytes: number): Promise<Uint8Array | null>
  /** Follows a file from its last `tailLines` on until the signal is aborted; `null` when there is no such file. */
  follow(name: string, tailLines: number, signal: AbortSignal): AsyncIterable<Uint8Array> | null
  /** Levels by logger, `root` for the rest. */
  levels(): ReadonlyMap<string, LogLevel>
  setLevel(logger: string, level: LogLevel): void
}

/** Levels of log lines. */
export type LogLevel = 'OFF' | 'ERROR' | 'WARN' | 'INFO' | 'DEBUG' | 'TRACE'

/** Garbage collections of one kind since the process started. */
export interface CollectionFigures {
  readonly count: number
  readonly seconds: number
}

/** What the process uses. What a system does not tell is 0. */
export interface ProcessFigures {
  readonly processors: number
  readonly physicalTotalBytes: number
  readonly heapUsedBytes: number
  readonly heapTotalBytes: number
  readonly heapMaxBytes: number
  /** Buffers outside of the heap. */
  readonly externalBytes: number
  readonly residentBytes: number
  readonly openFiles: number
  readonly maxFiles: number
  /** User and system time of all threads. */
  readonly cpuSeconds: number
  /** Part of the processors that the process used since the reading before; 0 … 1. */
  readonly processLoad: number
  readonly threads: number
  /** Of the main thread: of young objects, and of everything. */
  readonly minor: CollectionFigures
  readonly major: CollectionFigures
}

/** Figures of the process and the machine, made when they are asked for. */
export interface NodeMonitor {
  /** `system-monitoring-information` of this node: every key of the original, values as text, in its order. */
  systemInformation(): ReadonlyMap<string, string>
  /** Metric families as text: Prometheus 0.0.4, or OpenMetrics 1.0. Empty when telemetry is off. */
  metricsText(format: 'prometheus' | 'openmetrics'): string
  /** The process now. */
  processFigures(): ProcessFigures
  /** Threads of the process, JavaScript and native, by name. */
  threads(): readonly { readonly name: string; readonly id: number; readonly state: string; readonly stack: string }[]
}
