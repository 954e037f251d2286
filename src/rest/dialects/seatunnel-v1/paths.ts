import { badRequest } from '../../handlers/fault.js'
import type { LastSegment } from '../../handlers/jobs.js'
import { decodePercent, type QueryParameters } from '../../query.js'
import type { RestRequest } from '../../request.js'

/** What the paths of SeaTunnel's own endpoints start with. */
export const MAPS = '/hazelcast/rest/maps'

/** The request's text that v1 looks at: with its query where the profile says so. */
function uriOf(request: RestRequest, rawQueries: boolean): string {
  const uri = rawQueries ? request.target : request.path
  return uri.endsWith('/') ? uri.slice(0, -1) : uri
}

/** Everything behind the next slash after a path, or `null`. */
export function segmentBehind(path: string): LastSegment {
  return (request, { profile }) => {
    const uri = uriOf(request, profile.rawQueries)
    const slash = uri.indexOf('/', path.length)
    return slash < 0 ? null : uri.slice(slash + 1)
  }
}

/** As {@link segmentBehind}; without a segment it is the whole path, as the original looks for ids. */
export function idBehind(path: string): LastSegment {
  const segment = segmentBehind(path)
  return (request, wire) => segment(request, wire) ?? uriOf(request, wire.profile.rawQueries)
}

/**
 * Parameters of submit-job: pairs are cut at `&` and `=`, values are decoded and names are not, the last of a name counts.
 *
 * @throws RestFault 400 for a pair without a value.
 * @source SeaTunnel `RestUtil.buildRequestParams`
 */
export function submitParameters({ rawQuery }: RestRequest): QueryParameters {
  const parameters = new Map<string, string>()
  if (rawQuery === null || rawQuery === '') return parameters
  for (const pair of rawQuery.split('&')) {
    const [name = '', value = ''] = pair.split('=')
    const decoded = value === '' ? null : decodePercent(value, true)
    if (decoded === null) throw badRequest('Invalid Params format in Params.')
    parameters.set(name, decoded)
  }
  return parameters
}

/** One parameter of a GET. */
export function rawParameter(name: string): (request: RestRequest) => string | undefined {
  return ({ rawQuery }) => {
    for (const pair of (rawQuery ?? '').split('&')) {
      const [key, value] = pair.split('=')
      if (key === name) return value
    }
    return undefined
  }
}
