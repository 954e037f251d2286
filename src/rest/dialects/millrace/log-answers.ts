import { MillraceError } from '../../../core/error.js'
import type { RestRequest } from '../../request.js'
import { ResponseHeaders, type RestResponse } from '../../response.js'
import type { RestServices } from '../../services.js'
import { untilEnd } from './job-end.js'
import { JobLines, jobLines } from './job-lines.js'

const TEXT = new ResponseHeaders([['Content-Type', 'text/plain; charset=utf-8']])
/** Lines that are given when the request does not say. */
const TAIL_LINES = 1000
/** Lines of the node's log that are looked at for those of a job. */
const NODE_LINES = 10_000
/** Time that the last lines of an ended job have to reach its file, in milliseconds. */
const AFTER_END_MS = 500

/** Name of a job's log file. @source SeaTunnel `routingAppender` */
export function jobLogName(jobId: string): string {
  return `job-${jobId}.log`
}

/** The node's own log file. @throws MillraceError `JOB_NOT_FOUND` when it has none yet. */
export async function nodeLogName({ logs, nodeLog }: RestServices): Promise<string> {
  if (nodeLog !== undefined) return nodeLog
  const own = (await logs.list()).find(({ name }) => name.endsWith('.log') && !name.startsWith('job-'))
  if (own === undefined) throw noLog('the node writes no log file')
  return own.name
}

function noLog(message: string): MillraceError {
  return new MillraceError('JOB_NOT_FOUND', message, { hint: 'log files appear with their first line' })
}

/** How much of a log is asked for. */
function linesOf(request: RestRequest): { readonly tail: number; readonly follows: boolean } {
  const text = request.query.get('tail') ?? String(TAIL_LINES)
  if (!/^\d{1,9}$/.test(text))
    throw new MillraceError('REQUEST_MALFORMED', `'tail' must be a number of lines, not '${text.slice(0, 40)}'`)
  return { tail: Number(text), follows: ['1', 'true'].includes(request.query.get('follow') ?? '') }
}

/**
 * The last lines of a log file, and with `follow` everything that is added until the client leaves.
 *
 * @throws MillraceError `JOB_NOT_FOUND` without such a file.
 */
export async function logAnswer(
  name: string,
  request: RestRequest,
  { logs, logLimitBytes }: RestServices,
): Promise<RestResponse> {
  const { tail, follows } = linesOf(request)
  const body = follows ? logs.follow(name, tail, request.signal) : await logs.read(name, logLimitBytes)
  if (body === null) throw noLog(`there is no log file '${name}'`)
  return { status: 200, headers: TEXT, body: body instanceof Uint8Array ? lastLines(body, tail) : body }
}

/**
 * The same for a job; following it ends with the job. Where jobs have no files of their own, its lines are taken out of the node's log.
 *
 * @throws MillraceError `JOB_NOT_FOUND` when the node has no log file either.
 */
export async function jobLogAnswer(jobId: string, request: RestRequest, services: RestServices): Promise<RestResponse> {
  const { logs, node, logLimitBytes } = services
  const { tail, follows } = linesOf(request)
  if (!follows) {
    const own = await logs.read(jobLogName(jobId), logLimitBytes)
    if (own !== null) return { status: 200, headers: TEXT, body: lastLines(own, tail) }
    const all = await logs.read(await nodeLogName(services), logLimitBytes)
    const lines = Buffer.from(all === null ? '' : new JobLines(jobId).take(all))
    return { status: 200, headers: TEXT, body: lastLines(lines, tail) }
  }
  const end = new AbortController()
  const signal = AbortSignal.any([request.signal, end.signal])
  const own = logs.follow(jobLogName(jobId), tail, signal)
  const all = own === null ? logs.follow(await nodeLogName(services), NODE_LINES, signal) : null
  const body = own ?? (all === null ? null : jobLines(all, jobId))
  if (body === null) throw noLog('the node writes no log file')
  untilEnd(node, jobId, null, request.signal).then(
    () => setTimeout(() => end.abort(), AFTER_END_MS).unref(),
    () => end.abort(),
  )
  return { status: 200, headers: TEXT, body }
}

/** The last lines of a text; a line end at its end ends the last one. */
export function lastLines(text: Uint8Array, count: number): Uint8Array {
  if (count === 0) return text.subarray(text.byteLength)
  let from = text.byteLength - 1
  for (let left = count; left > 0; left -= 1) {
    from = from > 0 ? text.lastIndexOf(0x0a, from - 1) : -1
    if (from < 0) return text
  }
  return text.subarray(from + 1)
}
