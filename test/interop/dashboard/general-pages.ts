import assert from 'node:assert/strict'
import { countsText, withCounts } from './job-json.js'
import { type PageCase, plainPage } from './page-case.js'
import { durationText, timeText } from './texts.js'

/** Pages about the node and its jobs as a whole. */
export const GENERAL_PAGES: readonly PageCase[] = [
  {
    name: 'overview',
    look: async ({ tab, node, jobs }) => {
      await tab.visit('overview')
      await tab.called('GET /config', 'GET /overview', 'GET /jobs/overview')
      const [overview, list] = [await node.json('overview'), await node.json('jobs/overview')]
      await tab.shows(`Total Task Slots${overview['slots-total']}`, `Task Managers${overview.taskmanagers}`)
      await tab.shows(`Finished${overview['jobs-finished']}`, `Canceled${overview['jobs-cancelled']}`, 'Failed1')
      await tab.shows(new RegExp(`Running Jobs\\s+${overview['jobs-running']}\\b`))
      const shown = await tab.rows(tab.page.locator('flink-job-list').last())
      const ended = list.jobs.filter(({ state }: { state: string }) => state !== 'RUNNING')
      assert.equal(ended.length, 3)
      const expected = ended.map(({ name, duration, tasks, state, ...job }: JobJson) => {
        const times = [timeText(job['start-time']), durationText(duration), timeText(job['end-time'])]
        const { total, ...states } = tasks
        return [name, ...times, countsText([total, ...Object.values(states)]), state].join()
      })
      const rows = shown.map((cells) => [...withCounts(cells.slice(0, -1)), cells.at(-1)].join())
      assert.deepEqual(rows.toSorted(), expected.toSorted())
      assert.equal(list.jobs.find(({ jid }: JobJson) => jid === jobs.running).state, 'RUNNING')
    },
  },
  plainPage('running jobs', () => ({
    route: 'job/running',
    calls: ['/jobs/overview'],
    texts: ['Running Jobs', /endless\s.*RUNNING/s],
  })),
  {
    name: 'an ended job among the running ones',
    look: async ({ tab, jobs }) => {
      await tab.visit(`job/running/${jobs.finished}/overview`)
      await tab.page.waitForURL(`**/#/job/completed/${jobs.finished}/**`)
      await tab.shows('FINISHED')
    },
  },
  plainPage('completed jobs', () => ({
    route: 'job/completed',
    calls: ['/jobs/overview'],
    texts: [/batch\s.*FINISHED/s, /failing\s.*FAILED/s, /endless\s.*CANCELED/s],
  })),
]

interface JobJson {
  readonly jid: string
  readonly name: string
  readonly state: string
  readonly duration: number
  readonly 'start-time': number
  readonly 'end-time': number
  readonly tasks: { readonly total: number } & Readonly<Record<string, number>>
}
