import type { RawAnswer } from '../../rest/raw-client.js'
import type { RecordedCall } from './recordings.js'

/** One difference: where it is, what was recorded, what is answered. */
export interface FlinkDifference {
  /** `status`, `header NAME`, or a place in the body such as `body.jobs[].tasks`. */
  readonly part: string
  readonly recorded: string
  readonly actual: string
}

/** Objects whose members a run or a version of Java's hash table decides: their names are not compared in order. */
const MAPS =
  /\.(?:timestamps|tasks|status-counts|status-duration|metrics|failureLabels|user-config|accumulator-results|aggregated|write-records|read-records|write-bytes|read-bytes|accumulated-[a-z]+-time|CREATED|SCHEDULED|DEPLOYING|INITIALIZING|RUNNING|nodes\[\]|inputs\[\])$/
/** Objects whose members are the job's own. */
const OWN_MEMBERS = /\.(?:user-config|accumulator-results|failureLabels|serialized-user-task-accumulators)$/
/** Values that no run decides. */
const FIXED =
  /^body\.(?:state|job-type|plan\.type)$|\.(?:truncated|taskmanagers|web-cancel|web-history|isComplete|operator|operator_strategy|refresh-interval|num|jmxPort|alignment_buffered|persisted_data|className|checkpoint_type|is_savepoint|savepointFormat|status\.id|application-status|max_concurrent|unaligned_checkpoints|state_changelog_enabled|changelog_storage|aligned_checkpoint_timeout|pending-operators|object-reuse-mode|execution-mode)$/
const COMPARED_HEADERS = ['content-type', 'access-control-allow-origin', 'connection', 'cache-control']
/** In HTTP/1.1 a connection stays open when nothing is said of it. */
const KEEP_ALIVE = 'keep-alive'
const HEX_ID = /\b[0-9a-f]{32}\b/g
const PACKAGE_ID = /[0-9a-f]{8}-[0-9a-f-]{27}_[^/ ]*\.jar/g

/** What differs between an answer and the recorded one. */
export function compareCall({ response }: RecordedCall, actual: RawAnswer): readonly FlinkDifference[] {
  const differences: FlinkDifference[] = []
  if (response.status !== actual.status)
    differences.push({ part: 'status', recorded: String(response.status), actual: String(actual.status) })
  for (const name of COMPARED_HEADERS) {
    const value = (headers: readonly (readonly [string, string])[]) => {
      const found = headers.find(([each]) => each.toLowerCase() === name)?.[1]
      return found === undefined || found === KEEP_ALIVE ? 'absent' : found
    }
    const [recorded, own] = [value(response.headers), value(actual.headers)]
    if (recorded !== own) differences.push({ part: `header ${name}`, recorded, actual: own })
  }
  if (actual.status === response.status) differences.push(...compareBodies(response.body, actual.body))
  return differences
}

