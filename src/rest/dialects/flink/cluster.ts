import { availableParallelism } from 'node:os'
import { ENGINE_SPEC, type EngineSettings } from '../../../config/engine-options.js'
import { ENV_SPEC } from '../../../config/env-options.js'
import { REDACTED } from '../../../core/redact.js'
import { mayAccess } from '../../auth/user.js'
import type { RestResponse } from '../../response.js'
import { type FlinkCall, hasEnded } from './call.js'
import { FlinkFault, noSuchLog, notFound } from './fault.js'
import { flinkJobId, taskManagerId } from './ids.js'
import { shownOptions, shownSettings, shownValue } from './jobs.js'
import type { AnswerParts } from './operation.js'
import { maySubmit } from './packages.js'

/** Milliseconds between two looks of the dashboard. @source Flink `web.refresh-interval` */
const REFRESH_MS = 3000

/**
 * Slots of the node. Where there are as many as jobs need, there are as many as the machine has processors, or as jobs have taken.
 */
export function slotsOf({ node }: FlinkCall): { readonly total: number; readonly free: number } {
  const { totalSlots, unassignedSlots, isDynamicSlots } = node.overview()
  if (!isDynamicSlots) return { total: totalSlots, free: unassignedSlots }
  const taken = Math.max(0, totalSlots - unassignedSlots)
  const total = Math.max(taken, availableParallelism())
  return { total, free: total - taken }
}

/** `/overview` */
export function overview(call: FlinkCall) {
  const { node, profile } = call
  const counts = node.overview()
  const slots = slotsOf(call)
  return {
    taskmanagers: 1,
    'slots-total': slots.total,
    'slots-available': slots.free,
    'jobs-running': node.runningJobs().length,
    'jobs-finished': counts.finished + counts.savepointed,
    'jobs-cancelled': counts.canceled,
    'jobs-failed': counts.failed,
    'flink-version': profile.version,
    'flink-commit': node.identity.commit,
  }
}

/** `/config`: what the dashboard may offer. */
export function dashboardConfig(call: FlinkCall) {
  const { node, profile, now, request } = call
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  const { commit, version } = node.identity
  return {
    'refresh-interval': REFRESH_MS,
    'timezone-name': zone,
    'timezone-offset': new Date(now).getTimezoneOffset() * -60_000,
    'flink-version': profile.version,
    'flink-revision': commit === '' ? `millrace ${version}` : commit,
    features: {
      'web-submit': maySubmit(call),
      'web-cancel': true,
      // Without users everybody may do everything.
      'web-rescale': request.user === null || mayAccess(request.user.role, 'operate'),
      'web-history': false,
    },
  }
}

interface ConfigEntry {
  readonly key: string
  readonly value: string
}

/** Settings of the node under their own keys, behind those of Flink's that clients look for. */
export function nodeConfiguration(call: FlinkCall): readonly ConfigEntry[] {
  const { node, request, context } = call
  const { engine } = context
  const { isDynamicSlots } = node.overview()
  const known: readonly ConfigEntry[] = [
    { key: 'rest.address', value: node.identity.host },
    { key: 'rest.port', value: String(request.peer.localPort) },
    { key: 'parallelism.default', value: String(ENV_SPEC.options.parallelism.settings.default) },
    { key: 'taskmanager.numberOfTaskSlots', value: String(slotsOf(call).total) },
    { key: 'execution.checkpointing.interval', value: `${engine.checkpointIntervalMs} ms` },
    { key: 'web.submit.enable', value: String(context.isSubmitAllowed) },
    { key: 'rest.flamegraph.enabled', value: String(context.isFlameGraphOn === true) },
    { key: 'millrace.slots.dynamic', value: String(isDynamicSlots) },
  ]
  return [...known, ...engineEntries(engine)]
}

