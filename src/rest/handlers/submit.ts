import type { ConfigNode, ConfigObject } from '../../config/document.js'
import { toJsonText } from '../../config/document.js'
import { javaText } from '../../config/java-text.js'
import { type JobSyntax, parseJobTree, syntaxOf } from '../../config/job-document.js'
import type { SubmittedJob } from '../../node/api.js'
import { javaLongText, notANumberText } from '../java-text.js'
import type { QueryParameters } from '../query.js'
import type { AuditNote, RestRequest } from '../request.js'
import type { RestServices } from '../services.js'
import { BODY_NAME, bodyText, jsonBody, readJson, requireObject } from './body.js'
import { configHash } from './config-hash.js'
import { badRequest, RestFault } from './fault.js'
import { requireEnv, requireSections, submitFault } from './job-faults.js'
import type { UploadedJob } from './upload.js'
import type { Wire, WireHandler } from './wire.js'

/** What a job is submitted with, beside its text. */
interface SubmitParameters {
  readonly jobId: string | null
  readonly jobName: string | null
  readonly isStartWithSavepoint: boolean
}

/** A text of a job in its language. */
interface JobText {
  readonly text: string
  readonly format: JobSyntax
  /** `null` for the languages that are read by the node only. */
  readonly root: ConfigObject | null
}

/** Submits the job of the body. @param parameters reads the query by the dialect's rule. */
export function submitJob(parameters: (request: RestRequest) => QueryParameters): WireHandler {
  return async (request, services, wire) => {
    const query = parameters(request)
    const given = submitParameters(query, wire)
    const format = wire.profile.bodyFormats ? formatOf(query.get('format')) : 'json'
    const job = format === 'json' ? wholeBody(request, wire) : otherJob(request, format)
    const submitted = await submit(job, given, request, services, wire)
    return wire.json(submittedJson(submitted, given, wire))
  }
}

/** Submits the job in a file that comes as a form. */
export function submitFile(
  parameters: (request: RestRequest) => QueryParameters,
  readFile: (request: RestRequest) => Promise<UploadedJob>,
): WireHandler {
  return async (request, services, wire) => {
    const given = submitParameters(parameters(request), wire)
    const file = await readFile(request)
    const job: JobText = { text: file.text, format: syntaxOf(file.name), root: null }
    const submitted = await submit(job, given, request, services, wire)
    return wire.json(submittedJson(submitted, given, wire))
  }
}

/**
 * Submits every job of a list. All are read first; then they are submitted in their order, and the first that is refused ends it: the
 * ones before it stay submitted.
 */
export const submitJobs: WireHandler = async (request, services, wire) => {
  const body = jsonBody(request)
  if (body.kind !== 'list') throw notAList(body, wire)
  const jobs = body.items
    .filter((item) => item.kind === 'object')
    .map((item) => ({ given: paramsOf(item, wire), job: jsonJob(withoutParams(item), null, wire) }))
  const answers: string[] = []
  for (const { given, job } of jobs)
    answers.push(submittedJson(await submit(job, given, request, services, wire), given, wire, 'string'))
  return wire.json(`[${answers.join(',')}]`)
}

function notAList(body: ConfigNode, { profile }: Wire): RestFault {
  if (body.kind === 'null') return new RestFault(500, 'objectMap is marked non-null but is null')
  const java = 'Cannot invoke "java.util.List.isEmpty()" because "sources" is null'
  return profile.javaMessages ? new RestFault(500, java) : badRequest('the body must be a list of jobs')
}

/** @throws RestFault 400 for a start from a savepoint without an id, and for an id that is no number. */
function submitParameters(query: QueryParameters, { profile }: Wire): SubmitParameters {
  const isStartWithSavepoint = query.get('isStartWithSavePoint')?.toLowerCase() === 'true'
  const idText = (query.get('jobId') ?? '').trim() === '' ? null : (query.get('jobId') ?? '')
  if (isStartWithSavepoint && idText === null) throw badRequest('Please provide jobId when start with save point.')
  const isIgnored = idText === null || (profile.idParameter === 'savepoint' && !isStartWithSavepoint)
  const jobId = isIgnored ? null : javaLongText(idText)
  if (!isIgnored && jobId === null) throw badRequest(notANumberText(idText))
  return { jobId, jobName: query.get('jobName') || null, isStartWithSavepoint }
}

