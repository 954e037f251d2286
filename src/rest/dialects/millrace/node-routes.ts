import { queryParameter } from '../../described-route.js'
import { ResponseHeaders } from '../../response.js'
import type { RestServices } from '../../services.js'
import { objectBody } from './api-request.js'
import { API, type ApiRow, json, OBJECT } from './api-route.js'
import { eventStream } from './event-stream.js'
import { eventJson, nodeJson } from './json.js'

const EVENT_HEADERS = new ResponseHeaders([
  ['Content-Type', 'text/event-stream'],
  ['Cache-Control', 'no-store'],
])
const PROMETHEUS = new ResponseHeaders([['Content-Type', 'text/plain; version=0.0.4; charset=utf-8']])
const OPENMETRICS = new ResponseHeaders([
  ['Content-Type', 'application/openmetrics-text; version=1.0.0; charset=utf-8'],
])

/** The node itself, its tags and what happens on it. */
export function nodeRows(): ApiRow[] {
  const row = (more: Omit<ApiRow, 'tag'>): ApiRow => ({ tag: 'millrace node', ...more })
  return [
    row({
      id: 'getNode',
      method: 'GET',
      pattern: `${API}/node`,
      access: 'read',
      summary: 'The node, its slots and how many jobs it has',
      answer: 'The node',
      schema: OBJECT,
      handler: (_request, { node }) => json(nodeJson(node, node.overview())),
    }),
    row({
      id: 'getTags',
      method: 'GET',
      pattern: `${API}/tags`,
      access: 'read',
      summary: 'Tags of the node',
      answer: 'The tags',
      schema: OBJECT,
      handler: (_request, { node }) => json(Object.fromEntries(node.tags)),
    }),
    row({
      id: 'setTags',
      method: 'PUT',
      pattern: `${API}/tags`,
      access: 'operate',
      summary: 'Replaces the tags of the node',
      requestBody: { contentType: 'application/json', description: 'All tags', schema: OBJECT },
      answer: 'The tags',
      schema: OBJECT,
      errors: [400],
      handler: (request, { node }) => {
        const tags = Object.entries(objectBody(request)).map(([key, value]) => [key, String(value ?? '')] as const)
        node.setTags(new Map(tags))
        return json(Object.fromEntries(tags))
      },
    }),
    row({
      id: 'events',
      method: 'GET',
      pattern: `${API}/events`,
      access: 'read',
      summary: 'Events of all jobs, or of one, as they happen',
      parameters: [queryParameter('jobId', 'Only events of this job')],
      answer: 'A stream of events',
      contentType: 'text/event-stream',
      deadlineMs: 0,
      handler: (request, { node }) => {
        const feed = (listener: (jobId: string, event: object) => void) =>
          node.onEvent((jobId, event) => listener(jobId, eventJson(jobId, event)))
        const body = eventStream(feed, request.query.get('jobId') ?? null, request.signal)
        return { status: 200, headers: EVENT_HEADERS, body }
      },
    }),
  ]
}

/** Figures of the process. */
export function metricRows(): ApiRow[] {
  const tag = 'millrace node'
  return [
    {
      id: 'getMetrics',
      method: 'GET',
      pattern: `${API}/metrics`,
      access: 'read',
      tag,
      summary: 'Metrics as Prometheus text, or as OpenMetrics for who accepts it',
      answer: 'The page',
      contentType: 'text/plain',
      handler: (request, { monitor }) => {
        const isOpen = (request.header('accept') ?? '').includes('application/openmetrics-text')
        const body = monitor.metricsText(isOpen ? 'openmetrics' : 'prometheus')
        return { status: 200, headers: isOpen ? OPENMETRICS : PROMETHEUS, body }
      },
    },
    {
      id: 'getSystem',
      method: 'GET',
      pattern: `${API}/system`,
      access: 'read',
      tag,
      summary: 'Figures of the process and the machine',
      answer: 'The figures',
      schema: OBJECT,
      handler: (_request, { monitor }) => json(Object.fromEntries(monitor.systemInformation())),
    },
    {
      id: 'getThreads',
      method: 'GET',
      pattern: `${API}/threads`,
      access: 'read',
      tag,
      summary: 'Threads of the process',
      answer: 'The threads',
      schema: OBJECT,
      handler: (_request, { monitor }) => json({ threads: monitor.threads() }),
    },
  ]
}

/** For probes, which have no password; they say no more than yes or no. */
export function probeRows(): ApiRow[] {
  const isReady = ({ isReady: ready }: RestServices) => ready?.() ?? true
  const probe = (id: string, pattern: string, summary: string, handler: ApiRow['handler']): ApiRow => ({
    id,
    method: 'GET',
    pattern,
    access: 'public',
    tag: 'probes',
    summary,
    answer: 'Yes',
    schema: OBJECT,
    handler,
  })
  return [
    probe('healthz', '/healthz', 'Whether the process lives', () => json({ status: 'ok' })),
    probe('readyz', '/readyz', 'Whether the node takes jobs', (_request, services) =>
      isReady(services) ? json({ status: 'ok' }) : json({ status: 'stopping' }, 503),
    ),
  ]
}
