import { ResponseHeaders } from '../response.js'
import type { WireHandler } from './wire.js'

const MEMBER_KEYS: ReadonlySet<string> = new Set(['isMaster', 'host', 'port'])

/** Health of the one member, every value a text. */
export const systemMonitoring: WireHandler = (_request, { monitor }, wire) => {
  const pairs = [...monitor.systemInformation()].filter(
    ([key]) => wire.profile.monitorsMembers || !MEMBER_KEYS.has(key),
  )
  return wire.json(`[{${pairs.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}]`)
}

/** Names of the threads in order. Class loaders are a thing of the JVM: all are `null`. */
export const runningThreads: WireHandler = (_request, { monitor }, wire) => {
  const names = monitor.threads().map(({ name }) => name)
  names.sort()
  return wire.json(JSON.stringify(names.map((threadName) => ({ threadName, classLoader: 'null' }))))
}

/** Threads with their stacks. */
export const threadDump: WireHandler = (_request, { monitor }, wire) =>
  wire.json(
    JSON.stringify(
      monitor.threads().map(({ name, id, state, stack }) => ({
        threadName: name,
        threadId: id,
        threadState: state,
        stackTrace: stack,
      })),
    ),
  )

const PAGE_TYPES = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
} as const

/** A page of metrics. The old versions call both `text/plain`. */
export function metricsPage(format: keyof typeof PAGE_TYPES): WireHandler {
  const lists = new Map<string, ResponseHeaders>()
  return (_request, { monitor }, wire) => {
    const type = wire.profile.typedMetricPages ? PAGE_TYPES[format] : 'text/plain'
    const headers = lists.get(type) ?? new ResponseHeaders(wire.headerPairs(type))
    lists.set(type, headers)
    return { status: 200, headers, body: monitor.metricsText(format) }
  }
}
