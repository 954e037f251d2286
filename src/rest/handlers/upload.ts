import type { RestRequest } from '../request.js'
import { multipartParts } from '../upload/multipart.js'
import { readPart, safeDisplayName } from '../upload/stored-upload.js'
import { badRequest } from './fault.js'

/** Sizes that an upload may have. */
export interface UploadLimits {
  readonly fileBytes: number
  readonly requestBytes: number
}

/** A job file that came as a form. */
export interface UploadedJob {
  readonly name: string
  readonly text: string
}

/** Field of the form that has the file. @source SeaTunnel `SubmitJobByUploadFileServlet` */
const FIELD = 'config_file'

/**
 * Reads the job file of a form.
 *
 * @throws RestFault 400 without such a file; MillraceError `UPLOAD_INVALID`, `BODY_TOO_LARGE`.
 */
export async function uploadedJob(request: RestRequest, { fileBytes }: UploadLimits): Promise<UploadedJob> {
  if (request.bodyStream === null) throw badRequest('Request body is empty.')
  for await (const part of multipartParts(request.header('content-type'), request.bodyStream)) {
    if (part.name !== FIELD) continue
    const content = await readPart(part, fileBytes)
    return { name: safeDisplayName(part.fileName), text: content.toString('utf8') }
  }
  throw badRequest(`the form has no file '${FIELD}'`)
}
