import type { DescribedRoute } from '../../described-route.js'
import { apiRoute } from './api-route.js'
import { JobOwners } from './job-owners.js'
import { changeRows, jobRows } from './job-routes.js'
import { logRows } from './log-routes.js'
import { metricRows, nodeRows, probeRows } from './node-routes.js'

/** The routes of the native API. */
export function apiRoutes(): DescribedRoute[] {
  return [
    ...jobRows(new JobOwners()),
    ...changeRows(),
    ...nodeRows(),
    ...logRows(),
    ...metricRows(),
    ...probeRows(),
  ].map(apiRoute)
}
