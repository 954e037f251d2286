import { ERROR_TABLE, isErrorCode } from '../../../core/error.js'
import type { JobEvent, JobView } from '../../../node/api.js'
import type { FlinkCall } from './call.js'
import { FlinkFault } from './fault.js'
import { failureClass } from './jobs.js'

/** Entries of an answer that does not ask for a number. @source Flink `JobExceptionsHandler` */
const DEFAULT_ENTRIES = 20

interface ExceptionEntry {
  readonly exceptionName: string
  readonly stacktrace: string
  readonly timestamp: number
  readonly failureLabels: Readonly<Record<string, string>>
  readonly concurrentExceptions: readonly Omit<ExceptionEntry, 'concurrentExceptions'>[]
}

/** `/jobs/:jobid/exceptions`: one entry for each attempt that failed, the newest first. */
export function jobExceptions(call: FlinkCall) {
  const job = call.job()
  const limit = call.queryNumber('maxExceptions') ?? DEFAULT_ENTRIES
  const labels = labelFilter(call.list('failureLabelFilter') ?? [])
  const found = entriesOf(job, call.node.timeline(job.jobId)).filter(({ failureLabels }) =>
    labels.every(([name, value]) => failureLabels[name] === value),
  )
  const shown = found.slice(0, Math.max(0, limit))
  const history = { entries: shown, truncated: shown.length < found.length }
  if (!call.profile.hasRootException) return { exceptionHistory: history }
  const [first] = job.failure === null ? [] : found
  return {
    'root-exception': first?.stacktrace ?? null,
    timestamp: first?.timestamp ?? null,
    'all-exceptions': [],
    truncated: false,
    exceptionHistory: history,
  }
}

function entriesOf(job: JobView, timeline: readonly JobEvent[]): readonly ExceptionEntry[] {
  const failures = new Map<number, JobEvent[]>()
  for (const event of timeline) {
    // A savepoint that could not be taken ends no attempt.
    if (event.kind !== 'error' || event.status === 'DOING_SAVEPOINT') continue
    failures.set(event.atMs, [...(failures.get(event.atMs) ?? []), event])
  }
  const entries = [...failures].map(([atMs, events]): ExceptionEntry => {
    const [first, ...others] = events.map(({ text, data }) => exceptionOf(String(data.code ?? ''), text, atMs))
    return { ...(first as Omit<ExceptionEntry, 'concurrentExceptions'>), concurrentExceptions: others }
  })
  const { failure, finishedAtMs } = job
  // A job that never got a slot has a failure and no attempt.
  if (failure !== null && finishedAtMs !== null && !failures.has(finishedAtMs)) {
    const code = failure.errors[0]?.code ?? 'JOB_FAILED'
    entries.push({ ...exceptionOf(code, failure.text, finishedAtMs), concurrentExceptions: [] })
  }
  return entries.toSorted((left, right) => right.timestamp - left.timestamp)
}

function exceptionOf(code: string, text: string, timestamp: number) {
  const name = failureClass(code)
  const domain = isErrorCode(code) ? ERROR_TABLE[code].domain : null
  const failureLabels: Record<string, string> = domain === null ? {} : { type: domain === 'user' ? 'USER' : 'SYSTEM' }
  return { exceptionName: name, stacktrace: `${name}: ${text}`, timestamp, failureLabels }
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
