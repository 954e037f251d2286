import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LogBudget, LogQueue } from './log-queue.js'
import { HeldTarget, KeptLines } from './testing.js'

describe('LogQueue', () => {
  const events = { lostLine: (lines: number) => `lost ${lines}\n`, onFailure: () => undefined }

  it('writes lines in order', async () => {
    const target = new KeptLines()
    const queue = new LogQueue(target, new LogBudget(1_000), events)
    for (let index = 0; index < 10; index += 1) queue.add(`${index}\n`)
    assert.equal(queue.isIdle, false)
    await queue.idle()
    assert.equal(queue.isIdle, true)
    assert.deepEqual(
      target.lines,
      Array.from({ length: 10 }, (_, index) => `${index}\n`),
    )
  })

  it('holds no more than its share while the target is stuck, and says how much was lost', async () => {
    const target = new HeldTarget()
    const budget = new LogBudget(8_000)
    const queue = new LogQueue(target, budget, events)
    for (let index = 0; index < 100_000; index += 1) queue.add(`${String(index).padStart(9, '0')}\n`)
    assert.equal(budget.usedBytes, 2_000)
    assert.equal(budget.droppedLines, 99_900)
    target.release()
    await queue.idle()
    assert.equal(budget.usedBytes, 0)
    queue.add('after\n')
    await queue.idle()
    assert.equal(target.lines.length, 102)
    assert.equal(target.lines.filter((line) => line.startsWith('lost')).join(''), 'lost 99900\n')
    assert.equal(target.lines.at(-1), 'after\n')
  })

  it('tells when what came before is written, while more is coming', async () => {
    const target = new KeptLines()
    const queue = new LogQueue(target, new LogBudget(8_000), events)
    await queue.written()
    queue.add('first\n')
    let isOver = false
    const more = (): void => {
      if (isOver) return
      queue.add('more\n')
      setImmediate(more)
    }
    more()
    await queue.written()
    assert.equal(target.lines[0], 'first\n')
    isOver = true
    await queue.idle()
    assert.equal(queue.isIdle, true)
  })

  it('leaves room for other queues', async () => {
    const stuck = new HeldTarget()
    const budget = new LogBudget(8_000)
    const first = new LogQueue(stuck, budget, events)
    for (let index = 0; index < 10_000; index += 1) first.add('line\n')
    const other = new KeptLines()
    const second = new LogQueue(other, budget, events)
    second.add('line\n')
    await second.idle()
    assert.deepEqual(other.lines, ['line\n'])
    stuck.release()
    await first.idle()
  })

  it('loses what a failing target does not take, tells it once and goes on', async () => {
    const target = new HeldTarget()
    target.release()
    target.failure = new Error('no space left on device')
    const failures: unknown[] = []
    const budget = new LogBudget(8_000)
    const queue = new LogQueue(target, budget, { ...events, onFailure: (cause) => failures.push(cause) })
    for (let index = 0; index < 3; index += 1) {
      queue.add('line\n')
      await queue.idle()
    }
    assert.deepEqual([failures.length, budget.droppedLines, budget.usedBytes], [1, 3, 0])
    target.failure = null
    queue.add('again\n')
    await queue.idle()
    assert.deepEqual(target.lines, ['lost 3\n', 'again\n'])
  })
})
