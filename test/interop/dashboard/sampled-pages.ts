import assert from 'node:assert/strict'
import { eventually } from '../../support/served-node.js'
import type { PageCase, Visit } from './page-case.js'

/** A job whose tasks have read something and then wait for a long time, so that their numbers stay as they are. */
const RESTING = `env { job.name = resting, job.mode = STREAMING, parallelism = 2 }
source { FakeSource { parallelism = 2, row.num = 100, split.num = 4, split.read-interval = 3600000, schema { fields { id = bigint } } } }
sink { Console { log.print.data = false } }`
const METRIC = '0.numRecordsOut'

/** Submits a job that rests after some rows. @returns its id and that of its source's vertex. */
async function restingJob({ node }: Visit): Promise<{ readonly jobId: string; readonly vertexId: string }> {
  const jobId = await node.submit(RESTING)
  await node.becomes(jobId, 'RUNNING')
  const vertexId = (await node.json(`jobs/${jobId}`)).vertices[0].id
  await eventually('rows of a job', async () => {
    const [metric] = await node.json(`jobs/${jobId}/vertices/${vertexId}/metrics?get=${METRIC}`)
    return Number(metric?.value) > 0 ? true : null
  })
  return { jobId, vertexId }
}

/** A frame of a flame graph. */
interface FrameJson {
  readonly name: string
  /** How many samples it is in. */
  readonly value: number
}

/** The drawer with a flame graph, and how each of its types is asked for. */
const FLAME_GRAPH = 'flink-job-overview-drawer-flamegraph'
const FLAME_GRAPH_TYPES = [
  ['Off-CPU', 'off_cpu'],
  ['Mixed', 'full'],
] as const

/** Pages of what is measured while they are looked at. */
export const SAMPLED_PAGES: readonly PageCase[] = [
  {
    name: 'a chart of a metric of a vertex',
    look: async (visit) => {
      const { tab, node } = visit
      const { jobId, vertexId } = await restingJob(visit)
      const path = `jobs/${jobId}/vertices/${vertexId}/metrics`
      await tab.open(`job/running/${jobId}/overview/${vertexId}/metrics`)
      await tab.called(`GET /${path}`)
      await tab.page.locator('flink-job-overview-drawer-chart nz-select').click()
      await tab.page.locator('flink-job-overview-drawer-chart nz-select input').fill(METRIC)
      await tab.page.locator(`.cdk-overlay-container nz-option-item[title="${METRIC}"]`).click()
      const chart = tab.page.locator('flink-job-chart')
      await chart.locator('canvas').waitFor()
      await chart.getByText('Numeric', { exact: true }).click()
      await tab.called(`GET /${path}?get=${METRIC}`)
      const [{ value }] = await node.json(`${path}?get=${METRIC}`)
      // A quarter of the rows, those of the first split.
      assert.equal(value, '25')
      await chart.locator('.numeric').getByText(value, { exact: true }).waitFor()
      await fetch(`${node.base}jobs/${jobId}`, { method: 'PATCH' })
      await node.becomes(jobId, 'CANCELED')
    },
  },
  {
    name: 'flame graphs of a vertex',
    look: async ({ tab, node, jobs }) => {
      const vertexId = (await node.json(`jobs/${jobs.running}`)).vertices[0].id
      await tab.open(`job/running/${jobs.running}/overview/${vertexId}/flamegraph`)
      const path = `jobs/${jobs.running}/vertices/${vertexId}/flamegraph`
      await tab.called(`GET /${path}?type=on_cpu`)
      const drawer = tab.page.locator(FLAME_GRAPH)
      for (const [label, type] of FLAME_GRAPH_TYPES) {
        await drawer.getByText(label, { exact: true }).click()
        await tab.called(`GET /${path}?type=${type}`)
        // Samples take some seconds.
        await drawer.locator('svg').getByText('root', { exact: true }).first().waitFor()
        await tab.shows(/Measurement: .* ago/)
        const { data } = await node.json(`${path}?type=${type}`)
        assert.equal(data.name, 'root')
        const [widest] = data.children.toSorted((left: FrameJson, right: FrameJson) => right.value - left.value)
        assert.ok(data.value > 0 && widest.value > 0)
        // The label of a narrow frame is there, but hidden.
        await drawer.locator('svg').getByText(widest.name, { exact: true }).first().waitFor({ state: 'attached' })
      }
    },
  },
  {
    name: 'task manager: a profile',
    look: async ({ tab, node, managerId }) => {
      const path = `taskmanagers/${managerId}/profiler`
      await tab.open(`task-manager/${managerId}/profiler`)
      await tab.called(`GET /${path}`)
      await tab.page.getByPlaceholder('Duration').fill('1')
      await tab.page.getByRole('button', { name: 'Create Profiling Instance' }).click()
      await tab.called(`POST /${path}`)
      const table = tab.page.locator('flink-task-manager-profiler')
      await table.getByText('FINISHED', { exact: true }).waitFor()
      const [cells = []] = await tab.rows(table)
      const { profilingList } = await node.json(path)
      assert.equal(profilingList.length, 1)
      const [{ status, mode, duration, outputFile, message }] = profilingList
      assert.deepEqual([status, duration], ['FINISHED', 1])
      assert.deepEqual([cells[0], ...cells.slice(3)], ['0', '1 s', mode, status, outputFile, message])
    },
  },
]
