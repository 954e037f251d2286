import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { inPieces } from '../../../src/node/packages/testing.js'
import { findFlinkJob, numberedJobId, taskManagerId, vertexIdsOf } from '../../../src/rest/dialects/flink/ids.js'
import { verticesInOrder } from '../../../src/rest/dialects/flink/job-plan.js'
import { FLINK_OPERATIONS } from '../../../src/rest/dialects/flink/operations.js'
import type { TransportKind } from '../../../src/rest/transport/listener.js'
import type { RawAnswer } from '../../rest/raw-client.js'
import { type ContractNode, startContractNode } from '../seatunnel/contract-node.js'
import { compareCall, type FlinkDifference } from './compare.js'
import { fixtureKind, fixturePackage, JAR_OF_PATH, SAVEPOINT_OF_BODY } from './fixture-package.js'
import { type RecordedCall, type RecordedFlink, recordedCalls } from './recordings.js'
import { requestBytes } from './request-text.js'
import { ENDLESS, type Phase, type Scene, scenes } from './scenes.js'
import { Stage } from './stage.js'
import { reasonToLeave } from './unplayed.js'

/** A call that was played, with what differs. */
export interface PlayedCall {
  readonly call: RecordedCall
  readonly differences: readonly FlinkDifference[]
}

/** What became of the recorded calls of a line. */
export interface PlayedStory {
  readonly played: readonly PlayedCall[]
  /** Calls that are not played, with the reason. */
  readonly left: readonly { readonly call: RecordedCall; readonly reason: string }[]
}

/** Vertices of ours that the four of the recorded jobs stand for: a source, two in the middle, a sink. */
const VERTEX_PLACES = [0, 1, 1, 2] as const
const JOB_OF_PATH = /\/jobs\/([0-9a-fA-F]{32})(?=[/?]|$)/
const TRIGGER_OF_PATH = /\/(?:savepoints|checkpoints|delete|savepoint-disposal|rescaling)\/([0-9a-f]{32})$/
/** The log of our nodes. */
const LOG_FILE = 'seatunnel-engine-server.log'
/** Why calls of operations that answer 501 are left. */
export const NOT_BUILT = 'the operation is not built yet'
/** Ids that no job and no operation ever has. */
const NOBODY = /^(?:0+|a+)$/

