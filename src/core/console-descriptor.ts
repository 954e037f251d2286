import { constants, fstatSync, openSync } from 'node:fs'

/**
 * A descriptor for standard output or standard error that never makes a thread wait: writes to a pipe or terminal that takes nothing
 * now fail with `EAGAIN`. A thread that waits inside of a write can be neither ended nor left, and keeps the process from ending.
 *
 * The pipe is opened once more, because its own mode is shared with other processes. Files, sockets and what cannot be opened again
 * are used as they are.
 *
 * @param descriptor 1 or 2.
 */
export function consoleDescriptor(descriptor: number): number {
  try {
    const facts = fstatSync(descriptor)
    if (!facts.isFIFO() && !facts.isCharacterDevice()) return descriptor
    return openSync(`/proc/self/fd/${descriptor}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  } catch {
    return descriptor
  }
}
