import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A server that a test started, with its folder. */
export interface TestServer {
  readonly port: number
  readonly folder: string
  stop(): Promise<void>
}

/** A port that nobody listens on, for a server that is started at once. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('the system gave no port')
  return address.port
}

const DEADLINE_MS = 60_000

/** Gets a fresh folder and a free port and gives the command line. */
type StartCommand = (folder: string, port: number) => Promise<readonly [command: string, ...parameters: string[]]>

/** Times that a server is started: a free port may be somebody else's by the time the server asks for it. */
const STARTS = 3

/**
 * Starts a program and waits until it takes connections.
 *
 * @throws Error with what the program said when it ends or does not listen in time, again and again.
 */
export async function startServer(start: StartCommand): Promise<TestServer> {
  for (let left = STARTS - 1; ; left -= 1) {
    try {
      return await startOnce(start)
    } catch (error) {
      if (left === 0) throw error
    }
  }
}

async function startOnce(start: StartCommand): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-server-'))
  const port = await freePort()
  const [command, ...parameters] = await start(folder, port)
  const child = spawn(command, parameters, { stdio: ['ignore', 'pipe', 'pipe'], cwd: folder })
  let said = ''
  for (const output of [child.stdout, child.stderr]) {
    output.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4000)
    })
  }
  const stop = async (): Promise<void> => {
    await ended(child)
    rmSync(folder, { recursive: true, force: true })
  }
  const deadline = Date.now() + DEADLINE_MS
  while (!(await listens(port))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop()
      throw new Error(`'${command}' does not listen: ${said}`)
    }
    await sleep(50)
  }
  return { port, folder, stop }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  const killer = setTimeout(() => child.kill('SIGKILL'), 3_000)
  await exit
  clearTimeout(killer)
}

async function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
