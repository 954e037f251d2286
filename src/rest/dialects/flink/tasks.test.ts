import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FakeNode, jobView, SIMPLE_DAG } from '../../../../test/rest/fake-node.js'
import type { AttemptView, JobAttempts, JobEvent, JobStatus, JobView, SubtaskFigures } from '../../../node/api.js'
import { aggregatedState, JobTasks, vertexSpan } from './tasks.js'

const NOTHING = {
  recordsIn: 0,
  bytesIn: 0,
  recordsOut: 0,
  bytesOut: 0,
  batches: 0,
  busyMs: 0,
  idleMs: 0,
  backPressuredMs: 0,
}
const figures = (endedAtMs: number | null): SubtaskFigures => ({ ...NOTHING, firstAtMs: 180, endedAtMs })

/** An attempt of two subtasks, of which the second is through. */
function attemptOf(more: Partial<AttemptView> = {}): AttemptView {
  return {
    number: 0,
    epoch: 1,
    openedAtMs: 130,
    startedAtMs: 150,
    runningAtMs: 170,
    endedAtMs: null,
    outcome: null,
    failedTask: null,
    vertices: [1, 2].map((vertex) => ({ vertex, sum: NOTHING, subtasks: [figures(null), figures(300)] })),
    ...more,
  }
}

const DAG = { ...SIMPLE_DAG, vertices: SIMPLE_DAG.vertices.map((vertex) => ({ ...vertex, parallelism: 2 })) }
const moved = (status: JobStatus, atMs: number): JobEvent => ({ atMs, kind: 'state', text: '', status, data: {} })

/** The tasks of a job with some attempts, at 1000. */
function tasksOf(attempts: readonly AttemptView[], more: Partial<JobView> = {}): JobTasks {
  const node = new FakeNode()
  const known: JobAttempts = { totals: [], attempts, rates: [], unassignedSplits: new Map() }
  node.attemptsOf = known
  const timeline = [moved('PENDING', 110)]
  if (attempts.length > 0) timeline.push(moved('SCHEDULED', 130), moved('RUNNING', 165), moved('CANCELING', 500))
  node.timeline = () => timeline as never[]
  return new JobTasks({ node, now: 1000 }, jobView({ dag: DAG, createdAtMs: 100, ...more }))
}

const [SOURCE, SINK] = DAG.vertices as unknown as readonly [
  (typeof DAG.vertices)[number],
  (typeof DAG.vertices)[number],
]
const states = (tasks: JobTasks, vertex = SOURCE) =>
  tasks
    .vertex(vertex)
    .tasks.map(({ state }) => state)
    .join()

describe('the states of tasks', () => {
  const failed = { vertex: 1, subtask: 0 }
  const cases = [
    ["before the first attempt are the job's", tasksOf([], { status: 'PENDING' }), 'SCHEDULED,SCHEDULED'],
    [
      'while it is planned',
      tasksOf([attemptOf({ startedAtMs: null, runningAtMs: null, vertices: [] })]),
      'DEPLOYING,DEPLOYING',
    ],
    [
      'while connectors are opened',
      tasksOf([attemptOf({ runningAtMs: null, vertices: [] })]),
      'INITIALIZING,INITIALIZING',
    ],
    ['of one that is through while the other runs', tasksOf([attemptOf()]), 'RUNNING,FINISHED'],
    ['while it is canceled', tasksOf([attemptOf()], { status: 'CANCELING' }), 'CANCELING,FINISHED'],
    ['of a job that did not wait for its attempt', tasksOf([attemptOf()], { status: 'CANCELED' }), 'CANCELED,FINISHED'],
    [
      'of a canceled attempt',
      tasksOf([attemptOf({ outcome: 'CANCELED' })], { status: 'CANCELED' }),
      'CANCELED,FINISHED',
    ],
    ['of a stopped attempt', tasksOf([attemptOf({ outcome: 'SAVEPOINT_DONE' })]), 'FINISHED,FINISHED'],
    ['of an attempt that failed nowhere', tasksOf([attemptOf({ outcome: 'FAILED' })]), 'FAILED,FINISHED'],
    [
      'of an attempt that failed there',
      tasksOf([attemptOf({ outcome: 'FAILED', failedTask: failed })]),
      'FAILED,FINISHED',
    ],
    [
      'of an attempt that failed elsewhere',
      tasksOf([attemptOf({ outcome: 'FAILED', failedTask: { vertex: 2, subtask: 0 } })]),
      'CANCELED,FINISHED',
    ],
    [
      'of an attempt that failed in a subtask',
      tasksOf([attemptOf({ outcome: 'FAILED', failedTask: { vertex: null, subtask: 0 } })]),
      'FAILED,FINISHED',
    ],
    ['of an attempt that ended with its node', tasksOf([attemptOf({ outcome: 'ABANDONED' })]), 'FAILED,FINISHED'],
  ] as const
  for (const [name, tasks, expected] of cases) {
    it(name, () => {
      assert.equal(states(tasks), expected)
      assert.equal(tasks.states(SOURCE).join(), expected)
    })
  }

  it('make that of their vertex, the strongest first', () => {
    const makes = [
      [['RUNNING', 'FAILED', 'CANCELED'], 'FAILED'],
      [['RUNNING', 'CANCELED'], 'CANCELED'],
      [['RUNNING', 'INITIALIZING'], 'INITIALIZING'],
      [['RUNNING', 'FINISHED'], 'RUNNING'],
      [['DEPLOYING', 'FINISHED'], 'RUNNING'],
      [['FINISHED', 'FINISHED'], 'FINISHED'],
      [['SCHEDULED', 'DEPLOYING'], 'CREATED'],
      [['CREATED'], 'CREATED'],
    ] as const
    for (const [of, expected] of makes) assert.equal(aggregatedState(of), expected, of.join())
  })
})

