import { readdir, readFile, readlink } from 'node:fs/promises'

/** The process that listens on a port. */
export interface PortOwner {
  readonly processId: number
  /** Name of its program, without parameters: those may hold secrets. */
  readonly name: string
}

/** State of a listening socket in the tables of the kernel. */
const LISTENING = '0A'

/**
 * Finds out which process listens on a TCP port of this machine.
 *
 * @returns `null` where the system does not tell: not on Linux, or the process is of another user.
 */
export async function portOwner(port: number): Promise<PortOwner | null> {
  const sockets = new Set<string>()
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6'])
    for (const socket of listeningSockets(await readFile(table, 'utf8').catch(() => ''), port)) sockets.add(socket)
  if (sockets.size === 0) return null
  for (const processId of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(processId)) continue
    for (const file of await readdir(`/proc/${processId}/fd`).catch(() => [])) {
      const link = await readlink(`/proc/${processId}/fd/${file}`).catch(() => '')
      if (!sockets.has(link)) continue
      const name = (await readFile(`/proc/${processId}/comm`, 'utf8').catch(() => '')).trim()
      return { processId: Number(processId), name: name.replace(/[^ -~]/g, '?') }
    }
  }
  return null
}

/**
 * The listening sockets of a port in one of the kernel's tables.
 *
 * @returns names as the links of open files have them: `socket:[12345]`.
 */
export function listeningSockets(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return table.split('\n').flatMap((line) => {
    const columns = line.trim().split(/\s+/)
    const matches = columns[1]?.endsWith(suffix) === true && columns[3] === LISTENING
    return matches ? [`socket:[${columns[9] ?? ''}]`] : []
  })
}
