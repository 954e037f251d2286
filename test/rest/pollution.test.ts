import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseJobFile } from '../../src/config/job-document.js'
import { parseYaml } from '../../src/config/yaml.js'
import type { JobSubmission } from '../../src/node/api.js'
import { FakeNode, fakeServices } from './fake-node.js'
import { v1, v2 } from './seatunnel-client.js'

const PLUGINS = '"source":[{"plugin_name":"FakeSource"}],"sink":[{"plugin_name":"Console"}]'

/** Members that change what every object has, where they are copied without care. */
const BODIES: readonly (readonly [path: string, body: string])[] = [
  ['/submit-job', `{"__proto__":{"polluted":1},"env":{"__proto__":{"polluted":1}},${PLUGINS}}`],
  ['/submit-job', `{"env":{"constructor":{"prototype":{"polluted":1}}},${PLUGINS}}`],
  ['/submit-job?__proto__[polluted]=1&constructor[prototype][polluted]=1', `{"env":{},${PLUGINS}}`],
  ['/submit-jobs', `[{"params":{"__proto__":{"polluted":1}},"env":{},${PLUGINS}}]`],
  ['/stop-job', '{"__proto__":{"polluted":1,"jobId":7},"jobId":7}'],
  ['/stop-jobs', '[{"__proto__":{"polluted":1},"jobId":7}]'],
  ['/update-tags', '{"__proto__":"polluted","constructor":"polluted","polluted":"1"}'],
  ['/encrypt-config', `{"env":{"shade.identifier":"base64","__proto__":{"polluted":1}},${PLUGINS}}`],
]

class ReadingNode extends FakeNode {
  override async submit(submission: JobSubmission) {
    const { text, format } = submission
    parseJobFile({ text, file: 'body', syntax: format, variables: null, environment: new Map() })
    return super.submit(submission)
  }
}

function assertClean(what: string): void {
  assert.equal(({} as Record<string, unknown>).polluted, undefined, what)
  assert.equal(([] as unknown as Record<string, unknown>).polluted, undefined, what)
}

describe('members that would change every object', () => {
  for (const [path, body] of BODIES) {
    it(`change none in ${path} with ${body.slice(0, 50)}`, async () => {
      const services = fakeServices(new ReadingNode())
      for (const [name, answer] of [
        ['v1', await v1(services)('POST', `/hazelcast/rest/maps${path}`, body)],
        ['v2', await v2(services)('POST', path, body)],
      ] as const) {
        assert.ok(answer.status >= 200 && answer.status < 600, `${name}: ${answer.status}`)
        assertClean(`${name} ${answer.body}`)
      }
    })
  }

  it('change none in job files and node files', () => {
    const texts = [
      'env { __proto__ { polluted = 1 } }\n__proto__ { polluted = 1 }',
      'env { constructor { prototype { polluted = 1 } } }',
      'env->__proto__->polluted = 1',
    ]
    for (const text of texts) {
      try {
        parseJobFile({ text, file: 'job.conf', variables: null, environment: new Map() })
      } catch {}
      assertClean(text)
    }
    const yaml =
      '__proto__: { polluted: 1 }\na: { __proto__: { polluted: 1 } }\nb: !!map { constructor: { prototype: { polluted: 1 } } }'
    try {
      parseYaml(yaml, 'seatunnel.yaml')
    } catch {}
    assertClean(yaml)
  })
})
