import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { temporaryFolder } from '../../src/files/testing.js'
import type { TableFlow } from '../../src/node/api.js'
import { csvSink } from '../jobs/harness.js'
import { submission, testNode, until } from './harness.js'
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

describe('the counts of a job', () => {
  it('go on where a savepoint left them, rows and bytes of every table', async (test) => {
    const folder = temporaryFolder(test)
    const node = await testNode(test, '', { dataFolder: `${folder}/data` })
    const text = `
env { job.mode = STREAMING, checkpoint.interval = 50 }
source { FakeSource { row.num = 50, split.num = 5, schema { table = db.t, fields { id = bigint } }, plugin_output = a } }
sink { ${csvSink(folder, 'out', ', plugin_input = [a]')} }`
    const expected = [['db.t', 50, 400]]
    const counts = () => {
      const { sources, sinks, committedSinks } = node.job('7')?.flow ?? { sources: [], sinks: [], committedSinks: [] }
      return [sources, sinks, committedSinks].map((flows) =>
        flows.map(({ table, rows, bytes }) => [table, rows, bytes]),
      )
    }
    await node.submit(submission(text, { jobId: '7' }))
    await until(() => counts()[2]?.[0]?.[1] === 50)
    await node.stop('7', { withSavepoint: true, user: null })
    await node.waitForEnd('7')
    await node.submit(submission(text, { jobId: '7', isStartWithSavepoint: true }))
    await until(() => (node.checkpoints('7')?.completed ?? 0) > 0)
    await until(() => counts()[0]?.[0]?.[1] === 50)
    assert.deepEqual(counts(), [expected, expected, expected])
    await node.stop('7', { withSavepoint: false, user: null })
    await node.waitForEnd('7')
    assert.deepEqual(counts(), [expected, expected, expected])
  })
})
