import { ERROR_TABLE, isErrorCode } from '../../../core/error.js'
import type { JobEvent, JobView } from '../../../node/api.js'
import type { FlinkCall } from './call.js'
import { FlinkFault } from './fault.js'
import { taskManagerId } from './ids.js'
import { vertexName } from './job-plan.js'
import { failureClass } from './jobs.js'
import { shortened } from './long-text.js'

/** Entries of an answer that does not ask for a number. @source Flink `JobExceptionsHandler` */
const DEFAULT_ENTRIES = 20

/** The task that failed, where it is known. Flink leaves the members out where it is not. */
interface FailedTask {
  readonly taskName: string
  /** Only in the lines before 2.0. */
  readonly location?: string
  readonly endpoint: string
  readonly taskManagerId: string
}

interface ExceptionInfo extends Partial<FailedTask> {
  readonly exceptionName: string
  readonly stacktrace: string
  /** Milliseconds since 1970. */
  readonly timestamp: number
  readonly failureLabels: Readonly<Record<string, string>>
}

interface ExceptionEntry extends ExceptionInfo {
  readonly concurrentExceptions: readonly ExceptionInfo[]
}

/** `/jobs/:jobid/exceptions`: one entry for each attempt that failed, the newest first. */
export function jobExceptions(call: FlinkCall) {
  const job = call.job()
  const limit = call.queryNumber('maxExceptions') ?? DEFAULT_ENTRIES
  const labels = labelFilter(call.list('failureLabelFilter') ?? [])
  const all = entriesOf(call, job)
  const found = all.filter(({ failureLabels }) => labels.every(([name, value]) => failureLabels[name] === value))
  const shown = found.slice(0, Math.max(0, limit))
  const history = { entries: shown, truncated: shown.length < found.length }
  if (!call.profile.hasRootException) return { exceptionHistory: history }
  const [first] = job.failure === null ? [] : all
  return {
    'root-exception': first?.stacktrace ?? null,
    timestamp: first?.timestamp ?? null,
    'all-exceptions': (first?.concurrentExceptions ?? []).flatMap(taskException),
    truncated: false,
    exceptionHistory: history,
  }
}

/** A failure as it stands beside the history in the lines before 2.0; nothing for what was no task's. */
function taskException({ taskName, stacktrace, timestamp, endpoint, taskManagerId: manager }: ExceptionInfo) {
  if (taskName === undefined) return []
  const task = taskName.replace(/ - execution #\d+$/, '')
  return [{ exception: stacktrace, task, location: endpoint, endpoint, timestamp, taskManagerId: manager }]
}

function entriesOf(call: FlinkCall, job: JobView): readonly ExceptionEntry[] {
  const attempts = failuresByAttempt(call.node.timeline(job.jobId)).map((events): ExceptionEntry => {
    const [first, ...others] = events.map((event) => exceptionOf(event, taskOf(call, job, event)))
    return { ...(first as ExceptionInfo), concurrentExceptions: others }
  })
  const { failure, finishedAtMs } = job
  if (failure === null || finishedAtMs === null) return attempts.toReversed()
  const last = attempts.at(-1)
  // A job that never got a slot has a failure and no attempt.
  if (last?.timestamp !== finishedAtMs) {
    const code = failure.errors[0]?.code ?? 'JOB_FAILED'
    return [entry(code, failure.text, finishedAtMs, []), ...attempts.toReversed()]
  }
  return [endOf(job, last), ...attempts.slice(0, -1).toReversed()]
}

/** Failures of attempts, those of one attempt together, oldest first. */
function failuresByAttempt(timeline: readonly JobEvent[]): readonly (readonly JobEvent[])[] {
  const failures = new Map<number, JobEvent[]>()
  for (const event of timeline) {
    if (event.kind !== 'error' || !endsAttempt(event)) continue
    failures.set(event.atMs, [...(failures.get(event.atMs) ?? []), event])
  }
  return [...failures.values()]
}

/** Whether an error is one of those that an attempt ended with: a savepoint that could not be taken ends none. */
function endsAttempt({ status, data }: JobEvent): boolean {
  return 'attempt' in data || status !== 'DOING_SAVEPOINT'
}

/** The failure that the job ended with: of the job, with those of its tasks below it. */
function endOf(job: JobView, { concurrentExceptions, ...first }: ExceptionEntry): ExceptionEntry {
  const reason =
    first.failureLabels.type === USER
      ? 'the job is not tried again, because it would fail in the same way'
      : `the job is not tried again after ${job.restarts === 0 ? 'its only attempt' : `${job.restarts + 1} attempts`}`
  const name = failureClass('JOB_FAILED')
  return {
    exceptionName: name,
    stacktrace: `${name}: ${reason}\nCaused by: ${first.stacktrace}`,
    timestamp: first.timestamp,
    failureLabels: first.failureLabels,
    concurrentExceptions: [first, ...concurrentExceptions],
  }
}

const USER = 'USER'

function exceptionOf({ text, data, atMs }: JobEvent, task: FailedTask | null): ExceptionInfo {
  return { ...info(String(data.code ?? 'JOB_FAILED'), text, atMs), ...task }
}

function entry(code: string, text: string, atMs: number, concurrent: readonly ExceptionInfo[]): ExceptionEntry {
  return { ...info(code, text, atMs), concurrentExceptions: concurrent }
}

function info(code: string, text: string, timestamp: number): ExceptionInfo {
  const name = failureClass(code)
  const domain = isErrorCode(code) ? ERROR_TABLE[code].domain : null
  const failureLabels: Record<string, string> = domain === null ? {} : { type: domain === 'user' ? USER : 'SYSTEM' }
  return { exceptionName: name, stacktrace: `${name}: ${shortened(text)}`, timestamp, failureLabels }
}

/** The task of a failure; `null` for what failed outside of any task, such as a commit. */
function taskOf({ node, profile }: FlinkCall, job: JobView, { data }: JobEvent): FailedTask | null {
  const { vertex: id, subtask, attempt } = data
  const vertex = job.dag.vertices.find((each) => each.id === id)
  if (vertex === undefined || typeof subtask !== 'number' || typeof attempt !== 'number') return null
  const { host, uuid } = node.identity
  return {
    taskName: `${vertexName(vertex)} (${subtask + 1}/${vertex.parallelism}) - execution #${attempt}`,
    ...(profile.hasRootException ? { location: host } : {}),
    endpoint: host,
    taskManagerId: taskManagerId(uuid),
  }
}

/** Pairs of names and values that an entry must have. @throws FlinkFault 400 */
function labelFilter(pairs: readonly string[]): readonly (readonly [string, string])[] {
  return pairs.map((pair) => {
    const [name, value, ...more] = pair.split(':')
    if (name === undefined || value === undefined || more.length > 0)
      throw new FlinkFault(400, `Invalid failure label filter '${pair.slice(0, 100)}': write it as name:value.`)
    return [name, value] as const
  })
}
