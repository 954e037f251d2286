import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CLI_COMMANDS, runCli } from '../../src/cli/index.js'
import type { ServedNode, ServeRequest } from '../../src/cli/serve-request.js'
import { CatalogView } from '../../src/engine/catalog-view.js'
import { JobService } from '../../src/engine/job-service.js'
import { probeBuild } from '../../src/engine/kernel-health.js'
import { kernelBackend, packageRoot } from '../../src/native/load.js'
import { PLUGINS } from '../../src/plugins.generated.js'
import { PluginRegistry } from '../../src/spi/registry.js'

/** What a command line gave. */
export interface CliResult {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** What a test may change about the surroundings of a command. */
export interface CliSurroundings {
  readonly variables?: readonly (readonly [name: string, value: string])[]
  readonly isTerminal?: boolean
  /** Stands for the real service. */
  readonly service?: JobService
  /** Stands for the start of a node. */
  readonly serve?: (request: ServeRequest) => Promise<ServedNode>
  readonly workingFolder?: string
  /** Gets the handler of signals. */
  readonly onSignal?: (handler: (signal: string) => void) => void
}

const registry = new PluginRegistry(PLUGINS)

/** Jobs run with the compiled worker on the kernels of this machine. */
export function realService(): JobService {
  const workerEntry = new URL('../../src/worker.js', import.meta.url)
  return new JobService({ registry, backend: kernelBackend, workerEntry, now: Date.now, zone: 'UTC', workers: 2 })
}

/** Runs a command line in this process and keeps what it writes. */
export async function cli(argv: readonly string[], surroundings: CliSurroundings = {}): Promise<CliResult> {
  const { variables = [], isTerminal = false, service, onSignal } = surroundings
  let [out, err] = ['', '']
  const code = await runCli(argv, {
    service: async () => service ?? realService(),
    catalog: async () => new CatalogView(registry),
    serve: surroundings.serve ?? (() => Promise.reject(new Error('no test starts a node in its own process'))),
    hashPassword: async (password) => `hash-of-${password}`,
    variables: new Map(variables),
    workingFolder: surroundings.workingFolder ?? tmpdir(),
    installation: packageRoot(),
    self: [process.execPath, join(packageRoot(), 'dist', 'bundle', 'main.js')],
    ready: () => undefined,
    out: (text) => {
      out += text
    },
    err: (text) => {
      err += text
    },
    isTerminal,
    isOutTerminal: isTerminal,
    columns: () => null,
    now: Date.now,
    onSignal: (handler) => {
      onSignal?.(handler)
      return () => {}
    },
    version: '0.0.0-test',
    runSelf: async ([, , build]) => ({
      out: JSON.stringify(probeBuild(build === 'wasm' ? 'wasm' : 'native')),
      ended: '',
    }),
    commands: CLI_COMMANDS,
  })
  return { code, out, err }
}

/** Runs work with a folder of its own, which is removed afterwards. */
export async function withFolder<T>(work: (write: (name: string, text: string) => string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-cli-'))
  try {
    return await work((name, text) => {
      const path = join(folder, name)
      writeFileSync(path, text)
      return path
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A recorded run of the original: command line, exit code, standard output and error. */
export interface Recording extends CliResult {
  readonly command: string
}

/** Reads a recording of `test/golden/cli`. */
export function recording(name: string): Recording {
  return parseRecording(readFileSync(join(packageRoot(), 'test', 'golden', 'cli', `${name}.txt`), 'utf8'), name)
}

/** Takes a recording apart. */
export function parseRecording(text: string, name: string): Recording {
  const found =
    /^# command: (.*)\n# exit: (\d+)\n(?:# seconds.*\n)?(?:# note.*\n)?# stdout.*\n([\s\S]*?)# stderr.*\n?([\s\S]*)$/.exec(
      text,
    )
  if (found === null) throw new Error(`'${name}' is no recording`)
  const [, command = '', code = '', out = '', err = ''] = found
  const withoutJava = out.replace(/^WARNING: sun\.reflect.*\n/m, '')
  // Where lines were left out by hand, the recording ends with one line break more.
  const isEdited = /^# stdout \(/m.test(text)
  return { command, code: Number(code), out: isEdited ? withoutJava.replace(/\n$/, '') : withoutJava, err }
}