/** Plays the recorded calls of a line against nodes with jobs in every state. */
export async function playFlink(line: RecordedFlink, transport: TransportKind): Promise<PlayedStory> {
  const calls = recordedCalls(line)
  const left = calls.flatMap((call) => {
    const reason = isBuilt(call) ? reasonToLeave(call.name) : NOT_BUILT
    return reason === null ? [] : [{ call, reason }]
  })
  const leftOut = new Set(left.map(({ call }) => call))
  const rest = new Set(calls.filter((call) => !leftOut.has(call)))
  const played: PlayedCall[] = []
  const folder = mkdtempSync(join(tmpdir(), 'millrace-flink-'))
  try {
    for (const scene of scenes(line, folder)) {
      const parts = scene.phases.map((phase) => {
        const chosen = [...rest].filter(({ name }) => phase.cases.test(name))
        for (const call of chosen) rest.delete(call)
        return { phase, calls: chosen.toSorted((one, other) => rank(one) - rank(other)) }
      })
      if (parts.some((part) => part.calls.length > 0))
        played.push(...(await playScene(scene, parts, transport, calls, folder)))
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return { played, left }
}

interface ScenePart {
  readonly phase: Phase
  readonly calls: readonly RecordedCall[]
}

async function playScene(
  scene: Scene,
  parts: readonly ScenePart[],
  transport: TransportKind,
  all: readonly RecordedCall[],
  folder: string,
): Promise<readonly PlayedCall[]> {
  const contract = await startContractNode('default', transport, scene.settings)
  const stage = new Stage(contract.node)
  const play = new ScenePlay(contract, stage, recordedVertices(all), folder)
  const played: PlayedCall[] = []
  try {
    for (const { phase, calls } of parts) if (calls.length > 0) played.push(...(await play.phase(phase, calls)))
  } finally {
    stage.release()
    await contract.stop()
  }
  return played
}

/** Milliseconds between two looks at what takes its time. */
const LOOK_MS = 10

/** Rank of what is looked at when everything has been done. */
const LAST = 6

/** Samples are waited for behind everything that is asked while they are taken; one profile is begun, taken, shown. */
const PROFILES: readonly RegExp[] = [
  /flamegraph-o|^profiler-.*(?:empty$|-err-)/,
  /^profiler-.*-start-itimer/,
  /^profiler-.*-(?:start-second|list-running)/,
  /flamegraph-(?:ready|slow)|nockpt-.*flamegraph|^profiler-.*-list-done/,
  /^profiler-.*-file$/,
]

/** Reading goes first: what changes jobs would change what is read. Polls go behind what they poll. */
function rank({ name, request: { method } }: RecordedCall): number {
  if (
    /^(?:stopped-|adaptive-(?:job-canceled|resource-requirements-put-err-ended)|savepoint-cancelled-job|jars-delete-err-again|datasets-after)/.test(
      name,
    )
  )
    return 6
  const profile = PROFILES.findIndex((pattern) => pattern.test(name))
  if (profile !== -1) return profile
  if (/poll-(?!err-malformed)/.test(name)) return 4
  if (method === 'GET' && !/yarn-cancel/.test(name)) return 1
  if (/upload-ok|upload-java|run-no-checkpoints/.test(name)) return 2
  if (/cancel|stop|(?:cluster|jars)-delete/.test(name)) return 5
  return 3
}

/** Ids of the vertices of the recorded jobs, sources first; all recorded jobs have the same. */
function recordedVertices(calls: readonly RecordedCall[]): readonly string[] {
  const call = calls.find(({ name }) => name === 'failed-job')
  const body = call?.response.body as { readonly vertices: readonly { readonly id: string }[] } | undefined
  return body?.vertices.map(({ id }) => id) ?? []
}

/** A deletion that fails. */
const DISPOSAL_OF_NOTHING = ['/savepoint-disposal', JSON.stringify({ 'savepoint-path': '/etc' })] as const

/** Path and body that start what a case polls; `null` when nothing has to be started. */
function operationOf(name: string, jobId: string | null): readonly [path: string, body: string] | null {
  const kind = /^(savepoint|checkpoint|stop)-/.exec(name)?.[1]
  if (kind === undefined || jobId === null) return null
  const path = `/jobs/${numberedJobId(jobId)}/${kind === 'stop' ? 'stop' : `${kind}s`}`
  return [path, JSON.stringify(/drain/.test(name) ? { drain: true } : {})]
}

/** Pages of profiles, by their recorded names. */
const PROFILE_FILE = /\/profiler\/[^/]+_ITIMER_[\d_-]+\.html$/

/** Whether what was recorded behind its end has not ended here. */
function isTooEarly({ name, response }: RecordedCall, body: string): boolean {
  const recorded = JSON.stringify(response.body)
  // What is asked of a job that is still opened waits for it, and the job of these cases waits for the end of the story.
  if (/initializing/.test(name)) return false
  if (/poll/.test(name)) return recorded.includes('"COMPLETED"') && body.includes('"IN_PROGRESS"')
  if (/flamegraph/.test(name)) return recorded.includes('"data"') && body.includes('"endTimestamp":-3')
  return /list-done/.test(name) && body.includes('"RUNNING"')
}

class ScenePlay {
  readonly #contract: ContractNode
  readonly #stage: Stage
  readonly #vertices: readonly string[]
  readonly #folder: string
  /** Our ids for recorded ones: triggers, and jobs that stand for one recorded job alone. */
  readonly #ids = new Map<string, string>()

  constructor(contract: ContractNode, stage: Stage, vertices: readonly string[], folder: string) {
    this.#contract = contract
    this.#stage = stage
    this.#vertices = vertices
    this.#folder = folder
  }

  async phase(phase: Phase, calls: readonly RecordedCall[]): Promise<readonly PlayedCall[]> {
    const jobId = await phase.prepare(this.#stage)
    const played: PlayedCall[] = []
    for (const call of calls) {
      try {
        played.push({ call, differences: await this.#one(call, jobId) })
      } catch (cause) {
        throw new Error(`'${call.name}' could not be played`, { cause })
      }
    }
    return played
  }

  async #one(call: RecordedCall, given: string | null): Promise<readonly FlinkDifference[]> {
    const recorded = JOB_OF_PATH.exec(call.request.path)?.[1]?.toLowerCase()
    const jobId = recorded === undefined || NOBODY.test(recorded) ? null : (given ?? (await this.#ownJob(recorded)))
    await this.#trigger(call, jobId)
    // Somebody who changes the parallelism has seen what came of the change before.
    if (jobId !== null && call.request.method === 'PUT') await this.#stage.rescaled(jobId)
    await this.#upload(call)
    await this.#savepoint(call)
    // What was asked to end has ended when the end is looked at.
    if (jobId !== null && rank(call) === LAST) await this.#stage.node.waitForEnd(jobId)
    if (jobId !== null && /details-savepoint/.test(call.name)) await this.#stage.savepoint(jobId)
    const path = this.#ourPath(call, jobId)
    const answer = await this.#settled(call, PROFILE_FILE.test(path) ? await this.#profilePath(path) : path, jobId)
    this.#learn(call, answer)
    await this.#end(call, answer)
    return compareCall(call, answer)
  }

  /** A running job that stands for one recorded job. */
  async #ownJob(recorded: string): Promise<string> {
    const known = this.#ids.get(recorded)
    if (known !== undefined) return known
    const jobId = await this.#stage.run(ENDLESS, 'RUNNING')
    await this.#stage.checkpointed(jobId)
    this.#ids.set(recorded, jobId)
    return jobId
  }

  /** Starts what is polled where the request that started it was not recorded, or was in another state. */
  async #trigger(call: RecordedCall, jobId: string | null): Promise<void> {
    const { name, request, response } = call
    const trigger = TRIGGER_OF_PATH.exec(request.path)?.[1]
    if (trigger === undefined || response.status !== 200 || (this.#ids.has(trigger) && !/first/.test(name))) return
    const started = /^disposal-/.test(name) ? DISPOSAL_OF_NOTHING : operationOf(name, jobId)
    if (started === null) return
    const [path, text] = started
    const head = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${text.length}\r\n\r\n${text}`
    const { body } = await this.#send(Buffer.from(head), false)
    const id = (JSON.parse(body) as { readonly 'request-id'?: string })['request-id']
    if (id !== undefined) this.#ids.set(trigger, id)
  }

  /** The path of the profile of ours that stands for a recorded one, when it is there. */
  async #profilePath(path: string): Promise<string> {
    const list = Buffer.from(`GET ${path.replace(/\/[^/]*$/, '')} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)
    for (;;) {
      const { body } = await this.#send(list, false)
      const { profilingList } = JSON.parse(body) as { readonly profilingList: readonly { outputFile: string | null }[] }
      const file = profilingList[0]?.outputFile
      if (file != null) return path.replace(/[^/]*$/, file)
      await setTimeout(LOOK_MS)
    }
  }

  /** Ends a job of a package at once: many that run on would take the machine from what follows. */
  async #end({ operation }: RecordedCall, { status, body }: RawAnswer): Promise<void> {
    if (status !== 200 || !operation.endsWith('/run')) return
    const { jobid } = JSON.parse(body) as { readonly jobid: string }
    const job = findFlinkJob(this.#contract.node, jobid)
    if (job !== null) await this.#stage.cancel(job.jobId)
  }

  /** Uploads what stands for a recorded package. */
  async #upload(call: RecordedCall): Promise<void> {
    const recorded = JAR_OF_PATH.exec(call.request.path)?.[1]
    const kind = fixtureKind(call)
    const { packages } = this.#contract
    if (recorded === undefined || packages === null || this.#ids.has(`${kind} ${recorded}`)) return
    const { id } = await packages.upload('fixture-jobs.jar', inPieces(fixturePackage(kind)))
    this.#ids.set(`${kind} ${recorded}`, id)
  }

  /** Takes a savepoint of a job of the package for one that goes on from there. */
  async #savepoint({ request: { body } }: RecordedCall): Promise<void> {
    const recorded = SAVEPOINT_OF_BODY.exec(JSON.stringify(body ?? null))?.[0]
    if (recorded === undefined) return
    const jobId = await this.#stage.run(ENDLESS, 'RUNNING')
    await this.#stage.checkpointed(jobId)
    const { location } = await this.#stage.node.savepoint(jobId, { user: null })
    this.#ids.set(recorded, location ?? recorded)
  }

  /** The answer; of an operation that has been recorded as complete, the one when ours is too. */
  async #settled(call: RecordedCall, path: string, jobId: string | null): Promise<RawAnswer> {
    const bytes = requestBytes(call, path, fixturePackage('streaming'), (text) => this.#ourText(text, jobId))
    for (;;) {
      const answer = await this.#send(bytes, call.request.method === 'HEAD')
      if (!isTooEarly(call, answer.body)) return answer
      await setTimeout(LOOK_MS)
    }
  }

  async #send(bytes: Uint8Array, isHead: boolean): Promise<RawAnswer> {
    const connection = await this.#contract.open('flink')
    connection.send(bytes)
    const answer = await connection.answer(isHead)
    connection.socket.destroy()
    if (answer === null) throw new Error('the connection was closed instead of an answer')
    return answer
  }

  /** A recorded path with our ids. */
  #ourPath(call: RecordedCall, jobId: string | null): string {
    const {
      name,
      request: { path },
    } = call
    const own = jobId === null ? null : numberedJobId(jobId)
    const withJob = path.replace(JOB_OF_PATH, (whole, recorded: string) => {
      if (own === null) return whole
      return whole.replace(recorded, recorded === recorded.toLowerCase() ? own : own.toUpperCase())
    })
    const withJar = withJob.replace(JAR_OF_PATH, (whole, recorded: string) =>
      whole.replace(recorded, this.#ids.get(`${fixtureKind(call)} ${recorded}`) ?? recorded),
    )
    const withIds = withJar.replaceAll(/(?<=\/)[0-9a-f]{32}(?=[/?]|$)/g, (id) => this.#ids.get(id) ?? id)
    const { uuid } = this.#contract.node.identity
    return this.#ourText(withIds, jobId)
      .replace(/\/details\/(?!99999)\d+/, `/details/${this.#checkpoint(name, jobId)}`)
      .replace(/(?<=\/logs\/)flink-[^/]+$/, LOG_FILE)
      .replaceAll(/127\.0\.0\.1:\d{5}-[0-9a-f]{6}/g, taskManagerId(uuid))
  }

  /** A text with our vertices and folders. */
  #ourText(text: string, jobId: string | null = null): string {
    const dag = jobId === null ? null : this.#stage.node.job(jobId)?.dag
    const ours = dag === null || dag === undefined ? [] : verticesInOrder(dag).map(({ id }) => vertexIdsOf(dag).get(id))
    const placed = text.replace(SAVEPOINT_OF_BODY, (recorded) => this.#ids.get(recorded) ?? recorded)
    let own = placed.replaceAll('{FLINK_WORK}', this.#folder)
    for (const [index, id] of this.#vertices.entries()) own = own.replaceAll(id, ours[VERTEX_PLACES[index] ?? 0] ?? id)
    return own
  }

  /** A checkpoint of the kind that a case is about. */
  #checkpoint(name: string, jobId: string | null): number {
    const history = jobId === null ? [] : (this.#stage.node.checkpoints(jobId)?.history ?? [])
    const status = /in-progress/.test(name) ? 'IN_PROGRESS' : /failed/.test(name) ? 'FAILED' : 'COMPLETED'
    const isSavepoint = /savepoint/.test(name)
    const fits = history.filter((each) => each.status === status)
    return (fits.find(({ kind }) => isSavepoint === (kind === 'savepoint')) ?? fits[0])?.id ?? 1
  }

  #learn({ response }: RecordedCall, answer: RawAnswer): void {
    const recorded = (response.body as { readonly 'request-id'?: string } | null)?.['request-id']
    if (recorded === undefined || !answer.body.includes('request-id')) return
    this.#ids.set(recorded, (JSON.parse(answer.body) as { readonly 'request-id': string })['request-id'])
  }
}

const METHODS_AND_PATHS = FLINK_OPERATIONS.map(({ method, path, answer }) => {
  return { method, pattern: new RegExp(`^(?:/v1)?${path.replaceAll(/:\w+/g, '[^/]+')}/?$`), isBuilt: answer !== null }
})

/** Whether an operation is built; what is no operation at all is answered too. */
function isBuilt({ request }: RecordedCall): boolean {
  const [path = ''] = request.path.split('?')
  const fits = METHODS_AND_PATHS.filter(({ method, pattern }) => method === request.method && pattern.test(path))
  return fits.length === 0 || fits.some(({ isBuilt: built }) => built)
}
