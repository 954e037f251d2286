import assert from 'node:assert/strict'
import { type SubtaskJson, subtaskCells, type VertexJson, vertexCells, withCounts } from './job-json.js'
import type { ShownJobs } from './node.js'
import { type PageCase, plainPage, type Visit } from './page-case.js'
import { bytesText, countText, durationText, timeText } from './texts.js'

/** A job whose pages are visited. */
export interface ShownJob {
  readonly kind: keyof ShownJobs
  readonly isRunning: boolean
}

const LIST = 'flink-job-overview-list'

/** Address of a page of a job, behind `#/`. */
const routeOf = ({ jobs }: Visit, { kind, isRunning }: ShownJob, page: string) =>
  `job/${isRunning ? 'running' : 'completed'}/${jobs[kind]}/${page}`

async function verticesOf({ node, jobs }: Visit, { kind }: ShownJob): Promise<readonly VertexJson[]> {
  return (await node.json(`jobs/${jobs[kind]}`)).vertices
}

/** The drawer of a job's first vertex with one of its tabs open. */
function drawerPage(
  job: ShownJob,
  tabName: string,
  calls: readonly string[],
  compare: (visit: Visit, vertex: VertexJson, drawer: string) => Promise<void>,
): PageCase {
  return {
    name: `${job.kind} job: vertex: ${tabName}`,
    look: async (visit) => {
      const [vertex] = await verticesOf(visit, job)
      assert.ok(vertex !== undefined)
      const { tab, jobs } = visit
      await tab.visit(routeOf(visit, job, `overview/${vertex.id}/${tabName}`))
      const path = `/jobs/${jobs[job.kind]}/vertices/${vertex.id}`
      await tab.called(...calls.map((call) => `GET ${path}${call}`))
      await compare(visit, vertex, `flink-job-overview-drawer-${tabName}`)
    },
  }
}

/** Waits until a table has as many rows as it should, and gives them. */
async function rowsOf({ tab }: Visit, table: string, count: number): Promise<readonly (readonly string[])[]> {
  const found = tab.page.locator(table).first()
  if (count > 0)
    await found
      .locator('tr.ant-table-row')
      .nth(count - 1)
      .waitFor({ state: 'attached' })
  return tab.rows(found)
}

