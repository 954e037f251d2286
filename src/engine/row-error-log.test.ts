import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RowErrorLog } from './row-error-log.js'

const RECORD = JSON.stringify({
  error_stage: 'SINK',
  plugin_name: 'Assert',
  source_table_path: 'db.t',
  exception_class: 'ASSERTION_FAILED',
  error_message: 'no',
  original_data: null,
})
const LINE = "row failed in SINK 'Assert', table 'db.t': ASSERTION_FAILED: no"

describe('the log of failed rows', () => {
  it('has a line for every row, and the row where the record has it', () => {
    const lines: string[] = []
    const log = new RowErrorLog(
      (line) => lines.push(line),
      () => 0,
    )
    log.take({ handler: 0, rows: 1, records: [RECORD] })
    log.take({ handler: 0, rows: 1, records: [RECORD.replace('null', '"{1}"')] })
    log.end()
    assert.deepEqual(lines, [LINE, `${LINE}; row: {1}`])
  })

  it('leaves lines out when there are many in a second, and says how many', () => {
    const lines: string[] = []
    let nowMs = 0
    const log = new RowErrorLog(
      (line) => lines.push(line),
      () => nowMs,
    )
    const report = { handler: 0, rows: 70, records: Array.from({ length: 70 }, () => RECORD) }
    log.take(report)
    log.take(report)
    assert.equal(lines.length, 100)
    nowMs = 1000
    log.take({ handler: 0, rows: 500, records: [RECORD] })
    assert.deepEqual(lines.slice(100), ['40 more rows failed and are not shown', LINE])
    log.end()
    assert.equal(lines.at(-1), '499 more rows failed and are not shown')
  })
})
