import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseHocon } from '../config/hocon/hocon.js'
import { MillraceError } from '../core/error.js'
import { placedErrors } from './error-place.js'

const ROOT = parseHocon(
  `env {
  job.mode = BATCH
}
source {
  FakeSource { row.num = 1
    schema { fields { a = int } } }
  FakeSource { rows = [{ fields = [1] }] }
}
`,
  'job.conf',
  {},
)

describe('errors of a node', () => {
  const cases: readonly (readonly [path: string, line: number, column: number])[] = [
    ['env', 1, 1],
    ['env.job.mode', 2, 3],
    ['env.job', 1, 1],
    ['source[0].row.num', 5, 16],
    ['source[0].schema.fields.a', 6, 23],
    ['source[0].schema.fields.b', 6, 14],
    ['source[1].rows[0].fields', 7, 26],
    ['source[9].x', 4, 1],
    ['sink[0]', 1, 1],
  ]
  for (const [path, line, column] of cases) {
    it(`stand at ${line}:${column} for ${path}`, () => {
      const elsewhere = { file: 'request', line: 99, column: 9 }
      const [error] = placedErrors(
        [new MillraceError('OPTION_TYPE', 'no', { path, hint: 'h', position: elsewhere })],
        ROOT,
      )
      assert.deepEqual(error?.details, { path, hint: 'h', position: { file: 'job.conf', line, column } })
    })
  }

  it('stand nowhere without a path', () => {
    const position = { file: 'request', line: 9, column: 9 }
    const [error] = placedErrors([new MillraceError('JOB_FAILED', 'no', { position })], ROOT)
    assert.deepEqual(error?.details, {})
  })
})
