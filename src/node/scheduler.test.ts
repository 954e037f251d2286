import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type SlotAnswer, SlotScheduler, type SlotSettings } from './scheduler.js'

interface Told {
  readonly scheduler: SlotScheduler
  readonly answers: string[]
  readonly ask: (jobId: string, slots: number, tag?: readonly [string, string]) => void
}

function scheduling(settings: Partial<SlotSettings>, tags: ReadonlyMap<string, string> = new Map()): Told {
  const answers: string[] = []
  const tell = (jobId: string, answer: SlotAnswer): void => {
    answers.push('reason' in answer ? `${jobId} ${answer.type}: ${answer.reason}` : `${jobId} ${answer.type}`)
  }
  const scheduler = new SlotScheduler(
    { isDynamic: false, slots: 4, strategy: 'WAIT', maxJobs: 10, ...settings },
    () => tags,
    tell,
  )
  const ask: Told['ask'] = (jobId, slots, tag) =>
    scheduler.request({ jobId, slots, tagFilter: tag === undefined ? [] : [tag] })
  return { scheduler, answers, ask }
}

describe('slots', () => {
  it('that are dynamic are given to everybody and are as many as are used', () => {
    const { scheduler, answers, ask } = scheduling({ isDynamic: true })
    assert.deepEqual([scheduler.total, scheduler.unassigned], [0, 0])
    ask('a', 2)
    ask('b', 1000)
    assert.deepEqual(answers, ['a granted', 'b granted'])
    assert.deepEqual([scheduler.total, scheduler.unassigned], [1002, 0])
    scheduler.release('b')
    assert.deepEqual([scheduler.total, scheduler.unassigned], [2, 0])
  })

  it('of a running job grow into what is free, unless somebody waits', () => {
    const { scheduler, answers, ask } = scheduling({})
    ask('a', 1)
    ask('b', 1)
    assert.deepEqual([scheduler.roomFor('a'), scheduler.roomFor('c')], [3, 2])
    scheduler.resize('a', 3)
    scheduler.resize('c', 9)
    assert.deepEqual([scheduler.total, scheduler.unassigned, scheduler.roomFor('b')], [4, 0, 1])
    ask('d', 1)
    scheduler.setGrowing('b', true)
    answers.length = 0
    scheduler.resize('a', 1)
    assert.deepEqual(answers, ['d granted', 'b room'])
    assert.equal(scheduler.roomFor('b'), 2)
    ask('e', 3)
    assert.equal(scheduler.roomFor('b'), 1, 'one waits')
    answers.length = 0
    scheduler.setGrowing('b', false)
    scheduler.release('e')
    assert.deepEqual(answers, [])
  })

  it('that are dynamic have room for everything', () => {
    const { scheduler, ask } = scheduling({ isDynamic: true })
    ask('a', 1)
    assert.equal(scheduler.roomFor('a'), Number.POSITIVE_INFINITY)
    scheduler.resize('a', 7)
    assert.deepEqual([scheduler.total, scheduler.unassigned], [7, 0])
  })

  it('are refused when there are too few', () => {
    const { answers, ask } = scheduling({ strategy: 'REJECT' })
    ask('a', 3)
    ask('b', 2)
    ask('c', 1)
    assert.deepEqual(answers, ['a granted', 'b refused: the job needs 2 slots, and 1 of 4 are free', 'c granted'])
  })

  it('are waited for in order: a large job holds up a small one behind it', () => {
    const { scheduler, answers, ask } = scheduling({})
    ask('a', 3)
    ask('b', 2)
    ask('c', 1)
    ask('d', 1)
    assert.deepEqual(answers.splice(0), [
      'a granted',
      'b waiting: the job needs 2 slots, and 1 of 4 are free',
      'c waiting: 1 job waits before it',
      'd waiting: 2 jobs wait before it',
    ])
    assert.deepEqual([scheduler.waiting, scheduler.unassigned], [3, 1])
    scheduler.release('a')
    assert.deepEqual(answers.splice(0), ['b granted', 'c granted', 'd granted'])
  })

  it('are served again when a waiting job goes away', () => {
    const { scheduler, answers, ask } = scheduling({})
    ask('a', 3)
    ask('big', 9)
    ask('c', 1)
    answers.length = 0
    scheduler.release('big')
    assert.deepEqual(answers, ['c granted'])
    scheduler.release('unknown')
    assert.equal(scheduler.unassigned, 0)
  })

  for (const isDynamic of [true, false]) {
    it(`are given to jobs whose tags fit, ${isDynamic ? 'dynamic' : 'fixed'} ones`, () => {
      const tags = new Map([['team', 'x']])
      const { answers, ask } = scheduling({ isDynamic, strategy: 'REJECT' }, tags)
      ask('a', 1, ['team', 'x'])
      ask('b', 1, ['team', 'zz'])
      ask('c', 1, ['zone', 'x'])
      assert.deepEqual(answers, [
        'a granted',
        "b refused: the job asks for a node with the tag 'team' of value 'zz', and this one has 'x'",
        "c refused: the job asks for a node with the tag 'zone' of value 'x', and this one has no such tag",
      ])
    })
  }

  it('are looked at again after the tags have changed', () => {
    const tags = new Map<string, string>()
    const { scheduler, answers, ask } = scheduling({}, tags)
    ask('a', 1, ['team', 'x'])
    assert.equal(answers.pop()?.startsWith('a waiting'), true)
    tags.set('team', 'x')
    scheduler.tagsChanged()
    assert.deepEqual(answers, ['a granted'])
  })

  it('are waited for where too many jobs run, also dynamic ones', () => {
    const { scheduler, answers, ask } = scheduling({ isDynamic: true, maxJobs: 2 })
    for (const jobId of ['a', 'b', 'c', 'd']) ask(jobId, 1)
    assert.deepEqual(answers.splice(0), [
      'a granted',
      'b granted',
      'c waiting: 2 jobs run, and the node runs no more at a time',
      'd waiting: 1 job waits before it',
    ])
    scheduler.release('a')
    assert.deepEqual(answers, ['c granted', 'd waiting: 2 jobs run, and the node runs no more at a time'])
  })

  it('of jobs from before a restart are held even where there is no room', () => {
    const { scheduler, answers, ask } = scheduling({ slots: 2 })
    scheduler.restore({ jobId: 'old', slots: 3, tagFilter: [] })
    assert.deepEqual([scheduler.total, scheduler.unassigned], [2, 0])
    ask('new', 1)
    assert.deepEqual(answers, ['new waiting: the job needs 1 slots, and 0 of 2 are free'])
    scheduler.release('old')
    assert.equal(answers.at(-1), 'new granted')
  })
})
