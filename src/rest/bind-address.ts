import { MillraceError } from '../core/error.js'

/** What decides on which addresses a listener listens. */
export interface BindSettings {
  /** Address of the command line or the environment; wins over the rest. */
  readonly given: string | null
  /** `network.interfaces.interfaces` of `hazelcast.yaml` when `enabled` is true, else `null`. */
  readonly interfaces: readonly string[] | null
  /** Addresses of this machine, without those of the loopback interface. */
  readonly machineAddresses: readonly string[]
}

/** This machine only. */
export const LOOPBACK = '127.0.0.1'
/** Every address of this machine. */
const ANY_ADDRESS = '0.0.0.0'
/** Patterns that stand for any address. */
const ANY_PATTERNS: ReadonlySet<string> = new Set(['*.*.*.*', '0.0.0.0', '*'])

/**
 * The addresses to listen on. Without any setting that is the loopback address: the original listens on all of them, and whoever
 * reaches its port has the rights of its process. A listener on a chosen address listens on the loopback address too, because scripts
 * of the machine use it.
 *
 * @throws MillraceError `HTTP_SETTINGS` when the interfaces of `hazelcast.yaml` match no address of this machine, or one is no pattern.
 * @source Hazelcast reference, "Interfaces": `10.3.16.*`, `10.3.10.4-18`
 */
export function bindAddresses({ given, interfaces, machineAddresses }: BindSettings): readonly string[] {
  if (given !== null) return given === 'localhost' ? [LOOPBACK] : withLoopback([given])
  if (interfaces === null || interfaces.length === 0) return [LOOPBACK]
  if (interfaces.some((pattern) => ANY_PATTERNS.has(pattern))) return [ANY_ADDRESS]
  const matching = [LOOPBACK, ...machineAddresses].filter((address) =>
    interfaces.some((pattern) => matchesInterface(pattern, address)),
  )
  const [first] = matching.filter((address) => address !== LOOPBACK)
  if (matching.length === 0)
    throw new MillraceError('HTTP_SETTINGS', `no address of this machine matches '${interfaces.join(', ')}'`, {
      path: 'hazelcast.network.interfaces.interfaces',
      hint: `the addresses are ${[LOOPBACK, ...machineAddresses].join(', ')}`,
    })
  return first === undefined ? [LOOPBACK] : withLoopback([first])
}

function withLoopback(addresses: readonly string[]): readonly string[] {
  const [first] = addresses
  return first === undefined || first === LOOPBACK || first === ANY_ADDRESS || first === '::' || first === '::1'
    ? addresses
    : [LOOPBACK, ...addresses]
}

/**
 * Whether an address is meant by a pattern.
 *
 * @param pattern an address whose parts may be `*` or a range such as `4-18`.
 * @throws MillraceError `HTTP_SETTINGS` for a part that is none of these.
 */
export function matchesInterface(pattern: string, address: string): boolean {
  if (pattern === address) return true
  const parts = pattern.split('.')
  const numbers = address.split('.')
  if (pattern.includes(':')) return false
  if (parts.length !== 4 || parts.some((part) => !/^(\*|\d{1,3}(-\d{1,3})?)$/.test(part)))
    throw new MillraceError('HTTP_SETTINGS', `'${pattern}' is no pattern of addresses`, {
      path: 'hazelcast.network.interfaces.interfaces',
      hint: "write an address such as '10.3.16.7', '10.3.16.*' or '10.3.10.4-18'",
    })
  if (numbers.length !== 4) return false
  return parts.every((part, index) => {
    const number = Number(numbers[index])
    const [low = '', high = low] = part.split('-')
    return part === '*' || (number >= Number(low) && number <= Number(high))
  })
}