function engineEntries(engine: EngineSettings): readonly ConfigEntry[] {
  const values: Readonly<Record<string, unknown>> = { ...engine }
  return Object.entries(ENGINE_SPEC.options).flatMap(([name, { key, settings }]) => {
    const value = values[name]
    if (value === null || value === undefined) return []
    // What stands in a nested map may be a secret under any name.
    const isShown = settings.secret !== true && typeof value !== 'object'
    return [{ key: `seatunnel.engine.${key}`, value: isShown ? shownValue(key, String(value)) : REDACTED }]
  })
}

/** The node's settings with the `env` block of a job. An unknown job has the node's alone, as in Flink. */
export function jobConfiguration(call: FlinkCall): readonly ConfigEntry[] {
  const job = call.findJob()
  if (job === null) return nodeConfiguration(call)
  const env = shownOptions(job).map(([key, value]) => ({ key: `env.${key}`, value }))
  const asked = shownSettings(job).map(([key, value]) => ({ key, value }))
  // What the job's client has set stands in the place of what the node says under the same key, as in Flink.
  const own = nodeConfiguration(call).filter(({ key }) => !job.clientSettings.has(key))
  return [...own, ...asked, ...env]
}

/** What the process runs on. Variables of its environment are never shown. */
export function environment({ node }: FlinkCall) {
  const { v8 } = process.versions
  return {
    jvm: {
      version: `Node.js ${process.version} (V8 ${v8}) / Millrace ${node.identity.version}`,
      arch: process.arch,
      options: process.execArgv,
    },
    classpath: [],
  }
}

export function jobEnvironment(call: FlinkCall) {
  call.id('jobid')
  return environment(call)
}

/** Memory of tasks is not divided between them here. */
const resource = (cpuCores: number) => ({
  cpuCores,
  taskHeapMemory: 0,
  taskOffHeapMemory: 0,
  managedMemory: 0,
  networkMemory: 0,
  extendedResources: {},
})

function manager(call: FlinkCall) {
  const { node, services, now } = call
  const { total, free } = slotsOf(call)
  const { processors, physicalTotalBytes, heapMaxBytes } = services.monitor.processFigures()
  const { uuid, host } = node.identity
  return {
    id: taskManagerId(uuid),
    path: `millrace://${host}/${uuid}`,
    // There is no port between nodes.
    dataPort: -1,
    jmxPort: -1,
    timeSinceLastHeartbeat: now,
    slotsNumber: total,
    freeSlots: free,
    totalResource: resource(processors),
    freeResource: resource(total === 0 ? 0 : (processors * free) / total),
    hardware: {
      cpuCores: processors,
      physicalMemory: physicalTotalBytes,
      freeMemory: heapMaxBytes,
      managedMemory: 0,
    },
    memoryConfiguration: {
      frameworkHeap: null,
      taskHeap: null,
      frameworkOffHeap: null,
      taskOffHeap: null,
      networkMemory: null,
      managedMemory: null,
      jvmMetaspace: null,
      jvmOverhead: null,
      totalFlinkMemory: null,
      totalProcessMemory: null,
    },
  }
}

/** `/taskmanagers`: the node is the only one. */
export function taskManagers(call: FlinkCall) {
  return { taskmanagers: [manager(call)] }
}

/** Whether the path names the one task manager that there is. */
export function isKnownManager(call: FlinkCall): boolean {
  return call.part('taskmanagerid') === taskManagerId(call.node.identity.uuid)
}

/** @throws FlinkFault 404 */
export function knownManager(call: FlinkCall): void {
  if (!isKnownManager(call)) throw notFound(`Could not find TaskExecutor ${call.part('taskmanagerid').slice(0, 100)}`)
}

