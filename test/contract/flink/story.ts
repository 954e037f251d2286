import type { JobStatus } from '../../../src/node/api.js'
import { flinkJobId, taskManagerId, vertexIdsOf } from '../../../src/rest/dialects/flink/ids.js'
import { verticesInOrder } from '../../../src/rest/dialects/flink/job-plan.js'
import { FLINK_OPERATIONS } from '../../../src/rest/dialects/flink/operations.js'
import type { TransportKind } from '../../../src/rest/transport/listener.js'
import { submission } from '../../node/harness.js'
import type { RawAnswer } from '../../rest/raw-client.js'
import { type ContractNode, startContractNode } from '../seatunnel/contract-node.js'
import { compareCall, type FlinkDifference } from './compare.js'
import { type RecordedCall, type RecordedFlink, recordedCalls } from './recordings.js'

/** A call that was played, with what differs. */
export interface PlayedCall {
  readonly call: RecordedCall
  readonly differences: readonly FlinkDifference[]
}

/** What became of the recorded calls of a line. */
export interface PlayedStory {
  readonly played: readonly PlayedCall[]
  /** Calls of operations that are not built, and of states that the story does not come to. */
  readonly left: readonly { readonly call: RecordedCall; readonly reason: 'operation' | 'state' }[]
}

const SINK = 'sink { Assert { rules { row_rules = [{ rule_type = MIN_ROW, rule_value = 0 }] } } }'
const TRANSFORM =
  'transform { FieldMapper { plugin_input = fake, plugin_output = mapped, field_mapper = { id = key } } }'

function job(env: string, source: string, sink = SINK): string {
  return `env { job.name = contract, ${env} }
source { FakeSource { ${source}, schema { fields { id = bigint } }, plugin_output = fake } }
${TRANSFORM}
${sink}`
}

const ENDLESS = job(
  'job.mode = STREAMING, parallelism = 1, checkpoint.interval = 100',
  'row.num = 100000, split.num = 100000, split.read-interval = 20',
)
const BATCH = job('parallelism = 1', 'row.num = 5')
const FAILING = job(
  'parallelism = 1',
  'row.num = 5',
  'sink { Assert { rules { row_rules = [{ rule_type = MAX_ROW, rule_value = 1 }] } } }',
)

/** Recorded cases whose job stands for a job of a kind. */
const KINDS: readonly (readonly [name: RegExp, kind: JobKind])[] = [
  [/^running-/, 'running'],
  [/^slow-(?!job$)/, 'running'],
  [/^failed-|^cancel-err-failed/, 'failed'],
  [/^finished-batch-/, 'finished'],
  [/^nockpt-/, 'running'],
  [/^state-canceled-/, 'canceled'],
  [/^stopped-/, 'stopped'],
]
type JobKind = 'running' | 'failed' | 'finished' | 'canceled' | 'stopped'

/** Answers about moments that a run of ours passes too fast. */
const PASSING =
  /in-progress|details-(?:failed|savepoint)|subtasks-failed|poll-first|state-(?:restarting|cancelling|scheduled|task-initializing)|^no-?slots|^tm-lost|^adaptive|while-|^restored|overview-(?:empty|no-taskmanager)|jobs-empty|taskmanagers-none|^dash-/
const UNPLAYABLE =
  /too-big|^flamegraph-(?:ready-)?subtask|multipart|bad-scheme|unwritable|restarting|-drain|slow-trigger/
const VERTEX_PLACES = [0, 1, 1, 2] as const

/** Plays the recorded calls of a line against a node with jobs in every state. */
export async function playFlink(line: RecordedFlink, transport: TransportKind): Promise<PlayedStory> {
  const node = await startContractNode('default', transport, {
    millrace: `flink:\n  enabled: true\n  port: 0\n  profile: '${line}'\n  access-control-allow-origin: '*'`,
  })
  try {
    return await new FlinkStory(node, recordedCalls(line)).play()
  } finally {
    await node.stop()
  }
}

class FlinkStory {
  readonly #node: ContractNode
  readonly #calls: readonly RecordedCall[]
  /** Our ids for recorded ones: jobs, triggers, task managers. */
  readonly #ids = new Map<string, string>()
  readonly #vertices = new Map<string, string>()
  /** A complete checkpoint of the running job. */
  #checkpoint = 0

