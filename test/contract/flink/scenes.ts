import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { testService } from '../../jobs/harness.js'
import type { NodeSettings } from '../seatunnel/contract-node.js'
import type { Stage } from './stage.js'

/** Cases that are played one after the other against jobs in one state. */
export interface Phase {
  readonly cases: RegExp
  /**
   * Brings the node there.
   *
   * @returns our id of the job that the recorded one stands for; `null`: each recorded job is a running one of its own.
   */
  readonly prepare: (stage: Stage) => Promise<string | null>
}

/** A node, and what is played against it. A case belongs to the first phase of all scenes that names it. */
export interface Scene {
  readonly name: string
  readonly settings: NodeSettings
  readonly phases: readonly Phase[]
}

const ASSERT = 'Assert { rules { row_rules = [{ rule_type = MIN_ROW, rule_value = 0 }] } }'
const STREAMING = 'job.mode = STREAMING, parallelism = 2, checkpoint.interval = 100'
/** Streaming, without a checkpoint in the time of a test. */
const UNCHECKED = 'job.mode = STREAMING, parallelism = 1, checkpoint.interval = 3600000'
const ENDLESS_ROWS = 'row.num = 10000, split.num = 10000, split.read-interval = 20'

function job(env: string, rows: string, sink = ASSERT): string {
  return `env { job.name = contract, ${env} }
source { FakeSource { ${rows}, schema { fields { id = bigint } }, plugin_output = fake } }
transform { FieldMapper { plugin_input = fake, plugin_output = mapped, field_mapper = { id = key } } }
sink { ${sink} }`
}

const probe = (name: string, points: string) => `Probe { name = ${name}, ${points} }`

/** A job that runs until it is stopped, with checkpoints. */
export const ENDLESS = job(STREAMING, ENDLESS_ROWS)
const BATCH = job('parallelism = 1', 'row.num = 5')
/** The same without any. */
export const WITHOUT_CHECKPOINTS = job('parallelism = 1', ENDLESS_ROWS)
/** Fails as often as it is tried; the fault is not the job's own, so it is tried again. */
const FAILING = job(
  `${UNCHECKED}, job.retry.times = 2, job.retry.interval.seconds = 1`,
  'row.num = 5',
  probe('failing', 'fail_at = write'),
)
const WAITING_FOR_RETRY = job(
  `${UNCHECKED}, job.retry.times = 2, job.retry.interval.seconds = 100000`,
  'row.num = 5',
  probe('retried', 'fail_at = write'),
)
const FAILING_CHECKPOINT = job(
  `${STREAMING}, job.retry.times = 0`,
  ENDLESS_ROWS,
  probe('checkpoint', 'fail_at = prepare'),
)
const HELD_CHECKPOINT = job(UNCHECKED, ENDLESS_ROWS, probe('slow', 'hold_at = prepare'))
const HELD_OPENING = job(UNCHECKED, ENDLESS_ROWS, probe('opening', 'hold_at = open'))
const HELD_WRITING = job(UNCHECKED, ENDLESS_ROWS, probe('writing', 'hold_at = write'))

const FIXED_SLOTS = 'slot-service:\n  dynamic-slot: false\n  slot-num: 3'

