import type { LogFile, NodeIdentity } from '../../node/api.js'
import type { RestRequest } from '../request.js'
import type { RestResponse } from '../response.js'
import type { RestServices } from '../services.js'
import type { LastSegment } from './jobs.js'
import type { Wire, WireHandler } from './wire.js'

/** Names of this node's files. v1 of 2.3.9 says they were plain text. */
export const logNames: WireHandler = async (_request, { logs }, wire) => {
  const names = JSON.stringify((await logs.list()).map(({ name }) => name))
  const isText = wire.api === 'v1' && wire.profile.release <= 9
  return isText ? { status: 200, headers: wire.headers.text, body: names } : wire.json(names)
}

/** Page with the files of this node, or one of them. */
export function nodeLog(segment: LastSegment): WireHandler {
  return async (request, services, wire) => {
    const name = segment(request, wire)
    if (name !== null && name !== '') return logFile(name, services, wire)
    const items = (await services.logs.list()).map(({ name }) => link(`log/${name}`, name))
    return page(items, wire)
  }
}

/** Page or list with the files of all nodes, those of one job, or one file. */
export function clusterLogs(segment: LastSegment, format: (request: RestRequest) => string | undefined): WireHandler {
  return async (request, services, wire) => {
    const text = segment(request, wire) ?? ''
    if (text.includes('.log')) return logFile(text, services, wire)
    const { identity } = services.node
    const files = (await services.logs.list()).filter(({ name }) => name.includes(text))
    if (format(request)?.toLowerCase() === 'json')
      return wire.json(JSON.stringify(files.map((file) => entry(file, identity, request, wire))))
    const items = files.map((file) => {
      const { node, logLink } = entry(file, identity, request, wire)
      return link(logLink, `${node}-${file.name}`)
    })
    return page(items, wire)
  }
}

/** How a file is named in a list. @source SeaTunnel `LogService` */
function entry({ name }: LogFile, { host, port, httpPort }: NodeIdentity, request: RestRequest, wire: Wire) {
  const node = `${host}:${wire.api === 'v1' ? port : (httpPort ?? port)}`
  // The node does not know under which name it is reached; who asks does.
  const address = wire.profile.release > 9 ? (request.header('host') ?? node) : node
  const scheme = request.peer.secure ? 'https' : 'http'
  return { node, logLink: `${scheme}://${address}${wire.base}/logs/${encodeURIComponent(name)}`, logName: name }
}

async function logFile(name: string, { logs, logLimitBytes }: RestServices, wire: Wire): Promise<RestResponse> {
  const content = await logs.read(name, logLimitBytes)
  if (content === null) return wire.empty(400)
  return { status: 200, headers: wire.headers.text, body: content }
}

function link(address: string, text: string): string {
  return `<li><a href="${escapeHtml(address)}">${escapeHtml(text)}</a></li>\n`
}

function page(items: readonly string[], wire: Wire): RestResponse {
  const body = `<html><head><title>Seatunnel log</title></head>\n<body>\n <h2>Seatunnel log</h2>\n <ul>\n${items.join('')} </ul>\n</body></html>`
  return { status: 200, headers: wire.headers.html, body }
}

/** A text inside of HTML or of one of its attributes. */
export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
