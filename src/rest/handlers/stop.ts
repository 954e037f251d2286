import type { ConfigNode, ConfigObject } from '../../config/document.js'
import { javaText } from '../../config/java-text.js'
import { MillraceError } from '../../core/error.js'
import { javaLongText, notANumberText } from '../java-text.js'
import type { RestRequest } from '../request.js'
import type { RestServices } from '../services.js'
import { jsonBody, requireObject } from './body.js'
import { badRequest, RestFault } from './fault.js'
import type { WireHandler } from './wire.js'

/** Faults of a stop that the original does not tell: it only asks, and a job that is not there has nothing to stop. */
const SILENT: ReadonlySet<string> = new Set(['JOB_NOT_FOUND', 'JOB_STATE'])

/** Asks a job to stop. Answers when the request is durable, not when the job has stopped. */
export const stopJob: WireHandler = async (request, services, wire) => {
  const jobId = await stop(requireObject(jsonBody(request)), request, services)
  return wire.json(`{"jobId":"${jobId}"}`)
}

/** Asks every job of a list to stop; ids are numbers or texts. */
export const stopJobs: WireHandler = async (request, services, wire) => {
  const body = jsonBody(request)
  if (body.kind !== 'list') throw new RestFault(500, 'Json parse list exception!')
  const answers: string[] = []
  for (const item of body.items)
    if (item.kind === 'object') answers.push(`{"jobId":${await stop(item, request, services)}}`)
  return wire.json(`[${answers.join(',')}]`)
}

async function stop(body: ConfigObject, request: RestRequest, { node }: RestServices): Promise<string> {
  const id = body.entries.get('jobId')
  if (id === undefined || id.kind === 'null') throw badRequest('jobId cannot be empty.')
  const text = javaText(id)
  const jobId = javaLongText(text)
  if (jobId === null) throw badRequest(notANumberText(text))
  const earlier = request.note?.jobId
  request.note = { jobId: earlier === undefined ? jobId : `${earlier},${jobId}` }
  try {
    await node.stop(jobId, {
      withSavepoint: isTrue(body.entries.get('isStopWithSavePoint')),
      force: isTrue(body.entries.get('force')),
      user: request.user?.name ?? null,
    })
  } catch (error) {
    if (!(error instanceof MillraceError && SILENT.has(error.code))) throw error
  }
  return jobId
}

function isTrue(node: ConfigNode | undefined): boolean {
  return node !== undefined && javaText(node).toLowerCase() === 'true'
}
