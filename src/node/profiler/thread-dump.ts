import { readFileSync } from 'node:fs'
import type { ThreadStack } from '../api.js'
import type { ProcessThread } from '../monitor/threads.js'
import type { StackSample } from './sampling-loop.js'

/** Milliseconds of a tick of the kernel's clock: fixed for programs. */
const TICK_MS = 10

/** What is put together to a dump. */
export interface ThreadDumpParts {
  readonly threads: readonly ProcessThread[]
  /** A sample of every thread that has one. */
  readonly samples: readonly StackSample[]
  /** What a thread works at, in words. */
  readonly task: (sample: StackSample) => string | null
  readonly cpuMs: (thread: number) => number | null
}

/** Every thread with what is known of it: its sample where there is one, else what the system tells. */
export function threadDump({ threads, samples, task, cpuMs }: ThreadDumpParts): readonly ThreadStack[] {
  const byThread = new Map(samples.map((sample) => [sample.thread, sample]))
  return threads.map(({ name, id, state, stack }) => {
    const sample = byThread.get(id)
    const system = stack.split('\n').filter((line) => line.trim() !== '')
    return {
      // The system's name has the number at its end, which a name of ours has already.
      name: sample === undefined ? name : name.replace(/-\d+$/, ''),
      id,
      state: sample === undefined ? state : sample.isRunning ? 'RUNNABLE' : 'WAITING',
      cpuMs: cpuMs(id),
      task: sample === undefined ? null : task(sample),
      frames: sample === undefined ? system.map((line) => line.trim()) : sample.frames.toReversed(),
    }
  })
}

/** Processor time of a thread of this process, user and system; `null` where the system does not tell. */
export function threadCpuMs(thread: number): number | null {
  try {
    return cpuMsOf(readFileSync(`/proc/self/task/${thread}/stat`, 'utf8'))
  } catch {
    return null
  }
}

/** @param stat the line of a thread; its name may hold anything, brackets too. */
export function cpuMsOf(stat: string): number | null {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[11]) + Number(fields[12])
  return Number.isFinite(ticks) ? ticks * TICK_MS : null
}
