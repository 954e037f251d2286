import { createHash } from 'node:crypto'
import type { CheckpointRecord, RecordedPlugin } from '../checkpoint/record.js'
import { MillraceError } from '../core/error.js'
import { type CatalogTable, dataTypeText, tablePathText } from '../core/schema.js'
import { type LogicalDag, type LogicalNode, pipelinesOf } from '../plan/logical-dag.js'
import type { Json } from '../spi/json.js'
import type { Sink } from '../spi/sink.js'
import type { Source } from '../spi/source.js'
import type { PlannedJob } from './job-planner.js'
import { restoredLanes } from './lane-plan.js'

/** A longer value is kept as its digest: it is only compared. */
const VALUE_LIMIT = 200

const DIGEST = 'sha256:'

/** What a checkpoint keeps of the blocks of a job: which ones there are, and what must be the same in a later attempt. */
export function recordedPlugins(
  dag: LogicalDag,
  job: {
    readonly source: (node: LogicalNode) => Source | undefined
    readonly sinks: readonly Sink[]
    readonly tables: ReadonlyMap<LogicalNode, readonly CatalogTable[]>
  },
): readonly RecordedPlugin[] {
  const recorded = (node: LogicalNode, key: { readonly [name: string]: Json }): RecordedPlugin => {
    const { kind, index, pluginName, output } = node.block
    const shortened = Object.fromEntries(Object.entries(key).map(([name, value]) => [name, shorten(value)]))
    return { kind: kind as RecordedPlugin['kind'], index, plugin: pluginName.toLowerCase(), output, key: shortened }
  }
  const pipelines = pipelinesOf(dag)
  const columns = (node: LogicalNode): Json => (job.tables.get(node) ?? []).map(structureOf)
  const written = (node: LogicalNode): Json =>
    node.inputs.flatMap((input) => (job.tables.get(input) ?? []).map(structureOf))
  return [
    ...dag.sources.map((node) => ({
      ...recorded(node, { columns: columns(node), ...job.source(node)?.key }),
      pipeline: pipelines.findIndex((members) => members.includes(node)),
    })),
    ...dag.transforms.map((node) => recorded(node, { columns: columns(node) })),
    ...dag.sinks.map((node, index) => recorded(node, { columns: written(node), ...job.sinks[index]?.key })),
  ]
}

function structureOf({ path, columns }: CatalogTable): Json {
  return [tablePathText(path), ...columns.map(({ name, type }) => `${name} ${dataTypeText(type)}`)]
}

function shorten(value: Json): Json {
  const text = JSON.stringify(value)
  return text.length <= VALUE_LIMIT ? value : `${DIGEST}${createHash('sha256').update(text).digest('hex')}`
}

/** Subtasks of every source of a job. */
export function sourceParallelism({ dag, parallelism }: PlannedJob): readonly number[] {
  return dag.sources.map((node) => parallelism.get(node) ?? 1)
}

/**
 * A planned job that goes on where a record ends: it reads the splits that the record has left, whatever there is by now, with the
 * parallelism that it has now.
 *
 * @param isOfAnyJob whether the record may be of another job, because somebody named it.
 * @throws MillraceError `RESTORE_REFUSED` when the job file was changed in a way that does not allow it.
 */
export function restoredJob(planned: PlannedJob, record: CheckpointRecord, isOfAnyJob = false): PlannedJob {
  requireSameJob(planned, record, isOfAnyJob)
  const lanes = restoredLanes(planned.plan.lanes, sourceParallelism(planned), record)
  for (const source of planned.unreplayable) {
    const isHalfRead = lanes.some(({ splits }) => splits.some((split) => split.source === source))
    if (isHalfRead) throw refused(`${labelOf(planned.plugins[source])} cannot be read again from where it stopped`)
  }
  for (const { source, discovery } of planned.feeds) {
    const known = record.discoveries.find((each) => each.source === source)
    if (known !== undefined) discovery.restore(known.state)
  }
  return { ...planned, plan: { ...planned.plan, lanes } }
}

function requireSameJob(planned: PlannedJob, record: CheckpointRecord, isOfAnyJob: boolean): void {
  const { jobId } = planned.plan
  if (record.jobId !== jobId && !isOfAnyJob)
    throw refused(`the checkpoint is of job '${record.jobId}' and this is job '${jobId}'`)
  for (const kind of ['source', 'transform', 'sink'] as const) {
    const [before, now] = [record.plugins, planned.plugins].map((all) => all.filter((each) => each.kind === kind))
    requireSameBlocks(kind, before ?? [], now ?? [])
  }
  requireSamePipelines(planned, record)
  if (
    record.errorBudget.length !== planned.plan.errorHandlers.length + 1 ||
    record.commits.length !== planned.sinks.length
  ) {
    throw refused('the error handlers of the job are not those that it had', 'set error_handler in env to what it was')
  }
}

/** Blocks that are connected otherwise would have their rows from elsewhere. */
function requireSamePipelines({ dag }: PlannedJob, { lanes }: CheckpointRecord): void {
  const pipelines = pipelinesOf(dag)
  const pipelineOf = dag.sources.map((node) => pipelines.findIndex((members) => members.includes(node)))
  const before = new Set(lanes.map(({ pipeline }) => pipeline)).size
  const isSame = lanes.every(({ pipeline, splits }) => splits.every(({ source }) => pipelineOf[source] === pipeline))
  if (before === pipelines.length && isSame) return
  throw refused(
    `the job had '${before}' pipelines and now has '${pipelines.length}', or they have other sources`,
    'set plugin_input and plugin_output to what they were',
  )
}

function requireSameBlocks(kind: string, before: readonly RecordedPlugin[], now: readonly RecordedPlugin[]): void {
  for (const [index, expected] of before.entries()) {
    const found = now[index]
    if (found === undefined || labelOf(found) !== labelOf(expected)) {
      throw refused(`the checkpoint has ${labelOf(expected)} where the job has ${labelOf(found)}`)
    }
    requireSameKey(expected, found)
  }
  const added = now[before.length]
  if (added !== undefined)
    throw refused(`the checkpoint has '${before.length}' ${kind} blocks and the job has ${labelOf(added)} too`)
}

function requireSameKey(expected: RecordedPlugin, found: RecordedPlugin): void {
  const names = new Set([...Object.keys(expected.key), ...Object.keys(found.key)])
  for (const name of names) {
    const [was, is] = [expected.key[name] ?? null, found.key[name] ?? null].map((value) => JSON.stringify(value))
    if (was === is) continue
    const isDigest = `${was} ${is}`.includes(DIGEST)
    throw refused(
      `'${name}' of ${labelOf(expected)} ${isDigest ? 'is not what it was' : `was '${was}' and is '${is}'`}`,
    )
  }
}

/** What a block is called in messages. */
export function labelOf(plugin: RecordedPlugin | undefined): string {
  if (plugin === undefined) return 'nothing'
  const output = plugin.output === null ? '' : ` with the output '${plugin.output}'`
  return `${plugin.kind}[${plugin.index}] '${plugin.plugin}'${output}`
}

/** A job file that does not fit a record. */
export function refused(
  message: string,
  hint = 'restore it with the job file that the checkpoint was taken with, or start it anew',
): MillraceError {
  return new MillraceError('RESTORE_REFUSED', message, { hint })
}
