import { availableParallelism } from 'node:os'
import { MillraceError } from '../../../core/error.js'
import { PARALLELISM_LIMIT } from '../../../engine/parallelism.js'
import type { JobVertex, JobView, NodeService, VertexBounds } from '../../../node/api.js'
import { type AsyncAnswer, IN_PROGRESS } from './async-operations.js'
import { badFormat, type FlinkCall, userOf } from './call.js'
import { FlinkFault, notFound } from './fault.js'
import { hexId, newHexId, vertexIdsOf } from './ids.js'
import { maxParallelism } from './job-plan.js'
import { failureClass } from './jobs.js'
import { throwable } from './serialized-throwable.js'

const FORMAT = 'JobResourceRequirementsBody'
/** In the place of a bound: as little as possible, or as much. */
const UNBOUND = -1

/** Bounds as they were sent. */
interface SentBounds {
  readonly lower: number
  readonly upper: number
}

/** `PATCH /jobs/:jobid/rescaling` */
export function triggerRescaling(call: FlinkCall) {
  call.emptyBody()
  const parallelism = call.queryNumber('parallelism')
  if (parallelism === null) throw new FlinkFault(400, "The query parameter 'parallelism' is missing.")
  if (parallelism < 1 || parallelism > PARALLELISM_LIMIT) {
    throw new FlinkFault(400, `The parallelism must be a number from 1 to ${PARALLELISM_LIMIT}, not ${parallelism}.`)
  }
  const { jobId } = call.job()
  const triggerId = newHexId()
  const requestId = requestIdOf(triggerId)
  const { node, context } = call
  context.operations.start(`${jobId}/${requestId}`, 'failure-cause', async () => {
    await node.rescale(jobId, { parallelism, user: userOf(call), requestId })
    return {}
  })
  return { 'request-id': triggerId }
}

const requestIdOf = (triggerId: string): string => `flink/rescaling/${triggerId}`

/** `GET /jobs/:jobid/rescaling/:triggerid` @throws FlinkFault 404 */
export function pollRescaling(call: FlinkCall): AsyncAnswer {
  const triggerId = call.id('triggerid')
  const job = call.findJob()
  const known = job === null ? null : call.context.operations.poll(`${job.jobId}/${requestIdOf(triggerId)}`)
  const answer = known ?? (job === null ? null : rememberedRescaling(call.node, job, triggerId))
  if (answer === null) throw notFound(`Operation not found under key: ${triggerId}`)
  return answer
}

/** What the job itself knows of a change, also after the node was started again; `null` when it was never asked for. */
export function rememberedRescaling(node: NodeService, job: JobView, triggerId: string): AsyncAnswer | null {
  const events = node.timeline(job.jobId).filter(({ data }) => data.requestId === requestIdOf(triggerId))
  if (events.length === 0) return null
  const status = { id: 'COMPLETED' } as const
  const isDone = events.some(({ data }) => data.stage === 'done' || data.stage === 'kept')
  if (isDone) return { status, operation: {} }
  const failed = events.find(({ data }) => typeof data.code === 'string')
  // The job goes on with it also when the node was started again in the middle.
  if (failed === undefined && job.rescaleStage != null) return IN_PROGRESS
  const text = failed?.text ?? 'the node was started again before the job had another parallelism'
  const code = String(failed?.data.code ?? 'RESCALE_REFUSED')
  return { status, operation: { 'failure-cause': throwable(failureClass(code), text) } }
}

/** `GET /jobs/:jobid/resource-requirements` */
export function requirements(call: FlinkCall) {
  const job = call.job()
  const ids = vertexIdsOf(job.dag)
  const bounds = call.node.bounds(job.jobId) ?? []
  return Object.fromEntries(
    bounds.map(({ vertex, lower, upper }) => {
      return [ids.get(vertex) ?? '', { parallelism: { lowerBound: lower, upperBound: upper } }]
    }),
  )
}

