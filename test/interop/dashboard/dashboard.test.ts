import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { BrowserContext } from 'playwright-core'
import { FLINK_OPERATIONS } from '../../../src/rest/dialects/flink/operations.js'
import { PathTree } from '../../../src/rest/dialects/flink/path-tree.js'
import { temporaryFolder } from '../../support/served-node.js'
import { CHANGES } from './changes.js'
import { CHECKPOINT_PAGES } from './checkpoint-pages.js'
import { GENERAL_PAGES } from './general-pages.js'
import { endedJobPages, RUNNING_JOB_PAGES } from './job-pages.js'
import { JOB_MANAGER_PAGES, TASK_MANAGER_PAGES } from './manager-pages.js'
import { DashboardNode, type DashboardNodeOptions } from './node.js'
import type { PageCase, Visit } from './page-case.js'
import { SAMPLED_PAGES } from './sampled-pages.js'
import { DashboardTab, type PageAnswer } from './tab.js'
import { dashboardTools } from './tools.js'

/** Arguments of a browser that talks to nobody but the node. */
const BROWSER_ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const PAGES = [
  ...GENERAL_PAGES,
  ...RUNNING_JOB_PAGES,
  ...endedJobPages('finished'),
  ...TASK_MANAGER_PAGES,
  ...JOB_MANAGER_PAGES,
]
const MORE_PAGES = [
  ...endedJobPages('failed'),
  ...endedJobPages('canceled'),
  ...CHECKPOINT_PAGES,
  ...SAMPLED_PAGES,
  ...CHANGES,
]

const unbuilt = new PathTree<string>()
for (const { method, path, fidelity } of FLINK_OPERATIONS) if (fidelity === 'not yet') unbuilt.add(method, path, path)

/** Answers that are errors on purpose. */
function isMeant({ method, path, status }: PageAnswer): boolean {
  // Standard output of a node goes to no file.
  if (status === 404 && /^\/(?:jobmanager|taskmanagers\/\w+)\/stdout$/.test(path)) return true
  return status === 501 && unbuilt.find(method, path.replace(/\?.*/, '')) !== null
}

/** What a node and a browser are started with. */
interface Setting extends Pick<DashboardNodeOptions, 'line' | 'credentials'> {
  readonly pages: readonly PageCase[]
}

/** Starts a node with jobs and a browser, and visits pages; then whatever else is to be done there. */
async function visitPages(
  test: TestContext,
  { line, credentials, pages }: Setting,
  more: (visit: Visit, browser: BrowserContext) => Promise<void> = async () => {},
): Promise<void> {
  const tools = dashboardTools(line)
  if ('reason' in tools) return test.skip(`no browser tests: ${tools.reason}`)
  const folder = temporaryFolder(test)
  const node = await DashboardNode.start(test, folder, { dashboard: tools.folder, line, credentials })
  const { chromium } = await import('playwright-core')
  const browser = await chromium.launchPersistentContext(join(folder, 'browser'), {
    executablePath: tools.browser,
    args: BROWSER_ARGUMENTS,
    viewport: { width: 1600, height: 1000 },
    timezoneId: 'UTC',
    ...(credentials === undefined ? {} : { httpCredentials: credentials }),
  })
  try {
    const jobs = await node.jobs()
    const [manager] = (await node.json('taskmanagers')).taskmanagers
    const tab = new DashboardTab(browser.pages()[0] ?? (await browser.newPage()), node.base, isMeant)
    const visit: Visit = { tab, node, jobs, managerId: manager.id }
    for (const { name, look, hasForeignText } of pages)
      await test.test(name, async () => {
        try {
          await look(visit)
        } finally {
          assert.deepEqual(await tab.faults(hasForeignText), [])
        }
      })
    await more(visit, browser)
  } finally {
    // Before the folder goes.
    await browser.close()
    await node.served.kill()
  }
}

test("Flink's dashboard", (test) =>
  visitPages(test, { line: '2.1', pages: [...PAGES, ...MORE_PAGES] }, ({ node, jobs }, browser) =>
    test.test('the dashboard below /flink of the other ports', async () => {
      const base = `http://127.0.0.1:${node.served.port}/flink`
      const page = await browser.newPage()
      const below = new DashboardTab(page, `${base}/`, isMeant)
      // Without the slash at its end it is sent to where its own addresses are right.
      await page.goto(`${base}#/job/completed/${jobs.finished}/overview`)
      await below.called('GET /config', `GET /jobs/${jobs.finished}`)
      await below.shows('batch', 'FINISHED')
      assert.deepEqual(await below.faults(), [])
      await page.close()
    }),
  ))

test("Flink's dashboard of the line 1.20, with a password", (test) =>
  visitPages(test, { line: '1.20', credentials: { username: 'reader', password: 'a password' }, pages: PAGES }))
