import { readdirSync, readFileSync } from 'node:fs'

/** A thread of the process. */
export interface ProcessThread {
  readonly name: string
  readonly id: number
  readonly state: string
  readonly stack: string
}

/** States of threads in Java's words, by the letter that Linux gives. */
const STATES: Readonly<Record<string, string>> = {
  R: 'RUNNABLE',
  S: 'WAITING',
  D: 'BLOCKED',
  T: 'WAITING',
  t: 'WAITING',
  Z: 'TERMINATED',
  X: 'TERMINATED',
  I: 'WAITING',
}

/** States that a thread can have, in the order in which metrics list them. */
export const THREAD_STATES = [
  'NEW',
  'TERMINATED',
  'RUNNABLE',
  'BLOCKED',
  'WAITING',
  'TIMED_WAITING',
  'UNKNOWN',
] as const

/** Threads beyond this number are left out. */
const MAX_THREADS = 4_096

function taskText(id: string, file: string): string {
  try {
    return readFileSync(`/proc/self/task/${id}/${file}`, 'utf8').trim()
  } catch {
    return ''
  }
}

/**
 * The threads of this process, JavaScript and native, by number. The one with the process's number is `main` and has its
 * JavaScript stack; of others it is known in which call of the kernel they wait. On systems without `/proc` there is only `main`.
 */
export function processThreads(): readonly ProcessThread[] {
  const main: ProcessThread = { name: 'main', id: process.pid, state: 'RUNNABLE', stack: mainStack() }
  let ids: string[]
  try {
    ids = readdirSync('/proc/self/task')
  } catch {
    return [main]
  }
  const threads = ids.slice(0, MAX_THREADS).flatMap((id): readonly ProcessThread[] => {
    if (Number(id) === process.pid) return [main]
    // The name may hold anything, brackets too: what follows the last one is the state.
    const state = /^.*\) (\S)/s.exec(taskText(id, 'stat'))?.[1]
    if (state === undefined) return []
    const wait = taskText(id, 'wchan')
    const stack = wait === '' || wait === '0' ? '' : `kernel/${wait}(Native Method)`
    return [{ name: `${taskText(id, 'comm')}-${id}`, id: Number(id), state: STATES[state] ?? 'UNKNOWN', stack }]
  })
  return threads.some(({ id }) => id === process.pid) ? threads : [main, ...threads]
}

function mainStack(): string {
  const lines = new Error('stack').stack?.split('\n') ?? []
  return lines
    .slice(1)
    .map((line) => line.trim().replace(/^at /, ''))
    .join('\n')
}
