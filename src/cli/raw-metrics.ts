import type { RemoteJob, RemoteNode } from './node-api.js'

/** A value of JSON. A map keeps the order of names that look like numbers. */
type Json = string | number | { readonly [name: string]: Json } | ReadonlyMap<string, Json> | readonly Json[]

/** Ids that the original's tasks have: readers in group 30000, their source task 40000, and the task behind it. */
const TASK_GROUP = '30000'
const TASKS = {
  source: { id: '40000', name: 'SourceSeaTunnelTask', prefix: 'SourceReceived' },
  sink: { id: '50000', name: 'TransformSeaTunnelTask', prefix: 'SinkWrite' },
} as const

/**
 * The metrics of a job as the client's `--metrics` prints them: name, also with `#table`, to measurements of tasks.
 *
 * @source SeaTunnel `JobMetrics.toJsonString`, recorded output
 */
export function rawMetrics(job: RemoteJob, node: Pick<RemoteNode, 'host' | 'port' | 'uuid'>, nowMs: number): Json {
  const timestamp = job.finishedAtMs ?? nowMs
  const seconds = Math.max(1, job.flow.elapsedMs) / 1000
  const all: Record<string, Json[]> = {}
  for (const side of ['source', 'sink'] as const) {
    const { prefix } = TASKS[side]
    for (const [index, flow] of (side === 'source' ? job.flow.sources : job.flow.sinks).entries()) {
      const pipeline = job.dag.vertices.find(({ id }) => id === flow.vertex)?.pipeline ?? 1
      const tags = tagsOf(job.jobId, pipeline, side, node)
      const values = [
        [`${prefix}Count`, flow.rows],
        [`${prefix}Bytes`, flow.bytes],
        [`${prefix}QPS`, flow.rows / seconds],
        [`${prefix}BytesPerSeconds`, flow.bytes / seconds],
      ] as const
      for (const [name, value] of values) {
        addTo(all, `${name}#${flow.table}`, { tags, value, timestamp })
        if (index === 0 || !isSameTask(all[name], tags)) addTo(all, name, { tags, value, timestamp })
        else addUp(all[name], value)
      }
    }
  }
  return all
}

interface Measurement {
  readonly tags: Readonly<Record<string, string>>
  readonly value: number
  readonly timestamp: number
}

function addTo(all: Record<string, Json[]>, metric: string, { tags, value, timestamp }: Measurement): void {
  all[metric] = [...(all[metric] ?? []), { tags, metric, value, timestamp }]
}

function isSameTask(list: readonly Json[] | undefined, tags: Readonly<Record<string, string>>): boolean {
  const last = list?.at(-1) as { readonly tags?: Readonly<Record<string, string>> } | undefined
  return last?.tags?.pipelineId === tags.pipelineId
}

/** Several tables of one task are one measurement of the task. */
function addUp(list: Json[] | undefined, value: number): void {
  const last = list?.pop() as { readonly value: number; readonly [name: string]: Json }
  list?.push({ ...last, value: last.value + value })
}

function tagsOf(
  jobId: string,
  pipeline: number,
  side: keyof typeof TASKS,
  { host, port, uuid }: Pick<RemoteNode, 'host' | 'port' | 'uuid'>,
): Readonly<Record<string, string>> {
  return {
    jobId,
    taskGroupId: TASK_GROUP,
    address: `[${host}]:${port}`,
    service: 'TaskExecutionService',
    taskGroupLocation: taskGroupLocation(jobId, pipeline, TASK_GROUP),
    member: uuid,
    taskName: TASKS[side].name,
    taskID: TASKS[side].id,
    pipelineId: String(pipeline),
  }
}

function taskGroupLocation(jobId: string, pipeline: number, group: string): string {
  return `TaskGroupLocation{jobId=${jobId}, pipelineId=${pipeline}, taskGroupId=${group}}`
}

/** JSON in the layout of the original's printer: two blanks for a level, ` : ` behind names, elements of lists on one line. */
export function javaJson(value: Json, indent = ''): string {
  if (typeof value === 'string' || typeof value === 'number') return JSON.stringify(value)
  if (Array.isArray(value)) {
    const items = value as readonly Json[]
    return items.length === 0 ? '[ ]' : `[ ${items.map((item) => javaJson(item, indent)).join(', ')} ]`
  }
  const members = value instanceof Map ? [...(value as ReadonlyMap<string, Json>)] : Object.entries(value)
  if (members.length === 0) return '{ }'
  const inner = `${indent}  `
  const lines = members.map(([name, member]) => `${inner}${JSON.stringify(name)} : ${javaJson(member, inner)}`)
  return `{\n${lines.join(',\n')}\n${indent}}`
}

/** States that pipelines and tasks have under other names than jobs. */
const TASK_STATES: Readonly<Record<string, string>> = {
  SAVEPOINT_DONE: 'FINISHED',
  DOING_SAVEPOINT: 'RUNNING',
  FAILING: 'FAILING',
  PENDING: 'CREATED',
}

/**
 * The one line that `seatunnel.sh -j` prints. The id is a number of up to 19 digits, as the original prints it.
 *
 * @source SeaTunnel `JobStatusData`, recorded output
 */
export function jobStateJson(job: RemoteJob): string {
  const { jobId, jobName, status, createdAtMs, finishedAtMs, failure, dag } = job
  const state = TASK_STATES[status] ?? status
  const pipelines = [...new Set(dag.vertices.map(({ pipeline }) => pipeline))].sort((left, right) => left - right)
  const tasks = (pipeline: number) =>
    Object.fromEntries(['1', TASK_GROUP].map((group) => [taskGroupLocation(jobId, pipeline, group), state]))
  const states = Object.fromEntries(
    pipelines.map((pipeline) => [
      `PipelineLocation(jobId=${jobId}, pipelineId=${pipeline})`,
      { pipelineStatus: state, executionStateMap: tasks(pipeline) },
    ]),
  )
  const rest = JSON.stringify({
    jobName,
    jobStatus: status,
    submitTime: createdAtMs,
    finishTime: finishedAtMs,
    pipelineStateMapperMap: states,
    errorMessage: failure?.text ?? null,
  })
  return `{"jobId":${jobId},${rest.slice(1)}`
}
