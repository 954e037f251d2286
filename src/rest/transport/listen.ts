import { MillraceError } from '../../core/error.js'
import type { ListenAddress } from './listener.js'
import { portOwner } from './port-owner.js'

/**
 * Tries one port after the other.
 *
 * @param listen rejects with a system error when a port cannot be had.
 * @returns what `listen` gave for the first port that was free.
 * @throws MillraceError `LISTEN_FAILED` that names the address, the cause and, where the system tells, who has the port.
 */
export async function listenOnFreePort<T>(address: ListenAddress, listen: (port: number) => Promise<T>): Promise<T> {
  const { port, portCount } = address
  const last = port === 0 ? 0 : Math.min(port + Math.max(1, portCount) - 1, 65_535)
  for (let candidate = port; ; candidate += 1) {
    try {
      return await listen(candidate)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EADDRINUSE' && candidate < last) continue
      throw await listenFault(address, candidate, error)
    }
  }
}

async function listenFault({ host, port }: ListenAddress, last: number, error: unknown): Promise<MillraceError> {
  const { code = 'an unknown error' } = error as NodeJS.ErrnoException
  const ports = last > port ? `ports ${port} to ${last}` : `port ${port}`
  const more = (message: string, hint: string): MillraceError =>
    new MillraceError('LISTEN_FAILED', `cannot listen on ${ports} of '${host}': ${message}`, { hint, cause: error })
  if (code === 'EADDRINUSE') {
    const owner = await portOwner(port)
    const who = owner === null ? 'another process has it' : `process ${owner.processId} ('${owner.name}') has it`
    return more(who, 'stop that process, set another port, or allow further ports')
  }
  if (code === 'EACCES') return more('this user may not', 'use a port above 1023')
  if (code === 'EADDRNOTAVAIL') return more('this machine does not have the address', 'set an address of this machine')
  return more(code, 'set another address or port')
}
