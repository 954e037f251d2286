import { bytesText, countText, durationText, timeText } from './texts.js'

/** Numbers of a task or of tasks together. */
export type MetricsJson = Readonly<Record<string, number | boolean | string>>

/** A vertex in the answer about a job. */
export interface VertexJson {
  readonly id: string
  readonly name: string
  readonly status: string
  readonly parallelism: number
  readonly duration: number
  readonly 'start-time': number
  readonly 'end-time': number
  readonly metrics: MetricsJson
  /** How many tasks are in each state. */
  readonly tasks: Readonly<Record<string, number>>
}

/** A subtask in the answer about a vertex. */
export interface SubtaskJson {
  readonly subtask: number
  readonly attempt: number
  readonly endpoint: string
  readonly status: string
  readonly duration: number
  readonly 'start-time': number
  readonly 'end-time': number
  readonly 'status-duration': Readonly<Record<string, number>>
  readonly metrics: MetricsJson
}

/** A time as it is shown: none where it is not known. */
const time = (timeMs: number) => (timeMs < 0 ? '–' : timeText(timeMs))

function flowCells(metrics: MetricsJson): readonly string[] {
  const shown = (key: string, text: (value: number) => string) =>
    metrics[`${key}-complete`] === false ? 'loading...' : text(Number(metrics[key]))
  return [
    shown('read-bytes', bytesText),
    shown('read-records', countText),
    shown('write-bytes', bytesText),
    shown('write-records', countText),
  ]
}

/** The row of a vertex in the page of its job. */
export function vertexCells({
  name,
  status,
  metrics,
  parallelism,
  duration,
  tasks,
  ...vertex
}: VertexJson): readonly string[] {
  const times = [timeText(vertex['start-time']), durationText(duration), time(vertex['end-time'])]
  return [name, status, ...flowCells(metrics), String(parallelism), ...times, countsText(Object.values(tasks))]
}

/** Numbers of tasks in their states; the dashboard has an order of its own for the states. */
export function countsText(counts: readonly number[]): string {
  return counts
    .filter((count) => count > 0)
    .toSorted((left, right) => left - right)
    .join(' ')
}

/** The row of a vertex with its numbers of tasks in order. */
export function withCounts(cells: readonly string[]): readonly string[] {
  return cells.with(-1, countsText((cells.at(-1) ?? '').split(' ').map(Number)))
}

const STATUSES = ['CREATED', 'SCHEDULED', 'DEPLOYING', 'INITIALIZING', 'RUNNING']

/** The row of a subtask in the drawer of its vertex. */
export function subtaskCells({ subtask, attempt, endpoint, status, metrics, ...task }: SubtaskJson): readonly string[] {
  const clock = (name: string) => lengthText(Number(metrics[`accumulated-${name}-time`]))
  return [
    String(subtask),
    ...flowCells(metrics),
    String(attempt + 1),
    endpoint,
    timeText(task['start-time']),
    durationText(task.duration),
    time(task['end-time']),
    [clock('backpressured'), clock('idle'), clock('busy')].join(' / '),
    STATUSES.map((name) => lengthText(task['status-duration'][name] ?? -1)).join(''),
    status,
  ]
}

const lengthText = (lengthMs: number) => (lengthMs >= 0 ? durationText(Math.floor(lengthMs)) : '-')
