import { type LookupAddress, type LookupOptions, lookup } from 'node:dns'
import { BlockList, isIP } from 'node:net'
import { MillraceError } from '../core/error.js'

/** Addresses that no job may reach: those of one link only, where clouds answer with the machine's credentials. */
const FORBIDDEN = new BlockList()
FORBIDDEN.addSubnet('169.254.0.0', 16, 'ipv4')
FORBIDDEN.addSubnet('fe80::', 10, 'ipv6')
FORBIDDEN.addAddress('fd00:ec2::254', 'ipv6')

/** Names that clouds give to the same service. */
const FORBIDDEN_NAMES: ReadonlySet<string> = new Set(['metadata.google.internal', 'metadata', 'instance-data'])

/**
 * Refuses a host before a connection is made to it. Names are checked again when they are resolved, see {@link guardedLookup}.
 *
 * @throws MillraceError `EGRESS_DENIED`.
 */
export function refuseForbiddenHost(host: string): void {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase()
  if (FORBIDDEN_NAMES.has(bare.replace(/\.$/, '')) || (isIP(bare) !== 0 && isForbidden(bare))) throw denied(host)
}

/**
 * Resolves a name like `dns.lookup` and fails when an address is one that jobs must not reach. Given to sockets as their
 * `lookup`, it sees the address that is connected to, so that a name cannot lead elsewhere between check and use.
 */
export function guardedLookup(
  host: string,
  options: LookupOptions,
  callback: (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void,
): void {
  lookup(host, options, (error, address, family) => {
    const addresses = Array.isArray(address) ? address.map((entry) => entry.address) : [address]
    if (error === null && addresses.some(isForbidden)) callback(denied(host), address, family)
    else callback(error, address, family)
  })
}

function isForbidden(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return FORBIDDEN.check(mapped, 'ipv4')
  return FORBIDDEN.check(address.replace(/%.*$/, ''), isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

function denied(host: string): MillraceError {
  return new MillraceError(
    'EGRESS_DENIED',
    `jobs must not connect to '${host}', which is an address of the local link`,
    {
      hint: 'use the address of the service itself',
    },
  )
}
