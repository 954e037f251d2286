/** Where a scenario's inputs, outputs and children live. */
export interface BenchContext {
  /** `quick` compares with DuckDB only and on a fifth of the data; `full` with every peer. */
  readonly mode: 'quick' | 'full'
  readonly root: string
  /** Folder for inputs and the Python environment; everything in it can be made again. */
  readonly cache: string
  /** Folder that every side writes into; see `outputRoot`. */
  readonly outputs: string
  /** Rows of the standing file. */
  readonly rows: number
  /** Threads that every side may use. */
  readonly threads: number
  /** The Python of the peers' environment, or `null` where there is none. */
  readonly python: string | null
  /** The program under test. */
  readonly program: string
}

/** One program run of one side. */
export interface Command {
  readonly argv: readonly [program: string, ...args: string[]]
  readonly env?: Readonly<Record<string, string>>
  /** Folder that the run writes into: emptied before each run, outside the timer. */
  readonly output: string
  /** The last line of standard output is JSON with the `seconds` that count, where starting a program is not what is measured. */
  readonly hasOwnClock?: true
}

/** A side of a comparison. */
export interface Contender {
  readonly name: string
  readonly command: Command
}

/** What a run leaves behind. */
export interface RunResult {
  readonly seconds: number
  /** Largest resident set of any process of the run, in units of 10^6 bytes. */
  readonly peakMegabytes: number
  readonly stdout: string
}

/** Whether a side's result is right; `detail` says what was compared, or what differs. */
export interface Verification {
  readonly ok: boolean
  readonly detail: string
}

/** What a scenario's figure is, and which direction is good. */
export type Measure =
  /** Reference time ÷ subject time, pair by pair: more is better. */
  | 'ratio'
  /** Subject time − reference time in milliseconds, pair by pair: less is better. */
  | 'overheadMs'
  /** Peak resident set of the subject in 10^6 bytes: less is better. */
  | 'peakMegabytes'

/** One row of the goal table. */
export interface Scenario {
  readonly id: string
  readonly title: string
  readonly measure: Measure
  /** What `work` counts. */
  readonly unit: 'rows' | 'jobs' | 'values' | 'documents'
  /** Figure below which the bench fails once it was reached; for the later runs the committed figure × 0.92 counts if it is better. */
  readonly gate: number
  readonly goal: number
  /** What bounds the figure: a prototype or physics. */
  readonly limit: string
  /** Why it cannot run (yet), or `null`. */
  readonly unavailable?: string
  /** Units of work in one run. */
  work(context: BenchContext): number
  /** Makes the inputs that are not there yet, and job files. */
  prepare(context: BenchContext): Promise<void>
  subject(context: BenchContext): Contender
  /** At least one; with several, the fastest of this very run is the one that counts. */
  references(context: BenchContext): readonly Contender[]
  /** Whether a run of one side gave the right result, judged on its output folder and standard output. */
  verify(context: BenchContext, contender: Contender, result: RunResult): Promise<Verification>
}

/** How a scenario ended. */
export type Verdict = 'pass' | 'warn' | 'fail' | 'inconclusive' | 'unavailable' | 'wrong'

/** Result of one scenario, as the report holds it. */
export interface ScenarioReport {
  readonly id: string
  readonly title: string
  readonly measure: Measure
  readonly verdict: Verdict
  /** One clause that explains the verdict. */
  readonly reason: string
  readonly gate: number
  readonly goal: number
  readonly limit: string
  /** Median of the pairs; absent when nothing was measured. */
  readonly value?: number
  /** Interval of that median with at least 95 % confidence. */
  readonly interval?: readonly [low: number, high: number]
  /** Fastest reference run ÷ fastest subject run. */
  readonly minimumRatio?: number
  /** Reference against itself by the same measure; near 1, or 0 ms, on a quiet machine. */
  readonly canary?: number
  readonly pairs?: number
  readonly unitsPerSecond?: number
  readonly sides?: readonly SideReport[]
}

/** All runs of one side. */
export interface SideReport {
  readonly name: string
  readonly medianSeconds: number
  readonly minimumSeconds: number
  readonly peakMegabytes: number
}
