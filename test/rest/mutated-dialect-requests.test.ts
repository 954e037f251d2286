import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { seededRandom } from '../../src/checkpoint/testing.js'
import { parseJobFile } from '../../src/config/job-document.js'
import { loadNodeConfig } from '../../src/config/node-config.js'
import type { JobSubmission } from '../../src/node/api.js'
import { nodeDialects } from '../../src/rest/open-rest.js'
import { PROFILE_NAMES } from '../../src/rest/profile.js'
import { FakeNode, fakeLogs, fakeServices, jobView } from './fake-node.js'
import { asking } from './seatunnel-client.js'

const SEED = 20_261_127
const REQUESTS = 1500

const OPEN = `hazelcast:
  network:
    rest-api:
      enabled: true
      endpoint-groups:
        DATA:
          enabled: true
        CLUSTER_WRITE:
          enabled: true
`
const FLINK = 'seatunnel: {}\nmillrace:\n  flink:\n    enabled: true\n'
const JOB = '{"env":{"job.mode":"BATCH"},"source":[{"plugin_name":"FakeSource"}],"sink":[{"plugin_name":"Console"}]}'
const BODIES = [
  JOB,
  `[${JOB},{"params":{"jobId":"5"}}]`,
  '{"jobId":733584788375666689,"isStopWithSavePoint":true}',
  '[{"jobId":7},{"jobId":"x"},3]',
  '{"a":1,"b":null,"c":[1,{"d":2}]}',
  'seatunnel&&org.a&WARN',
  'env { job.mode = BATCH }',
  '{"logger":"x","level":"INFO"}',
  '',
  'null',
] as const
const QUERIES = [
  'jobId=5',
  'jobName=a%20b',
  'isStartWithSavePoint=true',
  'format=hocon',
  'page=1&rows=2',
  'tail=5',
  'limit=1',
  'team=x',
]
const SPECIAL = [
  '/',
  '//',
  '..',
  '%',
  '%00',
  '%2f',
  '%252f',
  '%ff',
  '?',
  '&',
  '=',
  '+',
  '__proto__',
  'constructor',
  '{"__proto__":{"x":1}}',
  '"',
  '\\',
  '\u0000',
  '\ud800',
  '<script>',
  '9'.repeat(50),
  '-',
  '1e999',
  '['.repeat(300),
  '{"a":'.repeat(300),
  ',',
  'é',
  '0x10',
  'NaN',
  ';',
  '\r\n',
] as const
const METHODS = ['GET', 'POST', 'PUT', 'HEAD', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'get', ''] as const

/** A node that reads what is submitted, as the real one does first. */
class ReadingNode extends FakeNode {
  override async submit(submission: JobSubmission) {
    const { text, format } = submission
    parseJobFile({ text, file: 'body', syntax: format, variables: null, environment: new Map() })
    return super.submit(submission)
  }
}

function mutated(text: string, random: () => number): string {
  if (random() < 0.4) return text
  let result = text
  for (let change = 0; change <= random() * 3; change += 1) {
    const at = Math.floor(random() * (result.length + 1))
    const special = SPECIAL[Math.floor(random() * SPECIAL.length)] ?? ''
    const kind = Math.floor(random() * 3)
    if (kind === 0) result = result.slice(0, at) + special + result.slice(at)
    if (kind === 1) result = result.slice(0, at) + result.slice(at + Math.floor(random() * 6))
    if (kind === 2) result = result.slice(0, at)
  }
  return result
}

for (const profile of PROFILE_NAMES) {
  describe(`the dialects of ${profile} and requests that are almost right`, () => {
    const config = loadNodeConfig({
      seatunnel: { file: 'seatunnel.yaml', text: FLINK },
      hazelcast: { file: 'hazelcast.yaml', text: OPEN },
    })
    const dialects = nodeDialects({ config, profile, version: '0', now: () => 0 })
    for (const [api, dialect] of Object.entries(dialects)) {
      assert.ok(dialect !== null)
      it(`of ${api} are all answered in its words (seed ${SEED})`, async () => {
        const random = seededRandom(SEED)
        const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
        const node = new ReadingNode()
        node.views.push(jobView(), jobView({ jobId: '5', status: 'FINISHED' }))
        const ask = asking(dialect, fakeServices(node, { logs: fakeLogs({ 'job-5.log': 'line\n' }) }))
        // A wait is one on purpose, and a stream of events has no end.
        const routes = dialect.routes.filter(({ id }) => id !== 'waitForJob' && id !== 'events')
        for (let count = 0; count < REQUESTS; count += 1) {
          const route = pick(routes)
          const path = mutated(
            route.pattern.replaceAll(/\{\w+\}/g, () =>
              pick(['5', 'job-5.log', 'x', '00000000000000000000000000000005', '0']),
            ),
            random,
          )
          const query = random() < 0.5 ? '' : `?${mutated(pick(QUERIES), random)}`
          const method = random() < 0.8 ? pick(route.methods) : pick(METHODS)
          const body = mutated(pick(BODIES), random)
          const target = `${path.replaceAll('?', '')}${query}`
          if (/\/wait$|\/events$|follow/.test(path)) continue
          const answer = await ask(method, target, random() < 0.9 ? body : undefined)
          const what = `${method} ${JSON.stringify(target)} ${JSON.stringify(body.slice(0, 200))}`
          assert.ok(answer.isClosed || (answer.status >= 200 && answer.status < 600), what)
          if (answer.type?.startsWith('application/json') === true && answer.body !== '') JSON.parse(answer.body)
          assert.equal(({} as Record<string, unknown>).x, undefined, what)
        }
      })
    }
  })
}
