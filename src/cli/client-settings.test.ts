import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { withFolder } from '../../test/support/cli.js'
import { packageRoot } from '../native/load.js'
import { type ClientPlaces, clientSettings, memberAddress, progressIntervalMs } from './client-settings.js'

function places(variables: Readonly<Record<string, string>> = {}): ClientPlaces {
  return {
    variables: new Map(Object.entries(variables)),
    properties: new Map([['where', 'node-1']]),
    workingFolder: '/nowhere',
    installation: packageRoot(),
  }
}

describe('how a client finds its node', () => {
  it('is what the packaged file says', () => {
    assert.deepEqual(clientSettings(places()), {
      clusterName: 'seatunnel',
      addresses: ['http://localhost:5801'],
      connectTimeoutMs: 3000,
    })
  })

  const files: readonly (readonly [
    name: string,
    text: string,
    expected: Partial<ReturnType<typeof clientSettings>>,
  ])[] = [
    [
      'several members',
      'hazelcast-client: {network: {cluster-members: ["a:1", b]}}',
      { addresses: ['http://a:1', 'http://b:5801'] },
    ],
    [
      'a property',
      'hazelcast-client: {network: {cluster-members: ["${where}:1"]}}',
      { addresses: ['http://node-1:1'] },
    ],
    ['no members', 'hazelcast-client: {network: {cluster-members: []}}', { addresses: ['http://localhost:5801'] }],
    ['a document without its top', 'cluster-name: other', { clusterName: 'other' }],
    ['an empty file', '', { clusterName: 'seatunnel', connectTimeoutMs: 3000 }],
    [
      'a wait without end',
      'hazelcast-client: {connection-strategy: {connection-retry: {cluster-connect-timeout-millis: -1}}}',
      { connectTimeoutMs: null },
    ],
    ['what belongs to others', 'hazelcast-client: {load-balancer: {type: random}, near-cache: {}}', {}],
  ]
  for (const [name, text, expected] of files) {
    it(`reads ${name}`, () =>
      withFolder(async (write) => {
        const settings = clientSettings(places({ HAZELCAST_CLIENT_CONFIG: write('hazelcast-client.yaml', text) }))
        assert.deepEqual({ ...settings, ...expected }, settings)
      }))
  }

  it('is replaced by the list of containers', () => {
    const { addresses } = clientSettings(places({ ST_DOCKER_MEMBER_LIST: 'a:1, b:2,' }))
    assert.deepEqual(addresses, ['http://a:1', 'http://b:2'])
  })

  it('is refused with its faults', () =>
    withFolder(async (write) => {
      const file = write('hazelcast-client.yaml', 'hazelcast-client: {network: {cluster-members: {a: 1}}}')
      assert.throws(() => clientSettings(places({ HAZELCAST_CLIENT_CONFIG: file })), { name: 'MillraceErrors' })
      const broken = write('broken.yaml', 'a: [')
      assert.throws(() => clientSettings(places({ HAZELCAST_CLIENT_CONFIG: broken })), { code: 'CONFIG_NODE_FILE' })
    }))

  const members: readonly (readonly [member: string, address: string])[] = [
    ['localhost', 'http://localhost:5801'],
    ['localhost:1', 'http://localhost:1'],
    [' a:1 ', 'http://a:1'],
    ['::1', 'http://[::1]:5801'],
    ['[::1]:1', 'http://[::1]:1'],
    ['http://a:1/', 'http://a:1'],
    ['https://a/base/', 'https://a/base'],
  ]
  for (const [member, address] of members) {
    it(`takes '${member}' for ${address}`, () => assert.equal(memberAddress(member), address))
  }
})

describe('how often progress is shown', () => {
  it('is what seatunnel.yaml says; a faulty one is no reason to stop', () =>
    withFolder(async (write) => {
      const interval = (text: string): number =>
        progressIntervalMs(places({ SEATUNNEL_CONFIG: write('seatunnel.yaml', text) }))
      assert.equal(progressIntervalMs(places()), 60_000)
      assert.equal(interval('seatunnel: {engine: {print-job-metrics-info-interval: 5}}'), 5000)
      assert.equal(interval('seatunnel: {engine: {print-job-metrics-info-interval: x}}'), 60_000)
      assert.equal(interval('a: ['), 60_000)
    }))
})
