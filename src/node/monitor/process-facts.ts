import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism, cpus, freemem, loadavg, totalmem } from 'node:os'
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8'

/** A part of the heap. */
export interface HeapSpace {
  readonly name: string
  readonly usedBytes: number
  readonly committedBytes: number
}

/** What the operating system and V8 say of this process and its machine. What a system does not tell is 0. */
export interface ProcessFacts {
  readonly processors: number
  readonly physicalTotalBytes: number
  readonly physicalFreeBytes: number
  readonly swapTotalBytes: number
  readonly swapFreeBytes: number
  readonly heapUsedBytes: number
  readonly heapTotalBytes: number
  readonly heapMaxBytes: number
  /** Buffers outside of the heap. */
  readonly externalBytes: number
  readonly heapSpaces: readonly HeapSpace[]
  readonly residentBytes: number
  readonly virtualBytes: number
  readonly openFiles: number
  readonly maxFiles: number
  /** User and system time of all threads. */
  readonly cpuSeconds: number
  readonly startedAtSeconds: number
  /** Runnable threads of the machine, averaged over a minute. */
  readonly loadAverage: number
  /** Parts of the processors that this process, and everything, used since the reading before; 0 … 1. */
  readonly processLoad: number
  readonly systemLoad: number
}

/** What is read of text files below `/proc`; `null` where there is none. */
function procText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

/** A line `Name: 12 kB` of a file below `/proc`, in bytes. */
function kilobytes(text: string | null, name: string): number {
  const match = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text ?? '')
  return match === null ? 0 : Number(match[1]) * 1024
}

function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return 0
  }
}

/** Processor times at one moment, in microseconds and milliseconds. */
interface Times {
  readonly atMs: number
  readonly processMicros: number
  readonly busyMs: number
  readonly allMs: number
}

function timesNow(): Times {
  const { user, system } = process.cpuUsage()
  let busyMs = 0
  let allMs = 0
  for (const { times } of cpus()) {
    const all = times.user + times.nice + times.sys + times.idle + times.irq
    allMs += all
    busyMs += all - times.idle
  }
  return { atMs: performance.now(), processMicros: user + system, busyMs, allMs }
}

/** A shorter time than this says nothing about load. */
const SHORTEST_LOAD_MS = 500

/** Reads facts; keeps the processor times of the reading before, which load is measured against. */
export class ProcessReader {
  #before: Times = { atMs: 0, processMicros: 0, busyMs: 0, allMs: 0 }
  #load = { process: 0, system: 0 }

  read(): ProcessFacts {
    const memory = process.memoryUsage()
    const heap = getHeapStatistics()
    const machine = procText('/proc/meminfo')
    const status = procText('/proc/self/status')
    const files = /^Max open files\s+(\d+)/m.exec(procText('/proc/self/limits') ?? '')
    const { user, system } = process.cpuUsage()
    const load = this.#loadNow()
    return {
      processors: availableParallelism(),
      physicalTotalBytes: totalmem(),
      physicalFreeBytes: kilobytes(machine, 'MemAvailable') || freemem(),
      swapTotalBytes: kilobytes(machine, 'SwapTotal'),
      swapFreeBytes: kilobytes(machine, 'SwapFree'),
      heapUsedBytes: heap.used_heap_size,
      heapTotalBytes: heap.total_heap_size,
      heapMaxBytes: heap.heap_size_limit,
      externalBytes: memory.external,
      heapSpaces: getHeapSpaceStatistics().map(({ space_name, space_used_size, space_size }) => ({
        name: space_name,
        usedBytes: space_used_size,
        committedBytes: space_size,
      })),
      residentBytes: memory.rss,
      virtualBytes: kilobytes(status, 'VmSize'),
      openFiles: openFiles(),
      maxFiles: Number(files?.[1] ?? 0),
      cpuSeconds: (user + system) / 1e6,
      startedAtSeconds: performance.timeOrigin / 1000,
      loadAverage: loadavg()[0] ?? 0,
      processLoad: load.process,
      systemLoad: load.system,
    }
  }

  #loadNow(): { readonly process: number; readonly system: number } {
    const now = timesNow()
    const { atMs, processMicros, busyMs, allMs } = this.#before
    const elapsedMs = now.atMs - atMs
    if (elapsedMs < SHORTEST_LOAD_MS) return this.#load
    this.#before = now
    const part = (used: number, whole: number): number => (whole > 0 ? Math.min(Math.max(used / whole, 0), 1) : 0)
    this.#load = {
      process: part((now.processMicros - processMicros) / 1000, elapsedMs * availableParallelism()),
      system: part(now.busyMs - busyMs, now.allMs - allMs),
    }
    return this.#load
  }
}
