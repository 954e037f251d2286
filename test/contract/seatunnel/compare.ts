import type { RawAnswer } from '../../rest/raw-client.js'
import type { RecordedResponse } from './recordings.js'

/** One difference: where it is, what was recorded, what is answered. */
export interface Difference {
  /** `status`, `header NAME`, `connection`, `body`, or a place in the body such as `body[].metrics.SinkWriteCount`. */
  readonly part: string
  readonly recorded: string
  readonly actual: string
}

/** What decides which values have to be equal. */
export interface Comparison {
  /** Our id for a recorded one. */
  readonly ids: ReadonlyMap<string, string>
  /** Whether the counters of jobs have come to their end. */
  readonly isSettled: boolean
  /** Whether the answer shows a state that is passed through, which may be over by now. */
  readonly isPassing: boolean
  /** Our own address for the recorded one: `127.0.0.1:5801` and `127.0.0.1:8080`. */
  readonly addresses: ReadonlyMap<string, string>
}

const TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/
const DOUBLE = /^-?\d+\.\d+(?:E-?\d+)?$/
const INTEGER = /^\d+$/
const MAPS = /(?:^|\.)(?:envOptions|metrics)$|\.metrics\.Table\w+$/
const JAVA_STACK = /\n\tat .*$/s

/** What differs between an answer and the recorded one. Headers that were not recorded may be there. */
export function compareAnswers(
  recorded: RecordedResponse,
  actual: RawAnswer | null,
  isOpen: boolean,
  comparison: Comparison,
): readonly Difference[] {
  if (recorded.connectionClosedWithoutReply === true || actual === null) {
    if (recorded.connectionClosedWithoutReply === true && actual === null) return []
    return [
      { part: 'connection', recorded: closedText(recorded), actual: actual === null ? 'closed' : `${actual.status}` },
    ]
  }
  const differences: Difference[] = []
  if (recorded.status !== actual.status)
    differences.push({ part: 'status', recorded: String(recorded.status), actual: String(actual.status) })
  if (recorded.keptOpen === true && !isOpen)
    differences.push({ part: 'connection', recorded: 'kept open', actual: 'closed' })
  differences.push(...compareHeaders(recorded, actual, comparison))
  differences.push(...compareBodies(recorded.body ?? '', actual.body, comparison))
  return differences
}

function closedText(recorded: RecordedResponse): string {
  return recorded.connectionClosedWithoutReply === true ? 'closed' : String(recorded.status)
}

function compareHeaders({ headers }: RecordedResponse, actual: RawAnswer, comparison: Comparison): Difference[] {
  const differences: Difference[] = []
  for (const [name, value] of Object.entries(headers)) {
    const found = actual.headers.find(([each]) => each.toLowerCase() === name.toLowerCase())?.[1]
    const expected = inOurWords(value, comparison)
    if (found === undefined) differences.push({ part: `header ${name}`, recorded: value, actual: 'absent' })
    // Their values follow from the body and the clock.
    else if (name !== 'Date' && name !== 'Content-Length' && found !== expected)
      differences.push({ part: `header ${name}`, recorded: value, actual: found })
  }
  return differences
}

/** A recorded text with our ids and addresses in the place of the recorded ones. */
export function inOurWords(text: string, { ids, addresses }: Pick<Comparison, 'ids' | 'addresses'>): string {
  let result = text.replaceAll(/\d{15,}/g, (id) => ids.get(id) ?? id)
  for (const [recorded, own] of addresses) result = result.replaceAll(recorded, own)
  return result
}

function compareBodies(recorded: string, actual: string, comparison: Comparison): Difference[] {
  const [one, other] = [jsonOf(recorded), jsonOf(actual)]
  if (one !== null && other !== null) return compareValues(one.value, other.value, 'body', comparison)
  if (recorded.startsWith('# ') || actual.startsWith('# ')) return comparePages(recorded, actual)
  // A log file: its lines are the node's own.
  if (/^\d{4}-\d\d-\d\d /.test(recorded) && /^\d{4}-\d\d-\d\d /.test(actual)) return []
  const [expected, own] = [htmlFrame(inOurWords(recorded, comparison)), htmlFrame(actual)]
  return expected === own ? [] : [{ part: 'body', recorded: expected.slice(0, 200), actual: own.slice(0, 200) }]
}

