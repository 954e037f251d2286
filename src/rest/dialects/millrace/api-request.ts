import { MillraceError } from '../../../core/error.js'
import type { JobView } from '../../../node/api.js'
import { javaLongText } from '../../java-text.js'
import type { RestRequest } from '../../request.js'
import type { RestServices } from '../../services.js'

/** The id of a path as the node spells it. @throws MillraceError `JOB_NOT_FOUND` for what is no number. */
export function idOf(request: RestRequest): string {
  const text = request.parameters.get('jobId') ?? ''
  const id = javaLongText(text)
  if (id === null)
    throw new MillraceError('JOB_NOT_FOUND', `there is no job '${text.slice(0, 100)}'`, {
      hint: 'an id is a 64-bit number',
    })
  return id
}

/** The job of a path. @throws MillraceError `JOB_NOT_FOUND` */
export function jobOf(request: RestRequest, { node }: RestServices): JobView {
  const id = idOf(request)
  const view = node.job(id)
  if (view === null) throw new MillraceError('JOB_NOT_FOUND', `there is no job '${id}'`)
  return view
}

/** A number of the query. @throws MillraceError `REQUEST_MALFORMED` */
export function numberOf(request: RestRequest, name: string, otherwise: number): number {
  const text = request.query.get(name)
  if (text === undefined) return otherwise
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new MillraceError('REQUEST_MALFORMED', `'${name}' must be a number, not '${text.slice(0, 40)}'`)
}

/** The body as an object; an absent one is empty. @throws MillraceError `REQUEST_MALFORMED` */
export function objectBody(request: RestRequest): Readonly<Record<string, unknown>> {
  const text = request.text() ?? ''
  if (text.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    // Said below, like what is JSON and no object.
  }
  throw new MillraceError('REQUEST_MALFORMED', 'the body must be a JSON object')
}
