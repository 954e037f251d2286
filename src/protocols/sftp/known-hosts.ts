import { createHash, createHmac } from 'node:crypto'

/** The fingerprint of a host key as OpenSSH prints it. */
export function fingerprint(key: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}

/**
 * Whether a `known_hosts` file lists a key for a host. Plain, bracketed and hashed names, lists and the patterns `*` and `?` are
 * understood; a key that is marked as revoked is none, and certificate authorities are not looked at.
 */
export function isKnownHost(knownHosts: string, host: string, port: number, key: Uint8Array): boolean {
  const name = port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`
  const text = Buffer.from(key).toString('base64')
  let isKnown = false
  for (const line of knownHosts.split('\n')) {
    const fields = line.trim().split(/\s+/)
    const marker = fields[0]?.startsWith('@') === true ? fields.shift() : undefined
    const [names, , listed] = fields
    if (names === undefined || names.startsWith('#') || listed !== text || !matchesHost(names, name)) continue
    if (marker === '@revoked') return false
    isKnown ||= marker === undefined
  }
  return isKnown
}

function matchesHost(names: string, host: string): boolean {
  if (names.startsWith('|1|')) {
    const [, , salt = '', hash = ''] = names.split('|')
    return createHmac('sha1', Buffer.from(salt, 'base64')).update(host).digest('base64') === hash
  }
  let matches = false
  for (const pattern of names.toLowerCase().split(',')) {
    const isNegated = pattern.startsWith('!')
    if (!wildcard(isNegated ? pattern.slice(1) : pattern).test(host)) continue
    if (isNegated) return false
    matches = true
  }
  return matches
}

function wildcard(pattern: string): RegExp {
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${escaped}$`)
}
