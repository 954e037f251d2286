import { asMillraceErrors, type ErrorCode, MillraceError } from '../../../core/error.js'
import { isJsonText } from '../../../core/json-text.js'
import type { JobPackages, JobSubmission, PackagedJob, RestoreRequest } from '../../../node/api.js'
import { mayAccess } from '../../auth/user.js'
import { configHash } from '../../handlers/config-hash.js'
import { multipartParts } from '../../upload/multipart.js'
import { readPart } from '../../upload/stored-upload.js'
import { badFormat, type FlinkCall } from './call.js'
import { FlinkFault, notFound } from './fault.js'
import { findFlinkJob, newHexId, nodeJobId, numberedJobId } from './ids.js'
import { jobPlan } from './job-plan.js'
import { type PackageRequest, packageRequest } from './package-request.js'

/** Bytes that the request part of a form, or a body that is no form, may have. */
const REQUEST_PART_BYTES = 64 * 1024
const NO_BODY_NAME = 'EmptyRequestBody'
/** Faults of a configuration that one answer tells. */
const FAULTS_SHOWN = 10

/** Whether whoever asks may upload and run packages: what the dashboard's page for it is shown by. */
export function maySubmit({ request, services, context }: FlinkCall): boolean {
  const isThere = context.isSubmitAllowed && services.packages !== null && services.packages !== undefined
  return isThere && (request.user === null || mayAccess(request.user.role, 'submit'))
}

/** @throws FlinkFault 404 where the node keeps none. */
function packagesOf({ services: { packages } }: FlinkCall): JobPackages {
  if (packages === null || packages === undefined) throw notFound('the node keeps no job packages')
  return packages
}

/** `/jars` */
export function listPackages(call: FlinkCall) {
  const { request, context } = call
  const scheme = request.peer.secure ? 'https' : 'http'
  return {
    address: `${scheme}://${request.header('host') ?? ''}${context.prefix}`,
    files: packagesOf(call)
      .list()
      .map(({ id, name, uploadedAtMs, entries }) => ({
        id,
        name,
        uploaded: uploadedAtMs,
        entry: entries.map((entry) => ({ name: entry.name, description: entry.description })),
      })),
  }
}

/** `POST /jars/upload`: one file whose name ends in `.jar`, under any name of the form. @throws FlinkFault 400, MillraceError */
export async function uploadPackage(call: FlinkCall) {
  const packages = packagesOf(call)
  const type = call.request.header('content-type') ?? ''
  if (!type.toLowerCase().startsWith('multipart/')) throw await noForm(call)
  const { bodyStream } = call.request
  let [kept, wrongName, files]: [string | null, boolean, number] = [null, false, 0]
  try {
    for await (const part of multipartParts(type, bodyStream ?? nothing())) {
      if (part.fileName === null) {
        if (part.name !== 'request')
          throw new FlinkFault(400, `Received unknown attribute ${part.name.slice(0, 100)}.`, null, true)
        await readPart(part, REQUEST_PART_BYTES)
        continue
      }
      files += 1
      if (files > 1) continue
      if (part.fileName.toLowerCase().endsWith('.jar'))
        kept = (await packages.upload(part.fileName, part.content).catch(withReason)).id
      else wrongName = true
    }
    if (files !== 1) throw new FlinkFault(400, `Exactly 1 file must be sent, received ${files}.`)
    if (wrongName || kept === null) throw new FlinkFault(400, 'Only Jar files are allowed.')
    const id = kept
    kept = null
    // Clients take what is behind the last slash.
    return { filename: `/packages/${id}`, status: 'success' }
  } finally {
    if (kept !== null) await packages.remove(kept)
  }
}

/** Flink's answer to what is too large has no text; this one says which limit it is. */
function withReason(thrown: unknown): never {
  if (thrown instanceof MillraceError && thrown.code === 'BODY_TOO_LARGE')
    throw new FlinkFault(413, placedMessage(thrown), thrown.code)
  throw thrown
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** What a body is answered with that is no form. */
async function noForm({ request: { bodyStream } }: FlinkCall): Promise<FlinkFault> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of bodyStream ?? nothing()) {
    bytes += piece.byteLength
    if (bytes > REQUEST_PART_BYTES) return badFormat(NO_BODY_NAME)
    pieces.push(piece)
  }
  const text = Buffer.concat(pieces).toString('utf8')
  return text.trim() === '' || isJsonText(text)
    ? new FlinkFault(400, 'Exactly 1 file must be sent, received 0.')
    : badFormat(NO_BODY_NAME)
}

/** `DELETE /jars/:jarid`: jobs that run from it go on. @throws FlinkFault 400 */
export async function deletePackage(call: FlinkCall): Promise<Record<string, never>> {
  const id = call.part('jarid')
  if (!(await packagesOf(call).remove(id))) throw new FlinkFault(400, `File ${id.slice(0, 300)} does not exist.`)
  return {}
}