function compareBodies(recorded: unknown, text: string): readonly FlinkDifference[] {
  const body = typeof recorded === 'string' ? json(recorded) : recorded
  const actual = json(text)
  if (typeof body !== 'object' || body === null) return []
  const errors = errorsOf(body)
  const own = errorsOf(actual)
  if (errors !== null && own !== null) {
    const [one, other] = [firstLine(errors), firstLine(own)]
    return one === other ? [] : [{ part: 'body.errors', recorded: one, actual: other }]
  }
  return compareValues(body, actual, 'body')
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

function errorsOf(body: unknown): readonly string[] | null {
  if (typeof body !== 'object' || body === null || !('errors' in body)) return null
  return (body as { readonly errors: readonly string[] }).errors
}

/** What an error says, without Java's classes and stack, with all ids alike. */
function firstLine(errors: readonly string[]): string {
  const [first = '', second = ''] = errors
  const text = first === 'Internal server error.' ? second.replace(/^<Exception on server side:\n/, '') : first
  const [line = ''] = text.split('\n')
  return line
    .replace(/^(?:[\w$]+\.)+[\w$]+: /, '')
    .replaceAll(HEX_ID, 'ID')
    .replaceAll(PACKAGE_ID, 'PACKAGE')
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function typeOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
}

const QUANTILE = /\.summary\..*\.p\d+$/
const isQuantile = (value: unknown): boolean => typeof value === 'number' || value === 'NaN'

function compareValues(recorded: unknown, actual: unknown, part: string): readonly FlinkDifference[] {
  // Which of the latest there are, and whether there is anything to take quantiles of, is the run's.
  if (/\.latest\.\w+$/.test(part) && (recorded === null || actual === null)) return []
  if (QUANTILE.test(part) && isQuantile(recorded) && isQuantile(actual)) return []
  const [one, other] = [typeOf(recorded), typeOf(actual)]
  if (one !== other) return [{ part, recorded: one, actual: other }]
  if (Array.isArray(recorded) && Array.isArray(actual)) return compareArrays(recorded, actual, part)
  if (isObject(recorded) && isObject(actual)) return compareObjects(recorded, actual, part)
  const shown = { part, recorded: JSON.stringify(recorded), actual: JSON.stringify(actual) }
  if (FIXED.test(part) && recorded !== actual) return [shown]
  return typeof recorded === 'string' && typeof actual === 'string' && formOf(recorded) !== formOf(actual)
    ? [shown]
    : []
}

/** Forms of texts that clients read something from. */
const FORMS = {
  id: /^[0-9a-f]{32}$/,
  number: /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:E-?\d+)?$/,
  'not a number': /^NaN$/,
  task: /^.+ \(\d+\/\d+\) - execution #\d+$/,
  'task of an attempt': /^.+ \(\d+\/\d+\)$/,
  unassigned: /^\(unassigned\)$/,
} as const

/** Task managers have an id here, and an address in Flink. */
const TASK_MANAGER = /^[\d.]+:\d+-[0-9a-f]{6}$/

function formOf(text: string): keyof typeof FORMS | 'text' {
  if (TASK_MANAGER.test(text)) return 'id'
  const names = Object.keys(FORMS) as (keyof typeof FORMS)[]
  return names.find((name) => FORMS[name].test(text)) ?? 'text'
}

/** How many there are is the run's; what they look like is not: each of ours is like one of the recorded. */
function compareArrays(
  recorded: readonly unknown[],
  actual: readonly unknown[],
  part: string,
): readonly FlinkDifference[] {
  const found = new Map<string, FlinkDifference>()
  for (const own of actual) {
    const kinds = isObject(own) && 'className' in own ? recorded.filter((each) => isOfKind(each, own)) : recorded
    const tried = kinds.map((each) => compareValues(each, own, `${part}[]`))
    const nearest = tried.toSorted((one, other) => one.length - other.length)[0] ?? []
    for (const difference of nearest) found.set(difference.part, difference)
  }
  return [...found.values()]
}

/** Whether an element is of the kind of another: a complete savepoint like one that is. */
function isOfKind(
  element: unknown,
  { className, is_savepoint: isSavepoint }: Readonly<Record<string, unknown>>,
): boolean {
  return isObject(element) && element.className === className && element.is_savepoint === isSavepoint
}

function compareObjects(
  recorded: Readonly<Record<string, unknown>>,
  actual: Readonly<Record<string, unknown>>,
  part: string,
): readonly FlinkDifference[] {
  if (OWN_MEMBERS.test(part)) return []
  const [keys, own] = [Object.keys(recorded), Object.keys(actual)]
  // Members are the ids of vertices.
  if (keys.some((key) => /^[0-9a-f]{32}$/.test(key)))
    return own.length > 0 ? [] : [{ part, recorded: 'ids', actual: 'none' }]
  const [one, other] = MAPS.test(part) ? [keys.toSorted(), own.toSorted()] : [keys, own]
  if (one.join() !== other.join()) return [{ part: `${part}{}`, recorded: one.join(), actual: other.join() }]
  return keys.flatMap((key) => compareValues(recorded[key], actual[key], `${part}.${key}`))
}
