import { createHash, randomBytes } from 'node:crypto'
import type { JobDag, JobVertex, JobView, NodeService } from '../../../node/api.js'

const HEX_ID = /^[0-9a-f]{32}$/
const HEX_UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const LOW_BITS = 64n

/** An id of 32 hexadecimal digits in lower case; `null` when the text is none. The form of a UUID is taken too. */
export function hexId(text: string): string | null {
  const lower = text.toLowerCase()
  if (HEX_ID.test(lower)) return lower
  return HEX_UUID.test(lower) ? lower.replaceAll('-', '') : null
}

/** A new id that nobody has had. */
export function newHexId(): string {
  return randomBytes(16).toString('hex')
}

/**
 * The id that is made of a job's number: 16 zeros and its 64 bits, as two's complement.
 *
 * @param jobId any signed 64-bit number as text.
 */
export function numberedJobId(jobId: string): string {
  return BigInt.asUintN(64, BigInt(jobId)).toString(16).padStart(32, '0')
}

/** A job's id as Flink's clients have it: the one that it was submitted with, else {@link numberedJobId}. */
export function flinkJobId({ jobId, alias }: Pick<JobView, 'jobId' | 'alias'>): string {
  return alias ?? numberedJobId(jobId)
}

/** Our number for an id that is made from one; `null` for ids of other forms, which only a job's other name can be. */
export function nodeJobId(hex: string): string | null {
  const value = BigInt(`0x${hex}`)
  return value >> LOW_BITS === 0n ? String(BigInt.asIntN(64, value)) : null
}

function digest(...parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
}

const vertexIds = new WeakMap<JobDag, ReadonlyMap<number, string>>()

/** Ids of the vertices of a job by their numbers. One document always gives the same ids. */
export function vertexIdsOf(dag: JobDag): ReadonlyMap<number, string> {
  const known = vertexIds.get(dag)
  if (known !== undefined) return known
  const ids = new Map(dag.vertices.map((vertex) => [vertex.id, vertexId(vertex)]))
  vertexIds.set(dag, ids)
  return ids
}

function vertexId({ pipeline, kind, index, plugins, tablePaths, id }: JobVertex): string {
  return digest('vertex', pipeline, kind, index, plugins, tablePaths, id)
}

/** The job with an id of Flink's form; `null` when there is none. */
export function findFlinkJob(node: NodeService, hex: string): JobView | null {
  const jobId = nodeJobId(hex)
  return node.jobByAlias(hex) ?? (jobId === null ? null : node.job(jobId))
}

/** Id of the one group of slots that a job has. */
export function slotSharingGroupId(jobId: string): string {
  return digest('slots', jobId)
}

/** Id of one attempt of a subtask. */
export function attemptId(jobId: string, vertex: string, subtask: number, attempt: number): string {
  return `${digest('attempt', jobId)}_${vertex}_${subtask}_${attempt}`
}

/** Id of the node as a task manager: the same until the process ends. */
export function taskManagerId(uuid: string): string {
  return uuid.replaceAll('-', '').toLowerCase()
}
