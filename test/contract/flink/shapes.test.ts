import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FLINK_OPERATIONS } from '../../../src/rest/dialects/flink/operations.js'
import { FLINK_SHAPES, shapeOf } from '../../../src/rest/dialects/flink/shapes.js'
import { AnswerCheck } from './answer-check.js'
import { FLINK_RECORDED, type RecordedFlink, recordedCalls, SKIP_FLINK } from './recordings.js'

/** Of a job whose plan is not made yet, which no job here is: its plan has neither an id nor a type. */
const EARLY = new Set(['adaptive-job-early'])

describe('shapes of answers', () => {
  it('are those of every operation, and of nothing else', () => {
    const operations = FLINK_OPERATIONS.map(({ method, path }) => `${method} ${path}`)
    assert.deepEqual(Object.keys(FLINK_SHAPES).toSorted(), operations.toSorted())
  })

  it('find what does not fit', () => {
    const check = new AnswerCheck('2.1')
    const id = '0'.repeat(32)
    const cases = [
      [200, { jobs: [{ id, status: 'RUNNING' }] }, 0],
      [200, { jobs: [{ id: 'zz', status: 'PENDING' }] }, 2],
      [200, { jobs: [{ id, status: 'RUNNING', more: 1 }] }, 1],
      [200, { jobs: [{ id }] }, 1],
      [200, {}, 1],
      [200, null, 1],
      [404, { errors: ['a'] }, 0],
      [404, { errors: 'a', more: 1 }, 2],
    ] as const
    for (const [status, body, count] of cases)
      assert.equal(check.faults('GET', '/jobs', status, body).length, count, JSON.stringify(body))
    assert.equal(check.faults('GET', '/nothing', 200, {}).length, 1)
  })

  for (const line of Object.keys(FLINK_RECORDED) as RecordedFlink[]) {
    it(`fit what a real cluster answered, line ${line}`, { skip: SKIP_FLINK }, () => {
      const check = new AnswerCheck(line)
      const faults = new Map<string, string>()
      let checked = 0
      for (const { name, operation, response } of recordedCalls(line)) {
        const [method = '', path = ''] = operation.replace('/logs/:name', '/logs/:filename').split(' ')
        if (shapeOf(method, path) === null || response.status >= 300 || EARLY.has(name)) continue
        checked += 1
        for (const fault of check.faults(method, path, response.status, response.body))
          faults.set(`${operation} ${fault.replaceAll(/\[\d+\]/g, '[]')}`, name)
      }
      assert.deepEqual(Object.fromEntries(faults), {})
      assert.ok(checked > 40, `only ${checked} checked`)
    })
  }
})
