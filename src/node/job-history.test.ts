import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { JobStatus, JobView } from './api.js'
import { NO_ATTEMPTS } from './attempt-history.js'
import { type EndedJob, JobHistory } from './job-history.js'
import { NO_CHECKPOINTS } from './job-record.js'

function ended(jobId: string, finishedAtMs: number, status: JobStatus = 'FINISHED'): EndedJob {
  return {
    view: { jobId, finishedAtMs, status } as JobView,
    timeline: [],
    checkpoints: NO_CHECKPOINTS,
    attempts: NO_ATTEMPTS,
    requests: [],
  }
}

function historyAt(time: { nowMs: number }, jobs = 3): JobHistory {
  return new JobHistory({ expireMs: 1000, jobs }, () => time.nowMs)
}

const ids = (views: readonly JobView[]): readonly string[] => views.map(({ jobId }) => jobId)

describe('the history of jobs', () => {
  it('is in the order of the ends, by status or as a whole', () => {
    const history = historyAt({ nowMs: 10 })
    history.add(ended('b', 1, 'FAILED'))
    history.add(ended('a', 2))
    history.add(ended('c', 3, 'FAILED'))
    assert.deepEqual(
      [ids(history.views(null)), ids(history.views('FAILED'))],
      [
        ['b', 'a', 'c'],
        ['b', 'c'],
      ],
    )
    assert.deepEqual([history.count('FAILED'), history.count('FINISHED'), history.count('CANCELED')], [2, 1, 0])
  })

  it('has a job once, with its last end', () => {
    const history = historyAt({ nowMs: 10 })
    history.add(ended('a', 1, 'FAILED'))
    history.add(ended('b', 2))
    history.add(ended('a', 3))
    assert.deepEqual(ids(history.views(null)), ['b', 'a'])
    assert.deepEqual([history.count('FAILED'), history.count('FINISHED'), history.size], [0, 2, 2])
    history.remove('a')
    history.remove('unknown')
    assert.deepEqual([history.get('a'), history.size], [null, 1])
  })

  it('forgets jobs after their time, before they are removed', () => {
    const time = { nowMs: 10 }
    const history = historyAt(time)
    history.add(ended('a', 0))
    history.add(ended('b', 500))
    time.nowMs = 999
    assert.deepEqual([ids(history.views(null)), history.expired()], [['a', 'b'], []])
    time.nowMs = 1000
    assert.deepEqual([ids(history.views(null)), history.get('a'), history.expired()], [['b'], null, ['a']])
  })

  it('has no more jobs than it may: the oldest go', () => {
    const history = historyAt({ nowMs: 10 }, 2)
    for (const id of ['a', 'b', 'c', 'd']) history.add(ended(id, 1))
    assert.deepEqual(history.expired(), ['a', 'b'])
    assert.deepEqual(historyAt({ nowMs: 0 }, 0).expired(), [])
  })
})