describe('the times of tasks', () => {
  it('are their own', () => {
    const { tasks } = tasksOf([attemptOf()]).vertex(SOURCE)
    const [running, through] = tasks.map(({ times }) => times)
    assert.deepEqual([running?.startMs, running?.endMs, running?.durationMs], [130, -1, 870])
    assert.deepEqual(running?.lengths, { CREATED: 10, SCHEDULED: 20, DEPLOYING: 20, INITIALIZING: 20, RUNNING: 830 })
    assert.deepEqual([through?.endMs, through?.durationMs, through?.timestamps.FINISHED], [300, 170, 300])
    assert.deepEqual(vertexSpan(tasks, 1000), { startMs: 130, endMs: -1, durationMs: 870 })
  })

  it('of an ended attempt end with it at the latest', () => {
    const over = tasksOf([attemptOf({ outcome: 'CANCELED', endedAtMs: 600 })], { status: 'CANCELED' })
    const { tasks } = over.vertex(SINK)
    assert.deepEqual(vertexSpan(tasks, 1000), { startMs: 130, endMs: 600, durationMs: 470 })
    const [canceled] = tasks
    assert.deepEqual([canceled?.times.timestamps.CANCELING, canceled?.times.timestamps.CANCELED], [500, 600])
    assert.equal(canceled?.times.lengths.RUNNING, 330)
  })

  it('of a later attempt begin with it', () => {
    const first = attemptOf({ outcome: 'FAILED', endedAtMs: 400 })
    const tasks = tasksOf([first, attemptOf({ number: 1, openedAtMs: 450, startedAtMs: 460, runningAtMs: 470 })])
    const { timestamps } = tasks.vertex(SOURCE).tasks[0]?.times ?? assert.fail()
    assert.deepEqual([timestamps.CREATED, timestamps.SCHEDULED, timestamps.DEPLOYING], [450, 450, 450])
    assert.deepEqual([tasks.task(SOURCE, 0, 0)?.state, tasks.task(SOURCE, 0, 1)?.state], ['FAILED', 'RUNNING'])
    assert.deepEqual([tasks.task(SOURCE, 0, 2), tasks.task(SOURCE, 0, -1)], [null, null])
  })

  it('of a job that waits for its slots have not begun', () => {
    const waiting = tasksOf([], { status: 'PENDING', startedAtMs: null })
    const [task] = waiting.vertex(SOURCE).tasks
    assert.deepEqual([task?.times.startMs, task?.times.durationMs, task?.isPlaced], [-1, -1, false])
    assert.deepEqual([task?.times.lengths.CREATED, task?.times.lengths.RUNNING], [10, -1])
  })
})
