import { ENV_SPEC } from '../../../config/env-options.js'
import type { Option } from '../../../config/option.js'
import { isSecretKey, REDACTED, redactUrls, secretPairs } from '../../../core/redact.js'
import type { JobView } from '../../../node/api.js'
import type { RestResponse } from '../../response.js'
import { AnswerCache } from './answer-cache.js'
import type { FlinkCall } from './call.js'
import { hasEnded } from './call.js'
import { jobNotFound } from './fault.js'
import { flinkJobId, slotSharingGroupId, vertexIdsOf } from './ids.js'
import { ioMetrics, vertexFlow } from './io-metrics.js'
import { jobPlan, maxParallelism, vertexName, verticesInOrder } from './job-plan.js'
import { flinkJobState, jobSpan, jobTimes, jobTimestamps } from './job-state.js'
import { throwable } from './serialized-throwable.js'
import { JobTasks, stateCounts, vertexSpan } from './tasks.js'
import type { FlinkWire } from './wire.js'

/** There is no limit to how far a job can be spread. */
const NO_MAX_PARALLELISM = -1

/** Class that failures have in answers. */
export const failureClass = (code: string): string => `io.millrace.${code}`

/** Answers about jobs that clients poll; they are kept as bytes for a moment. */
export class PolledAnswers {
  readonly #cache = new AnswerCache()
  readonly #wire: FlinkWire
  /** What is said of jobs that change no more. */
  readonly #ended = new WeakMap<JobView, string>()
  /** The last overview with its tag, and how many there were. */
  #last: { readonly body: Buffer; readonly tag: string } | null = null
  #made = 0

  constructor(wire: FlinkWire) {
    this.#wire = wire
  }

  /** All jobs. Who has the answer of before and names it is told that nothing has changed. */
  overview(call: FlinkCall): RestResponse {
    const kept = this.#cache.get('', call.node, call.now, () => this.#overview(call))
    const tag = kept.headers.pairs.find(([name]) => name === 'etag')?.[1]
    return tag !== undefined && call.request.header('if-none-match') === tag ? this.#wire.unchanged(tag) : kept
  }

  /** An answer that depends on the query alone; it is made a few times in a second at most. */
  byQuery(call: FlinkCall, make: () => unknown): RestResponse {
    const { target } = call.request
    return this.#cache.get(target, call.node, call.now, () => this.#wire.json(make()))
  }

  #overview(call: FlinkCall): RestResponse {
    const jobs = allJobs(call).map((job) => {
      const known = this.#ended.get(job)
      if (known !== undefined) return known
      const text = JSON.stringify(jobDetails(call, job))
      if (hasEnded(job)) this.#ended.set(job, text)
      return text
    })
    const body = Buffer.from(`{"jobs":[${jobs.join(',')}]}`)
    const isSame = this.#last?.body.equals(body) === true
    if (!isSame) this.#made += 1
    const last =
      isSame && this.#last !== null ? this.#last : { body, tag: `"${call.node.identity.uuid}-${this.#made}"` }
    this.#last = last
    return this.#wire.tagged(last.body, last.tag)
  }

  job(call: FlinkCall): RestResponse {
    const hex = call.id('jobid')
    return this.#cache.get(hex, call.node, call.now, () => this.#wire.json(jobInfo(call, call.job())))
  }
}

/** Jobs that run and jobs that have ended, the newest first. */
export function allJobs({ node }: FlinkCall): readonly JobView[] {
  return [...node.runningJobs().toReversed(), ...node.endedJobs(null).toReversed()]
}

export function jobIds(call: FlinkCall) {
  return { jobs: allJobs(call).map((job) => ({ id: flinkJobId(job), status: flinkJobState(job) })) }
}

function jobDetails(call: FlinkCall, job: JobView) {
  const { node, now, profile } = call
  const tasks = new JobTasks(call, job)
  const states = job.dag.vertices.flatMap((vertex) => tasks.states(vertex))
  const counts = stateCounts(states)
  return {
    jid: flinkJobId(job),
    name: job.jobName,
    ...jobSpan(job, now),
    state: flinkJobState(job),
    'last-modification': jobTimes(job, node.timeline(job.jobId)).lastChangeMs,
    tasks: {
      running: counts.RUNNING,
      canceling: counts.CANCELING,
      canceled: counts.CANCELED,
      total: states.length,
      created: counts.CREATED,
      scheduled: counts.SCHEDULED,
      deploying: counts.DEPLOYING,
      reconciling: 0,
      finished: counts.FINISHED,
      initializing: counts.INITIALIZING,
      failed: counts.FAILED,
    },
    ...(profile.hasPendingOperators ? { 'pending-operators': 0 } : {}),
  }
}

