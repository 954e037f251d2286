import assert from 'node:assert/strict'
import { it } from 'node:test'
import { FakeNode, jobView } from '../../../../test/rest/fake-node.js'
import { flinkRouter } from '../../../../test/rest/flink-router.js'
import { flinkJobId } from './ids.js'

const CANARY = 'canary-7Q'
/** Words by which keys are secret, in the spellings of Flink, SeaTunnel and connectors. */
const WORDS = [
  'password',
  'passwd',
  'secret',
  'token',
  'apikey',
  'api-key',
  'auth-params',
  'service-key',
  'basic-auth',
  'sasl.jaas.config',
  'account.key',
  'access_key',
  'private-key',
  'passphrase',
] as const
const SPELLINGS = [
  (word: string) => word,
  (word: string) => `fs.azure.${word}`,
  (word: string) => word.toUpperCase(),
  (word: string) => `my.${word.replaceAll(/[.-]/g, '_')}`,
] as const
const SHOWN = ['config', 'jobmanager/config', 'plan', 'exceptions', ''] as const

it('values of keys that look secret are in no answer about a job, also within maps and addresses', async () => {
  const keys = WORDS.flatMap((word) => SPELLINGS.map((spelled) => spelled(word)))
  const options: readonly (readonly [string, string])[] = [
    ...keys.map((key): [string, string] => [key, CANARY]),
    ['custom_parameters', `{"password":"${CANARY}","nested":{"token":"${CANARY}"},"shown":"plain"}`],
    ['url', `jdbc:mysql://root:${CANARY}@db/x?password=${CANARY}&a=1`],
    ['parallelism', '2'],
  ]
  for (const place of ['envOptions', 'clientSettings'] as const) {
    const node = new FakeNode()
    const view = jobView({ jobId: '17', [place]: new Map(options) })
    node.views.push(view)
    const ask = flinkRouter(node)
    for (const path of SHOWN) {
      const { body, status } = await ask('GET', `/jobs/${flinkJobId(view)}/${path}`)
      assert.equal(status, 200, path)
      assert.ok(!String(body).includes(CANARY), `${place} in ${path}: ${String(body).slice(0, 2000)}`)
    }
    const shown = String((await ask('GET', `/jobs/${flinkJobId(view)}/jobmanager/config`)).body)
    for (const key of ['parallelism', 'custom_parameters', 'plain']) assert.ok(shown.includes(key), key)
  }
})