  constructor(node: ContractNode, calls: readonly RecordedCall[]) {
    this.#node = node
    this.#calls = calls
  }

  async play(): Promise<PlayedStory> {
    await this.#prepare()
    const played: PlayedCall[] = []
    const left: { call: RecordedCall; reason: 'operation' | 'state' }[] = []
    const isRead = ({ request, name }: RecordedCall) => request.method === 'GET' && !/poll|yarn-cancel-ok/.test(name)
    // Reading first: what changes jobs would change what is read.
    for (const call of [...this.#calls.filter(isRead), ...this.#calls.filter((each) => !isRead(each))]) {
      if (!isBuilt(call)) left.push({ call, reason: 'operation' })
      else {
        const differences = await this.#one(call)
        if (differences === null) left.push({ call, reason: 'state' })
        else played.push({ call, differences })
      }
    }
    return { played, left }
  }

  async #prepare(): Promise<void> {
    const { node } = this.#node
    const kinds: Record<JobKind, string> = {
      finished: await this.#run(BATCH, 'FINISHED'),
      failed: await this.#run(FAILING, 'FAILED'),
      running: await this.#run(ENDLESS, 'RUNNING'),
      canceled: await this.#run(ENDLESS, 'RUNNING'),
      stopped: await this.#run(ENDLESS, 'RUNNING'),
    }
    // A job can keep a savepoint only when its threads are at work.
    await this.#checkpointed(kinds.stopped)
    await node.stop(kinds.canceled, { withSavepoint: false, user: null })
    await node.stop(kinds.stopped, { withSavepoint: true, user: null })
    await node.waitForEnd(kinds.canceled)
    await node.waitForEnd(kinds.stopped)
    await this.#checkpointed(kinds.running)
    this.#checkpoint = node.checkpoints(kinds.running)?.history.find(({ status }) => status === 'COMPLETED')?.id ?? 0
    for (const { name, request } of this.#calls) {
      const kind = KINDS.find(([pattern]) => pattern.test(name))?.[1]
      const id = /\/jobs\/([0-9a-f]{32})(?:[/?]|$)/.exec(request.path)?.[1]
      if (kind !== undefined && id !== undefined && !this.#ids.has(id)) this.#ids.set(id, flinkJobId(kinds[kind]))
    }
    const dag = node.job(kinds.running)?.dag
    if (dag === undefined) throw new Error('the running job is gone')
    const ours = verticesInOrder(dag).map(({ id }) => vertexIdsOf(dag).get(id) ?? '')
    const recorded = this.#recordedVertices()
    for (const [index, id] of recorded.entries()) this.#vertices.set(id, ours[VERTEX_PLACES[index] ?? 0] ?? '')
  }

  /** Ids of the vertices of the recorded jobs, sources first; all recorded jobs have the same. */
  #recordedVertices(): readonly string[] {
    const call = this.#calls.find(({ name }) => name === 'failed-job')
    const body = call?.response.body as { readonly vertices: readonly { readonly id: string }[] } | undefined
    return body?.vertices.map(({ id }) => id) ?? []
  }

