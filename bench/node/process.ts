import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../test/remote-files/server.js'

/** A server in a process of its own. */
export interface BenchServer {
  readonly port: number
  /** Milliseconds from its start to its first answer. */
  readonly startMs: number
  /** Resident memory now, in bytes. */
  residentBytes(): number
  ask(method: 'GET' | 'POST', path: string, body?: string): Promise<{ readonly status: number; readonly text: string }>
  stop(): Promise<void>
}

const DEADLINE_MS = 20_000

/** Starts a node with an empty folder and waits for its first answer. */
export async function startNode(root: string): Promise<BenchServer> {
  return startWith(root, ['--flink-port', 'off'], mkdtempSync(join(tmpdir(), 'millrace-bench-node-')))
}

/** A node with a port for Flink's API. */
export interface FlinkServer extends BenchServer {
  readonly flinkPort: number
}

/** Starts a node with Flink's API. @param engine settings below `seatunnel.engine`, as YAML. */
export async function startFlinkNode(root: string, engine = ''): Promise<FlinkServer> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-flink-'))
  const config = join(folder, 'seatunnel.yaml')
  writeFileSync(
    config,
    `seatunnel:\n  engine:\n    history-job-expire-minutes: 1440\n${engine.replace(/^(?=.)/gm, '    ')}`,
  )
  const flinkPort = await freePort()
  const server = await startWith(root, ['--flink-port', String(flinkPort), '--config', config], folder)
  return { ...server, flinkPort }
}

async function startWith(root: string, more: readonly string[], folder: string): Promise<BenchServer> {
  const port = await freePort()
  const folders = ['--data', join(folder, 'data'), '--logs', join(folder, 'logs')]
  const ports = ['--port', String(port), '--http-port', 'off']
  const argv = [join(root, 'bin', 'millrace'), 'serve', ...folders, ...ports, ...more]
  return startServer(argv, port, '/hazelcast/rest/maps/overview', () =>
    rmSync(folder, { recursive: true, force: true }),
  )
}

/** Starts the server that REST is held against. */
export async function startBare(root: string): Promise<BenchServer> {
  const port = await freePort()
  const argv = [process.execPath, join(root, 'dist', 'bench', 'node', 'bare-server.js'), String(port)]
  return startServer(argv, port, '/', () => undefined)
}

async function startServer(
  argv: readonly string[],
  port: number,
  path: string,
  clean: () => void,
): Promise<BenchServer> {
  const [program = '', ...parameters] = argv
  const startedMs = performance.now()
  const child = spawn(program, parameters, { stdio: ['ignore', 'ignore', 'inherit'] })
  const ask: BenchServer['ask'] = (method, asked, body) => send(port, method, asked, body)
  while (!(await ask('GET', path).then(isOk, () => false))) {
    if (child.exitCode !== null || performance.now() - startedMs > DEADLINE_MS) {
      child.kill('SIGKILL')
      clean()
      throw new Error(`'${argv.join(' ')}' does not answer`)
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  return {
    port,
    startMs: performance.now() - startedMs,
    residentBytes: () => residentBytes(child),
    ask,
    stop: async () => {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
      clean()
    },
  }
}

const isOk = ({ status }: { readonly status: number }): boolean => status === 200

function residentBytes({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) * 1024
}

function send(
  port: number,
  method: string,
  path: string,
  body: string | undefined,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) }
    const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
