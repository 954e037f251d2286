import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type CliEnvironment, EXIT } from './environment.js'
import { STOP_SEATUNNEL_CLUSTER_USAGE } from './seatunnel-usage.js'
import { SERVER_CLASS } from './server-class.js'

/** Shown for a node that was started without a name. @source SeaTunnel `stop-seatunnel-cluster.sh` */
const DEFAULT_NAME = 'seatunnel_default_cluster'
/** How long stopped processes are waited for, and how often they are looked at, in milliseconds. */
const WAIT_LIMIT_MS = 30_000
const WAIT_STEP_MS = 50

/** A process and its command line. */
interface Process {
  readonly pid: number
  readonly argv: readonly string[]
}

/**
 * Sends SIGTERM to the nodes of this machine that were started with a name, or to those without one, and waits until they are gone.
 *
 * @returns 0, also when there is none; 1 when one may not be stopped or does not go away.
 * @source SeaTunnel `stop-seatunnel-cluster.sh`
 */
export async function stopSeatunnelCluster(argv: readonly string[], environment: CliEnvironment): Promise<number> {
  const { out, err } = environment
  const given = readOptions(argv)
  if (given === 'help') {
    out(STOP_SEATUNNEL_CLUSTER_USAGE)
    return EXIT.ok
  }
  if (typeof given === 'string') {
    err(`${given}\n${STOP_SEATUNNEL_CLUSTER_USAGE}`)
    return EXIT.ok
  }
  const found = (await processes()).filter((each) => isNodeOf(each, given.name))
  if (found.length === 0) {
    const name = given.name ?? DEFAULT_NAME
    out(`${name} is not running. Please check the correct name of the running cluster.\n`)
    return EXIT.ok
  }
  const refused = found.filter(({ pid }) => !signal(pid, 'SIGTERM'))
  for (const { pid } of refused) err(`process ${pid} may not be stopped by this user\n`)
  const left = await waitForEnd(
    found.filter((each) => !refused.includes(each)).map(({ pid }) => pid),
    environment.now,
  )
  for (const pid of left) err(`process ${pid} is still there ${WAIT_LIMIT_MS / 1000} s after SIGTERM\n`)
  return refused.length + left.length === 0 ? EXIT.ok : EXIT.failed
}

function readOptions(argv: readonly string[]): 'help' | `Unknown option: ${string}` | { readonly name: string | null } {
  let name: string | null = null
  for (let index = 0; index < argv.length; index += 1) {
    const argument = argv[index] ?? ''
    if (argument === '-h' || argument === '--help') return 'help'
    if (argument.startsWith('-DJvmOption=')) continue
    if (argument !== '-cn' && argument !== '--cluster') return `Unknown option: ${argument}`
    index += 1
    name = argv[index] ?? null
  }
  return { name }
}

/** Whether a process is a node of the name; without one, a node that was started without one. */
function isNodeOf({ pid, argv }: Process, name: string | null): boolean {
  if (pid === process.pid || !argv.includes(SERVER_CLASS)) return false
  const option = argv.findIndex((argument) => argument === '-cn' || argument === '--cluster')
  const inline = argv.find((argument) => /^(?:-cn|--cluster)=/.test(argument))
  const own = option >= 0 ? (argv[option + 1] ?? null) : (inline?.replace(/^[^=]*=/, '') ?? null)
  return own === name
}

/** The processes that this user can see. */
async function processes(): Promise<readonly Process[]> {
  if (process.platform === 'linux') return linuxProcesses()
  const { execFileSync } = await import('node:child_process')
  const lines = execFileSync('ps', ['-axo', 'pid=,args='], { encoding: 'utf8' }).split('\n')
  return lines.flatMap((line) => {
    const [pid = '', ...argv] = line.trim().split(/\s+/)
    return /^\d+$/.test(pid) ? [{ pid: Number(pid), argv }] : []
  })
}

function linuxProcesses(): readonly Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return [{ pid: Number(name), argv: readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0') }]
      } catch {
        // It ended since the folder was listed.
        return []
      }
    })
}

/** Whether the signal could be sent, or there was nobody left to get it. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, name)
    return true
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'ESRCH' && name !== 0
  }
}

async function waitForEnd(pids: readonly number[], now: () => number): Promise<readonly number[]> {
  const endMs = now() + WAIT_LIMIT_MS
  let left = pids
  while (left.length > 0 && now() < endMs) {
    await sleep(WAIT_STEP_MS)
    left = left.filter((pid) => signal(pid, 0))
  }
  return left
}