  async #run(text: string, until: JobStatus): Promise<string> {
    const { node } = this.#node
    const isThere = new Promise<void>((resolve) => {
      const forget = node.onEvent((_id, { status }) => {
        if (status !== until) return
        forget()
        resolve()
      })
    })
    const { jobId } = await node.submit(submission(text))
    await isThere
    if (until !== 'RUNNING') await node.waitForEnd(jobId)
    return jobId
  }

  #checkpointed(jobId: string): Promise<void> {
    const { node } = this.#node
    const look = () => (node.checkpoints(jobId)?.completed ?? 0) > 1
    if (look()) return Promise.resolve()
    return new Promise((resolve) => {
      const forget = node.onEvent(() => {
        if (!look()) return
        forget()
        resolve()
      })
    })
  }

  /** `null` when the story does not come to the state that was recorded. */
  async #one(call: RecordedCall): Promise<readonly FlinkDifference[] | null> {
    const { name, request } = call
    if (PASSING.test(name) || UNPLAYABLE.test(name)) return null
    const id = /\/jobs\/([0-9a-f]{32})(?:[/?]|$)/.exec(request.path)?.[1]
    if (id !== undefined && !this.#ids.has(id) && !/^0+$/.test(id)) {
      if (request.method === 'GET' && !/yarn-cancel/.test(name)) return null
      const jobId = await this.#run(ENDLESS, 'RUNNING')
      await this.#checkpointed(jobId)
      this.#ids.set(id, flinkJobId(jobId))
    }
    const path = this.#ourPath(request.path)
    if (path === null) return null
    const answer = await this.#settled(call, path)
    this.#learn(call, answer)
    return compareCall(call, answer)
  }

  /** The answer; of an operation that has been recorded as complete, the one when ours is too. */
  async #settled(call: RecordedCall, path: string): Promise<RawAnswer> {
    for (;;) {
      const answer = await this.#send(call, path)
      const isPoll = /poll/.test(call.name) && answer.body.includes('"IN_PROGRESS"')
      if (!isPoll) return answer
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  async #send({ request }: RecordedCall, path: string): Promise<RawAnswer> {
    const connection = await this.#node.open('flink')
    const body = request.body === null || request.body === undefined ? null : bodyText(request.body)
    const own = Object.entries(request.headers).filter(
      ([name]) => !/^(?:host|content-length|connection|origin)$/i.test(name),
    )
    const lines = own.map(([name, value]) => `${name}: ${value}\r\n`).join('')
    const length = body === null ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`
    connection.send(
      Buffer.from(`${request.method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${lines}${length}\r\n${body ?? ''}`),
    )
    const answer = await connection.answer(request.method === 'HEAD')
    connection.socket.destroy()
    if (answer === null) throw new Error(`${request.method} ${path} got no answer`)
    return answer
  }

  /** A recorded path with our ids; `null` when one of them has no counterpart. */
  #ourPath(path: string): string | null {
    let isKnown = true
    const withIds = path.replaceAll(
      /(?<=\/(?:jobs|savepoints|checkpoints|delete|vertices|subtasks)\/)[0-9a-fA-F]{32}(?=[/?]|$)/g,
      (id) => {
        const own = this.#ids.get(id.toLowerCase()) ?? this.#vertices.get(id)
        if (own !== undefined) return id === id.toLowerCase() ? own : own.toUpperCase()
        isKnown &&= /^(?:0+|[a]+)$/.test(id)
        return id
      },
    )
    const { uuid } = this.#node.node.identity
    const checkpoint = `/details/${this.#checkpoint}`
    return isKnown
      ? withIds
          .replace(/\/details\/(?!99999)\d+/, checkpoint)
          .replaceAll(/127\.0\.0\.1:\d{5}-[0-9a-f]{6}/g, taskManagerId(uuid))
      : null
  }

  #learn(call: RecordedCall, answer: RawAnswer): void {
    const recorded = (call.response.body as { readonly 'request-id'?: string } | null)?.['request-id']
    if (recorded === undefined || !answer.body.includes('request-id')) return
    this.#ids.set(recorded, (JSON.parse(answer.body) as { readonly 'request-id': string })['request-id'])
  }
}

function bodyText(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body)
}

const METHODS_AND_PATHS = FLINK_OPERATIONS.map(({ method, path, answer }) => {
  return { method, pattern: new RegExp(`^(?:/v1)?${path.replaceAll(/:\w+/g, '[^/]+')}/?$`), isBuilt: answer !== null }
})

/** Whether an operation is built; what is no operation at all is answered too. Pages of the dashboard are not. */
function isBuilt({ request, response, name }: RecordedCall): boolean {
  const [path = ''] = request.path.split('?')
  if (/^route-(?:index|dir)/.test(name) || (path === '/cluster' && request.method === 'DELETE')) return false
  const fits = METHODS_AND_PATHS.filter(({ method, pattern }) => method === request.method && pattern.test(path))
  if (fits.length === 0) return response.status === 404 || response.status === 200
  return fits.some(({ isBuilt: built }) => built)
}
