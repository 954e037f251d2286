import { toJsonText } from '../../config/document.js'
import { encryptDocument, FIRST_SHADE_POLICY, SHADE_POLICY } from '../../config/shade.js'
import { jsonBody, requireObject } from './body.js'
import { requireSections } from './job-faults.js'
import type { WireHandler } from './wire.js'

/** The document of the body with its secrets encrypted; nothing is kept. Everything else comes back as it was, in its order. */
export const encryptConfig: WireHandler = (request, { shades }, wire) => {
  const root = requireObject(jsonBody(request))
  requireSections(root, wire)
  const policy = wire.profile.hasTokenSecrets ? SHADE_POLICY : FIRST_SHADE_POLICY
  return wire.json(toJsonText(encryptDocument(root, shades, policy).root))
}
