import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FakeNode } from '../../../../test/rest/fake-node.js'
import type { JobEvent } from '../../../node/api.js'
import { NO_HEADERS } from '../../response.js'
import { AnswerCache } from './answer-cache.js'

/** A node whose events the test makes. */
class TellingNode extends FakeNode {
  #listener: (jobId: string, event: JobEvent) => void = () => undefined

  override onEvent(listener?: (jobId: string, event: JobEvent) => void) {
    if (listener !== undefined) this.#listener = listener
    return () => undefined
  }

  tell(kind: JobEvent['kind']): void {
    this.#listener('1', { atMs: 0, kind, text: '', status: 'RUNNING', data: {} })
  }
}

describe('answers that are kept for a moment', () => {
  it('are given again while they are fresh, as bytes, each for its key', () => {
    const [node, cache] = [new TellingNode(), new AnswerCache()]
    let made = 0
    const ask = (key: string, nowMs: number) =>
      String(cache.get(key, node, nowMs, () => ({ status: 200, headers: NO_HEADERS, body: String(++made) })).body)
    const cases = [
      ['a', 0, '1'],
      ['a', 49, '1'],
      ['b', 49, '2'],
      ['a', 50, '3'],
      // A clock that is set back.
      ['a', 10, '4'],
    ] as const
    for (const [key, nowMs, expected] of cases) assert.equal(ask(key, nowMs), expected, `${key} at ${nowMs}`)
  })

  it('are made anew by what changes a job, and not by what comes and goes', () => {
    const [node, cache] = [new TellingNode(), new AnswerCache()]
    let made = 0
    const ask = () =>
      String(cache.get('', node, 0, () => ({ status: 200, headers: NO_HEADERS, body: String(++made) })).body)
    for (const [kind, expected] of [
      ['checkpoint', '1'],
      ['request', '1'],
      ['warning', '1'],
      ['state', '2'],
      ['restart', '3'],
      ['recovery', '4'],
      ['error', '5'],
    ] as const) {
      ask()
      node.tell(kind)
      assert.equal(ask(), expected, kind)
    }
  })

  it('are given again for a while, whatever happens, where they are large', () => {
    for (const [bytes, expected] of [
      [1024 * 1024, [1, 1, 2]],
      [512 * 1024 - 1, [1, 2, 3]],
    ] as const) {
      let made = 0
      const [node, cache] = [new TellingNode(), new AnswerCache()]
      const make = () => ({ status: 200, headers: NO_HEADERS, body: String(++made).padStart(bytes) })
      const ask = (nowMs: number) => {
        node.tell('state')
        return Number(cache.get('', node, nowMs, make).body)
      }
      assert.deepEqual([ask(0), ask(102), ask(103)], expected)
    }
  })
})
