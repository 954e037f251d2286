import type { JobView } from '../../node/api.js'
import { javaLongText, notANumberText } from '../java-text.js'
import type { RestRequest } from '../request.js'
import type { RestServices } from '../services.js'
import { badRequest } from './fault.js'
import type { WireHandler } from './wire.js'

/**
 * Jobs that wait for slots, and what they wait for. Numbers are numbers here, ids too.
 *
 * @param strategy what happens to a job without free slots: `WAIT` or `REJECT`.
 * @source SeaTunnel 2.3.12 `PendingJobsService`
 */
export function pendingJobs(strategy: string): WireHandler {
  return (request, services, wire) => {
    const { node, now } = services
    const waiting = node.runningJobs().filter(({ status }) => status === 'PENDING')
    const shown = selected(waiting, request)
    const times = waiting.map(({ createdAtMs }) => createdAtMs)
    const free = node.overview().unassignedSlots
    const body = {
      queueSummary: {
        size: waiting.length,
        scheduleStrategy: strategy,
        oldestEnqueueTimestamp: times.length === 0 ? 0 : Math.min(...times),
        newestEnqueueTimestamp: times.length === 0 ? 0 : Math.max(...times),
        lackingTaskGroups: waiting.reduce((sum, view) => sum + lacking(view, free), 0),
      },
      clusterSnapshot: clusterSnapshot(services),
      pendingJobs: shown.map((view) => pendingJob(view, services, now())),
    }
    // Ids are larger than what a double holds: they stand as texts until here.
    return wire.json(JSON.stringify(body).replaceAll(/"#id (-?\d+)"/g, '$1'))
  }
}

/** The jobs of one id, at most so many. @throws RestFault 400 */
function selected(waiting: readonly JobView[], { query }: RestRequest): readonly JobView[] {
  const idText = query.get('jobId') ?? ''
  const id = idText === '' ? null : javaLongText(idText)
  if (idText !== '' && id === null) throw badRequest(notANumberText(idText))
  const limitText = query.get('limit') ?? ''
  if (limitText !== '' && !/^\d{1,9}$/.test(limitText)) throw badRequest(notANumberText(limitText))
  const found = id === null ? waiting : waiting.filter(({ jobId }) => jobId === id)
  return limitText === '' ? found : found.slice(0, Number(limitText))
}

const lacking = ({ slots }: JobView, free: number) => Math.max(0, slots - free)
const numberId = (jobId: string) => `#id ${jobId}`

function clusterSnapshot({ node }: RestServices) {
  const { totalSlots, unassignedSlots, isDynamicSlots } = node.overview()
  const { host, port } = node.identity
  const runningJobIds = node
    .runningJobs()
    .filter(({ status }) => status === 'RUNNING')
    .map(({ jobId }) => numberId(jobId))
  const slots = { totalSlots, freeSlots: unassignedSlots }
  const worker = { address: `[${host}]:${port}`, tags: Object.fromEntries(node.tags), ...slots }
  return {
    ...slots,
    assignedSlots: totalSlots - unassignedSlots,
    workerCount: 1,
    workers: [{ ...worker, dynamicSlot: isDynamicSlots, cpuUsage: null, memUsage: null, runningJobIds }],
  }
}

function pendingJob(view: JobView, { node }: RestServices, nowMs: number) {
  const { jobId, jobName, status, createdAtMs, isStartWithSavepoint, pendingReason, slots, restarts } = view
  const free = node.overview().unassignedSlots
  return {
    jobId: numberId(jobId),
    jobName,
    pendingSourceState: isStartWithSavepoint || restarts > 0 ? 'RESTORE' : 'SUBMIT',
    jobStatus: status,
    enqueueTimestamp: createdAtMs,
    checkTime: nowMs,
    waitDurationMs: Math.max(0, nowMs - createdAtMs),
    checkCount: 0,
    totalTaskGroups: slots,
    allocatedTaskGroups: 0,
    lackingTaskGroups: lacking(view, free),
    failureReason: 'RESOURCE_NOT_ENOUGH',
    failureMessage: pendingReason,
    tagFilter: view.envOptions.get('tag_filter') ?? null,
    blockingJobIds: node
      .runningJobs()
      .filter((other) => other.status === 'RUNNING')
      .map((other) => numberId(other.jobId)),
    pipelines: [],
    lackingTaskGroupDiagnostics: [],
  }
}
