import type {
  CheckpointRecord,
  RecordedCounts,
  RecordedPlugin,
  RecordedTotals,
  RestoreOrigin,
} from '../checkpoint/record.js'
import type { LaneSplit } from '../plan/physical-plan.js'
import type { Json } from '../spi/json.js'
import type { PlannedJob } from './job-planner.js'
import { labelOf, refused } from './restore.js'

/** For one kind of block: the new place of every recorded one, `null` where the job has it no more. */
type Places = readonly (number | null)[]

/**
 * A record without what it holds of blocks that the job has no more, where that is allowed. What fits is given back as it is, and so is
 * what does not fit in another way, for whoever compares the two.
 *
 * @throws MillraceError `RESTORE_REFUSED` when a sink that is gone has something to commit.
 */
export function fittedRecord(
  planned: Pick<PlannedJob, 'plugins'>,
  record: CheckpointRecord,
  origin: RestoreOrigin | undefined,
): CheckpointRecord {
  if (origin?.allowsMissingState !== true) return record
  const places = (kind: RecordedPlugin['kind']): Places | null =>
    placesOf(ofKind(record.plugins, kind), ofKind(planned.plugins, kind))
  const [sources, transforms, sinks] = [places('source'), places('transform'), places('sink')]
  if (sources === null || transforms === null || sinks === null) return record
  const isWhole = [sources, transforms, sinks].every((all) => all.every((place, index) => place === index))
  if (isWhole) return record
  requireCommitted(record, sinks, origin)
  const sinkPlace = sinkPlaces(sinks)
  const pipelines = keptPipelines(ofKind(record.plugins, 'source'), sources, ofKind(planned.plugins, 'source'))
  return {
    ...record,
    plugins: [
      ...keptPlugins(ofKind(record.plugins, 'source'), sources, ofKind(planned.plugins, 'source')),
      ...keptPlugins(ofKind(record.plugins, 'transform'), transforms, ofKind(planned.plugins, 'transform')),
      ...keptPlugins(ofKind(record.plugins, 'sink'), sinks, ofKind(planned.plugins, 'sink')),
    ],
    lanes: keptLanes(record.lanes, pipelines, sinkPlace).map((lane) => ({
      ...lane,
      splits: keptSplits(lane.splits, sources),
    })),
    gone: keptLanes(record.gone, pipelines, sinkPlace),
    discoveries: record.discoveries.flatMap((each) => {
      const source = sources[each.source] ?? null
      return source === null ? [] : [{ ...each, source }]
    }),
    parallelism: record.parallelism?.filter((_, index) => (sources[index] ?? null) !== null) ?? null,
    commits: record.commits.filter((_, index) => sinkPlace(index) !== null),
    counts: keptCounts(record.counts, sources, sinkPlace),
  }
}

function ofKind(plugins: readonly RecordedPlugin[], kind: RecordedPlugin['kind']): readonly RecordedPlugin[] {
  return plugins.filter((each) => each.kind === kind)
}

/** Blocks keep their order; `null` when the job has one that the record does not. */
function placesOf(before: readonly RecordedPlugin[], now: readonly RecordedPlugin[]): Places | null {
  // Of several blocks of one plug-in those stay that are as they were.
  return placesBy(before, now, (block) => [block.plugin, block.output, block.key]) ?? placesBy(before, now, nameOf)
}

const nameOf = ({ plugin, output }: RecordedPlugin): Json => [plugin, output]

function placesBy(
  before: readonly RecordedPlugin[],
  now: readonly RecordedPlugin[],
  shape: (block: RecordedPlugin) => Json,
): Places | null {
  const wanted = now.map((block) => JSON.stringify(shape(block)))
  let found = 0
  const places = before.map((block) => {
    if (found === wanted.length || JSON.stringify(shape(block)) !== wanted[found]) return null
    found += 1
    return found - 1
  })
  return found === wanted.length ? places : null
}

function requireCommitted(record: CheckpointRecord, sinks: Places, { isCommitted }: RestoreOrigin): void {
  if (isCommitted) return
  const gone = ofKind(record.plugins, 'sink').find((_, index) => {
    const infos = record.commits[index]?.infos ?? []
    return sinks[index] === null && infos.some(({ prepared }) => prepared.length > 0)
  })
  if (gone !== undefined) throw refused(`${labelOf(gone)} is gone and has something to commit`)
}

/** Sinks of error records stand behind those of the document. */
function sinkPlaces(sinks: Places): (sink: number) => number | null {
  const kept = sinks.filter((place) => place !== null).length
  return (sink) => (sink < sinks.length ? (sinks[sink] ?? null) : sink - sinks.length + kept)
}

function keptPlugins(
  before: readonly RecordedPlugin[],
  places: Places,
  now: readonly RecordedPlugin[],
): readonly RecordedPlugin[] {
  return before.flatMap((plugin, index) => {
    const found = now[places[index] ?? -1]
    return found === undefined ? [] : [{ ...plugin, index: found.index }]
  })
}

/** The pipelines that are left, by what they were, as what they are. */
function keptPipelines(
  before: readonly RecordedPlugin[],
  sources: Places,
  now: readonly RecordedPlugin[],
): ReadonlyMap<number, number> {
  const pipelines = new Map<number, number>()
  for (const [index, { pipeline }] of before.entries()) {
    const found = now[sources[index] ?? -1]?.pipeline
    if (found === undefined) continue
    // A record of an earlier release does not tell which lanes could be dropped.
    if (pipeline === undefined)
      throw refused('the checkpoint is of an earlier release and has parts that the job has not')
    pipelines.set(pipeline, found)
  }
  return pipelines
}

/** Lanes of pipelines whose sources are all gone are dropped; the others are those of the pipelines that their sources are of now. */
function keptLanes<T extends RecordedTotals>(
  lanes: readonly T[],
  pipelines: ReadonlyMap<number, number>,
  sinkPlace: (sink: number) => number | null,
): readonly T[] {
  return lanes.flatMap((lane) => {
    const pipeline = pipelines.get(lane.pipeline)
    return pipeline === undefined ? [] : [{ ...lane, pipeline, rowTotals: keptTotals(lane.rowTotals, sinkPlace) }]
  })
}

function keptSplits(splits: readonly LaneSplit[], sources: Places): readonly LaneSplit[] {
  return splits.flatMap((split) => {
    const source = sources[split.source] ?? null
    return source === null ? [] : [{ ...split, source }]
  })
}

/** Keys are `sink/table`. */
function keptTotals(rowTotals: Json, sinkPlace: (sink: number) => number | null): Json {
  if (typeof rowTotals !== 'object' || rowTotals === null || Array.isArray(rowTotals)) return rowTotals
  return Object.fromEntries(
    Object.entries(rowTotals).flatMap(([key, total]) => {
      const [sink = '', table = ''] = key.split('/')
      const place = sinkPlace(Number(sink))
      return place === null ? [] : [[`${place}/${table}`, total]]
    }),
  ) as Json
}

function keptCounts(
  { sources, sinks, errorRows }: RecordedCounts,
  sourcePlaces: Places,
  sinkPlace: (sink: number) => number | null,
): RecordedCounts {
  return {
    sources: sources.filter((_, index) => (sourcePlaces[index] ?? null) !== null),
    sinks: sinks.filter((_, index) => sinkPlace(index) !== null),
    errorRows,
  }
}
