import { availableParallelism } from 'node:os'
import { CLI_COMMANDS, runCli } from './cli/index.js'
import { CatalogView } from './engine/catalog-view.js'
import { JobService } from './engine/job-service.js'
import { kernelBackend, packageVersion } from './native/load.js'
import { PLUGINS } from './plugins.generated.js'
import { PluginRegistry } from './spi/registry.js'

/** Environment variable that bounds the number of worker threads. */
const WORKERS_VARIABLE = 'MILLRACE_WORKERS'

const registry = new PluginRegistry(PLUGINS)
const workers = Number(process.env[WORKERS_VARIABLE] ?? availableParallelism())

process.exitCode = await runCli(process.argv.slice(2), {
  service: new JobService({
    registry,
    backend: kernelBackend,
    workerEntry: new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url),
    now: Date.now,
    zone: process.env.TZ ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    workers: Number.isInteger(workers) && workers > 0 ? workers : undefined,
  }),
  catalog: new CatalogView(registry, kernelBackend),
  variables: new Map(
    Object.entries(process.env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])),
  ),
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  isTerminal: process.stderr.isTTY === true,
  now: Date.now,
  onSignal: (handler) => {
    const signals = ['SIGINT', 'SIGTERM'] as const
    const forget = signals.map((signal) => {
      const listener = (): void => handler(signal)
      process.on(signal, listener)
      return () => process.off(signal, listener)
    })
    return () => {
      for (const remove of forget) remove()
    }
  },
  version: packageVersion(),
  commands: CLI_COMMANDS,
})
