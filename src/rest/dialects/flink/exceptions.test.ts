import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FakeNode, fakeServices, jobView } from '../../../../test/rest/fake-node.js'
import { loadNodeConfig } from '../../../config/node-config.js'
import { MillraceError } from '../../../core/error.js'
import type { JobEvent, JobStatus, JobView } from '../../../node/api.js'
import { formParameters } from '../../query.js'
import { RestRequest } from '../../request.js'
import { AsyncOperations } from './async-operations.js'
import { FlinkCall } from './call.js'
import { jobExceptions } from './exceptions.js'
import { FlinkFault } from './fault.js'
import { numberedJobId } from './ids.js'
import { FLINK_PROFILES } from './profile.js'

const JOB_ID = '17'

interface Given {
  readonly view?: Partial<JobView>
  readonly timeline?: readonly JobEvent[]
  readonly query?: string
  readonly profile?: '2.1' | '1.20'
}

/** What is answered about a job with a history. */
function answer({ view = {}, timeline = [], query = '', profile = '2.1' }: Given): Record<string, unknown> {
  const node = new (class extends FakeNode {
    override timeline(): never[] {
      return timeline as never[]
    }
  })()
  node.views.push(jobView({ jobId: JOB_ID, status: 'RUNNING', ...view }))
  const request = new RestRequest('GET', '/', query, { headers: [] })
  request.readQuery = (raw) => formParameters(raw, 'joined')
  request.parameters = new Map([['jobid', numberedJobId(JOB_ID)]])
  const context = {
    profile: FLINK_PROFILES[profile],
    engine: loadNodeConfig({}).engine,
    operations: new AsyncOperations(),
    isShutdownAllowed: false,
    isSubmitAllowed: false,
    checkpointHistory: 10,
    prefix: '',
    hasDashboard: false,
  }
  return jobExceptions(new FlinkCall(request, fakeServices(node), context))
}

interface Entry {
  readonly exceptionName: string
  readonly stacktrace: string
  readonly timestamp: number
  readonly failureLabels: Readonly<Record<string, string>>
  readonly taskName?: string
  readonly endpoint?: string
  readonly concurrentExceptions: readonly Entry[]
}

function historyOf(given: Given): { readonly entries: readonly Entry[]; readonly truncated: boolean } {
  return answer(given).exceptionHistory as { entries: readonly Entry[]; truncated: boolean }
}

function failed(atMs: number, data: JobEvent['data'], status: JobStatus = 'RUNNING'): JobEvent {
  return { atMs, kind: 'error', text: `failure at ${atMs}`, status, data }
}

const task = (attempt: number, more: JobEvent['data'] = {}): JobEvent['data'] => {
  return { code: 'JOB_FAILED', attempt, vertex: 2, subtask: 0, ...more }
}

const TWO_ATTEMPTS = [failed(10, task(0)), failed(20, task(1))]
const ENDED = {
  status: 'FAILED',
  restarts: 1,
  finishedAtMs: 20,
  failure: { text: 'failure at 20', errors: [new MillraceError('JOB_FAILED', 'failure at 20')] },
} as const

