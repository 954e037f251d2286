import { closeSync, constants, fstatSync, lstatSync, openSync, realpathSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isSafeLogName } from './log-disk.js'

const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** Bytes that are read at once. */
const CHUNK_BYTES = 64 * 1024

/** Most lines that a follower may look back for, and how far in bytes. */
const MAX_TAIL_LINES = 100_000
const MAX_TAIL_BYTES = 16 * 1024 * 1024

/** Workers append what jobs print by themselves: nobody tells. */
const LOOK_AGAIN_MS = 500

/** Lets followers wait until a file has changed. */
export class LogChanges {
  readonly #waiting = new Map<string, Set<() => void>>()

  notify(name: string): void {
    const waiting = this.#waiting.get(name)
    this.#waiting.delete(name)
    for (const wake of waiting ?? []) wake()
  }

  /** Ends at the next change of a file, when it may have been changed by others, or when the signal is aborted. */
  next(name: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(name) ?? new Set()
      const timer = setTimeout(() => wake(), LOOK_AGAIN_MS)
      const wake = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', wake)
        waiting.delete(wake)
        if (waiting.size === 0 && this.#waiting.get(name) === waiting) this.#waiting.delete(name)
        resolve()
      }
      if (signal.aborted) return wake()
      this.#waiting.set(name, waiting.add(wake))
      signal.addEventListener('abort', wake, { once: true })
    })
  }

  /** Files that are waited for. */
  get size(): number {
    return this.#waiting.size
  }
}

/** Path of a log file, or `null` when the name leads to anything but a regular file that lies in the folder itself. */
function safePath(folder: string, name: string): string | null {
  if (!isSafeLogName(name)) return null
  try {
    const real = realpathSync(folder)
    const path = join(real, name)
    return lstatSync(path).isFile() && dirname(realpathSync(path)) === real ? path : null
  } catch {
    return null
  }
}

/** Opens a log file; `null` when there is none. */
async function openLog(folder: string, name: string): Promise<FileHandle | null> {
  const path = safePath(folder, name)
  if (path === null) return null
  const file = await open(path, READ).catch(() => null)
  if (file === null) return null
  if ((await file.stat()).isFile()) return file
  await file.close()
  return null
}

/** At most `limitBytes` from the end of a log file; `null` when there is no such file or its name is not allowed. */
export async function readLog(folder: string, name: string, limitBytes: number): Promise<Uint8Array | null> {
  const file = await openLog(folder, name)
  if (file === null) return null
  try {
    const { size } = await file.stat()
    const start = Math.max(0, size - Math.max(0, Math.trunc(limitBytes)))
    return await readRange(file, start, size)
  } finally {
    await file.close()
  }
}

async function readRange(file: FileHandle, start: number, end: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafe(end - start)
  let filled = 0
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return bytes.subarray(0, filled)
}

/** Where the last lines of a file begin. */
async function tailStart(file: FileHandle, size: number, tailLines: number): Promise<number> {
  const wanted = Math.min(Math.max(0, Math.trunc(tailLines)), MAX_TAIL_LINES)
  let lines = 0
  let end = size
  const lowest = Math.max(0, size - MAX_TAIL_BYTES)
  while (end > lowest) {
    const start = Math.max(lowest, end - CHUNK_BYTES)
    const bytes = await readRange(file, start, end)
    for (let index = bytes.length - 1; index >= 0; index -= 1) {
      if (bytes[index] !== 0x0a) continue
      // The line end at the end of the file ends the last line and begins none.
      if (start + index + 1 === size) continue
      lines += 1
      if (lines === wanted) return start + index + 1
    }
    end = start
  }
  return lowest
}

/**
 * Follows a log file until the signal is aborted: its last lines, then what is appended, then its successor when it is rolled away.
 * Reads only as fast as the consumer takes.
 *
 * @returns `null` when there is no such file or its name is not allowed.
 */
export function followLog(
  folder: string,
  name: string,
  tailLines: number,
  changes: LogChanges,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> | null {
  const path = safePath(folder, name)
  if (path === null || !canOpen(path)) return null
  return follow(folder, name, tailLines, changes, signal)
}

function canOpen(path: string): boolean {
  try {
    const file = openSync(path, READ)
    const isFile = fstatSync(file).isFile()
    closeSync(file)
    return isFile
  } catch {
    return false
  }
}

async function* follow(
  folder: string,
  name: string,
  tailLines: number,
  changes: LogChanges,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let file = await openLog(folder, name)
  try {
    let position = 0
    if (file !== null) {
      const { size } = await file.stat()
      position = tailLines > 0 ? await tailStart(file, size, tailLines) : size
    }
    while (!signal.aborted) {
      // Listened to before reading: what is appended in between is not missed.
      const changed = changes.next(name, signal)
      for await (const chunk of unread(file, position, signal)) {
        position += chunk.length
        yield chunk
      }
      const successor = await successorOf(file, folder, name, position)
      if (successor === null) await changed
      else {
        // What came between the last read and the roll is still in the old file.
        yield* unread(file, position, signal)
        await file?.close()
        file = successor
        position = 0
      }
    }
  } finally {
    await file?.close()
  }
}

/** What a file has from a position on, as far as it goes now. */
async function* unread(file: FileHandle | null, position: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for (let start = position; file !== null && !signal.aborted; ) {
    const chunk = await readRange(file, start, start + CHUNK_BYTES)
    if (chunk.length === 0 || signal.aborted) return
    start += chunk.length
    yield chunk
  }
}

/** The file that now has the name, when it is another one than the open one, or was cut to less than was read. */
async function successorOf(
  file: FileHandle | null,
  folder: string,
  name: string,
  position: number,
): Promise<FileHandle | null> {
  const current = await openLog(folder, name)
  if (current === null || file === null) return current
  const [now, before] = [await current.stat(), await file.stat()]
  if (now.ino !== before.ino || now.dev !== before.dev || now.size < position) return current
  await current.close()
  return null
}
