import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { blockPlace } from '../../files/fault.js'
import { testContext, validOptions } from '../../files/testing.js'
import { optionSpec } from '../../spi/option.js'
import { SINK_SPEC } from './spec.js'
import { settingsOf } from './store.js'

const KEYS = {
  'fs.s3a.aws.credentials.provider': 'org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider',
  access_key: 'AK',
  secret_key: 'canary',
}

function settings(options: object, environment: Record<string, string> = {}) {
  const context = testContext({
    kind: 'sink',
    options: { path: '/out', bucket: 's3a://orders', 'fs.s3a.endpoint': 's3.amazonaws.com', ...KEYS, ...options },
  })
  const values = validOptions(optionSpec({ options: SINK_SPEC.options }), context)
  return { ...settingsOf(values as never, blockPlace(context.block), context, environment), warnings: context.warnings }
}

describe('the settings of a bucket', () => {
  const cases: readonly [title: string, options: object, expected: object][] = [
    [
      'are those of Amazon by default',
      {},
      { endpoint: 'https://s3.amazonaws.com', region: 'us-east-1', isPathStyle: false },
    ],
    ['have the region of the endpoint', { 'fs.s3a.endpoint': 's3.eu-west-1.amazonaws.com' }, { region: 'eu-west-1' }],
    ['have the region of China', { 'fs.s3a.endpoint': 's3.cn-north-1.amazonaws.com.cn' }, { region: 'cn-north-1' }],
    ['use paths for an address', { 'fs.s3a.endpoint': 'http://127.0.0.1:9000' }, { isPathStyle: true }],
    ['use paths for a name without points', { 'fs.s3a.endpoint': 'http://minio:9000' }, { isPathStyle: true }],
    ['use paths for a bucket with points', { bucket: 's3n://a.b' }, { bucket: 'a.b', isPathStyle: true }],
    [
      'follow the properties',
      {
        hadoop_s3_properties: {
          'fs.s3a.path.style.access': true,
          'fs.s3a.endpoint.region': 'r1',
          'fs.s3a.connection.ssl.enabled': false,
        },
      },
      { endpoint: 'http://s3.amazonaws.com', region: 'r1', isPathStyle: true },
    ],
    [
      'may have no signature',
      { 'fs.s3a.aws.credentials.provider': 'AnonymousAWSCredentialsProvider' },
      { credentials: null },
    ],
  ]
  for (const [title, options, expected] of cases) {
    it(title, () => {
      const found = settings(options)
      assert.deepEqual(Object.fromEntries(Object.keys(expected).map((key) => [key, found[key as never]])), expected)
    })
  }

  it('warns of properties without effect', () => {
    const { warnings } = settings({ hadoop_s3_properties: { 'fs.s3a.threads.max': 5 } })
    assert.deepEqual(
      warnings.map((warning) => warning.message),
      ["property 'fs.s3a.threads.max' has no effect"],
    )
  })

  const refused: readonly [title: string, options: object, expected: RegExp][] = [
    ['a bucket with a folder', { bucket: 's3a://orders/in' }, /'s3a:\/\/orders\/in' is not a bucket/],
    ['an endpoint with a path', { 'fs.s3a.endpoint': 'http://h/canary' }, /not the address of a service/],
    ['an endpoint with a password', { 'fs.s3a.endpoint': 'http://u:canary@h' }, /not the address of a service/],
    ['an unknown provider', { 'fs.s3a.aws.credentials.provider': 'com.example.Own' }, /'Own' is not known/],
    ['a missing key', { secret_key: '' }, /'secret_key'/],
    [
      'a missing token',
      { 'fs.s3a.aws.credentials.provider': 'TemporaryAWSCredentialsProvider' },
      /'fs.s3a.session.token'/,
    ],
  ]
  for (const [title, options, expected] of refused) {
    it(`refuses ${title}, and shows no secret`, () => {
      assert.throws(
        () => settings(options),
        (thrown: Error) => expected.test(thrown.message) && !thrown.message.includes('canary'),
      )
    })
  }

  it('takes the keys of the node only where the node allows it', () => {
    const provider = { 'fs.s3a.aws.credentials.provider': 'com.amazonaws.auth.InstanceProfileCredentialsProvider' }
    const keys = { AWS_ACCESS_KEY_ID: 'AKNODE', AWS_SECRET_ACCESS_KEY: 'canary', AWS_SESSION_TOKEN: 'token' }
    assert.throws(() => settings(provider, keys), {
      code: 'OPTION_INVALID',
      message: "jobs must not use the node's own keys",
    })
    assert.throws(() => settings(provider, { MILLRACE_S3_CREDENTIALS: 'environment' }), { message: /no keys/ })
    assert.deepEqual(settings(provider, { ...keys, MILLRACE_S3_CREDENTIALS: 'environment' }).credentials, {
      accessKeyId: 'AKNODE',
      secretAccessKey: 'canary',
      sessionToken: 'token',
    })
  })
})
