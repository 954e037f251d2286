import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeNode } from '../../../../test/rest/fake-node.js'
import type { JobEvent, NodeService } from '../../../node/api.js'
import { NO_HEADERS } from '../../response.js'
import { AnswerCache } from './answer-cache.js'

/** A node of which it can be said that something happened. */
function watchedNode(): { readonly node: NodeService; readonly happened: () => void } {
  const event: JobEvent = { status: 'RUNNING', kind: 'state', atMs: 0, text: '', data: {} }
  const listeners: ((jobId: string, event: JobEvent) => void)[] = []
  const node = Object.assign(new FakeNode(), {
    onEvent: (listener: (jobId: string, event: JobEvent) => void) => {
      listeners.push(listener)
      return () => undefined
    },
  })
  return { node, happened: () => listeners.forEach((listener) => void listener('1', event)) }
}

/** A cache whose answers are numbered and take some milliseconds to make. */
function numbered(makingMs: number) {
  const { node, happened } = watchedNode()
  let [made, watchMs] = [0, 0]
  const cache = new AnswerCache(() => watchMs)
  const make = () => {
    made += 1
    watchMs += makingMs
    return { status: 200, headers: NO_HEADERS, body: String(made) }
  }
  const at = (nowMs: number, key = 'a') => Number(cache.get(key, node, nowMs, make).body)
  return { happened, at }
}

test('an answer is given again for a moment, and not when something has happened', () => {
  const { happened, at } = numbered(1)
  assert.deepEqual([at(1000), at(1049), at(1049, 'b'), at(1050)], [1, 1, 2, 3])
  happened()
  assert.deepEqual([at(1050), at(1050, 'b'), at(1060)], [4, 5, 4])
  assert.equal(at(1000), 6, 'a clock that goes back makes it anew')
})

test('an answer that takes long is given again for ten times as long, whatever happens', () => {
  const { happened, at } = numbered(20)
  assert.equal(at(1000), 1)
  happened()
  assert.deepEqual([at(1199), at(1200)], [1, 2])
  const { happened: happenedAgain, at: quickly } = numbered(4.9)
  assert.equal(quickly(0), 1)
  happenedAgain()
  assert.equal(quickly(0), 2)
})
