import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ROOT } from '../../conventions/layers.js'
import { debianProgram } from '../../support/debian.js'

/** What the tests of the dashboard need beside a node, or why it is not here. */
export type DashboardTools = { readonly folder: string; readonly browser: string } | { readonly reason: string }

/** Lines of Flink whose dashboard is visited, as a node names them. */
export type DashboardLine = '2.1' | '1.20'

/** The files of Flink's dashboard and a browser; both are fetched when they are not there yet. */
export function dashboardTools(line: DashboardLine): DashboardTools {
  const script = spawnSync(
    process.execPath,
    [join(ROOT, 'scripts', 'flink-tools.mjs'), line === '2.1' ? 'dashboard' : 'dashboard-1.20'],
    {
      encoding: 'utf8',
    },
  )
  if (script.status !== 0) return { reason: `no files of Flink's dashboard: ${script.stderr.trim().split('\n')[0]}` }
  const browser = debianProgram('/usr/bin/chromium', 'chromium')
  return typeof browser === 'string' ? { folder: script.stdout.trim(), browser } : browser
}
