import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packageRoot } from '../../src/native/load.js'
import type { CliResult } from '../support/cli.js'

const BIN = join(packageRoot(), 'bin')
/** Why tests of processes are skipped, or `false`. */
export const SKIP_PROCESSES = existsSync(join(packageRoot(), 'dist', 'bundle', 'serve.js'))
  ? false
  : 'the bundle is not built'
/** How long anything may take before a test gives up, in milliseconds. */
const LIMIT_MS = 60_000

/** Environment of child processes: that of this one without what would point them elsewhere. */
const CLEAN_VARIABLES = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(?:MILLRACE_(?!BACKEND|WORKERS)|SEATUNNEL_|HAZELCAST_|ST_DOCKER|JvmOption|NODE_TEST)/.test(name),
  ),
)

/** What a process is started with. */
export interface StartOptions {
  readonly variables?: Readonly<Record<string, string>>
  readonly folder?: string
}

/** A started script of `bin` and what it wrote so far. */
export class RunningScript {
  readonly child: ChildProcess
  readonly ended: Promise<CliResult>
  out = ''
  err = ''

  constructor(script: string, argv: readonly string[], { variables = {}, folder = tmpdir() }: StartOptions) {
    this.child = spawn(join(BIN, script), argv, {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: folder,
      env: { ...CLEAN_VARIABLES, ...variables },
    })
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.out += text
    })
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.err += text
    })
    this.ended = new Promise((resolve, reject) => {
      this.child.on('error', reject)
      this.child.on('close', (code, signal) => {
        resolve({
          code: code ?? -1,
          out: this.out,
          err: signal === null ? this.err : `${this.err}ended by ${signal}\n`,
        })
      })
    })
  }

  /** Waits until a pattern stands in what it wrote. */
  async wrote(pattern: RegExp): Promise<RegExpExecArray> {
    const endMs = Date.now() + LIMIT_MS
    for (;;) {
      const found = pattern.exec(this.out) ?? pattern.exec(this.err)
      if (found !== null) return found
      const isOver = this.child.exitCode !== null || this.child.signalCode !== null || Date.now() > endMs
      assert.ok(!isOver, `nothing like ${pattern} was written:\n${this.out}\n${this.err}`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

/** Starts processes below one folder; all of them are killed and the folder is removed at the end. */
export class Workbench {
  readonly folder = mkdtempSync(join(tmpdir(), 'millrace processes '))
  readonly #started: RunningScript[] = []

  /** Writes a file and gives its path. */
  write(name: string, text: string): string {
    const path = join(this.folder, name)
    writeFileSync(path, text)
    return path
  }

  start(script: string, argv: readonly string[], options: StartOptions = {}): RunningScript {
    const started = new RunningScript(script, argv, { folder: this.folder, ...options })
    this.#started.push(started)
    return started
  }

  /** Runs a script to its end. */
  run(script: string, argv: readonly string[], options: StartOptions = {}): Promise<CliResult> {
    return this.start(script, argv, options).ended
  }

  /** Starts a node on a free port of loopback and waits until it is ready. */
  async serve(argv: readonly string[] = [], options: StartOptions = {}): Promise<ServingNode> {
    const where = ['--data', join(this.folder, 'data'), '--logs', join(this.folder, 'logs')]
    const ports = argv.includes('--port') ? [] : ['--port', '0']
    const script = this.start(
      'millrace',
      ['serve', ...where, ...ports, '--http-port', 'off', '--flink-port', 'off', ...argv],
      options,
    )
    const [, port] = await script.wrote(/REST API v1 .*http:\/\/127\.0\.0\.1:(\d+)/)
    await script.wrote(/node is ready/)
    return { script, port: Number(port), variables: { MILLRACE_NODE: `127.0.0.1:${port}` } }
  }

  async end(): Promise<void> {
    for (const { child } of this.#started) child.kill('SIGKILL')
    await Promise.allSettled(this.#started.map(({ ended }) => ended))
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** A node that answers. */
export interface ServingNode {
  readonly script: RunningScript
  readonly port: number
  /** What points clients to it. */
  readonly variables: Readonly<Record<string, string>>
}

/** Runs work with a bench that is cleared afterwards. */
export async function withBench(work: (bench: Workbench) => Promise<void>): Promise<void> {
  const bench = new Workbench()
  try {
    await work(bench)
  } finally {
    await bench.end()
  }
}

/** Whether a process is there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
