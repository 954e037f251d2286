import type { TestContext } from 'node:test'
import type { JobStatus } from '../../../src/node/api.js'
import { numberedJobId } from '../../../src/rest/dialects/flink/ids.js'
import type { TransportKind } from '../../../src/rest/transport/listener.js'
import { type ContractNode, startContractNode } from '../../contract/seatunnel/contract-node.js'
import { submission } from '../../node/harness.js'
import type { ClientLine } from './java-clients.js'

const SCHEMA = 'schema { fields { id = bigint } }, plugin_output = fake'

function job(env: string, source: string, rule = 'rule_type = MIN_ROW, rule_value = 0'): string {
  return `env { job.name = contract, ${env} }
source { FakeSource { ${source}, ${SCHEMA} } }
sink { Assert { rules { row_rules = [{ ${rule} }] } } }`
}

const JOBS = {
  endless: job(
    'job.mode = STREAMING, parallelism = 1, checkpoint.interval = 100',
    // Few splits: a checkpoint holds where each of them stands.
    'row.num = 1000, split.num = 1000, split.read-interval = 500',
  ),
  batch: job('parallelism = 1', 'row.num = 5'),
  failing: job('parallelism = 1', 'row.num = 5', 'rule_type = MAX_ROW, rule_value = 1'),
} as const

/** Of no job. */
export const UNKNOWN_ID = '0'.repeat(32)

/** A node with Flink's API on a port of its own. */
export class FlinkNode {
  readonly #node: ContractNode

  private constructor(node: ContractNode) {
    this.#node = node
  }

  /** Starts it; it stops with the test. */
  static async start(
    test: TestContext,
    line: ClientLine,
    transport: TransportKind = 'node',
    millrace = '',
  ): Promise<FlinkNode> {
    const text = `flink:\n  enabled: true\n  port: 0\n  profile: '${line}'\n${millrace}`
    const node = await startContractNode('default', transport, { millrace: text })
    test.after(() => node.stop())
    return new FlinkNode(node)
  }

  get port(): number {
    return this.#node.rest.port('flink') ?? 0
  }

  /** As clients take it. */
  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  get service(): ContractNode['node'] {
    return this.#node.node
  }

  /** Submits a job and waits until it runs, with a checkpoint behind it, or is over. @returns its id in Flink's form. */
  async run(kind: keyof typeof JOBS): Promise<string> {
    const { jobId } = await this.service.submit(submission(JOBS[kind]))
    if (kind === 'endless') await this.#when(() => (this.service.checkpoints(jobId)?.completed ?? 0) > 0)
    else await this.service.waitForEnd(jobId)
    return numberedJobId(jobId)
  }

  /** Ends all jobs that run beside one. */
  async endOthers(than: string): Promise<void> {
    for (const { jobId } of this.service.runningJobs()) {
      if (numberedJobId(jobId) === than) continue
      await this.service.stop(jobId, { withSavepoint: false, user: null }).catch(() => undefined)
      await this.service.waitForEnd(jobId)
    }
  }

  /** State of a job. */
  status(flinkId: string): JobStatus | null {
    const found = this.service.runningJobs().find(({ jobId }) => numberedJobId(jobId) === flinkId)
    return found?.status ?? null
  }

  /** What a path answers, as JSON. */
  async json(path: string): Promise<unknown> {
    return (await fetch(`http://${this.address}${path}`)).json()
  }

  #when(isSo: () => boolean): Promise<void> {
    if (isSo()) return Promise.resolve()
    return new Promise((resolve) => {
      const forget = this.service.onEvent(() => {
        if (!isSo()) return
        forget()
        resolve()
      })
    })
  }
}