/** Pages of metrics have the same families, as far as they are SeaTunnel's. */
function comparePages(recorded: string, actual: string): Difference[] {
  const families = (page: string) =>
    new Set(
      [...page.matchAll(/^# TYPE (\S+) \S+$/gm)]
        .map(([, name = '']) => name)
        .filter((name) => !/^(?:jvm|process)/.test(name)),
    )
  const own = families(actual)
  return [...families(recorded)]
    .filter((name) => !own.has(name))
    .map((name) => ({ part: `metric ${name}`, recorded: 'there', actual: 'absent' }))
}

/** A page without the entries of its list and without the number behind a servlet's name. */
function htmlFrame(text: string): string {
  if (!text.startsWith('<html>')) return text
  return text.replaceAll(/<li>.*<\/li>\n/g, '').replaceAll(/(Servlet)-[0-9a-f]+</g, '$1<')
}

function jsonOf(text: string): { readonly value: unknown } | null {
  if (!/^[[{"0-9]/.test(text) || /^\d{4}-/.test(text)) return null
  try {
    // Ids are larger than what a double holds: they are compared as texts.
    return { value: JSON.parse(text.replaceAll(/(?<=[:[,])(-?\d{15,})(?=[,}\]])/g, '"#$1"')) }
  } catch {
    return null
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function typeOf(value: unknown): string {
  if (typeof value === 'string' && /^#-?\d+$/.test(value)) return 'number'
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
}

function compareValues(recorded: unknown, actual: unknown, part: string, comparison: Comparison): Difference[] {
  const differs = (what: unknown, own: unknown): Difference[] => [
    { part, recorded: String(what).slice(0, 300), actual: String(own).slice(0, 300) },
  ]
  if (typeOf(recorded) !== typeOf(actual)) return differs(typeOf(recorded), typeOf(actual))
  if (Array.isArray(recorded) && Array.isArray(actual)) return compareLists(recorded, actual, part, comparison)
  if (isObject(recorded) && isObject(actual)) return compareObjects(recorded, actual, part, comparison)
  return isEqualLeaf(recorded, actual, part, comparison) ? [] : differs(recorded, actual)
}

function compareObjects(
  recorded: Readonly<Record<string, unknown>>,
  actual: Readonly<Record<string, unknown>>,
  part: string,
  comparison: Comparison,
): Difference[] {
  const [keys, own] = [Object.keys(recorded), Object.keys(actual)]
  const hasAnyOrder = MAPS.test(part)
  const [one, other] = hasAnyOrder ? [keys.toSorted(), own.toSorted()] : [keys, own]
  if (one.join() !== other.join()) return [{ part: `${part}{}`, recorded: one.join(), actual: other.join() }]
  return keys.flatMap((key) => compareValues(recorded[key], actual[key], `${part}.${key}`, comparison))
}

function compareLists(
  recorded: readonly unknown[],
  actual: readonly unknown[],
  part: string,
  comparison: Comparison,
): Difference[] {
  const [first] = recorded
  if (isObject(first) && 'jobStatus' in first) return compareJobs(recorded, actual, part, comparison)
  if (part === 'body' && isObject(first) && ('threadName' in first || 'logName' in first))
    return actual.slice(0, 1).flatMap((own) => compareValues(first, own, `${part}[]`, comparison))
  if (part === 'body' && typeof first === 'string') {
    // Names of log files: those of the node's jobs differ.
    return actual.every((own) => typeof own === 'string') ? [] : [{ part, recorded: 'texts', actual: 'others' }]
  }
  const [one, other] = part.endsWith('.tablePaths') ? [recorded.toSorted(), actual.toSorted()] : [recorded, actual]
  if (one.length !== other.length)
    return [{ part: `${part}[]`, recorded: `${one.length} elements`, actual: `${other.length} elements` }]
  return one.flatMap((value, index) => compareValues(value, other[index], `${part}[]`, comparison))
}

/** Jobs of a list by their ids; those that the story did not come to are left out on both sides. */
function compareJobs(
  recorded: readonly unknown[],
  actual: readonly unknown[],
  part: string,
  comparison: Comparison,
): Difference[] {
  const own = new Map(actual.filter(isObject).map((job) => [String(job.jobId), job]))
  // Submissions that were not recorded cannot be played: their jobs are known by their ids only.
  const jobs = recorded.filter(isObject).filter((job) => comparison.ids.has(String(job.jobId)))
  if (jobs.length === 0)
    return [{ part: `${part}[]`, recorded: `${recorded.length} jobs`, actual: 'no job that is known' }]
  return jobs.flatMap((job): Difference[] => {
    const mine = own.get(comparison.ids.get(String(job.jobId)) ?? '')
    // How far a job came that was canceled depends on when.
    const isSettled = comparison.isSettled && job.jobStatus !== 'CANCELED'
    if (mine !== undefined) return compareValues(job, mine, `${part}[]`, { ...comparison, isSettled })
    return [{ part: `${part}[]`, recorded: `job ${String(job.jobName)} ${String(job.jobStatus)}`, actual: 'absent' }]
  })
}

/** Values that a run decides are compared by their form. */
function isEqualLeaf(recorded: unknown, actual: unknown, part: string, comparison: Comparison): boolean {
  if (part === 'body[].threadId') return Number.isInteger(actual)
  if (typeof recorded !== 'string' || typeof actual !== 'string') return recorded === actual
  if (TIME.test(recorded)) return TIME.test(actual)
  if (part === 'body.jobStatus' && comparison.isPassing) return true
  if (/\.metrics\..*(?:QPS|PerSeconds)/.test(part)) return DOUBLE.test(actual) && DOUBLE.test(recorded)
  if (/\.metrics\./.test(part)) return comparison.isSettled ? recorded === actual : INTEGER.test(actual)
  if (/^body\[\]\.(?:threadName|stackTrace|threadState|classLoader)$/.test(part)) return true
  if (/^body\[\]\.(?:logLink|logName)$/.test(part)) return actual.endsWith('.log')
  if (/^body\[\]\.(?:host|port|isMaster)$/.test(part)) return form(recorded) === form(actual)
  if (part === 'body.members[].uuid') return /^[0-9a-f-]{36}$/.test(actual)
  if (/^body\.(?:finished|failed|cancelled)Jobs$/.test(part)) return INTEGER.test(actual) && INTEGER.test(recorded)
  if (/^body\[\]\.[a-z]+[.A-Za-z]*[a-zA-Z./]*$/.test(part) && isMonitoring(part)) return form(recorded) === form(actual)
  if (part.endsWith('.errorMsg')) return true
  const expected = inOurWords(part === 'body.message' ? recorded.replace(JAVA_STACK, '') : recorded, comparison)
  return expected === actual || expected.replace(/^#/, '') === comparison.ids.get(actual.replace(/^#/, ''))
}

const MONITORING =
  /^body\[\]\.(?:processors|physical\.|swap\.|heap\.|minor\.|major\.|unknown\.|load\.|thread\.|cluster\.|event\.|executor\.|operations\.|proxy\.|clientEndpoint\.|connection\.|client\.)/

function isMonitoring(part: string): boolean {
  return MONITORING.test(part)
}

/** The form of a figure: its unit and whether it has a fraction. A size may have any unit. */
function form(text: string): string {
  if (/^\d+(?:\.\d[KMGTPE])?$/.test(text)) return 'size'
  return text.replaceAll(/\d+/g, '0')
}