describe('exceptions of a job', () => {
  it('are none of a job that never failed', () => {
    assert.deepEqual(answer({}), { exceptionHistory: { entries: [], truncated: false } })
  })

  it('stand there once for each attempt, the newest first, with the task that failed', () => {
    const { entries } = historyOf({ timeline: TWO_ATTEMPTS, view: { restarts: 2 } })
    assert.deepEqual(
      entries.map(({ taskName }) => taskName),
      ['Sink: Console[0] (1/1) - execution #1', 'Sink: Console[0] (1/1) - execution #0'],
    )
    assert.deepEqual(entries[0], {
      exceptionName: 'io.millrace.JOB_FAILED',
      stacktrace: 'io.millrace.JOB_FAILED: failure at 20',
      timestamp: 20,
      failureLabels: { type: 'SYSTEM' },
      taskName: 'Sink: Console[0] (1/1) - execution #1',
      endpoint: '127.0.0.1',
      taskManagerId: 'c4d01cf3e91e4eccbdda00e7741a69f8',
      concurrentExceptions: [],
    })
  })

  it('end with one of the job, which has that of the task below it', () => {
    const { entries } = historyOf({ timeline: TWO_ATTEMPTS, view: ENDED })
    assert.equal(entries.length, 2)
    const [last, first] = entries
    assert.match(
      last?.stacktrace ?? '',
      /^io\.millrace\.JOB_FAILED: the job is not tried again after 2 attempts\nCaused by: io\.millrace\.JOB_FAILED: failure at 20$/,
    )
    assert.equal('taskName' in (last ?? {}), false)
    assert.equal(last?.concurrentExceptions[0]?.taskName, 'Sink: Console[0] (1/1) - execution #1')
    assert.equal(first?.taskName, 'Sink: Console[0] (1/1) - execution #0')
  })

  it('say why the job is not tried again', () => {
    const cases = [
      [{ code: 'OPTION_TYPE' }, 0, 'because it would fail in the same way', 'USER'],
      [{ code: 'JOB_FAILED' }, 0, 'after its only attempt', 'SYSTEM'],
      [{ code: 'JOB_FAILED' }, 3, 'after 4 attempts', 'SYSTEM'],
    ] as const
    for (const [data, restarts, words, type] of cases) {
      const [entry] = historyOf({
        timeline: [failed(20, { ...data, attempt: restarts })],
        view: { ...ENDED, restarts },
      }).entries
      assert.ok(entry?.stacktrace.split('\n')[0]?.endsWith(words), entry?.stacktrace)
      assert.deepEqual(entry?.failureLabels, { type })
    }
  })

  it('have no task where none failed: a plan, a commit, a vertex that is not there', () => {
    for (const data of [
      { code: 'JOB_FAILED', attempt: 0 },
      task(0, { vertex: null }),
      task(0, { vertex: 99 }),
      task(0, { subtask: null }),
    ]) {
      const [entry] = historyOf({ timeline: [failed(10, data)] }).entries
      assert.deepEqual(Object.keys(entry ?? {}), [
        'exceptionName',
        'stacktrace',
        'timestamp',
        'failureLabels',
        'concurrentExceptions',
      ])
    }
  })

  it('of one attempt stand together', () => {
    const { entries } = historyOf({ timeline: [failed(10, task(0)), failed(10, task(0, { vertex: 1 }))] })
    assert.equal(entries.length, 1)
    assert.deepEqual(
      entries[0]?.concurrentExceptions.map(({ taskName }) => taskName),
      ['Source: FakeSource[0] (1/1) - execution #0'],
    )
  })

  it('are there for a job that ended before its first attempt', () => {
    const [entry, ...more] = historyOf({ view: { ...ENDED, restarts: 0, startedAtMs: null } }).entries
    assert.deepEqual(
      [entry?.stacktrace, entry?.concurrentExceptions, more],
      ['io.millrace.JOB_FAILED: failure at 20', [], []],
    )
  })

  it('leave out a savepoint that could not be taken, but not an attempt that failed over it', () => {
    const refused = failed(5, { code: 'CHECKPOINT_FAILED' }, 'DOING_SAVEPOINT')
    const over = failed(10, task(0), 'DOING_SAVEPOINT')
    assert.deepEqual(
      historyOf({ timeline: [refused, over] }).entries.map(({ timestamp }) => timestamp),
      [10],
    )
  })

  it('are as many as are asked for', () => {
    const timeline = Array.from({ length: 25 }, (_, index) => failed(index + 1, task(index)))
    const cases = [
      ['', 20, true],
      ['maxExceptions=0', 0, true],
      ['maxExceptions=24', 24, true],
      ['maxExceptions=25', 25, false],
      ['maxExceptions=999999999', 25, false],
      ['maxExceptions=1&maxExceptions=2', 1, true],
    ] as const
    for (const [query, count, isTruncated] of cases) {
      const { entries, truncated } = historyOf({ timeline, query })
      assert.deepEqual([entries.length, truncated], [count, isTruncated], query)
    }
  })

  it('are those that have all labels that are asked for', () => {
    const timeline = [failed(1, { code: 'JOB_FAILED', attempt: 0 }), failed(2, { code: 'OPTION_TYPE', attempt: 1 })]
    const cases = [
      ['failureLabelFilter=type:USER', [2]],
      ['failureLabelFilter=type:SYSTEM', [1]],
      ['failureLabelFilter=type:user', []],
      ['failureLabelFilter=type:USER,type:SYSTEM', []],
      ['failureLabelFilter=other:USER', []],
    ] as const
    for (const [query, expected] of cases)
      assert.deepEqual(
        historyOf({ timeline, query }).entries.map(({ timestamp }) => timestamp),
        expected,
        query,
      )
    for (const pair of ['type', 'a:b:c', 'type:USER,x'])
      assert.throws(() => historyOf({ query: `failureLabelFilter=${pair}` }), FlinkFault)
  })

  it('have the members of before the history in the lines before 2.0', () => {
    assert.deepEqual(Object.entries(answer({ profile: '1.20' })), [
      ['root-exception', null],
      ['timestamp', null],
      ['all-exceptions', []],
      ['truncated', false],
      ['exceptionHistory', { entries: [], truncated: false }],
    ])
    const ended = answer({ profile: '1.20', timeline: TWO_ATTEMPTS, view: ENDED })
    assert.match(String(ended['root-exception']), /^io\.millrace\.JOB_FAILED: the job is not tried again/)
    assert.deepEqual(ended['all-exceptions'], [
      {
        exception: 'io.millrace.JOB_FAILED: failure at 20',
        task: 'Sink: Console[0] (1/1)',
        location: '127.0.0.1',
        endpoint: '127.0.0.1',
        timestamp: 20,
        taskManagerId: 'c4d01cf3e91e4eccbdda00e7741a69f8',
      },
    ])
    const { entries } = ended.exceptionHistory as { entries: readonly object[] }
    assert.deepEqual(Object.keys(entries[1] ?? {}), [
      'exceptionName',
      'stacktrace',
      'timestamp',
      'failureLabels',
      'taskName',
      'location',
      'endpoint',
      'taskManagerId',
      'concurrentExceptions',
    ])
    // A job that goes on has no root.
    assert.equal(answer({ profile: '1.20', timeline: TWO_ATTEMPTS })['root-exception'], null)
  })
})
