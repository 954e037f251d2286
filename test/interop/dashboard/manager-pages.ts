import assert from 'node:assert/strict'
import { type PageCase, plainPage, type Visit } from './page-case.js'
import { bytesText } from './texts.js'

const NODE_LOG = 'seatunnel-engine-server.log'

const manager = ({ managerId }: Visit) => `/taskmanagers/${managerId}`
const HEAP = 'Status.JVM.Memory.Heap.Used'

/** Pages about the node as a task manager. */
export const TASK_MANAGER_PAGES: readonly PageCase[] = [
  {
    name: 'task managers',
    look: async ({ tab, node, managerId }) => {
      await tab.visit('task-manager')
      await tab.called('GET /taskmanagers')
      const [{ path, slotsNumber, freeSlots, hardware }] = (await node.json('taskmanagers')).taskmanagers
      const table = tab.page.locator('flink-task-manager-list')
      await table.getByText(managerId).waitFor()
      const [cells = []] = await tab.rows(table)
      assert.equal(cells[0], `${managerId} ${path}`)
      assert.match(cells[2] ?? '', /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/, 'a point in time')
      assert.deepEqual(cells.slice(3, 8), [
        String(slotsNumber),
        String(freeSlots),
        String(hardware.cpuCores),
        bytesText(hardware.physicalMemory),
        bytesText(hardware.freeMemory),
      ])
    },
  },
  plainPage('task manager: metrics', (visit) => ({
    route: `task-manager/${visit.managerId}/metrics`,
    calls: [manager(visit)],
    texts: [visit.managerId, 'Flink Memory Model', /Scavenge\s+\d+\s+\d+/, /Heap\s+\S+ MB\s+\S+ MB\s+\S+ GB/],
  })),
  plainPage('task manager: log', (visit) => ({
    route: `task-manager/${visit.managerId}/logs`,
    calls: [manager(visit), `${manager(visit)}/log`],
    texts: [visit.managerId, /INFO/],
  })),
  plainPage('task manager: standard output', (visit) => ({
    route: `task-manager/${visit.managerId}/stdout`,
    calls: [manager(visit)],
    texts: [visit.managerId],
    hasEditor: true,
  })),
  plainPage('task manager: log files', (visit) => ({
    route: `task-manager/${visit.managerId}/log-list`,
    calls: [`${manager(visit)}/logs`],
    texts: [NODE_LOG, /job-\d+\.log/],
  })),
  plainPage('task manager: a log file', (visit) => ({
    route: `task-manager/${visit.managerId}/log-list/${NODE_LOG}`,
    calls: [`${manager(visit)}/logs/${NODE_LOG}`],
    texts: [NODE_LOG, /INFO/],
  })),
  plainPage('task manager: threads', (visit) => ({
    route: `task-manager/${visit.managerId}/thread-dump`,
    calls: [`${manager(visit)}/thread-dump`],
    texts: [/"main" Id=\d+ RUNNABLE/],
  })),
  plainPage('task manager: profiler', (visit) => ({
    route: `task-manager/${visit.managerId}/profiler`,
    calls: [`${manager(visit)}/profiler`],
    texts: ['Create Profiling Instance', 'No Data'],
  })),
]

/** Pages about the node as a job manager. */
export const JOB_MANAGER_PAGES: readonly PageCase[] = [
  {
    name: 'job manager: metrics',
    look: async ({ tab, node }) => {
      await tab.visit('job-manager/metrics')
      await tab.called('GET /jobmanager/config', 'GET /jobmanager/metrics')
      await tab.shows('Flink Memory Model', /Scavenge\s+\d+\s+\d+/, /Heap\s+\S+ MB\s+\S+ MB\s+\S+ GB/)
      const [heap] = await node.json(`jobmanager/metrics?get=${HEAP}`)
      assert.ok(Number(heap.value) > 0)
    },
  },
  {
    name: 'job manager: configuration',
    look: async ({ tab, node }) => {
      await tab.visit('job-manager/config')
      await tab.called('GET /jobmanager/config', 'GET /jobmanager/environment')
      const settings: readonly { key: string; value: string }[] = await node.json('jobmanager/config')
      await tab.shows('rest.port', 'seatunnel.engine.checkpoint.interval')
      const shown = await tab.rows(tab.page.locator('flink-job-manager-configuration'))
      const expected = settings.map(({ key, value }) => `${key} ${value}`).toSorted()
      assert.deepEqual(
        shown
          .map((cells) => cells.join(' '))
          .filter((line) => expected.includes(line))
          .toSorted(),
        expected,
      )
    },
  },
  plainPage('job manager: log', () => ({ route: 'job-manager/logs', calls: ['/jobmanager/log'], texts: [/INFO/] })),
  plainPage('job manager: standard output', () => ({
    route: 'job-manager/stdout',
    calls: [],
    texts: ['Stdout'],
    hasEditor: true,
  })),
  plainPage('job manager: log files', () => ({
    route: 'job-manager/log',
    calls: ['/jobmanager/logs'],
    texts: [NODE_LOG, /job-\d+\.log/],
  })),
  plainPage('job manager: a log file', () => ({
    route: `job-manager/log/${NODE_LOG}`,
    calls: [`/jobmanager/logs/${NODE_LOG}`],
    texts: [NODE_LOG, /INFO/],
  })),
  plainPage('job manager: threads', () => ({
    route: 'job-manager/thread-dump',
    calls: ['/jobmanager/thread-dump'],
    texts: [/"main" Id=\d+ RUNNABLE/],
  })),
]
