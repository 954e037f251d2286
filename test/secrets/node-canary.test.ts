import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { toJsonText } from '../../src/config/document.js'
import { parseHocon } from '../../src/config/hocon/hocon.js'
import { encryptDocument, ShadeRegistry } from '../../src/config/shade.js'
import { KEY_VARIABLE, systemShadeAccess } from '../../src/config/shade-key.js'
import { asMillraceErrors } from '../../src/core/error.js'
import { JobService } from '../../src/engine/job-service.js'
import { kernelBackend } from '../../src/native/load.js'
import type { MillraceNode } from '../../src/node/node-service.js'
import type { JobLog } from '../../src/node/report/job-journal.js'
import { PLUGINS } from '../../src/plugins.generated.js'
import { PluginRegistry } from '../../src/spi/registry.js'
import { submission, testNode } from '../node/harness.js'
import { fakeServices } from '../rest/fake-node.js'
import { v1, v2 } from '../rest/seatunnel-client.js'

const SECRET = 'canary-0815-s3cr3t'
const KEY = 'ab'.repeat(32)
const MAPS = '/hazelcast/rest/maps'

function shades(): ShadeRegistry {
  return new ShadeRegistry(systemShadeAccess({ variables: new Map([[KEY_VARIABLE, KEY]]) }))
}

function service(): JobService {
  const workerEntry = new URL('../../src/worker.js', import.meta.url)
  const registry = new PluginRegistry(PLUGINS)
  return new JobService({
    registry,
    backend: kernelBackend,
    workerEntry,
    now: Date.now,
    zone: 'UTC',
    workers: 1,
    shades: shades(),
  })
}

/** A job that ends, or fails at its first row, with secrets wherever there is room for one. */
function jobText(more: string, isFailing: boolean): string {
  const rows = isFailing ? 1000 : 0
  return `
env { job.name = canary, job.retry.times = 0, custom_parameters { password = "${SECRET}" }, token = "${SECRET}", ${more}
  error_handler { mode = LOG, sink { plugin_name = Console, secret_key = "${SECRET}" } } }
source { FakeSource { row.num = 5, schema { fields { id = bigint } }, url = "ftp://me:${SECRET}@h", password = "${SECRET}" } }
sink { Assert { password = "${SECRET}", rules { row_rules = [{ rule_type = MIN_ROW, rule_value = ${rows} }] } } }`
}

/** Everything that REST and the node itself say of a node's jobs. */
async function said(node: MillraceNode, lines: readonly string[], jobId: string): Promise<string> {
  const services = fakeServices(node)
  const [first, second] = [v1(services), v2(services)]
  const answers = [
    await first('GET', `${MAPS}/job-info/${jobId}`),
    await first('GET', `${MAPS}/finished-jobs`),
    await first('GET', `${MAPS}/running-jobs`),
    await second('GET', `/job-info/${jobId}`),
    await second('GET', '/finished-jobs'),
  ]
  const view = JSON.stringify(node.job(jobId), (_, value: unknown) =>
    value instanceof Map ? [...value] : typeof value === 'bigint' ? String(value) : value,
  )
  return [...answers.map(({ body }) => body), view, ...lines].join('\n')
}

/** A logger that keeps what is written. */
function recordingLog(lines: string[]): JobLog {
  const write = (message: string, cause?: unknown): void => void lines.push(`${message} ${inspect(cause)}`)
  return () => ({ trace: write, debug: write, info: write, warn: write, error: write, isDebugEnabled: true })
}

describe('canaries in jobs of a node', () => {
  for (const isFailing of [false, true]) {
    for (const shade of [null, 'base64', 'aes-256-gcm'] as const) {
      const name = `${isFailing ? 'fails' : 'finishes'}, ${shade === null ? 'not encrypted' : shade}`
      it(`are in no answer and no log line of one that ${name}`, async (test) => {
        const lines: string[] = []
        const node = await testNode(test, '', { jobs: service(), log: recordingLog(lines) })
        const plain = parseHocon(jobText(shade === null ? '' : `shade.identifier = ${shade}`, isFailing), 'job.conf')
        const text = toJsonText(shade === null ? plain : encryptDocument(plain, shades()).root)
        const { jobId, warnings } = await node.submit(submission(text, { format: 'json' }))
        const view = await node.waitForEnd(jobId)
        assert.equal(view?.status, isFailing ? 'FAILED' : 'FINISHED')
        const all = `${await said(node, lines, jobId)}\n${inspect(warnings, { depth: 10 })}`
        assert.ok(all.includes(jobId) && all.includes('canary') && all.includes('******'), all)
        for (const form of [SECRET, 's3cr3t', Buffer.from(SECRET).toString('base64').replace(/=+$/, '')]) {
          assert.ok(!all.includes(form), all)
        }
      })
    }
  }

  it('are in no fault of one that is refused', async (test) => {
    const node = await testNode(test, '', { jobs: service() })
    for (const [text, format] of [
      [`sink { Console { password = "${SECRET}" ] } }`, 'hocon'],
      [`{"sink":[{"password":"${SECRET}" "x":1}]}`, 'json'],
      [`CREATE TABLE t WITH ('connector' = 'Console', 'password' = '${SECRET}') x`, 'sql'],
      [jobText('shade.identifier = aes-256-gcm', false), 'hocon'],
      [jobText('shade.identifier = base64', false), 'hocon'],
      [jobText('', false).replace('row.num = 5', `row.num = "${SECRET}"`), 'hocon'],
      [jobText('', false).replace('FakeSource', 'NoSuch'), 'hocon'],
    ] as const) {
      await assert.rejects(node.submit(submission(text, { format })), (thrown) => {
        const all = asMillraceErrors(thrown).map((error) => `${inspect(error, { depth: 10 })} ${error.stack}`)
        assert.ok(!all.join().includes('s3cr3t'), all.join())
        return true
      })
    }
  })
})
