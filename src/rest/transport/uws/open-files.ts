import { readdir, readFile } from 'node:fs/promises'

/** How many files, sockets included, this process has open, and how many it may. */
export interface OpenFiles {
  readonly used: number
  readonly limit: number
}

/** Where the kernel tells about this process. */
const OWN_FILES = '/proc/self/fd'
const OWN_LIMITS = '/proc/self/limits'

/** @returns `null` where the system does not tell: not on Linux. */
export async function openFiles(): Promise<OpenFiles | null> {
  try {
    const [files, limits] = await Promise.all([readdir(OWN_FILES), readFile(OWN_LIMITS, 'utf8')])
    const limit = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1])
    return Number.isNaN(limit) ? null : { used: files.length, limit }
  } catch {
    return null
  }
}

/** Part of the open files from which on no more connections are taken, and below which they are taken again. */
const [PAUSE_SHARE, RESUME_SHARE] = [0.8, 0.7]

/** Watches open files. */
export interface OpenFilesWatch {
  readonly read: () => Promise<OpenFiles | null>
  readonly intervalMs: number
}

/** What holds unless a test gives another. */
export const OPEN_FILES_WATCH: OpenFilesWatch = { read: openFiles, intervalMs: 1000 }

/**
 * Whether connections may be taken now, by what was so a moment ago: the library cannot limit them, and without files left it would spin
 * and jobs could open none.
 */
export function mayAccept(isAccepting: boolean, files: OpenFiles | null): boolean {
  if (files === null) return true
  return files.used < files.limit * (isAccepting ? PAUSE_SHARE : RESUME_SHARE)
}
