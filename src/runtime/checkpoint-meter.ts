import type { CheckpointPart, SubtaskPart, WorkerShare } from '../checkpoint/events.js'
import type { CheckpointRecord, RecordedLane } from '../checkpoint/record.js'
import type { LaneSplit } from '../plan/physical-plan.js'
import type { Json } from '../spi/json.js'
import { sharedNowMs, type WorkerMessage } from './messages.js'

/** What a worker says when it has prepared. */
type Prepared = Extract<WorkerMessage, { readonly type: 'prepared' }>

/** What is known of a split: its bytes, and those of it and all behind it in its lane, how many they are. */
interface KnownSplit {
  readonly own: number
  readonly bytes: number
  readonly count: number
}

/** Bytes of splits, each of which is measured once: a lane may have very many of them, and only its first ones change. */
class SplitSizes {
  readonly #known = new WeakMap<LaneSplit, KnownSplit>()

  /** Bytes of what is left of a source in a lane. */
  of(splits: readonly LaneSplit[], sizeOf: (value: unknown) => number): number {
    let first = 0
    let behind = this.#behind(splits, first)
    while (behind === null && first < splits.length) {
      first += 1
      behind = this.#behind(splits, first)
    }
    let bytes = behind ?? 0
    for (let index = first - 1; index >= 0; index -= 1) {
      const split = splits[index]
      if (split === undefined) continue
      const own = this.#known.get(split)?.own ?? sizeOf(split)
      bytes += own
      this.#known.set(split, { own, bytes, count: splits.length - index })
    }
    return bytes
  }

  #behind(splits: readonly LaneSplit[], index: number): number | null {
    const split = splits[index]
    const known = split === undefined ? undefined : this.#known.get(split)
    return known?.count === splits.length - index ? known.bytes : null
  }
}

/** Milliseconds with so many parts. */
const FRACTION = 1000

/** Measures what workers and subtasks have to do with the checkpoints of one attempt. */
export class CheckpointMeter {
  #askedMs = sharedNowMs()
  /** By lane: how long the slowest worker took that writes for it. */
  #syncMs = new Map<number, number>()
  #taken: ReadonlyMap<number, number> = new Map()
  readonly #splitSizes = new SplitSizes()

  /** The workers were asked to rest. */
  asked(): void {
    this.#askedMs = sharedNowMs()
  }

  /** A worker rests. */
  prepared({ worker, isLast, sinceMs, tookMs, prepared }: Prepared): Omit<WorkerShare, 'preparedAfterMs'> {
    for (const { lane } of prepared) this.#syncMs.set(lane, Math.max(this.#syncMs.get(lane) ?? 0, tookMs))
    const startDelayMs = rounded(Math.max(0, sinceMs - this.#askedMs))
    return { worker, isEnded: isLast, startDelayMs: isLast ? null : startDelayMs, tookMs: rounded(tookMs) }
  }

  /** What was measured so far is of the checkpoint whose record is made now. */
  take(): void {
    this.#taken = this.#syncMs
    this.#syncMs = new Map()
  }

  /** What sources and sinks have in a record; those of error records are left out. @param sizeOf bytes of a value in a record. */
  parts(
    { lanes, discoveries, commits, counts }: CheckpointRecord,
    sizeOf: (value: unknown) => number,
  ): readonly CheckpointPart[] {
    const size = (values: readonly unknown[]): number => (values.length > 0 ? sizeOf(values) : 0)
    const sourceParts = counts.sources.map((_, index): CheckpointPart => {
      const states = discoveries.filter(({ source }) => source === index)
      const isOnly = counts.sources.length === 1
      const splitsOf = ({ splits }: RecordedLane) => (isOnly ? splits : splits.filter(({ source }) => source === index))
      const subtasks = this.#subtasks(lanes, (_subtask, own) =>
        own.reduce((sum, lane) => sum + this.#splitSizes.of(splitsOf(lane), sizeOf), 0),
      )
      return { kind: 'source', index, subtasks: withMore(subtasks, size(states)) }
    })
    const sinkParts = commits.slice(0, counts.sinks.length).map(({ infos, settled }, index): CheckpointPart => {
      const subtasks = this.#subtasks(lanes, (subtask, own) => {
        const prepared = infos.filter(
          (each) => each.subtask === subtask && (each.prepared.length > 0 || each.state !== null || each.rows > 0),
        )
        return size(prepared) + size(own.flatMap(({ rowTotals }) => totalsOf(rowTotals, index)))
      })
      return { kind: 'sink', index, subtasks: withMore(subtasks, settled === null ? 0 : sizeOf(settled)) }
    })
    return [...sourceParts, ...sinkParts]
  }

  /** One part per subtask; lanes of several pipelines with one number are one subtask. */
  #subtasks(
    lanes: readonly RecordedLane[],
    bytesOf: (subtask: number, own: readonly RecordedLane[]) => number,
  ): readonly SubtaskPart[] {
    const numbers = [...new Set(lanes.map(({ subtask }) => subtask))].toSorted((left, right) => left - right)
    return numbers.map((subtask) => {
      const bytes = bytesOf(
        subtask,
        lanes.filter((lane) => lane.subtask === subtask),
      )
      const took = lanes.map((lane, index) => (lane.subtask === subtask ? (this.#taken.get(index) ?? 0) : 0))
      return { subtask, bytes, syncMs: rounded(bytes > 0 ? Math.max(...took) : 0) }
    })
  }
}

/** What is of no single subtask is put down to the first. */
function withMore([first, ...others]: readonly SubtaskPart[], bytes: number): readonly SubtaskPart[] {
  return first === undefined ? [] : [{ ...first, bytes: first.bytes + bytes }, ...others]
}

/** Row totals of one sink; keys are `sink/table`. */
function totalsOf(rowTotals: Json, sink: number): readonly (readonly [string, Json])[] {
  if (typeof rowTotals !== 'object' || rowTotals === null || Array.isArray(rowTotals)) return []
  return Object.entries(rowTotals).filter(([key]) => key.startsWith(`${sink}/`))
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * FRACTION) / FRACTION
}
