import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { numberedJobId } from '../../../src/rest/dialects/flink/ids.js'
import { eventually, ServedNode } from '../../support/served-node.js'
import type { DashboardLine } from './tools.js'

const SOURCE = (rows: number, splits: number, intervalMs: number) =>
  `FakeSource { plugin_output = fake, parallelism = 2, row.num = ${rows}, split.num = ${splits},
    split.read-interval = ${intervalMs}, schema { fields { id = bigint, name = string } } }`
const TRANSFORM =
  'Sql { plugin_input = fake, plugin_output = shown, query = "select id, upper(name) as name from fake where id is not null" }'
const SINK = 'Console { plugin_input = shown, log.print.data = false }'

const job = (name: string, env: string, source: string) =>
  `env { job.name = ${name}, parallelism = 2, ${env} }\nsource { ${source} }\ntransform { ${TRANSFORM} }\nsink { ${SINK} }`

/** A job that goes on, with a checkpoint every second. */
export const ENDLESS = job('endless', 'job.mode = STREAMING, checkpoint.interval = 1000', SOURCE(100_000, 10_000, 20))
const BATCH = job('batch', 'job.mode = BATCH', SOURCE(5000, 4, 1))
const FAILING = job('failing', 'job.mode = BATCH', SOURCE(5, 1, 1)).replace('upper(name)', 'cast(name as int)')

/** Jobs whose pages are visited, by what became of them; their ids on the wire. */
export interface ShownJobs {
  readonly running: string
  readonly finished: string
  readonly failed: string
  readonly canceled: string
}

/** How a node is started. */
export interface DashboardNodeOptions {
  /** Files of the dashboard. */
  readonly dashboard: string
  readonly line: DashboardLine
  /** Absent: nobody is asked for a password. */
  readonly credentials?: { readonly username: string; readonly password: string } | undefined
}

/** A node whose dashboard is visited. */
export class DashboardNode {
  readonly served: ServedNode
  /** Address of the dashboard, with its slash. */
  readonly base: string

  readonly #headers: Readonly<Record<string, string>>

  private constructor(served: ServedNode, base: string, headers: Readonly<Record<string, string>>) {
    this.served = served
    this.base = base
    this.#headers = headers
  }

  /** @param folder of the node, removed by the caller. */
  static async start(
    test: TestContext,
    folder: string,
    { dashboard, line, credentials }: DashboardNodeOptions,
  ): Promise<DashboardNode> {
    const config = join(folder, 'seatunnel.yaml')
    const http =
      credentials === undefined
        ? ''
        : `seatunnel:\n  engine:\n    http:\n      enable-basic-auth: true\n      basic-auth-username: ${credentials.username}\n      basic-auth-password: ${credentials.password}\n`
    writeFileSync(config, `${http}millrace:\n  flink:\n    enabled: true\n    port: 0\n    profile: '${line}'\n`)
    const served = await ServedNode.start(test, folder, {
      args: ['--config', config, '--flink-port', '0', '--flink-dashboard', dashboard],
    })
    const token = credentials === undefined ? '' : btoa(`${credentials.username}:${credentials.password}`)
    const headers: Record<string, string> = token === '' ? {} : { authorization: `Basic ${token}` }
    const address = /REST API of Flink listens on (http:\/\/127\.0\.0\.1:\d+)/.exec(served.output)?.[1]
    if (address === undefined) throw new Error(`there is no port of Flink's API:\n${served.output}`)
    return new DashboardNode(served, `${address}/`, headers)
  }

  /** What the node answers to a path of Flink's API. */
  // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes, compared with what is shown.
  async json(path: string): Promise<any> {
    const answer = await fetch(`${this.base}${path}`, { headers: this.#headers })
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
    return answer.json()
  }

  async submit(text: string): Promise<string> {
    const url = `http://127.0.0.1:${this.served.port}/hazelcast/rest/maps/submit-job?format=hocon`
    const answer = await fetch(url, { method: 'POST', body: text, headers: this.#headers })
    if (!answer.ok) throw new Error(`submit-job answered ${answer.status}: ${await answer.text()}`)
    return numberedJobId(((await answer.json()) as { readonly jobId: string }).jobId)
  }

  /** Waits until a job has a state. */
  async becomes(jobId: string, state: string): Promise<void> {
    await eventually(`state ${state} of a job`, async () =>
      (await this.json(`jobs/${jobId}/status`)).status === state ? true : null,
    )
  }

  /** Starts jobs and waits until each is in its state, the running and the canceled one with checkpoints. */
  async jobs(): Promise<ShownJobs> {
    const [running, canceled, finished, failed] = [
      await this.submit(ENDLESS),
      await this.submit(ENDLESS),
      await this.submit(BATCH),
      await this.submit(FAILING),
    ]
    for (const id of [canceled, running]) await this.#hasCheckpoints(id)
    await fetch(`${this.base}jobs/${canceled}`, { method: 'PATCH', headers: this.#headers })
    await this.becomes(canceled, 'CANCELED')
    await this.becomes(finished, 'FINISHED')
    await this.becomes(failed, 'FAILED')
    return { running, finished, failed, canceled }
  }

  async #hasCheckpoints(jobId: string): Promise<void> {
    await eventually('checkpoints', async () =>
      (await this.json(`jobs/${jobId}/checkpoints`)).counts.completed > 1 ? true : null,
    )
  }
}
