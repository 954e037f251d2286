import { ENDLESS } from './node.js'
import type { PageCase, Visit } from './page-case.js'

/** Submits a job for a change and goes to its page. */
async function pageOfNewJob({ tab, node }: Visit): Promise<string> {
  const jobId = await node.submit(ENDLESS)
  await node.becomes(jobId, 'RUNNING')
  await tab.visit(`job/running/${jobId}/overview`)
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
]