/** `params` of one element of submit-jobs; numbers and booleans count like their texts. */
function paramsOf(item: ConfigObject, wire: Wire): SubmitParameters {
  const params = item.entries.get('params')
  const query = new Map<string, string>()
  if (params?.kind === 'object') {
    for (const [key, value] of params.entries) {
      if (value.kind === 'string' && value.value === '') throw badRequest('Invalid Params format in Params.')
      if (value.kind !== 'null') query.set(key, javaText(value))
    }
  }
  return submitParameters(query, wire)
}

function withoutParams(item: ConfigObject): ConfigObject {
  const entries = new Map(item.entries)
  entries.delete('params')
  return { ...item, entries }
}

/** @source SeaTunnel `format`: a word that is not known means JSON. */
function formatOf(text: string | undefined): JobSyntax {
  const format = text?.toLowerCase()
  return format === 'hocon' || format === 'sql' ? format : 'json'
}

/** @param text the document as it came, so that positions are those of the client's text; `null` makes it anew. */
function jsonJob(root: ConfigObject, text: string | null, wire: Wire): JobText {
  requireSections(root, wire)
  requireEnv(root)
  return { text: text ?? toJsonText(root), format: 'json', root }
}

/** The whole body as a job. The node's reader refuses a key that is given twice; what was read here has one of each. */
function wholeBody(request: RestRequest, wire: Wire): JobText {
  const { value, hasDuplicates } = readJson(request)
  return jsonJob(requireObject(value), hasDuplicates ? null : request.text(), wire)
}

function otherJob(request: RestRequest, format: JobSyntax): JobText {
  return { text: bodyText(request), format, root: null }
}

async function submit(
  job: JobText,
  given: SubmitParameters,
  request: RestRequest,
  { node }: RestServices,
  wire: Wire,
): Promise<SubmittedJob> {
  const earlier = request.note
  const hash = configHash(job.text)
  request.note = joinedNotes(earlier, given.jobId, hash)
  try {
    const submitted = await node.submit({
      text: job.text,
      format: job.format,
      fileName: null,
      jobId: given.jobId ?? undefined,
      jobName: given.jobName ?? undefined,
      isStartWithSavepoint: given.isStartWithSavepoint,
      origin: 'rest',
      user: request.user?.name ?? null,
    })
    request.note = joinedNotes(earlier, submitted.jobId, hash)
    return submitted
  } catch (thrown) {
    throw submitFault(thrown, job.root ?? readableTree(job), given.jobId, wire)
  }
}

/** What the audit log says of several submissions of one request: their ids and hashes, one after the other. */
function joinedNotes(earlier: AuditNote | null, jobId: string | null, hash: string): AuditNote {
  const joined = (one: string | undefined, other: string) => (one === undefined ? other : `${one},${other}`)
  const configHash = joined(earlier?.configHash, hash)
  return jobId === null ? { ...earlier, configHash } : { jobId: joined(earlier?.jobId, jobId), configHash }
}

/** The tree of a text that only the node read, to name plug-ins in an error. */
function readableTree({ text, format }: JobText): ConfigObject | null {
  try {
    return parseJobTree({
      text,
      file: BODY_NAME,
      syntax: format,
      variables: null,
      environment: new Map(),
      decrypt: false,
    }).root
  } catch {
    return null
  }
}

function submittedJson(
  { jobId, jobName, isDuplicate }: SubmittedJob,
  given: SubmitParameters,
  { profile }: Wire,
  idForm = profile.submittedId,
): string {
  const id = idForm === 'number' ? jobId : `"${jobId}"`
  // A job that runs already is answered with the name that was asked for, as the original does.
  const name = isDuplicate && given.jobName !== null ? given.jobName : jobName
  return `{"jobId":${id},"jobName":${JSON.stringify(name)}}`
}