/** Pages of a job that does not change any more, with every number compared. */
export function endedJobPages(kind: keyof ShownJobs): readonly PageCase[] {
  const job: ShownJob = { kind, isRunning: false }
  return [
    {
      name: `${kind} job`,
      look: async (visit) => {
        const { tab, node, jobs } = visit
        await tab.visit(routeOf(visit, job, 'overview'))
        await tab.called(`GET /jobs/${jobs[kind]}`)
        const answer = await node.json(`jobs/${jobs[kind]}`)
        await tab.shows(jobs[kind], answer['job-type'], answer.state, durationText(answer.duration), 'FORWARD')
        await tab.shows(timeText(answer['start-time']), timeText(answer['end-time']))
        const rows = await rowsOf(visit, LIST, answer.vertices.length)
        const expected: readonly (readonly string[])[] = answer.vertices.map(vertexCells)
        // Where jobs can be rescaled there is a cell more, for the buttons.
        const shown = rows.map((cells, index) => withCounts(cells.slice(0, expected[index]?.length)))
        assert.deepEqual(shown, expected)
      },
    },
    drawerPage(job, 'detail', [], async ({ tab }, { name }) => tab.shows(name)),
    drawerPage(job, 'subtasks', [''], async (visit, { id }, drawer) => {
      const { subtasks } = await visit.node.json(`jobs/${visit.jobs[kind]}/vertices/${id}`)
      const rows = await rowsOf(visit, drawer, subtasks.length)
      const expected = subtasks.map((each: SubtaskJson) => subtaskCells(each))
      assert.deepEqual(
        rows.map((cells) => cells.slice(0, expected[0].length)),
        expected,
      )
    }),
    drawerPage(job, 'taskmanagers', ['/taskmanagers'], async (visit, { id }, drawer) => {
      const { taskmanagers } = await visit.node.json(`jobs/${visit.jobs[kind]}/vertices/${id}/taskmanagers`)
      const [first = []] = await rowsOf(visit, drawer, taskmanagers.length)
      const [manager] = taskmanagers
      assert.equal(first[0], manager.endpoint)
      assert.deepEqual(first.slice(1, 5), [
        bytesText(manager.metrics['read-bytes']),
        countText(manager.metrics['read-records']),
        bytesText(manager.metrics['write-bytes']),
        countText(manager.metrics['write-records']),
      ])
      assert.equal(first.at(-2), manager.status)
    }),
    drawerPage(job, 'accumulators', ['/accumulators', '/subtasks/accumulators'], async (visit, { id }, drawer) => {
      const path = `jobs/${visit.jobs[kind]}/vertices/${id}/accumulators`
      const accumulators = (await visit.node.json(path))['user-accumulators']
      const rows = await rowsOf(visit, drawer, accumulators.length)
      assert.deepEqual(
        rows,
        accumulators.map(({ name, type, value }: Record<string, string>) => [name, type, countText(Number(value))]),
      )
    }),
    drawerPage(job, 'watermarks', ['/watermarks'], async ({ tab }) => tab.shows('Datetime of Watermark Timestamp')),
    plainPage(`${kind} job: timeline`, (visit) => ({
      route: routeOf(visit, job, 'timeline'),
      calls: [`/jobs/${visit.jobs[kind]}`],
      texts: ['Vertex TimeLine'],
    })),
    {
      name: `${kind} job: exceptions`,
      look: async (visit) => {
        const { tab, node, jobs } = visit
        const path = `jobs/${jobs[kind]}/exceptions?maxExceptions=10`
        await tab.visit(routeOf(visit, job, 'exceptions'))
        await tab.called(`GET /${path}`)
        const [entry] = (await node.json(path)).exceptionHistory.entries
        assert.equal(entry !== undefined, kind === 'failed')
        await tab.shows(entry === undefined ? 'No Root Exception' : entry.stacktrace.trim().slice(0, 60))
        await tab.page.getByText('Exception History').click()
        if (entry !== undefined) await tab.shows(entry.exceptionName)
      },
    },
    plainPage(`${kind} job: configuration`, (visit) => ({
      route: routeOf(visit, job, 'configuration'),
      calls: [`/jobs/${visit.jobs[kind]}/config`],
      texts: ['Execution Configuration', /Job parallelism\s+2/, /job\.name\s/],
    })),
  ]
}

/** The page of a job's checkpoints with its parts. */
export function checkpointsPage(job: ShownJob): PageCase {
  return {
    name: `${job.kind} job: checkpoints`,
    look: async (visit) => {
      const { tab, node, jobs } = visit
      const path = `jobs/${jobs[job.kind]}/checkpoints`
      await tab.visit(routeOf(visit, job, 'checkpoints'))
      await tab.called(`GET /${path}`, `GET /${path}/config`)
      const { counts } = await node.json(path)
      // Those of a running job go on.
      await tab.shows(job.isRunning ? 'Restored: 0' : `Completed: ${counts.completed} `, 'Latest Completed Checkpoint')
      for (const { name, parallelism } of await verticesOf(visit, job))
        await tab.shows(`${name}\n\t${parallelism}/${parallelism} (100%)`)
    },
  }
}

const RUNNING: ShownJob = { kind: 'running', isRunning: true }

