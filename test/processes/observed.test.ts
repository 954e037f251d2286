import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseMetricsPage } from '../node/metrics-page.js'
import { SKIP_PROCESSES, withBench } from './node-process.js'

const PRINTING_JOB = `
env { job.mode = BATCH, job.name = "printing" }
source { FakeSource { rows = [{ kind = INSERT, fields = [1, "abc"] }], schema { fields { id = int, name = string } } } }
sink { Console {} }
`
const TELEMETRY = 'seatunnel:\n  engine:\n    telemetry:\n      metric:\n        enabled: true\n'

describe('what a node shows of itself', { skip: SKIP_PROCESSES }, () => {
  it('is metrics that parse, its health, its threads, and logs with what jobs print', () =>
    withBench(async (bench) => {
      const { port, variables } = await bench.serve(['--config', bench.write('seatunnel.yaml', TELEMETRY)])
      const text = async (path: string): Promise<string> => {
        const response = await fetch(`http://127.0.0.1:${port}/hazelcast/rest${path}`)
        assert.equal(response.status, 200, path)
        return response.text()
      }
      const job = bench.write('printing.conf', PRINTING_JOB)
      const run = await bench.run('seatunnel.sh', ['-c', job, '--set-job-id', '77'], { variables })
      assert.equal(run.code, 0, run.err)
      const families = parseMetricsPage(await text('/instance/metrics'), 'prometheus')
      const value = (name: string): number | undefined =>
        families.find((family) => family.name === name)?.samples[0]?.value
      assert.deepEqual(
        ['millrace_source_rows_total', 'millrace_source_bytes_total', 'millrace_log_lines_dropped_total'].map(value),
        [1, 7, 0],
      )
      assert.ok((value('millrace_store_bytes') ?? 0) > 0 && (value('millrace_worker_threads') ?? 0) > 0)
      const requests = families.find(({ name }) => name === 'millrace_rest_requests_total')?.samples ?? []
      assert.ok(requests.some(({ labels }) => labels.some(([name, status]) => name === 'status' && status === '200')))
      parseMetricsPage(await text('/instance/openmetrics'), 'openmetrics')
      const [health] = JSON.parse(await text('/maps/system-monitoring-information'))
      assert.equal(health.port, String(port))
      assert.notEqual(health['heap.memory.used'], '0')
      const threads: readonly { readonly threadName: string }[] = JSON.parse(await text('/maps/running-threads'))
      assert.ok(threads.some(({ threadName }) => threadName === 'main'))
      const log = await text('/maps/logs/job-77.log')
      assert.match(
        log,
        /ConsoleSinkWriter\] \[st-multi-table-sink-writer-1\] - subtaskIndex=0 {2}rowIndex=1: .* : 1, abc\n/,
      )
      assert.match(log, /turned from state RUNNING to FINISHED\.\n/)
    }))
})