/** The scenes, the everyday one last. */
export function scenes(profile: string, folder: string): readonly Scene[] {
  const millrace = `flink:
  enabled: true
  port: 0
  profile: '${profile}'
  access-control-allow-origin: '*'
  allow-shutdown: true`
  const node = (name: string, phases: readonly Phase[], more: NodeSettings = {}): Scene => {
    return { name, settings: { millrace, jobs: testService(1), shutdown: () => undefined, ...more }, phases }
  }
  return [
    node('a node without jobs', [{ cases: /-empty$|^jobmanager-metrics-get-all/, prepare: async () => null }]),
    node(
      'a node whose slots are taken',
      [
        { cases: /^state-scheduled-|^adaptive-job-early/, prepare: waiting },
        { cases: /^no-?slots-(?!failed)/, prepare: canceledWaiting },
      ],
      { engine: `${FIXED_SLOTS}\njob-schedule-strategy: WAIT` },
    ),
    node(
      'a node that refuses what has no slots',
      [{ cases: /^noslots-failed|^cancel-err-failed-noslots/, prepare: refused }],
      { engine: `${FIXED_SLOTS}\njob-schedule-strategy: REJECT` },
    ),
    // Its timers stand still, almost: what passes stays.
    node(
      'a node where time is long',
      [
        {
          cases: /restarting/,
          prepare: (stage) => stage.run(WAITING_FOR_RETRY, 'RUNNING').then(betweenAttempts(stage)),
        },
        { cases: /^canceled-/, prepare: canceledBetweenAttempts },
        { cases: /initializing/, prepare: (stage) => stage.held('opening', HELD_OPENING) },
        { cases: /cancelling/, prepare: cancelling },
        { cases: /^state-canceled-|^cancel-err-canceled/, prepare: canceled },
        {
          cases: /in-progress|-poll-first-|^stop-poll-first|slow-trigger|slow-checkpoints/,
          prepare: savepointing,
        },
      ],
      { timerFactor: 0.1 },
    ),
    node('a node with the dashboard', [{ cases: /^route-(?:index|dir)/, prepare: async () => null }], {
      millrace: `${millrace}\n  dashboard: ${JSON.stringify(dashboardFolder(folder))}`,
    }),
    node('an everyday node', [
      {
        cases: /^finished-batch-|finished-job|^cache-job|^cancel-err-finished|^flamegraph-ended/,
        prepare: (stage) => stage.ended(BATCH),
      },
      {
        cases: /^failed-|^attempt-|^exceptions-(?:filter|max0)|^cancel-err-failed$/,
        prepare: (stage) => stage.ended(FAILING),
      },
      {
        cases: /^ckptfail-|^checkpoint-(?:details|subtasks)-failed/,
        prepare: (stage) => stage.ended(FAILING_CHECKPOINT),
      },
      { cases: /^running-vertex\d-flamegraph$|^flamegraph-/, prepare: running },
      { cases: /^profiler-jobmanager-/, prepare: running },
      { cases: /^profiler-taskmanager-/, prepare: running },
      { cases: /nockpt|-wrong-job$/, prepare: (stage) => stage.run(WITHOUT_CHECKPOINTS, 'RUNNING') },
      { cases: /^stop-(?!err|poll-drain)|^stopped-/, prepare: running },
      { cases: /^restored-/, prepare: restored },
      { cases: /^adaptive-|^(?:resource-requirements|rescaling)-/, prepare: running },
      { cases: /^stop-|^cancel-|^yarn-cancel-ok|cancel(?:led)?-job/, prepare: async () => null },
      { cases: /^cluster-delete$/, prepare: async () => null },
      { cases: /./, prepare: running },
    ]),
  ]
}

/** A folder with a page, and a folder without one. */
function dashboardFolder(folder: string): string {
  const web = join(folder, 'web')
  mkdirSync(join(web, 'assets'), { recursive: true })
  writeFileSync(join(web, 'index.html'), '<html></html>')
  return web
}

async function running(stage: Stage): Promise<string> {
  const jobId = await stage.run(ENDLESS, 'RUNNING')
  await stage.checkpointed(jobId)
  return jobId
}

/** All slots are held by another job. */
async function waiting(stage: Stage): Promise<string> {
  await stage.run(ENDLESS, 'RUNNING')
  return stage.run(ENDLESS, 'PENDING')
}

async function canceledWaiting(stage: Stage): Promise<string> {
  const jobId = await stage.run(ENDLESS, 'PENDING')
  await stage.cancel(jobId)
  return jobId
}

async function refused(stage: Stage): Promise<string> {
  await stage.run(ENDLESS, 'RUNNING')
  return stage.ended(ENDLESS)
}

function betweenAttempts(stage: Stage) {
  return async (jobId: string): Promise<string> => {
    await stage.until(() => stage.job(jobId).isBetweenAttempts)
    return jobId
  }
}

async function canceledBetweenAttempts(stage: Stage): Promise<string> {
  const jobId = await stage.run(WAITING_FOR_RETRY, 'RUNNING').then(betweenAttempts(stage))
  await stage.cancel(jobId)
  return jobId
}

async function cancelling(stage: Stage): Promise<string> {
  const jobId = await stage.held('writing', HELD_WRITING)
  await stage.node.stop(jobId, { withSavepoint: false, user: null })
  return jobId
}

/** A savepoint is under way. */
function savepointing(stage: Stage): Promise<string> {
  return stage.held('slow', HELD_CHECKPOINT, (jobId) => {
    void stage.savepoint(jobId)
  })
}

async function canceled(stage: Stage): Promise<string> {
  const jobId = await running(stage)
  await stage.cancel(jobId)
  return jobId
}

/** A job that was stopped with a savepoint and goes on from it. */
async function restored(stage: Stage): Promise<string> {
  const jobId = await running(stage)
  await stage.node.stop(jobId, { withSavepoint: true, user: null })
  await stage.node.waitForEnd(jobId)
  await stage.run(ENDLESS, 'RUNNING', { jobId })
  await stage.checkpointed(jobId)
  return jobId
}
