import type { JobView } from '../../node/api.js'
import type { RestRequest } from '../request.js'
import { badRequest } from './fault.js'

/** Which jobs of a list are asked for. */
interface Page {
  /** From 1. */
  readonly number: number
  readonly rows: number
}

const ROWS = 10
const NUMBER = /^-?\d{1,9}$/

/**
 * The page that a request asks for; `null` for the whole list.
 *
 * @throws RestFault 400 for numbers that are none, and for a page below the first.
 * @source SeaTunnel 2.3.12 `BaseServlet` (`page`, `rows`)
 */
export function pageOf({ query }: RestRequest): Page | null {
  const page = query.get('page') ?? ''
  if (page === '') return null
  const number = wholeNumber(page, 'page')
  const rows = wholeNumber(query.get('rows') ?? String(ROWS), 'rows')
  if (number < 1) throw badRequest('Page number must be greater than 0')
  if (rows < 1) throw badRequest('Rows must be greater than 0')
  return { number, rows }
}

function wholeNumber(text: string, name: string): number {
  if (NUMBER.test(text)) return Number(text)
  throw badRequest(`'${name}' must be a number, not '${text.slice(0, 40)}'`)
}

/**
 * One page of a list and how many there are in all.
 *
 * @throws RestFault 400 for a page behind the last; the first page of an empty list is empty.
 */
export function pageJson(
  views: readonly JobView[],
  { number, rows }: Page,
  text: (views: readonly JobView[]) => Buffer,
): string {
  const pages = Math.max(1, Math.ceil(views.length / rows))
  if (number > pages) throw badRequest('Page number exceeds total pages')
  const start = (number - 1) * rows
  return `{"data":${text(views.slice(start, start + rows)).toString()},"total":${views.length}}`
}
