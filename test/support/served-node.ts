import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { ROOT } from '../conventions/layers.js'

/** How long a test waits for something before it says that it does not come, in milliseconds. */
const DEADLINE_MS = 60_000
/** Milliseconds between two looks at something that tells nobody when it changes. */
const LOOK_MS = 10

/** An answer of a node. */
export interface Answer {
  readonly status: number
  readonly text: string
  /** The body as JSON. */
  json(): unknown
}

/** What of a job `job-info` says. */
export interface JobInfo {
  readonly jobStatus?: string
  readonly errorMsg?: string | null
  readonly metrics?: { readonly SinkWriteCount?: string; readonly SourceReceivedCount?: string }
}

/** A folder of its own for a test, removed at its end. */
export function temporaryFolder(test: TestContext, name = 'millrace-test-'): string {
  const folder = mkdtempSync(join(tmpdir(), name))
  test.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Looks until the condition gives something. @throws Error when that takes too long, with what is told about it. */
export async function eventually<T>(what: string, look: () => Promise<T | null> | T | null): Promise<T> {
  const endMs = Date.now() + DEADLINE_MS
  for (;;) {
    const found = await look()
    if (found !== null) return found
    if (Date.now() > endMs) throw new Error(`${what} did not come within ${DEADLINE_MS} ms`)
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}

/** A node in a process of its own. */
export class ServedNode {
  readonly child: ChildProcess
  readonly port: number
  readonly #output: string[]

  private constructor(child: ChildProcess, port: number, output: string[]) {
    this.child = child
    this.port = port
    this.#output = output
  }

  /**
   * Starts a node on free ports and waits until it is ready. It is killed at the end of the test.
   *
   * @param folder holds its data and logs.
   * @throws Error with its output when it ends instead.
   */
  static async start(
    test: TestContext,
    folder: string,
    { args = [], env = {} }: { readonly args?: readonly string[]; readonly env?: NodeJS.ProcessEnv } = {},
  ): Promise<ServedNode> {
    const argv = ['serve', '--data', join(folder, 'data'), '--logs', join(folder, 'logs')]
    const child = spawn(
      join(ROOT, 'bin', 'millrace'),
      [...argv, '--port', '0', '--http-port', 'off', '--flink-port', 'off', ...args],
      {
        cwd: folder,
        env: { ...process.env, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    test.after(() => void child.kill('SIGKILL'))
    const output: string[] = []
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => output.push(String(chunk)))
    const isReady = (): number | null => {
      const text = output.join('')
      const port = /http:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1]
      if (port !== undefined && text.includes('node is ready')) return Number(port)
      if (child.exitCode !== null) throw new Error(`the node ended with ${child.exitCode}:\n${text}`)
      return null
    }
    return new ServedNode(child, await eventually('the node', isReady), output)
  }

  /** Starts a node and kills it after some milliseconds, ready or not. @returns 1, the number of kills. */
  static async startAndKill(folder: string, lifeMs: number): Promise<number> {
    const argv = ['serve', '--data', join(folder, 'data'), '--logs', join(folder, 'logs'), '--port', '0']
    const child = spawn(join(ROOT, 'bin', 'millrace'), [...argv, '--http-port', 'off', '--flink-port', 'off'], {
      cwd: folder,
      stdio: 'ignore',
    })
    const ended = once(child, 'exit')
    await new Promise((resolve) => setTimeout(resolve, lifeMs))
    child.kill('SIGKILL')
    await ended
    return 1
  }

  /** What it printed. */
  get output(): string {
    return this.#output.join('')
  }

  /** Ends it as a loss of power does, as far as a process can be told. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode
    const ended = once(this.child, 'exit')
    this.child.kill(signal)
    await ended
    return this.child.exitCode
  }

  /** Sends a request; the body goes as JSON unless it is text. */
  async ask(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer> {
    const text = body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body)
    const headers =
      text === null ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }
    return new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port: this.port, method, path, headers, agent: false }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const answer = Buffer.concat(chunks).toString()
          resolve({ status: response.statusCode ?? 0, text: answer, json: () => JSON.parse(answer) as unknown })
        })
      })
      sent.on('error', reject)
      sent.end(text ?? undefined)
    })
  }

  /** Submits a job over REST v1 and gives its id. @throws Error with the answer when it is refused. */
  async submit(job: unknown, query = ''): Promise<string> {
    const answer = await this.ask('POST', `/hazelcast/rest/maps/submit-job${query}`, job)
    if (answer.status !== 200) throw new Error(`submit-job answered ${answer.status}: ${answer.text}`)
    return (answer.json() as { readonly jobId: string }).jobId
  }

  async jobInfo(jobId: string): Promise<JobInfo> {
    return (await this.ask('GET', `/hazelcast/rest/maps/job-info/${jobId}`)).json() as JobInfo
  }

  /** Waits until a job is in one of the states and gives what is known of it then. */
  async waitFor(jobId: string, states: readonly string[]): Promise<JobInfo> {
    let last = ''
    return eventually(`job ${jobId} in ${states.join(' or ')}`, async () => {
      const info = await this.jobInfo(jobId)
      last = info.jobStatus ?? ''
      if (['FAILED', 'CANCELED', 'FINISHED', 'SAVEPOINT_DONE'].includes(last) && !states.includes(last)) {
        throw new Error(`job ${jobId} is ${last}: ${info.errorMsg ?? ''}\n${this.output}`)
      }
      return states.includes(last) ? info : null
    })
  }

  /** Resident memory in bytes and the number of open files, from the kernel. */
  usage(): { readonly residentBytes: number; readonly openFiles: number } {
    const { pid } = this.child
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const residentKib = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0)
    return { residentBytes: residentKib * 1024, openFiles: readdirCount(`/proc/${pid}/fd`) }
  }
}

function readdirCount(folder: string): number {
  return readdirSync(folder).length
}