/** `/jars/:jarid/plan`: nothing is started and nothing outside of the package is looked at. @throws FlinkFault 400, 404 */
export async function planPackage(call: FlinkCall) {
  const wanted = packageRequest(call, 'JarPlanRequestBody')
  return withPackage(call, wanted, async (job) => {
    const { jobName, mode, dag } = await call.node.outline(submissionOf(call, wanted, job))
    return { plan: jobPlan({ jobId: '0', alias: wanted.flinkJobId ?? newHexId(), jobName, mode, dag }) }
  })
}

/** `POST /jars/:jarid/run`: answers when the job is durable. @throws FlinkFault 400, 404, 409 */
export async function runPackage(call: FlinkCall) {
  const wanted = packageRequest(call, 'JarRunRequestBody')
  const { flinkJobId } = wanted
  if (flinkJobId !== null && findFlinkJob(call.node, flinkJobId) !== null) throw alreadyThere(flinkJobId)
  return withPackage(call, wanted, async (job) => {
    const { jobId, isDuplicate } = await call.node.submit(submissionOf(call, wanted, job))
    if (isDuplicate) throw alreadyThere(flinkJobId ?? jobId)
    call.request.note = { jobId, configHash: configHash(job.text) }
    return { jobid: flinkJobId ?? numberedJobId(jobId) }
  })
}

function alreadyThere(id: string): FlinkFault {
  return new FlinkFault(409, `Job ${id} has already been submitted.`, 'JOB_EXISTS')
}

/** Does something with a configuration of the package of the path, which stays meanwhile. */
async function withPackage<T>(
  call: FlinkCall,
  { entry }: PackageRequest,
  use: (job: PackagedJob) => Promise<T>,
): Promise<T> {
  const packages = packagesOf(call)
  const id = call.part('jarid')
  try {
    const job = await packages.open(id, entry)
    if (job === null) throw notFound(`Jar file ${id.slice(0, 300)} does not exist`)
    try {
      return await use(job)
    } finally {
      job.release()
    }
  } catch (thrown) {
    throw thrown instanceof FlinkFault ? thrown : configurationFault(asMillraceErrors(thrown), thrown)
  }
}

function submissionOf(call: FlinkCall, wanted: PackageRequest, job: PackagedJob): JobSubmission {
  const own = wanted.flinkJobId === null ? null : nodeJobId(wanted.flinkJobId)
  return {
    text: job.text,
    format: job.format,
    fileName: job.fileName,
    jobId: own ?? undefined,
    alias: own === null ? (wanted.flinkJobId ?? undefined) : undefined,
    jobName: wanted.jobName,
    isStartWithSavepoint: false,
    restoreFrom: restoreOf(wanted),
    origin: 'rest',
    user: call.request.user?.name ?? null,
    variables: wanted.variables,
    env: wanted.env,
    clientSettings: wanted.settings,
    clientTimeoutMs: wanted.clientTimeoutMs,
    notices: wanted.notices,
    packageContent: job.content ?? undefined,
  }
}

function restoreOf({ restore }: PackageRequest): RestoreRequest | undefined {
  if (restore === null) return undefined
  const { path, claimMode, allowsNonRestored } = restore
  return { location: path, isClaimed: claimMode === 'CLAIM', allowsMissingState: allowsNonRestored }
}

/** Faults of a configuration with their places inside of the package. What the node is at fault for stays that. */
function configurationFault(errors: readonly MillraceError[], thrown: unknown): unknown {
  const [first] = errors
  if (first === undefined || first.definition.httpStatus === 500 || first.definition.httpStatus === 503) return thrown
  const { httpStatus } = first.definition
  const lines = errors.slice(0, FAULTS_SHOWN).map(placedMessage)
  const more = errors.length > FAULTS_SHOWN ? [`and ${errors.length - FAULTS_SHOWN} more`] : []
  const code: ErrorCode = first.code
  return new FlinkFault(httpStatus < 500 ? httpStatus : 400, [...lines, ...more].join('\n'), code)
}

function placedMessage({ message, details: { position, hint } }: MillraceError): string {
  const place = position === undefined ? '' : `${position.file}:${position.line}:${position.column}: `
  return `${place}${message}${hint === undefined ? '' : ` (${hint})`}`
}

/** `POST /jobs`: what `flink run` sends. Nothing of it is looked at, but all of it is taken: its client reads no answer before. @throws FlinkFault 400 */
export async function refuseGraph({ request: { bodyStream } }: FlinkCall): Promise<never> {
  const pieces = (bodyStream ?? nothing())[Symbol.asyncIterator]()
  while ((await pieces.next()).done !== true);
  const message = 'serialised Java job graphs cannot run here; upload a job package to /jars/upload'
  throw new FlinkFault(400, message, 'UNIMPLEMENTED')
}

/** `POST /jobs/:jobid/coordinators/:operatoruid`: what clients ask that collect results of Java programs. */
export function refuseCoordination(call: FlinkCall): never {
  call.job()
  throw notFound('no part of a job here takes requests that are serialised Java')
}
