import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TableFlow } from '../../src/node/api.js'
import { submission, testNode } from './harness.js'
import { RECORDED_REST } from './recorded.js'

/** Rows or bytes by table, as the metrics of a job have them. */
function byTable(flows: readonly TableFlow[], value: (flow: TableFlow) => number): Readonly<Record<string, string>> {
  return Object.fromEntries(flows.map((flow) => [flow.table, String(value(flow))]))
}

describe('the counts of a recorded job', {
  skip: RECORDED_REST === null ? 'the recordings are not here' : false,
}, () => {
  for (const [submit, info] of [
    ['v1-submit-strings', 'v1-job-info-finished-strings'],
    ['v1-submit-multi-table', 'v1-job-info-multi-table'],
  ] as const) {
    it(`are as recorded in ${info}, rows and bytes of every table`, async (test) => {
      const node = await testNode(test, '', {
        rowLog: () => ({ file: null, limitBytes: 0, isPrinted: false, linePrefix: '' }),
      })
      const { request } = RECORDED_REST?.get(submit) ?? { request: '' }
      const { jobId } = await node.submit(submission(request, { format: 'json' }))
      const view = await node.waitForEnd(jobId)
      const recorded = JSON.parse(RECORDED_REST?.get(info)?.answer ?? '{}').metrics
      const flow = view?.flow ?? { sources: [], sinks: [], committedSinks: [] }
      const rows = (each: TableFlow): number => each.rows
      const bytes = (each: TableFlow): number => each.bytes
      assert.deepEqual(byTable(flow.sources, rows), recorded.TableSourceReceivedCount)
      assert.deepEqual(byTable(flow.sources, bytes), recorded.TableSourceReceivedBytes)
      for (const sinks of [flow.sinks, flow.committedSinks]) {
        assert.deepEqual(byTable(sinks, rows), recorded.TableSinkWriteCount)
        assert.deepEqual(byTable(sinks, bytes), recorded.TableSinkWriteBytes)
      }
    })
  }
})
