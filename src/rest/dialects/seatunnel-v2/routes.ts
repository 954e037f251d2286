import { type DescribedRoute, pathParameter, queryParameter } from '../../described-route.js'
import { checkpointHistory, jobCheckpoints } from '../../handlers/checkpoints.js'
import type { LastSegment } from '../../handlers/jobs.js'
import { pendingJobs } from '../../handlers/queue.js'
import { submitFile } from '../../handlers/submit.js'
import { type UploadLimits, uploadedJob } from '../../handlers/upload.js'
import type { Wire } from '../../handlers/wire.js'
import * as schemas from '../schemas.js'
import { metricsEndpoint, type RequestReaders, readingEndpoints, writingEndpoints } from '../seatunnel-endpoints.js'
import { availableEndpoints, type Endpoint, jsonAnswers, routeOf, SINCE, SUBMIT_QUERY } from '../seatunnel-routes.js'

/** A route that is found by the first segments of a request's path. */
export interface ServletRoute extends DescribedRoute {
  /** Path without what all paths start with, for example `/job-info`. */
  readonly servletPath: string
  /** Name of the original's class, which its error pages show. */
  readonly servlet: string
}

/** What endpoints need to know of the node's settings. */
export interface ServletSettings {
  readonly upload: UploadLimits
  /** `WAIT` or `REJECT`. */
  readonly scheduleStrategy: string
}

/** What stands behind the path of a servlet, decoded; the dialect's matching has put it into the parameters. */
export const INFO = 'info'
const info: LastSegment = (request) => request.parameters.get(INFO) ?? null

const READERS: RequestReaders = {
  segment: () => info,
  id: () => info,
  submitParameters: ({ query }) => query,
  tagFilter: ({ query }) => query,
  parameter:
    (name) =>
    ({ query }) =>
      query.get(name),
}

/** All endpoints of v2 that a profile has. */
export function servletRoutes(wire: Wire, { upload, scheduleStrategy }: ServletSettings): ServletRoute[] {
  const servlets = (endpoints: readonly Endpoint[], methods: readonly string[]) =>
    availableEndpoints(endpoints, wire.profile).map((endpoint): ServletRoute => {
      const { name, servlet = '', alsoPut = false } = endpoint
      const route = routeOf(endpoint, `${wire.base}/${name}`, alsoPut ? [...methods, 'PUT'] : methods, wire)
      return { ...route, servletPath: `/${name}`, servlet }
    })
  const reading = [
    ...readingEndpoints(wire, READERS),
    metricsEndpoint('prometheus', 'metrics', SINCE.metricPages),
    metricsEndpoint('openmetrics', 'openmetrics', SINCE.metricPages),
    ...laterEndpoints(scheduleStrategy),
  ]
  const writing = [...writingEndpoints(wire, READERS), uploadEndpoint(wire, upload)]
  return [...servlets(reading, ['GET', 'HEAD']), ...servlets(writing, ['POST'])]
}

/** What versions behind 2.3.9 have. */
function laterEndpoints(scheduleStrategy: string): Endpoint[] {
  const jobId = pathParameter('jobId', 'Id of the job, a 64-bit number')
  return [
    {
      id: 'pendingJobs',
      name: 'pending-jobs',
      since: SINCE.queue,
      tag: 'jobs',
      summary: 'Jobs that wait for slots, and for what',
      parameters: [queryParameter('jobId', 'Only this job'), queryParameter('limit', 'At most so many')],
      responses: jsonAnswers('The queue', { type: 'object' }, 400),
      handler: pendingJobs(scheduleStrategy),
    },
    {
      id: 'checkpoints',
      name: 'jobs/checkpoints',
      behind: '/{jobId}',
      since: SINCE.checkpoints,
      tag: 'jobs',
      summary: 'Checkpoints of a job',
      parameters: [jobId],
      responses: jsonAnswers('Their numbers and the latest of each kind', { type: 'object' }, 400),
      handler: jobCheckpoints(info),
    },
    {
      id: 'checkpointHistory',
      name: 'jobs/checkpoints/history',
      behind: '/{jobId}',
      since: SINCE.checkpoints,
      tag: 'jobs',
      summary: 'Checkpoints of a job, the newest first',
      parameters: [
        jobId,
        queryParameter('pipelineId', 'Number of a pipeline'),
        queryParameter('limit', 'At most so many, 20 when absent'),
        queryParameter('status', 'COMPLETED, FAILED or IN_PROGRESS'),
      ],
      responses: jsonAnswers('The checkpoints', { type: 'array', items: { type: 'object' } }, 400),
      handler: checkpointHistory(info),
    },
  ]
}

function uploadEndpoint({ profile }: Wire, upload: UploadLimits): Endpoint {
  return {
    id: 'submitFile',
    name: 'submit-job/upload',
    since: SINCE.upload,
    access: 'submit',
    tag: 'jobs',
    summary: 'Submits the job in a file; its suffix says the language: .json, .sql, anything else is HOCON',
    parameters: SUBMIT_QUERY,
    requestBody: { contentType: 'multipart/form-data', description: 'The file in the field config_file' },
    body: { kind: 'stream', limitBytes: upload.requestBytes },
    responses: jsonAnswers('Its id and name', schemas.submittedSchema(profile), 400, 500),
    handler: submitFile(
      ({ query }) => query,
      (request) => uploadedJob(request, upload),
    ),
  }
}
