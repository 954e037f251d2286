import { spawn } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { debianProgram } from '../../test/support/debian.js'

/** What a server is loaded with. */
export interface Load {
  readonly port: number
  readonly path: string
  readonly connections: number
  readonly seconds: number
  /** Sent as JSON with POST; GET when absent. */
  readonly body?: string
}

/** What came of it. */
export interface LoadResult {
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Answers that were no 2xx, and connections that broke. */
  readonly failures: number
  readonly generator: 'wrk' | 'sockets'
}

/** What answers came to that took these milliseconds each. */
export function socketLoad(latenciesMs: readonly number[], seconds: number, failures: number): LoadResult {
  const sorted = latenciesMs.toSorted((left, right) => left - right)
  const at = (share: number): number => sorted[Math.floor(share * sorted.length)] ?? Number.NaN
  return {
    requestsPerSecond: sorted.length / seconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    failures,
    generator: 'sockets',
  }
}

/** Loads a server with as many requests as it answers, one at a time on each connection. */
export async function load(given: Load): Promise<LoadResult> {
  const program = debianProgram('/usr/bin/wrk', 'wrk')
  return typeof program === 'string' ? loadWithWrk(program, given) : loadWithSockets(given)
}

async function loadWithWrk(program: string, { port, path, connections, seconds, body }: Load): Promise<LoadResult> {
  const script = join(tmpdir(), `millrace-wrk-${process.pid}.lua`)
  const post = body === undefined ? '' : `wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n`
  writeFileSync(script, body === undefined ? '' : `${post}wrk.body = ${JSON.stringify(body)}\n`)
  try {
    const url = `http://127.0.0.1:${port}${path}`
    const threads = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency']
    const said = await output(program, [...threads, ...(body === undefined ? [] : ['-s', script]), url])
    const number = (pattern: RegExp): number => Number(pattern.exec(said)?.[1] ?? Number.NaN)
    return {
      requestsPerSecond: number(/Requests\/sec:\s+([\d.]+)/),
      p50Ms: milliseconds(/50%\s+([\d.]+\w+)/.exec(said)?.[1]),
      p99Ms: milliseconds(/99%\s+([\d.]+\w+)/.exec(said)?.[1]),
      failures: (number(/Non-2xx or 3xx responses:\s+(\d+)/) || 0) + (number(/Socket errors: connect (\d+)/) || 0),
      generator: 'wrk',
    }
  } finally {
    rmSync(script, { force: true })
  }
}

function milliseconds(text: string | undefined): number {
  const [, value, unit] = /^([\d.]+)(us|ms|s|m)$/.exec(text ?? '') ?? []
  const factor = { us: 0.001, ms: 1, s: 1000, m: 60_000 }[unit ?? ''] ?? Number.NaN
  return Number(value) * factor
}

function output(program: string, parameters: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, parameters, { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    child.on('error', reject).on('exit', (code) => (code === 0 ? resolve(said) : reject(new Error(`wrk: ${code}`))))
  })
}

/** Without wrk: plain sockets, which cost this process more than they should, so that fast servers look alike. */
async function loadWithSockets({ port, path, connections, seconds, body }: Load): Promise<LoadResult> {
  const head = `Host: 127.0.0.1:${port}\r\nContent-Type: application/json\r\n`
  const request =
    body === undefined
      ? `GET ${path} HTTP/1.1\r\n${head}\r\n`
      : `POST ${path} HTTP/1.1\r\n${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  const latencies: number[] = []
  let failures = 0
  const endMs = performance.now() + seconds * 1000
  const one = (): Promise<void> =>
    new Promise((resolve) => {
      const socket: Socket = connect(port, '127.0.0.1')
      let sentMs = 0
      let received = ''
      const send = (): void => {
        if (performance.now() >= endMs) return void socket.end()
        received = ''
        sentMs = performance.now()
        socket.write(request)
      }
      socket.setEncoding('latin1').on('connect', send)
      socket.on('data', (chunk: string) => {
        received += chunk
        const headEnd = received.indexOf('\r\n\r\n')
        const length = Number(/content-length: *(\d+)/i.exec(received)?.[1] ?? 0)
        if (headEnd < 0 || received.length < headEnd + 4 + length) return
        latencies.push(performance.now() - sentMs)
        if (!/^HTTP\/1\.1 2/.test(received)) failures += 1
        send()
      })
      socket.on('error', () => {
        failures += 1
      })
      socket.on('close', () => resolve())
    })
  await Promise.all(Array.from({ length: connections }, one))
  return socketLoad(latencies, seconds, failures)
}
