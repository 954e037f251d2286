import { escapeHtml } from '../../handlers/logs.js'
import type { Wire } from '../../handlers/wire.js'
import { ResponseHeaders, type RestResponse } from '../../response.js'

const POWERED_BY = '<hr/><a href="https://jetty.org/">Powered by Jetty:// 9.4.56.v20240826</a><hr/>\n'
/** Methods for which there is a page; for others there is only a status. */
const WITH_PAGE: ReadonlySet<string> = new Set(['GET', 'POST', 'HEAD'])

/** Answers that no endpoint gives: for unknown paths and methods. */
export class ErrorPages {
  readonly #wire: Wire
  readonly #page: ResponseHeaders
  readonly #bare: ResponseHeaders

  constructor(wire: Wire) {
    this.#wire = wire
    const withoutDate = (pairs: readonly (readonly [string, string])[]) =>
      new ResponseHeaders(pairs.filter(([name]) => name !== 'Date'))
    const type = wire.profile.jettyHeaders ? 'text/html;charset=iso-8859-1' : 'text/html;charset=utf-8'
    this.#page = withoutDate([['Cache-Control', 'must-revalidate,no-cache,no-store'], ...wire.headerPairs(type)])
    this.#bare = withoutDate(wire.headerPairs(null))
  }

  /** There is nothing at a path. */
  notFound(method: string, path: string): RestResponse {
    return this.#answer(404, 'Not Found', 'Not Found', method, path, 'default')
  }

  /** An endpoint does not have a method. @param servlet name of the original's class. */
  notAllowed(method: string, path: string, servlet: string): RestResponse {
    const message = `HTTP method ${method} is not supported by this URL`
    return this.#answer(405, 'Method Not Allowed', message, method, path, servlet)
  }

  /** No endpoint knows a method. */
  notImplemented(): RestResponse {
    return { status: 501, headers: this.#bare }
  }

  #answer(
    status: number,
    reason: string,
    message: string,
    method: string,
    path: string,
    servlet: string,
  ): RestResponse {
    if (!WITH_PAGE.has(method)) return { status, reason, headers: this.#bare }
    const isJetty = this.#wire.profile.jettyHeaders
    const charset = isJetty ? 'ISO-8859-1' : 'utf-8'
    const title = `${status} ${message}`
    const rows = [
      ['URI', path],
      ['STATUS', String(status)],
      ['MESSAGE', message],
      ...(isJetty ? [['SERVLET', servlet]] : []),
    ]
    const body =
      `<html>\n<head>\n<meta http-equiv="Content-Type" content="text/html;charset=${charset}"/>\n` +
      `<title>Error ${title}</title>\n</head>\n<body><h2>HTTP ERROR ${title}</h2>\n<table>\n` +
      rows.map(([name = '', value = '']) => `<tr><th>${name}:</th><td>${escapeHtml(value)}</td></tr>\n`).join('') +
      `</table>\n${isJetty ? POWERED_BY : ''}\n</body>\n</html>\n`
    return { status, reason, headers: this.#page, body }
  }
}
