import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { loadNodeConfig } from '../../src/config/node-config.js'
import type { JobSubmission, NodeIdentity } from '../../src/node/api.js'
import type { MillraceNode } from '../../src/node/node-service.js'
import { type NodeOptions, openNode } from '../../src/node/open-node.js'
import { testService } from '../jobs/harness.js'

/** Facts of a node that no test looks at. */
export const IDENTITY: NodeIdentity = {
  version: '0.0.0',
  commit: '0000000',
  clusterName: 'seatunnel',
  host: '127.0.0.1',
  port: 0,
  httpPort: null,
  uuid: '00000000-0000-4000-8000-000000000000',
  startedAtMs: 0,
}

/** A node with the plug-ins of tests; it is closed at the test's end. `yaml` stands below `seatunnel.engine`. */
export async function testNode(
  test: TestContext,
  yaml = '',
  options: Partial<NodeOptions> = {},
): Promise<MillraceNode> {
  const text = `seatunnel:\n  engine:\n${yaml.replace(/^(?=.)/gm, '    ')}`
  const config = loadNodeConfig(yaml === '' ? {} : { seatunnel: { file: 'seatunnel.yaml', text } })
  const node = await openNode({ config, jobs: testService(), identity: IDENTITY, dataFolder: null, ...options })
  // The timers of a node do not keep its process; in a test nothing else may.
  const keepAlive = setInterval(() => undefined, DEADLINE_MS)
  test.after(() => {
    clearInterval(keepAlive)
    return node.close()
  })
  return node
}

/** A submission as it comes over REST. */
export function submission(text: string, more: Partial<JobSubmission> = {}): JobSubmission {
  return { text, format: 'hocon', fileName: null, isStartWithSavepoint: false, origin: 'rest', user: null, ...more }
}

/** A job that ends by itself. */
export function shortJob(env = '', rows = 5): string {
  return `
env { job.name = short, ${env} }
source { FakeSource { row.num = ${rows}, schema { fields { id = bigint, name = string } }, plugin_output = fake } }
sink { Assert { rules { row_rules = [{ rule_type = MIN_ROW, rule_value = 0 }] } } }`
}

/** A job that runs until its probe is released or it is stopped. */
export function heldJob(probe: string, env = '', point = 'prepare'): string {
  return `
env { job.name = held, ${env} }
source { FakeSource { row.num = 5, schema { fields { id = bigint } } } }
sink { Probe { name = ${probe}, hold_at = ${point} } }`
}

const DEADLINE_MS = 30_000

/** Waits for something that comes by itself. */
export async function until(condition: () => boolean): Promise<void> {
  for (const end = performance.now() + DEADLINE_MS; !condition(); await setImmediate()) {
    assert.ok(performance.now() < end, 'waited for too long')
  }
}
