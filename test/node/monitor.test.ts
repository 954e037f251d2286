import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { ProcessMonitor } from '../../src/node/monitor/node-monitor.js'
import { shortJob, submission, testNode } from './harness.js'
import { type ParsedFamily, parseMetricsPage } from './metrics-page.js'
import { RECORDED_REST } from './recorded.js'

const FORMATS = ['prometheus', 'openmetrics'] as const
const skip = RECORDED_REST === null ? 'the recordings are not here' : false

async function testMonitor(test: TestContext, isMetricsEnabled = true) {
  const node = await testNode(test)
  const monitor = new ProcessMonitor({
    node,
    isMetricsEnabled,
    extra: [
      { type: 'gauge', name: 'millrace_store_bytes', help: 'x', read: () => 5 },
      { type: 'gauge', name: 'millrace_live_objects', help: 'x', read: () => Object.entries(node.liveObjects()) },
    ],
  })
  test.after(() => monitor.close())
  return { node, monitor }
}

function find(families: readonly ParsedFamily[], name: string): readonly (readonly [labels: string, value: number])[] {
  const family = families.find((each) => each.name === name)
  return (family?.samples ?? []).map(({ labels, value }) => [labels.map(([, text]) => text).join(' '), value])
}

/** What a client may rely on: names, types and names of labels; the labels of one family are the same in all its samples. */
function shape(families: readonly ParsedFamily[]): readonly string[] {
  return families.map(({ name, type, samples }) => {
    const labels = samples.map((sample) => sample.labels.map(([label]) => label).join(','))
    assert.equal(new Set(labels).size, 1, `${name} has samples with different labels`)
    return `${name} ${type} {${labels[0]}}`
  })
}

describe('the pages of metrics', () => {
  for (const format of FORMATS) {
    it(`are strictly valid as ${format}, whatever jobs are called`, async (test) => {
      const { node, monitor } = await testMonitor(test)
      const text = shortJob().replace('name = short', 'name = "a \\"b\\" \\\\ c\\nd {e=f}, é😀"')
      const { jobId } = await node.submit(submission(text))
      parseMetricsPage(monitor.metricsText(format), format)
      await node.waitForEnd(jobId)
      const count = monitor.counters.routeCounter('v1', 'overview')
      count(200, 0.0004)
      count(200, 100)
      monitor.counters.countUnhandledRejection()
      const families = parseMetricsPage(monitor.metricsText(format), format)
      const suffix = format === 'prometheus' ? '_total' : ''
      assert.deepEqual(find(families, `millrace_source_rows${suffix}`), [['', 5]])
      assert.deepEqual(find(families, `millrace_sink_bytes${suffix}`), [['', 65]])
      assert.deepEqual(find(families, `millrace_jobs_ended${suffix}`), [['FINISHED', 1]])
      assert.deepEqual(find(families, `millrace_rest_requests${suffix}`), [['v1 overview 200', 2]])
      assert.deepEqual(find(families, `millrace_unhandled_rejections${suffix}`), [['', 1]])
      assert.deepEqual(find(families, 'millrace_store_bytes'), [['', 5]])
      assert.deepEqual(find(families, 'millrace_live_objects')[0], ['masters', 0])
      assert.deepEqual(
        find(families, 'job_count').filter(([, value]) => value > 0),
        [['seatunnel finished', 1]],
      )
      assert.deepEqual(find(families, `job_thread_pool_task${suffix}`), [['seatunnel 127.0.0.1:0 taskCount', 1]])
    })

    it(`have the families of the original in its order, with its types and labels, as ${format}`, {
      skip,
    }, async (test) => {
      const { monitor } = await testMonitor(test)
      const name = format === 'prometheus' ? 'v1-after-metrics' : 'v1-after-openmetrics'
      const recorded = shape(parseMetricsPage(RECORDED_REST?.get(name)?.answer ?? '', format))
      const families = parseMetricsPage(monitor.metricsText(format), format)
      const ours = shape(families.filter((family) => !family.name.startsWith('millrace')))
      assert.ok(recorded.length > 50)
      assert.deepEqual(ours, recorded)
    })

    it(`have the label values of the original where dashboards choose by them, as ${format}`, {
      skip,
    }, async (test) => {
      const { monitor } = await testMonitor(test)
      const name = format === 'prometheus' ? 'v1-after-metrics' : 'v1-after-openmetrics'
      const recorded = parseMetricsPage(RECORDED_REST?.get(name)?.answer ?? '', format)
      const ours = parseMetricsPage(monitor.metricsText(format), format)
      const values = (families: readonly ParsedFamily[], family: string): readonly string[] =>
        find(families, family).map(([labels]) => labels.replace(/127\.0\.0\.1:\d+/g, 'ADDRESS'))
      for (const family of [
        'job_count',
        'jvm_threads_state',
        'jvm_memory_bytes_used',
        'hazelcast_executor_queueSize',
        'job_thread_pool_activeCount',
        'node_state',
        'node_count',
        'cluster_info',
      ])
        assert.deepEqual(values(ours, family), values(recorded, family), family)
    })
  }

  it('are empty when telemetry is off', async (test) => {
    const { monitor } = await testMonitor(test, false)
    assert.deepEqual(
      FORMATS.map((format) => monitor.metricsText(format)),
      ['', '# EOF\n'],
    )
  })
})

describe('the health of a node', { skip }, () => {
  it('has every key of the original in its order, as text of its form', async (test) => {
    const { monitor } = await testMonitor(test)
    const [recorded] = JSON.parse(RECORDED_REST?.get('v1-idle-system-monitoring-information')?.answer ?? '[]')
    const ours = Object.fromEntries(monitor.systemInformation())
    assert.deepEqual(Object.keys(ours), Object.keys(recorded))
    const form = (value: unknown): string => String(value).replace(/[\d.]+[KMGTPE]?/, '#')
    for (const [key, value] of Object.entries(ours))
      if (key !== 'host') assert.equal(form(value), form(recorded[key]), key)
  })
})
