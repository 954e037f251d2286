import { existsSync, statfsSync } from 'node:fs'
import { join } from 'node:path'

/** A file system in memory, on Linux. */
const SHARED_MEMORY = '/dev/shm'

/** Free bytes that the results of all sides of the largest scenario need there. */
const NEEDED_BYTES = 6e9

/**
 * Folder that every side writes its results into: in memory where there is room.
 *
 * Millrace brings its files to the disk before it commits them; the peers leave theirs in the page cache, where the next round
 * removes them before they are ever written. On a disk the ratio would be that of the disk, which is no part of what the peers do.
 *
 * @param named what the command line says; it goes before.
 * @param cache folder of the bench.
 */
export function outputRoot(named: string | undefined, cache: string): string {
  if (named !== undefined) return named
  if (!existsSync(SHARED_MEMORY)) return join(cache, 'out')
  const { bavail, bsize } = statfsSync(SHARED_MEMORY)
  return bavail * bsize < NEEDED_BYTES ? join(cache, 'out') : join(SHARED_MEMORY, `millrace-bench-${process.pid}`)
}

/** Whether a folder is in memory. */
export function isInMemory(folder: string): boolean {
  return folder.startsWith(`${SHARED_MEMORY}/`)
}
