import { type Refusal, refusal } from '../refusal.js'
import type { RestRequest } from '../request.js'

/** Which web pages may change something. */
export interface OriginPolicy {
  /** Origins beside the node's own, as browsers send them: `https://console.example:8443`. `*` for any. */
  readonly allowed: ReadonlySet<string>
}

/** No page but the node's own. */
export const OWN_ORIGIN: OriginPolicy = { allowed: new Set() }

/** Methods that change nothing; routes for them have no side effects. */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])
/** The one method of forms that changes something. For others a browser asks the server before a foreign page may send them. */
const FORM_METHOD = 'POST'
/** Types that a form of any web page can send without asking the server first. */
const FORM_TYPES: ReadonlySet<string> = new Set([
  '',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'text/plain',
])
/** A header that a form cannot send. */
const CUSTOM_HEADER = 'x-requested-with'

/**
 * The fault of a request that a web page sent and that changes something. Requests without `Origin` come from programs and
 * are not looked at: any content type is accepted there, as in the original.
 *
 * @param takesForms whether pages of the node itself may send a form there.
 */
export function originFault(request: RestRequest, policy: OriginPolicy, takesForms = false): Refusal | null {
  if (SAFE_METHODS.has(request.method)) return null
  const origin = request.header('origin')
  if (origin === null) {
    // Browsers that leave out `Origin` still say that a request crosses sites.
    return request.header('sec-fetch-site') === 'cross-site' ? foreign() : null
  }
  const isOurs = isOwn(origin.toLowerCase(), request)
  if (!isOurs && !policy.allowed.has(origin) && !policy.allowed.has('*')) return foreign()
  if (request.method !== FORM_METHOD || (isOurs && takesForms)) return null
  const type = (request.header('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (!FORM_TYPES.has(type) || request.header(CUSTOM_HEADER) !== null) return null
  return refusal(
    'MEDIA_TYPE_REFUSED',
    `a web page has to send a content type such as 'application/json', or '${CUSTOM_HEADER}'`,
  )
}

/** Whether a page came from this node. Behind a proxy that speaks TLS the page has `https`, and the node does not know. */
function isOwn(origin: string, request: RestRequest): boolean {
  const host = (request.header('host') ?? '').toLowerCase()
  return origin === `https://${host}` || (!request.peer.secure && origin === `http://${host}`)
}

function foreign(): Refusal {
  return refusal('FORBIDDEN', 'a page of another origin may not change anything here', { close: true })
}