/** Pages of a job that runs. */
export const RUNNING_JOB_PAGES: readonly PageCase[] = [
  {
    name: 'running job',
    look: async (visit) => {
      const { tab, node, jobs } = visit
      const path = `jobs/${jobs.running}`
      const before = await verticesOf(visit, RUNNING)
      await tab.visit(routeOf(visit, RUNNING, 'overview'))
      const query = 'get=backPressuredTimeMsPerSecond,busyTimeMsPerSecond,numRecordsInPerSecond'
      for (const { id } of before)
        await tab.called(
          `GET /${path}/vertices/${id}/subtasks/metrics?${query}`,
          `GET /${path}/vertices/${id}/watermarks`,
        )
      await tab.shows(jobs.running, 'RUNNING', 'Cancel Job', 'FORWARD')
      await tab.shows(/Backpressured \(max\): \d+%/, /Busy \(max\): \d+%/)
      const rows = await rowsOf(visit, LIST, before.length)
      const after = (await node.json(path)).vertices
      for (const [index, cells] of rows.entries()) {
        const [old, young] = [vertexCells(before[index] as VertexJson), vertexCells(after[index])]
        for (const place of [0, 1, 6, 7, 9, 10]) assert.equal(cells[place], old[place])
        const count = (text = '') => Number(text.replaceAll(',', ''))
        if (cells[3] === 'loading...') continue
        assert.ok(count(old[3]) <= count(cells[3]) && count(cells[3]) <= count(young[3]), `${cells[3]} rows`)
      }
    },
  },
  drawerPage(RUNNING, 'detail', [], async ({ tab }, { name }) => tab.shows(name)),
  drawerPage(RUNNING, 'subtasks', [''], async (visit, { id }, drawer) => {
    const { subtasks } = await visit.node.json(`jobs/${visit.jobs.running}/vertices/${id}`)
    const rows = await rowsOf(visit, drawer, subtasks.length)
    assert.deepEqual(
      rows.map((cells) => [cells[0], cells[5], cells[6], cells[7], cells[9], cells[12]]),
      subtasks.map(({ subtask, attempt, endpoint, status, ...task }: SubtaskJson) => {
        return [String(subtask), String(attempt + 1), endpoint, timeText(task['start-time']), '–', status]
      }),
    )
    await visit.tab.page.getByText('Aggregated Metrics').click()
    await visit.tab.page.locator('flink-table-aggregated-metrics').first().waitFor()
  }),
  drawerPage(RUNNING, 'taskmanagers', ['/taskmanagers'], async (visit, _vertex, drawer) => {
    const [row = []] = await rowsOf(visit, drawer, 1)
    assert.equal(row.at(-2), 'RUNNING')
  }),
  drawerPage(RUNNING, 'watermarks', ['/watermarks'], async ({ tab }) => tab.shows('Datetime of Watermark Timestamp')),
  drawerPage(RUNNING, 'accumulators', ['/accumulators', '/subtasks/accumulators'], async ({ tab }) => {
    await tab.shows('SourceReceivedCount')
    await tab.page.getByText('SubTask Accumulators').click()
    await tab.shows('SubTask Accumulators')
  }),
  drawerPage(RUNNING, 'backpressure', ['', '/backpressure'], async (visit, { parallelism }, drawer) => {
    await visit.tab.shows(/Back Pressure Status:\s*(?:OK|LOW|HIGH)/)
    const rows = await rowsOf(visit, drawer, parallelism)
    for (const cells of rows) assert.match(cells.slice(1, 4).join(), /^\d+%,\d+%,\d+%$/)
  }),
  drawerPage(RUNNING, 'metrics', ['/metrics'], async ({ tab }) => tab.shows('Add Metric')),
  drawerPage(RUNNING, 'flamegraph', ['', '/flamegraph?type=on_cpu'], async ({ tab }) => tab.shows('On-CPU', 'Mixed')),
  plainPage('running job: data skew', (visit) => ({
    route: routeOf(visit, RUNNING, 'dataskew'),
    calls: [`/jobs/${visit.jobs.running}`],
    texts: ['How is Data Skew Calculated?', /Source: FakeSource\[0\]\s+\d+%/],
  })),
  {
    name: 'running job: timeline',
    look: async (visit) => {
      const { tab, jobs } = visit
      await tab.visit(routeOf(visit, RUNNING, 'timeline'))
      await tab.called(`GET /jobs/${jobs.running}`)
      await tab.shows('Vertex TimeLine')
      const chart = tab.page.locator('flink-job-timeline canvas').first()
      await chart.waitFor()
      const box = await chart.boundingBox()
      assert.ok(box !== null)
      // The middle of the chart is the bar of the second vertex of three.
      await tab.page.mouse.click(box.x + box.width / 2, box.y + box.height / 2)
      const [, vertex] = await verticesOf(visit, RUNNING)
      await tab.called(`GET /jobs/${jobs.running}/vertices/${vertex?.id}/subtasktimes`)
      await tab.shows('SubTask TimeLine')
    },
  },
  checkpointsPage(RUNNING),
  plainPage('running job: exceptions', (visit) => ({
    route: routeOf(visit, RUNNING, 'exceptions'),
    calls: [`/jobs/${visit.jobs.running}/exceptions?maxExceptions=10`],
    texts: ['No Root Exception'],
  })),
  plainPage('running job: configuration', (visit) => ({
    route: routeOf(visit, RUNNING, 'configuration'),
    calls: [`/jobs/${visit.jobs.running}/config`],
    texts: ['Execution Configuration', /Job parallelism\s+2/, /checkpoint\.interval\s+1000/],
  })),
]