/** `PUT /jobs/:jobid/resource-requirements`: answers when they are durable; the job follows. @throws FlinkFault 400, 404, 409 */
export async function changeRequirements(call: FlinkCall): Promise<Record<string, never>> {
  const sent = sentBounds(call.body(FORMAT))
  if (sent.size === 0) throw new FlinkFault(400, 'Request body does not specify resource requirements.')
  const job = call.job()
  const bounds = boundsOf(call, job, sent)
  const isBusy = (): boolean => call.node.job(job.jobId)?.rescaleStage != null
  const busy = `Another update to the job [${call.id('jobid')}] resource requirements is in progress.`
  if (isBusy()) throw new FlinkFault(409, busy, 'JOB_STATE')
  try {
    await call.node.setBounds(job.jobId, bounds, userOf(call))
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'JOB_STATE' && isBusy())
      throw new FlinkFault(409, busy, 'JOB_STATE')
    throw error
  }
  return {}
}

/** @throws FlinkFault 400 */
function sentBounds(body: Readonly<Record<string, unknown>>): ReadonlyMap<string, SentBounds> {
  return new Map(
    Object.entries(body).map(([key, value]) => {
      const id = hexId(key)
      const parallelism = memberOf(value, 'parallelism')
      if (id === null) throw badFormat(FORMAT)
      return [id, { lower: numberOf(parallelism, 'lowerBound'), upper: numberOf(parallelism, 'upperBound') }]
    }),
  )
}

/** @throws FlinkFault 400 */
function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) throw badFormat(FORMAT)
  return (value as Readonly<Record<string, unknown>>)[name]
}

/** A whole number, or a text that is one, as Java clients' own library takes it. @throws FlinkFault 400 */
function numberOf(value: unknown, name: string): number {
  const member = memberOf(value, name)
  const text = typeof member === 'number' || typeof member === 'string' ? String(member).trim() : ''
  if (!/^-?\d{1,10}$/.test(text)) throw badFormat(FORMAT)
  return Number(text)
}

/** The bounds of every vertex. @throws FlinkFault 400 with everything that is wrong with them, one line each. */
function boundsOf(call: FlinkCall, job: JobView, sent: ReadonlyMap<string, SentBounds>): readonly VertexBounds[] {
  const ids = vertexIdsOf(job.dag)
  const known = new Set(ids.values())
  const faults: string[] = []
  const bounds = job.dag.vertices.map((vertex): VertexBounds => {
    const id = ids.get(vertex.id) ?? ''
    const { lower, upper } = sent.get(id) ?? { lower: UNBOUND, upper: UNBOUND }
    if (!sent.has(id)) {
      faults.push(`The request is incomplete, missing job vertex [${id}] resource requirements.`)
    }
    const most = maxParallelism(vertex)
    const meant = {
      lower: lower === UNBOUND ? 1 : lower,
      upper: upper === UNBOUND ? Math.min(most, asMuchAsPossible(call, vertex)) : upper,
    }
    faults.push(...faultsOf(id, meant, most, vertex.fixedParallelism))
    return { vertex: vertex.id, ...meant }
  })
  for (const id of sent.keys()) {
    if (!known.has(id)) faults.push(`Job vertex [${id}] was not found in the JobGraph.`)
  }
  if (faults.length > 0) throw new FlinkFault(400, faults.join('\n'))
  return bounds
}

/** Where a node has as many slots as are asked for, a job is not spread further than there are processors. */
function asMuchAsPossible({ node }: FlinkCall, { parallelism }: JobVertex): number {
  return node.overview().isDynamicSlots ? Math.max(parallelism, availableParallelism()) : PARALLELISM_LIMIT
}

/** @source Flink `JobResourceRequirements.validate` (texts) */
function faultsOf(
  id: string,
  { lower, upper }: SentBounds,
  most: number,
  fixed: string | undefined,
): readonly string[] {
  if (lower < 1 || upper < 1) {
    const both = `Both, the requested lower bound [${lower}] and upper bound [${upper}] for job vertex [${id}]`
    return [`${both} must be greater than zero.`]
  }
  if (lower > upper) {
    return [`The requested lower bound [${lower}] for job vertex [${id}] is higher than the upper bound [${upper}].`]
  }
  if (upper <= most) return []
  const reason = fixed === undefined ? '' : ` It cannot be changed: ${fixed}.`
  return [
    `The newly requested parallelism ${upper} for job vertex ${id} exceeds its maximum parallelism ${most}.${reason}`,
  ]
}
