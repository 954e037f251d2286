import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Worker } from 'node:worker_threads'
import { JobControl } from './control.js'
import { JobAborted, type MorselPosition, Turns } from './turns.js'

const nothing = async (): Promise<void> => undefined

describe('turns', () => {
  it('begin with the first morsel of the first split', async () => {
    const turns = new Turns(new JobControl())
    await turns.wait({ split: 0, morsel: 0 }, nothing)
    assert.deepEqual(turns.position, { split: 0, morsel: 0 })
  })

  it('go from morsel to morsel, and from the last to the next split', async () => {
    const turns = new Turns(new JobControl())
    const order: readonly (readonly [MorselPosition, boolean, MorselPosition])[] = [
      [{ split: 0, morsel: 0 }, false, { split: 0, morsel: 1 }],
      [{ split: 0, morsel: 1 }, true, { split: 1, morsel: 0 }],
      [{ split: 1, morsel: 0 }, true, { split: 2, morsel: 0 }],
    ]
    for (const [morsel, isLast, next] of order) {
      await turns.wait(morsel, nothing)
      turns.pass(morsel, isLast)
      assert.deepEqual(turns.position, next)
    }
  })

  it('end with the job, for whoever waits and for whoever comes', async () => {
    const control = new JobControl()
    const turns = new Turns(control)
    const waiting = turns.wait({ split: 5, morsel: 0 }, async () => control.abort())
    await assert.rejects(waiting, JobAborted)
    await assert.rejects(turns.wait({ split: 0, morsel: 0 }, nothing), JobAborted)
  })

  it('pass on what is thrown while waiting', async () => {
    const turns = new Turns(new JobControl())
    const fault = new Error('no checkpoint')
    await assert.rejects(
      turns.wait({ split: 1, morsel: 0 }, () => Promise.reject(fault)),
      fault,
    )
  })

  it('do not lose a ring between looking and sleeping', async () => {
    const control = new JobControl()
    const turns = new Turns(control)
    let rounds = 0
    await turns.wait({ split: 0, morsel: 1 }, async () => {
      rounds += 1
      turns.pass({ split: 0, morsel: 0 }, false)
    })
    assert.equal(rounds, 1)
  })

  it('keep the order of morsels that many threads take', async () => {
    const splits = [3, 1, 40, 2, 1, 1, 50]
    const count = splits.reduce((sum, morsels) => sum + morsels, 0)
    const control = new JobControl()
    control.allowTasks(count)
    const turns = new Turns(control)
    const log = new Int32Array(new SharedArrayBuffer((count + 1) * 4))
    const modules = ['turns', 'control'].map((name) => new URL(`./${name}.js`, import.meta.url).href)
    const work = `
      const { workerData } = require('node:worker_threads')
      Promise.all(${JSON.stringify(modules)}.map((name) => import(name))).then(async ([{ Turns }, { JobControl }]) => {
        const control = new JobControl(workerData.control)
        const turns = new Turns(control, workerData.turns)
        for (;;) {
          const task = control.takeTask()
          if (task === null) return
          let split = 0
          let morsel = task
          while (split < workerData.splits.length && morsel >= workerData.splits[split]) morsel -= workerData.splits[split++]
          await turns.wait({ split, morsel }, async () => undefined)
          workerData.log[Atomics.add(workerData.log, workerData.log.length - 1, 1)] = task
          turns.pass({ split, morsel }, morsel + 1 === workerData.splits[split])
        }
      })`
    const workerData = { control: control.buffer, turns: turns.buffer, log, splits }
    const exits = Array.from({ length: 4 }, () => {
      const worker = new Worker(work, { eval: true, workerData })
      return new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject))
    })
    assert.deepEqual(await Promise.all(exits), [0, 0, 0, 0])
    assert.deepEqual(
      [...log.subarray(0, count)],
      Array.from({ length: count }, (_, index) => index),
    )
    assert.deepEqual(turns.position, { split: splits.length, morsel: 0 })
  })
})
