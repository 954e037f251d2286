import { MillraceError } from '../../../core/error.js'
import type { LogLevel } from '../../../node/api.js'
import { pathParameter, queryParameter } from '../../described-route.js'
import { jobOf, objectBody } from './api-request.js'
import { API, type ApiRow, JOB_ID, json, OBJECT } from './api-route.js'
import { jobLogAnswer, logAnswer, nodeLogName } from './log-answers.js'

const LOG_QUERY = [
  queryParameter('tail', 'Number of lines from the end'),
  queryParameter('follow', 'true: goes on with what is added'),
]
const LEVELS: readonly LogLevel[] = ['OFF', 'ERROR', 'WARN', 'INFO', 'DEBUG', 'TRACE']

/** Log files and levels. */
export function logRows(): ApiRow[] {
  const row = (more: Omit<ApiRow, 'tag' | 'method' | 'access'> & Partial<ApiRow>): ApiRow => ({
    tag: 'millrace logs',
    method: 'GET',
    access: 'read',
    errors: [404],
    ...more,
  })
  return [
    row({
      id: 'getJobLog',
      pattern: `${API}/jobs/{jobId}/log`,
      summary: 'Log of a job; following it ends with the job',
      parameters: [JOB_ID, ...LOG_QUERY],
      answer: 'The lines',
      contentType: 'text/plain',
      deadlineMs: 0,
      handler: (request, services) => jobLogAnswer(jobOf(request, services).jobId, request, services),
    }),
    row({
      id: 'getNodeLog',
      pattern: `${API}/logs`,
      summary: "The node's own log",
      parameters: LOG_QUERY,
      answer: 'The lines',
      contentType: 'text/plain',
      deadlineMs: 0,
      handler: async (request, services) => logAnswer(await nodeLogName(services), request, services),
    }),
    row({
      id: 'listLogFiles',
      pattern: `${API}/log-files`,
      summary: 'Log files of the node',
      answer: 'The files',
      schema: OBJECT,
      handler: async (_request, { logs }) => json({ files: await logs.list() }),
    }),
    row({
      id: 'getLogFile',
      pattern: `${API}/log-files/{name}`,
      summary: 'One log file',
      parameters: [pathParameter('name', 'The file'), ...LOG_QUERY],
      answer: 'The lines',
      contentType: 'text/plain',
      deadlineMs: 0,
      handler: (request, services) => logAnswer(request.parameters.get('name') ?? '', request, services),
    }),
    row({
      id: 'getLogLevels',
      pattern: `${API}/log-levels`,
      summary: 'Log levels by logger',
      answer: 'The levels',
      schema: OBJECT,
      handler: (_request, { logs }) => json(Object.fromEntries(logs.levels())),
    }),
    row({
      id: 'putLogLevel',
      method: 'PUT',
      access: 'operate',
      pattern: `${API}/log-levels`,
      summary: 'Sets the level of a logger',
      requestBody: { contentType: 'application/json', description: 'logger, level', schema: OBJECT },
      answer: 'The levels',
      schema: OBJECT,
      errors: [400],
      handler: (request, { logs }) => {
        const { logger, level } = objectBody(request)
        const known = LEVELS.find((each) => each === String(level).toUpperCase())
        if (typeof logger !== 'string' || logger === '' || known === undefined)
          throw new MillraceError(
            'REQUEST_MALFORMED',
            `'logger' must be a name and 'level' one of ${LEVELS.join(', ')}`,
          )
        logs.setLevel(logger, known)
        return json(Object.fromEntries(logs.levels()))
      },
    }),
  ]
}
