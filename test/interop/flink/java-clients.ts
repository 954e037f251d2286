import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import type { TestContext } from 'node:test'
import { ROOT } from '../../conventions/layers.js'
import { fetched } from '../../support/fetched.js'
import { temporaryFolder } from '../../support/served-node.js'

/** Lines of Flink whose clients are tried. */
export const CLIENT_LINES = { '2.1': 'client', '1.20': 'client-1.20' } as const
/** A line of Flink whose clients are tried. */
export type ClientLine = keyof typeof CLIENT_LINES

const SOURCES = join(ROOT, 'test', 'interop', 'flink', 'java')
/** Starts fast rather than running fast, and what Flink's own start script opens of Java. */
const JVM_OPTIONS = [
  '-XX:TieredStopAtLevel=1',
  '-XX:+UseSerialGC',
  '-Xshare:auto',
  '-Xmx256m',
  '-Duser.timezone=UTC',
  ...['java.lang', 'java.util', 'java.util.concurrent', 'java.time', 'java.net'].map(
    (name) => `--add-opens=java.base/${name}=ALL-UNNAMED`,
  ),
]

/** The reason to skip tests that need Flink's clients of a line, else `false`. Fetches them when they are missing. */
export function missingClients(line: ClientLine): string | false {
  const java = spawnSync('javac', ['-version'], { encoding: 'utf8' })
  if (java.status !== 0) return "no Java for Flink's clients: there is no 'javac'"
  const found = fetched('flink-tools.mjs', CLIENT_LINES[line])
  return 'reason' in found ? `no clients of Flink: ${found.reason}` : false
}

/** What the `flink` command did. */
export interface CommandRun {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** A message that Flink's classes describe. */
export interface FlinkMessage {
  readonly name: string
  readonly method: string
  readonly path: string
  readonly status: number
  readonly takesFiles: boolean
  readonly request: string
  readonly response: string
  readonly query: readonly string[]
}

/** What Flink's classes read of an answer: what they understood, or the error that they understood. */
export interface ReadAnswer {
  /** Absent for an error. */
  readonly answer?: unknown
  /** Status of an error; 0 for what is none. */
  readonly status: number
  readonly message: string
}

/** Flink's own clients against a port of this machine, all in one process of Java. */
export class JavaClients {
  /** A program for Flink itself. */
  readonly jar: string
  readonly #child: ChildProcessWithoutNullStreams
  readonly #lines: AsyncIterator<string>
  readonly #errors: string[] = []

  private constructor(child: ChildProcessWithoutNullStreams, lines: Interface, jar: string) {
    this.jar = jar
    this.#child = child
    this.#lines = lines[Symbol.asyncIterator]()
    child.stderr.setEncoding('utf8').on('data', (text: string) => this.#errors.push(text))
  }

  /**
   * Compiles and starts them; they end with the test.
   *
   * @param environment variables that Flink's clients read.
   */
  static start(
    test: TestContext,
    line: ClientLine,
    port: number,
    environment: Readonly<Record<string, string>> = {},
  ): JavaClients {
    const found = fetched('flink-tools.mjs', CLIENT_LINES[line])
    if ('reason' in found) throw new Error(found.reason)
    const folder = temporaryFolder(test, 'millrace-flink-clients-')
    const [classes, settings] = [join(folder, 'classes'), join(folder, 'conf')]
    const jars = join(found.path, '*')
    const sources = readdirSync(SOURCES).map((name) => join(SOURCES, name))
    const compiled = spawnSync('javac', ['-nowarn', '-d', classes, '-cp', jars, ...sources], { encoding: 'utf8' })
    if (compiled.status !== 0) throw new Error(compiled.stderr)
    const jar = join(folder, 'refused.jar')
    spawnSync('jar', ['--create', '--file', jar, '--main-class', 'RefusedJob', '-C', classes, 'RefusedJob.class'])
    mkdirSync(settings)
    // Retries are for clusters that come up; here they would only hide what fails.
    const text = `rest.address: 127.0.0.1\nrest.port: ${port}\nrest.retry.max-attempts: 1\nrest.retry.delay: 100\n`
    writeFileSync(join(settings, line === '1.20' ? 'flink-conf.yaml' : 'config.yaml'), text)
    const classPath = [classes, jars].join(delimiter)
    const child = spawn('java', [...JVM_OPTIONS, '-cp', classPath, 'FlinkClients', String(port)], {
      env: { ...process.env, ...environment, FLINK_CONF_DIR: settings },
      stdio: 'pipe',
    })
    const clients = new JavaClients(child, createInterface({ input: child.stdout }), jar)
    test.after(() => clients.close())
    return clients
  }

  /** Runs the `flink` command. */
  cli(...words: readonly string[]): Promise<CommandRun> {
    return this.#call({ call: 'cli', arguments: words })
  }

  /** Every message that Flink's classes describe. */
  messages(): Promise<readonly FlinkMessage[]> {
    return this.#call({ call: 'headers' })
  }

  /**
   * Sends one of them.
   *
   * @param parameters of the path and the query, as texts.
   * @param file path of a file to send.
   * @throws Error with Java's stack when the answer is not understood.
   */
  async send(
    name: string,
    parameters: Readonly<Record<string, string>>,
    { body, file }: { readonly body?: unknown; readonly file?: string } = {},
  ): Promise<ReadAnswer> {
    const read = await this.#call<Partial<ReadAnswer>>({ call: 'message', name, parameters, body, file })
    return { status: 0, message: '', ...read }
  }

  /** Calls a method of `RestClusterClient`. @throws Error with Java's stack. */
  cluster<T = { readonly text: string }>(method: string, values: object = {}): Promise<T> {
    return this.#call({ call: 'cluster', method, ...values })
  }

  async #call<T>(asked: object): Promise<T> {
    this.#child.stdin.write(`${JSON.stringify(asked)}\n`)
    const { value: line, done } = await this.#lines.next()
    if (done === true) throw new Error(`the process of Java ended: ${this.#errors.join('')}`)
    const answer = JSON.parse(line) as { readonly value?: T; readonly failure?: string }
    if (answer.failure !== undefined) throw new Error(answer.failure)
    return answer.value as T
  }

  /** Ends the process. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }
}