function jobInfo(call: FlinkCall, job: JobView) {
  const { node, now, profile } = call
  const times = jobTimes(job, node.timeline(job.jobId))
  const ofJob = new JobTasks(call, job)
  const vertices = verticesInOrder(job.dag).map((vertex) => ofJob.vertex(vertex))
  const ids = vertexIdsOf(job.dag)
  return {
    jid: flinkJobId(job),
    name: job.jobName,
    isStoppable: job.status === 'RUNNING' && !job.isBetweenAttempts,
    state: flinkJobState(job),
    'job-type': job.mode,
    ...jobSpan(job, now),
    maxParallelism: NO_MAX_PARALLELISM,
    now,
    timestamps: jobTimestamps(job, times),
    vertices: vertices.map((each) => {
      const { vertex, status, tasks } = each
      const { startMs, endMs, durationMs } = vertexSpan(tasks, now)
      return {
        id: ids.get(vertex.id),
        slotSharingGroupId: slotSharingGroupId(job.jobId),
        name: vertexName(vertex),
        maxParallelism: maxParallelism(vertex),
        parallelism: vertex.parallelism,
        status,
        'start-time': startMs,
        'end-time': endMs,
        duration: durationMs,
        tasks: stateCounts(tasks.map(({ state }) => state)),
        metrics: ioMetrics(vertexFlow(job, each)),
      }
    }),
    'status-counts': stateCounts(vertices.map(({ status }) => status)),
    plan: jobPlan(job),
    ...(profile.hasPendingOperators ? { 'pending-operators': 0 } : {}),
  }
}

export function jobStatus(call: FlinkCall) {
  return { status: flinkJobState(call.job()) }
}

/** Members of the job's `env` block; what is secret by its name is hidden. */
export function shownOptions({ envOptions }: JobView): readonly (readonly [key: string, value: string])[] {
  return [...envOptions].map(([key, value]) => [key, shownValue(key, value)])
}

/** What the job's client has set, in the same way. */
export function shownSettings({ clientSettings }: JobView): readonly (readonly [key: string, value: string])[] {
  return [...clientSettings].map(([key, value]) => [key, shownValue(key, value)])
}

/** The value of an option; what is secret by a name is hidden, also within a value that is a map. */
export function shownValue(key: string, value: string): string {
  if (isSecretKey(key) || SECRET_PART.test(key)) return REDACTED
  let [shown, from] = ['', 0]
  for (const pair of secretPairs(value)) {
    shown += `${value.slice(from, pair.start)}${REDACTED}`
    from = pair.start + pair.value.length
  }
  return redactUrls(shown + value.slice(from))
}

/** Parts of keys whose values Flink hides. @source Flink `GlobalConfiguration` */
const SECRET_PART =
  /passw|secret|token|api[._-]?key|auth[._-]params|service[._-]key|basic[._-]auth|jaas|account[._-]?key|http[._-]headers/i

/** What the job was told about how it runs. `execution-config` has exactly the members that a line of Flink knows. */
export function jobConfig(call: FlinkCall) {
  const job = call.job()
  return {
    jid: flinkJobId(job),
    name: job.jobName,
    'execution-config': {
      ...(call.profile.hasExecutionMode ? { 'execution-mode': 'PIPELINED' } : {}),
      'restart-strategy': restartStrategy(job),
      'job-parallelism': Math.max(1, ...job.dag.vertices.map(({ parallelism }) => parallelism)),
      'object-reuse-mode': false,
      'user-config': Object.fromEntries([...shownSettings(job), ...shownOptions(job)]),
    },
  }
}

/** What is told of retries, in Flink's form. @source Flink `RestartStrategies` */
function restartStrategy({ envOptions }: JobView): string {
  const { jobRetryTimes, jobRetryIntervalSeconds } = ENV_SPEC.options
  const number = ({ key, settings }: Option<number>): number => {
    const text = envOptions.get(key) ?? String(settings.default)
    return DIGITS.test(text) ? Number(text) : 0
  }
  const times = number(jobRetryTimes)
  if (times === 0) return 'Restart deactivated.'
  return `Restart with fixed delay (PT${number(jobRetryIntervalSeconds)}S). #${times} restart attempts.`
}

const DIGITS = /^\d{1,9}$/

const OUTCOMES = {
  FINISHED: 'SUCCEEDED',
  SAVEPOINT_DONE: 'SUCCEEDED',
  CANCELED: 'CANCELED',
  FAILED: 'FAILED',
} as const

/** How a job ended. There are no accumulators: their values would be objects of Java. */
export function executionResult(call: FlinkCall) {
  const job = call.findJob()
  if (job === null) throw jobNotFound(call.id('jobid'))
  if (!hasEnded(job)) return { status: { id: 'IN_PROGRESS' } }
  const outcome = job.status in OUTCOMES ? OUTCOMES[job.status as keyof typeof OUTCOMES] : 'UNKNOWN'
  const [first] = job.failure?.errors ?? []
  return {
    status: { id: 'COMPLETED' },
    'job-execution-result': {
      id: flinkJobId(job),
      'application-status': outcome,
      'accumulator-results': {},
      'net-runtime': jobSpan(job, call.now).duration,
      ...(job.failure === null
        ? {}
        : { 'failure-cause': throwable(failureClass(first?.code ?? 'JOB_FAILED'), job.failure.text) }),
    },
  }
}
