import type { EngineSettings } from '../../../config/node-config.js'
import { END_STATES, type JobVertex, type JobView, type NodeService } from '../../../node/api.js'
import type { RestRequest } from '../../request.js'
import type { RestServices } from '../../services.js'
import type { AsyncOperations } from './async-operations.js'
import { FlinkFault, jobNotFound, notFound, unreadable } from './fault.js'
import { findFlinkJob, hexId, vertexIdsOf } from './ids.js'
import type { FlinkProfile } from './profile.js'

/** What answers of this dialect are made from beside the node. */
export interface FlinkContext {
  readonly profile: FlinkProfile
  readonly engine: EngineSettings
  readonly operations: AsyncOperations
  /** Whether a request may end the node. */
  readonly isShutdownAllowed: boolean
  /** Checkpoints that an answer lists. */
  readonly checkpointHistory: number
  /** Whether job packages may be uploaded and run. */
  readonly isSubmitAllowed: boolean
  /** Whether the dashboard is served. */
  readonly hasDashboard: boolean
  /** Whether flame graphs are made, as far as settings say; not when absent. */
  readonly isFlameGraphOn?: boolean | undefined
  /** What all paths start with; `''` on a port of its own. */
  readonly prefix: string
}

/** A vertex with its id on the wire. */
export interface FoundVertex {
  readonly vertex: JobVertex
  readonly vertexId: string
}

type JsonObject = Readonly<Record<string, unknown>>

const WHOLE_NUMBER = /^-?\d{1,15}$/
const NO_BODY_NAME = 'EmptyRequestBody'

/** One request for one operation, with its parameters read by Flink's rules. */
export class FlinkCall {
  readonly request: RestRequest
  readonly services: RestServices
  readonly context: FlinkContext

  constructor(request: RestRequest, services: RestServices, context: FlinkContext) {
    this.request = request
    this.services = services
    this.context = context
  }

  get node(): NodeService {
    return this.services.node
  }

  get profile(): FlinkProfile {
    return this.context.profile
  }

  /** Wall clock in milliseconds. */
  get now(): number {
    return this.services.now()
  }

  /** A part of the path as it was sent, decoded. */
  part(name: string): string {
    return this.request.parameters.get(name) ?? ''
  }

  /** A part of the path that is an id. @throws FlinkFault 400 */
  id(name: string): string {
    const text = this.part(name)
    const id = hexId(text)
    if (id === null) throw unreadable('path', name, text)
    return id
  }

  /** A part of the path that is a whole number. @throws FlinkFault 400 */
  number(name: string, isNegativeAllowed = false): number {
    const text = this.part(name)
    if (!WHOLE_NUMBER.test(text) || (text.startsWith('-') && !isNegativeAllowed)) throw unreadable('path', name, text)
    return Number(text)
  }

  /** The job of the path, ended or not; `null` when there is none. @throws FlinkFault 400 */
  findJob(): JobView | null {
    return findFlinkJob(this.node, this.id('jobid'))
  }

  /** The job of the path. @throws FlinkFault 400, 404 */
  job(): JobView {
    const job = this.findJob()
    if (job === null) throw jobNotFound(this.id('jobid'))
    this.request.note = { jobId: job.jobId }
    return job
  }

  /** The vertex of the path; `null` when the job has none of this id. @throws FlinkFault 400 */
  findVertex(job: JobView): FoundVertex | null {
    const wanted = this.id('vertexid')
    const vertex = job.dag.vertices.find(({ id }) => vertexIdsOf(job.dag).get(id) === wanted)
    return vertex === undefined ? null : { vertex, vertexId: wanted }
  }

  /** The vertex of the path. @throws FlinkFault 400, 404 */
  vertex(job: JobView): FoundVertex {
    const found = this.findVertex(job)
    if (found === null) throw notFound(`No vertex with ID '${this.id('vertexid')}' exists.`)
    return found
  }

  /** The subtask of the path. @throws FlinkFault 400, 404 */
  subtask({ vertex, vertexId }: FoundVertex): number {
    const index = this.number('subtaskindex')
    if (index >= vertex.parallelism) throw notFound(`Invalid subtask index for vertex ${vertexId}`)
    return index
  }

  /** The first value of a query parameter; `null` without one, and when it is empty. */
  first(name: string): string | null {
    const text = this.request.query.get(name)?.split(',', 1)[0] ?? ''
    return text === '' ? null : text
  }

  /** All values of a query parameter; `null` without it. */
  list(name: string): readonly string[] | null {
    const text = this.request.query.get(name)
    return text === undefined || text === '' ? null : text.split(',').filter((value) => value !== '')
  }

  /** A query parameter that is a whole number. @throws FlinkFault 400 */
  queryNumber(name: string): number | null {
    const text = this.first(name)
    if (text === null) return null
    if (!WHOLE_NUMBER.test(text)) throw unreadable('query', name, text)
    return Number(text)
  }

  /** Refuses what is no JSON, for an operation that reads nothing of it: every Java client sends `{}`. @throws FlinkFault 400 */
  emptyBody(): void {
    this.body(NO_BODY_NAME)
  }

  /**
   * The members of the body; none without a body. Unknown members are the caller's to leave alone.
   *
   * @param name Flink's name of the format, for the message.
   * @throws FlinkFault 400
   */
  body(name: string): JsonObject {
    if (isMultipart(this.request)) throw new FlinkFault(400, 'File upload not allowed', null, true)
    const text = this.request.text() ?? ''
    if (text.trim() === '') return {}
    const value = parsed(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badFormat(name)
    return value as JsonObject
  }
}

/** Who asks; `null` without authentication. */
export const userOf = ({ request }: FlinkCall): string | null => request.user?.name ?? null

/** Whether a request brings a form. */
export function isMultipart(request: RestRequest): boolean {
  return (request.header('content-type') ?? '').toLowerCase().startsWith('multipart/')
}

/** Whether a job is over. */
export function hasEnded({ status }: JobView): boolean {
  return END_STATES.has(status)
}

/** A body that is not what the operation takes. @source Flink `AbstractHandler` */
export function badFormat(name: string): FlinkFault {
  return new FlinkFault(400, `Request did not match expected format ${name}.`)
}

/** A member that is a text; numbers and booleans are taken as texts. `null` where it is absent. @throws FlinkFault 400 */
export function textMember(body: JsonObject, format: string, ...names: readonly string[]): string | null {
  for (const name of names) {
    const value = Object.hasOwn(body, name) ? body[name] : undefined
    if (value === undefined || value === null) continue
    if (typeof value === 'object') throw badFormat(format)
    return String(value)
  }
  return null
}

/** A member that is true or false, or a text that says so. @throws FlinkFault 400 */
export function booleanMember(body: JsonObject, format: string, ...names: readonly string[]): boolean {
  const text =
    textMember(body, format, ...names)
      ?.trim()
      .toLowerCase() ?? ''
  if (text === 'true') return true
  if (text === 'false' || text === '') return false
  throw badFormat(format)
}

/** A member that is one of some words, in this letter case. @throws FlinkFault 400 */
export function wordMember<W extends string>(
  body: JsonObject,
  format: string,
  name: string,
  words: readonly W[],
): W | null {
  const text = textMember(body, format, name)
  if (text === null || text === '') return null
  const found = words.find((word) => word === text)
  if (found === undefined) throw badFormat(format)
  return found
}

/** A member that is an id. @throws FlinkFault 400 */
export function idMember(body: JsonObject, format: string, name: string): string | null {
  const text = textMember(body, format, name)
  if (text === null || text === '') return null
  const id = hexId(text)
  if (id === null) throw badFormat(format)
  return id
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
