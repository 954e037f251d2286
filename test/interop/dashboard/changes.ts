import assert from 'node:assert/strict'
import { zip } from '../../../src/node/packages/testing.js'
import { eventually } from '../../support/served-node.js'
import type { VertexJson } from './job-json.js'
import { ENDLESS } from './node.js'
import type { PageCase, Visit } from './page-case.js'

/** A job whose number of rows is an argument of its program. */
const COUNTING = `env { job.name = counting, parallelism = 2 }
source { FakeSource { row.num = "\${rows:7}", schema { fields { id = bigint } } } }
sink { Console { log.print.data = false } }`

/** Submits a job for a change and goes to its page. */
async function pageOfNewJob({ tab, node }: Visit): Promise<string> {
  const jobId = await node.submit(ENDLESS)
  await node.becomes(jobId, 'RUNNING')
  await tab.open(`job/running/${jobId}/overview`)
  await tab.called(`GET /jobs/${jobId}`)
  return jobId
}

/** What the buttons of the dashboard change. */
export const CHANGES: readonly PageCase[] = [
  {
    name: 'the button that cancels a job',
    look: async (visit) => {
      const { tab, node } = visit
      const jobId = await pageOfNewJob(visit)
      await tab.page.getByText('Cancel Job', { exact: true }).click()
      await tab.page.getByRole('button', { name: 'Yes' }).click()
      await tab.called(`GET /jobs/${jobId}/yarn-cancel`)
      await node.becomes(jobId, 'CANCELED')
      await tab.shows('CANCELED')
    },
  },
  {
    name: 'the buttons that change the parallelism',
    look: async (visit) => {
      const { tab, node } = visit
      const jobId = await pageOfNewJob(visit)
      const buttons = tab.page.locator('flink-job-overview-list tr.ant-table-row').nth(1).locator('button')
      for (const [place, parallelism] of [3, 2].entries()) {
        await buttons.nth(place).click()
        await eventually(`parallelism ${parallelism}`, async () => {
          const { vertices } = await node.json(`jobs/${jobId}`)
          return vertices.every((vertex: VertexJson) => vertex.parallelism === parallelism) ? true : null
        })
        await tab.called(`GET /jobs/${jobId}/resource-requirements`, `PUT /jobs/${jobId}/resource-requirements`)
        await node.becomes(jobId, 'RUNNING')
        await tab.shows(`Parallelism: ${parallelism}`)
      }
    },
  },
  {
    name: 'the page of packages: uploads, shows the plan of, runs and deletes one',
    look: async (visit) => {
      const { tab, node } = visit
      const { page } = tab
      await tab.visit('submit')
      await tab.called('GET /jars')
      const content = zip([{ name: 'count.conf', content: COUNTING }])
      await page
        .locator('#upload-file')
        .setInputFiles({ name: 'count.jar', mimeType: 'application/java-archive', buffer: content })
      await tab.called('POST /jars/upload')
      const table = page.locator('flink-submit nz-table')
      await table.getByText('count.jar').click()
      const [{ id }] = (await node.json('jars')).files
      assert.equal(await page.getByPlaceholder('Entry Class').inputValue(), 'count.conf')
      await page.getByPlaceholder('Program Arguments').fill('--rows 30')
      await page.getByPlaceholder('Parallelism').fill('2')
      await page.getByText('Show Plan').click()
      const query = 'entry-class=count.conf&parallelism=2&program-args=--rows%2030'
      await tab.called(`GET /jars/${id}/plan?${query}`)
      // Whether it shows names depends on which graph the dashboard drew before.
      await tab.shows('Plan Visualization', /FORWARD.*Parallelism: 2.*Parallelism: 2/s)
      await page.locator('.ant-drawer-close').click()
      await page.getByRole('button', { name: 'Submit', exact: true }).click()
      await page.waitForURL('**/#/job/**')
      await tab.shows('counting')
      const jobId = /\/job\/\w+\/([0-9a-f]{32})/.exec(page.url())?.[1] ?? ''
      await node.becomes(jobId, 'FINISHED')
      const [source] = (await node.json(`jobs/${jobId}`)).vertices
      // Each of the subtasks has as many.
      assert.deepEqual([source.parallelism, source.metrics['write-records']], [2, 60])
      await tab.visit('submit')
      await table.getByText('Delete').click()
      await page.getByRole('button', { name: 'OK' }).click()
      await tab.called(`DELETE /jars/${id}`)
      await tab.shows('No Data')
      assert.deepEqual((await node.json('jars')).files, [])
    },
  },
]
