import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** A process that has a data folder. */
export interface DataOwner {
  readonly pid: number
  /** When the process began, in ticks since the machine did; `null` where the system does not say. */
  readonly startTicks: string | null
  /** What process ids are unique in: a boot of a machine, and within it a container. */
  readonly space: string
}

/** This process. */
export function thisProcess(): DataOwner {
  return { pid: process.pid, startTicks: startTicksOf(process.pid), space: processSpace() }
}

/**
 * Whether a process still runs; `null` when it cannot be known from here, because it is on another machine or in another container.
 * A process that only has the same number is another one.
 */
export function isRunning(owner: DataOwner): boolean | null {
  if (owner.space !== processSpace()) return isSameBoot(owner.space) ? null : false
  if (owner.startTicks !== null) return startTicksOf(owner.pid) === owner.startTicks
  try {
    process.kill(owner.pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Field 22 of `/proc/PID/stat`; the name in field 2 may hold anything, so what is behind its bracket is looked at. */
function startTicksOf(pid: number): string | null {
  const stat = textOf(`/proc/${pid}/stat`)
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
}

function processSpace(): string {
  const boot = textOf('/proc/sys/kernel/random/boot_id')?.trim() ?? ''
  return `${hostname()} ${boot} ${linkOf('/proc/self/ns/pid') ?? ''}`
}

/** Whether two process spaces are on one machine that has not been started again since, or may be on two machines. */
function isSameBoot(space: string): boolean {
  const [host, boot] = space.split(' ')
  const [ownHost, ownBoot] = processSpace().split(' ')
  return host !== ownHost || boot === ownBoot
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

function linkOf(path: string): string | null {
  try {
    return readlinkSync(path)
  } catch {
    return null
  }
}
