import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Command, RunResult } from './types.js'

/** GNU time: the only way to the peak of a whole process tree without polling. */
const GNU_TIME = '/usr/bin/time'

const POLL_MS = 10
const STDERR_CHARACTERS = 4000

/** Peak resident set of a live process, in kilobytes; 0 where the system does not say. */
function residentPeak(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

/** The `seconds` in the last line of a program that measures itself. */
function ownSeconds(stdout: string): number {
  return (JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { readonly seconds: number }).seconds
}

/** Empties the folder that a run writes into. */
export function clearOutput(command: Command): void {
  rmSync(command.output, { recursive: true, force: true })
  mkdirSync(command.output, { recursive: true })
}

/**
 * Runs a command in a fresh process and measures it. Times are UTC in every child.
 *
 * @throws Error with the end of its standard error when it fails.
 */
export function runChild(command: Command): Promise<RunResult> {
  const timeFile = join(command.output, '.time')
  const withTime = existsSync(GNU_TIME)
  const argv = withTime ? [GNU_TIME, '-f', '%M', '-o', timeFile, ...command.argv] : [...command.argv]
  return new Promise((resolve, reject) => {
    const started = performance.now()
    const child = spawn(argv[0] ?? '', argv.slice(1), {
      env: { ...process.env, TZ: 'UTC', ...command.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const texts = { stdout: '', stderr: '' }
    let polledKilobytes = 0
    const pid = child.pid
    const timer =
      withTime || pid === undefined
        ? undefined
        : setInterval(() => {
            polledKilobytes = Math.max(polledKilobytes, residentPeak(pid))
          }, POLL_MS)
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      texts.stdout += chunk
    })
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      texts.stderr = (texts.stderr + chunk).slice(-STDERR_CHARACTERS)
    })
    child.on('error', reject)
    child.on('close', (code) => {
      const wallSeconds = (performance.now() - started) / 1000
      clearInterval(timer)
      if (code !== 0) {
        reject(
          new Error(
            `'${command.argv.join(' ')}' failed with ${code}: ${texts.stderr}${texts.stdout.slice(-STDERR_CHARACTERS)}`,
          ),
        )
        return
      }
      const kilobytes = withTime ? Number(readFileSync(timeFile, 'utf8').trim().split('\n').at(-1)) : polledKilobytes
      if (withTime) rmSync(timeFile, { force: true })
      const seconds = command.hasOwnClock === true ? ownSeconds(texts.stdout) : wallSeconds
      resolve({ seconds, peakMegabytes: (kilobytes * 1024) / 1e6, stdout: texts.stdout })
    })
  })
}