/** `/taskmanagers/:taskmanagerid` */
export function taskManager(call: FlinkCall) {
  knownManager(call)
  const { node, services, profile } = call
  const figures = services.monitor.processFigures()
  const { minor, major } = figures
  const collectors = [
    { name: 'Scavenge', ...minor },
    { name: 'MarkSweepCompact', ...major },
  ].map(({ name, count, seconds }) => ({ name, count, time: Math.round(seconds * 1000) }))
  const holders = node.runningJobs().filter((job) => job.startedAtMs !== null && !hasEnded(job))
  return {
    ...manager(call),
    allocatedSlots: holders.flatMap((job) =>
      Array.from({ length: job.slots }, () => ({ jobId: flinkJobId(job), resource: resource(0) })),
    ),
    metrics: {
      heapUsed: figures.heapUsedBytes,
      heapCommitted: figures.heapTotalBytes,
      heapMax: figures.heapMaxBytes,
      nonHeapUsed: Math.max(0, figures.residentBytes - figures.heapTotalBytes),
      nonHeapCommitted: figures.residentBytes,
      nonHeapMax: -1,
      directCount: 0,
      directUsed: figures.externalBytes,
      directMax: 0,
      mappedCount: 0,
      mappedUsed: 0,
      mappedMax: 0,
      ...(profile.hasMemorySegments ? { memorySegmentsAvailable: 0, memorySegmentsTotal: 0 } : {}),
      nettyShuffleMemorySegmentsAvailable: 0,
      nettyShuffleMemorySegmentsUsed: 0,
      nettyShuffleMemorySegmentsTotal: 0,
      nettyShuffleMemoryAvailable: 0,
      nettyShuffleMemoryUsed: 0,
      nettyShuffleMemoryTotal: 0,
      garbageCollectors: [
        {
          name: 'All',
          count: collectors.reduce((sum, { count }) => sum + count, 0),
          time: collectors.reduce((sum, { time }) => sum + time, 0),
        },
        ...collectors,
      ],
    },
  }
}

/** `/datasets`: nothing is kept between jobs. */
export function datasets() {
  return { dataSets: [] }
}

/** Files of the log folder; the one process writes them all. */
export async function logFiles({ services }: FlinkCall) {
  const files = await services.logs.list()
  return {
    logs: files.map(({ name, sizeBytes, modifiedAtMs }) => ({
      name,
      size: sizeBytes,
      mtime: Math.trunc(modifiedAtMs),
    })),
  }
}

/** The content of a log file, at most the configured part from its end. @throws FlinkFault 404 */
export async function logContent({ services }: FlinkCall, name: string | null): Promise<Uint8Array> {
  const content = name === null ? null : await services.logs.read(name, services.logLimitBytes)
  if (content === null) throw noSuchLog()
  return content
}

/** Name of the node's own log. */
export async function nodeLogName({ services }: FlinkCall): Promise<string | null> {
  if (services.nodeLog !== undefined) return services.nodeLog
  return (await services.logs.list()).find(({ name }) => !name.startsWith('job-'))?.name ?? null
}

/**
 * Where logs can be read, under the address that the client has used.
 *
 * @param path of the log itself.
 * @param page of the dashboard, which is named where it is served.
 */
export function logUrl(call: FlinkCall, path: string, page: string) {
  call.id('jobid')
  const { request, context } = call
  const scheme = request.peer.secure ? 'https' : 'http'
  return {
    url: `${scheme}://${request.header('host') ?? ''}${context.prefix}${context.hasDashboard ? `/#${page}` : path}`,
  }
}

/** `DELETE /cluster`: answers, and then the node ends as it does for any other reason. @throws FlinkFault 403 */
export function shutDown({ services, context }: FlinkCall, { wire }: AnswerParts): RestResponse {
  const { shutdown } = services
  if (!context.isShutdownAllowed || shutdown === undefined) {
    const message = "the node may not be shut down by a request: 'millrace.flink.allow-shutdown' is off"
    throw new FlinkFault(403, message, 'FORBIDDEN')
  }
  // Behind the answer: what ends the node closes the connection.
  setImmediate(shutdown)
  return wire.json({})
}
