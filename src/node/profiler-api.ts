import type { JobDag } from '../engine/job-dag.js'

/** A call in a flame graph, and everything that it called. */
export interface FlameNode {
  /** `where.function:line` for JavaScript, `crate::module::function` for kernels, `library.function` for others; `root` for the root. */
  readonly name: string
  /** Samples; those of the children may be fewer together, never more. */
  readonly value: number
  readonly children: readonly FlameNode[]
}

/** Which samples a flame graph is made of: all, those of threads that ran, or those of threads that waited. */
export type FlameGraphType = 'full' | 'on_cpu' | 'off_cpu'

/** Which flame graph is asked for. */
export interface FlameGraphRequest {
  readonly jobId: string
  /** Id of the vertex in {@link JobDag}. */
  readonly vertex: number
  readonly type: FlameGraphType
  /** `null` for all. */
  readonly subtask: number | null
}

/** A flame graph; `off` where none are made, `sampling` while the first samples of the job are taken. */
export type FlameGraph = 'off' | 'sampling' | { readonly sampledAtMs: number; readonly root: FlameNode }

/** A thread and where it is. */
export interface ThreadStack {
  readonly name: string
  /** The operating system's number. */
  readonly id: number
  /** In Java's words, as `RUNNABLE`. */
  readonly state: string
  /** Processor time that it took so far; `null` where the system does not tell. */
  readonly cpuMs: number | null
  /** What it works at, in words; `null` for nothing. */
  readonly task: string | null
  /** The innermost first; empty where it is not known. */
  readonly frames: readonly string[]
}

/** What a profile counts. `CPU` and `ITIMER` are the same: samples of threads that run. `WALL` counts those that wait as well. */
export type ProfileMode = 'CPU' | 'ALLOC' | 'LOCK' | 'WALL' | 'ITIMER'

/** Whose profile it is: of the thread that answers clients and coordinates, or of those that do the work of jobs. */
export type ProfileScope = 'control' | 'workers'

/** A profile of the process. */
export interface NodeProfile {
  readonly status: 'RUNNING' | 'FINISHED' | 'FAILED'
  readonly mode: ProfileMode
  readonly startedAtMs: number
  /** `null` while it is taken. */
  readonly endedAtMs: number | null
  readonly durationSeconds: number
  /** `null` while it is taken. */
  readonly message: string | null
  /** Name of its file; `null` without one. */
  readonly file: string | null
}

/** What a profile is taken of. */
export interface ProfileRequest {
  readonly scope: ProfileScope
  readonly mode: ProfileMode
  readonly durationSeconds: number
  /** What its file's name begins with. */
  readonly name: string
}

/** What the threads of the node do. Nothing is sampled, and nothing loaded for it, before somebody asks. */
export interface NodeProfiler {
  /** The flame graph of a vertex of a running job; of samples that are at most a minute old when they were asked for then. */
  flameGraph(request: FlameGraphRequest): FlameGraph
  /** Every thread of the process. */
  threads(): Promise<readonly ThreadStack[]>
  /** Profiles that were taken or are, the newest first; `null` when the node takes none. */
  profiles(scope: ProfileScope): readonly NodeProfile[] | null
  /** Starts one; the scope of the one that is being taken when there is one. */
  startProfile(request: ProfileRequest): NodeProfile | ProfileScope
  /** The page of a profile: HTML that needs nothing else. `null` when there is none of the name. */
  profilePage(scope: ProfileScope, file: string): Promise<Uint8Array | null>
}
