import type { DashboardNode, ShownJobs } from './node.js'
import type { DashboardTab } from './tab.js'

/** What the pages are about. */
export interface Visit {
  readonly tab: DashboardTab
  readonly node: DashboardNode
  readonly jobs: ShownJobs
  readonly managerId: string
}

/** One page of the dashboard. */
export interface PageCase {
  readonly name: string
  /** Whether it shows a text that somebody else wrote, which may have any words. */
  readonly hasForeignText?: boolean
  /** Goes there and compares what it shows with what the node says. */
  look(visit: Visit): Promise<void>
}

/** What a page with nothing to compare has. */
export interface PlainPage {
  readonly route: string
  /** Paths that the page asks for. */
  readonly calls: readonly string[]
  readonly texts: readonly (string | RegExp)[]
  /** Whether it has an editor, which must be there before the page is left: the dashboard does not look after it then. */
  readonly hasEditor?: true
}

/** A page without more to it: its calls are answered, and it shows some texts. */
export function plainPage(name: string, describe: (visit: Visit) => PlainPage): PageCase {
  return {
    name,
    // Standard output shows for a moment what its editor had before.
    hasForeignText: /: (?:log|a log file|standard output)$/.test(name),
    look: async (visit) => {
      const { route, calls, texts, hasEditor } = describe(visit)
      await visit.tab.visit(route)
      await visit.tab.called(...calls.map((path) => `GET ${path}`))
      await visit.tab.shows(...texts)
      if (hasEditor === true)
        await visit.tab.page.locator('.monaco-editor .view-lines').first().waitFor({ state: 'attached' })
    },
  }
}
