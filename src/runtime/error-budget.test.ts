import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MillraceError } from '../core/error.js'
import type { PlannedErrorHandler } from '../plan/physical-plan.js'
import { ErrorBudget } from './error-budget.js'

const NO_LIMIT: PlannedErrorHandler = { stage: 'SINK', maxRecords: null, maxRatio: null, maxRatioMinRows: 0 }

describe('the budget of failed rows', () => {
  it('counts over all workers', () => {
    const handlers = [NO_LIMIT, NO_LIMIT]
    const [first, second] = [new ErrorBudget(handlers), new ErrorBudget(handlers)]
    const other = new ErrorBudget(handlers, first.buffer)
    first.addErrors(0, 2)
    other.addErrors(1, 3)
    assert.deepEqual([first.errorRows, other.errorRows, second.errorRows], [5, 5, 0])
    first.requireWithin(0, 'none')
  })

  for (const [limit, errors, rows, isWithin] of [
    [{ maxRecords: 3 }, 3, 3, true],
    [{ maxRecords: 3 }, 4, 1000, false],
    [{ maxRatio: 0.1 }, 1, 10, true],
    [{ maxRatio: 0.1 }, 2, 10, false],
    [{ maxRatio: 0.1, maxRatioMinRows: 11 }, 10, 10, true],
    [{ maxRatio: 0.1, maxRatioMinRows: 10 }, 10, 10, false],
  ] as const) {
    it(`${isWithin ? 'allows' : 'refuses'} ${errors} of ${rows} with ${JSON.stringify(limit)}`, () => {
      const budget = new ErrorBudget([{ ...NO_LIMIT, ...limit }])
      budget.addRows(rows)
      budget.addErrors(0, errors)
      const check = (): void => budget.requireWithin(0, 'ENCODE_FAILED: no')
      if (isWithin) return check()
      assert.throws(check, (error) => {
        assert.ok(error instanceof MillraceError)
        assert.equal(error.code, 'ERROR_LIMIT_EXCEEDED')
        return error.message.endsWith('the first with ENCODE_FAILED: no')
      })
    })
  }
})
