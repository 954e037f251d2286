import { isIP } from 'node:net'
import { type Refusal, refusal } from '../refusal.js'

/** Names under which a machine reaches itself. */
const LOOPBACK_NAMES = ['localhost', 'ip6-localhost', '127.0.0.1', '[::1]'] as const
/** Spellings that were accepted are remembered; more than this are not, so that the memory stays bounded. */
const REMEMBERED = 64

/** Which `Host` headers a listener answers to. */
export interface HostPolicy {
  /** @param host the header's value; `null` without one, which only HTTP/1.0 may have. */
  fault(host: string | null): Refusal | null
}

/**
 * Accepts the loopback names and those that were configured, with any port. A page that makes its own name point to this
 * machine (DNS rebinding) sends that name, and is refused with 421.
 *
 * @param names further names without port, `*` for any. An address in IPv6 form stands in brackets.
 * @param anyAddress accepts addresses instead of names: what a listener beyond loopback has to do, and harmless, because a
 * rebinding attack needs a name.
 */
export function hostPolicy(names: readonly string[] = [], anyAddress = false): HostPolicy {
  const allowed = new Set<string>([...LOOPBACK_NAMES, ...names.map((name) => name.toLowerCase())])
  const accepted = new Set<string>()
  const everything = allowed.has('*')
  const isAllowed = (host: string): boolean => {
    const name = hostName(host)
    if (name === null) return false
    return everything || allowed.has(name) || (anyAddress && isIP(name.replace(/^\[|\]$/g, '')) !== 0)
  }
  return {
    fault(host) {
      if (host === null || accepted.has(host)) return null
      if (!isAllowed(host))
        return refusal('HOST_REFUSED', `this node does not answer to the host name '${printable(host)}'`, {
          close: true,
        })
      if (accepted.size < REMEMBERED) accepted.add(host)
      return null
    },
  }
}

/**
 * The name in a `Host` header, in lower case, without port and without the dot at the end of a full name.
 *
 * @returns `null` when it is none.
 */
export function hostName(host: string): string | null {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:@/?#\\\s[\]]+)(?::\d{1,5})?$/.exec(host)
  return match === null ? null : (match[1] ?? '').toLowerCase().replace(/\.$/, '')
}

/** At most 100 characters of a text from outside, without control characters. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that are replaced.
  return text.slice(0, 100).replace(/[\u0000-\u001f\u007f-\uffff]/g, '?')
}
