import { readFileSync } from 'node:fs'
import type { CliEnvironment } from './cli/environment.js'
import { CLI_COMMANDS, runCli } from './cli/index.js'
import type { ShadeRegistry } from './config/shade.js'
import type { CatalogView } from './engine/catalog-view.js'
import type { JobService } from './engine/job-service.js'
import { kernelBackend, packageRoot, packageVersion } from './native/load.js'
import { PLUGINS } from './plugins.generated.js'
import type { SpareWorker } from './runtime/spare-worker.js'
import type { StartWorker } from './runtime/worker-thread.js'
import { PluginRegistry } from './spi/registry.js'
import { workerEntry } from './worker-entry.js'

/** Environment variable that bounds the number of worker threads. */
const WORKERS_VARIABLE = 'MILLRACE_WORKERS'
/** Worker threads that a job left behind keep the process no longer than this after its result, in milliseconds. */
const EXIT_LIMIT_MS = 2000

const registry = new PluginRegistry(PLUGINS)

/**
 * Plans and runs jobs; its code is loaded at the first call.
 *
 * @param startWorker starts workers in threads that there are already; each gets a new one when absent.
 * @param shades what documents that are sent are decrypted with.
 */
export async function jobService(startWorker?: StartWorker, shades?: ShadeRegistry): Promise<JobService> {
  const [{ JobService }, { systemZone }] = await Promise.all([
    import('./engine/job-service.js'),
    import('./engine/system-zone.js'),
  ])
  const workers = Number(process.env[WORKERS_VARIABLE])
  return new JobService({
    registry,
    backend: kernelBackend,
    workerEntry: workerEntry(),
    startWorker,
    shades,
    now: Date.now,
    zone: systemZone(process.env.TZ),
    workers: Number.isInteger(workers) && workers > 0 ? workers : undefined,
  })
}

async function catalogView(): Promise<CatalogView> {
  const { CatalogView } = await import('./engine/catalog-view.js')
  return new CatalogView(registry)
}

/** Calls the handler at the first signal; the second one ends the process as if there were no handler. */
function onSignal(handler: (signal: string) => void): () => void {
  const signals: readonly NodeJS.Signals[] = [...(isHangupIgnored() ? [] : (['SIGHUP'] as const)), 'SIGINT', 'SIGTERM']
  const forget = (): void => {
    for (const signal of signals) process.off(signal, listener)
  }
  const listener = (signal: string): void => {
    forget()
    handler(signal)
  }
  for (const signal of signals) process.on(signal, listener)
  return forget
}

/** Whether this process was started to live on without its terminal, by `nohup` for example. Where the system does not tell: yes. */
function isHangupIgnored(): boolean {
  try {
    const [, mask = ''] = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
    return mask === '' || (Number.parseInt(mask.slice(-1), 16) & 1) === 1
  } catch {
    return true
  }
}

/** A reader of our output that goes away (`millrace connectors | head`) is no failure. */
function ignoreClosedPipe(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0)
    throw error
  })
}

/** The command line of this program, without its arguments. */
const SELF = [process.execPath, ...process.execArgv, process.argv[1] ?? ''] as const

async function runSelf(argv: readonly string[]): Promise<{ readonly out: string; readonly ended: string }> {
  const { spawnSync } = await import('node:child_process')
  const { stdout, status, signal } = spawnSync(process.execPath, [process.argv[1] ?? '', ...argv], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return { out: stdout, ended: signal === null ? `exit code ${status}` : `signal ${signal}` }
}

/**
 * Runs the command line of this process and leaves its exit code.
 *
 * @param spareWorker a thread that waits for the first job, where the command line seems to run one.
 */
export async function runProgram(serve: CliEnvironment['serve'], spareWorker?: SpareWorker): Promise<void> {
  ignoreClosedPipe(process.stdout)
  ignoreClosedPipe(process.stderr)
  process.exitCode = await runCli(process.argv.slice(2), {
    service: () => jobService(spareWorker?.startWorker(workerEntry())),
    serve,
    catalog: catalogView,
    variables: new Map(
      Object.entries(process.env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])),
    ),
    hashPassword: async (password) => (await import('./rest/auth/password.js')).hashPassword(password),
    workingFolder: process.cwd(),
    installation: packageRoot(),
    self: SELF,
    ready: () => process.send?.('ready'),
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    isTerminal: process.stderr.isTTY === true,
    isOutTerminal: process.stdout.isTTY === true,
    columns: () => process.stderr.columns ?? null,
    now: Date.now,
    onSignal,
    version: packageVersion(),
    runSelf,
    commands: CLI_COMMANDS,
  })
  setTimeout(() => process.exit(), EXIT_LIMIT_MS).unref()
}
