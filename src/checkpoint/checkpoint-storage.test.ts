import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { loadNodeConfig } from '../config/node-config.js'
import { checkpointStorage } from './checkpoint-storage.js'
import { testRecord } from './testing.js'

/** The settings of a `seatunnel.yaml` whose `checkpoint.storage` is this. */
function settings(type: string, config: Readonly<Record<string, string>>) {
  const lines = Object.entries(config).map(([key, value]) => `          ${key}: "${value}"`)
  const head = [
    'seatunnel:',
    '  engine:',
    '    checkpoint:',
    '      storage:',
    `        type: ${type}`,
    '        max-retained: 3',
  ]
  const text = [...head, ...(lines.length === 0 ? [] : ['        plugin-config:', ...lines])].join('\n')
  return loadNodeConfig({ seatunnel: { file: 'seatunnel.yaml', text } }).engine
}

describe('the storage of checkpoints', () => {
  const LOCAL: readonly (readonly [title: string, type: string, config: (folder: string) => Record<string, string>])[] =
    [
      ['localfile', 'localfile', (namespace) => ({ namespace })],
      [
        'the packaged settings',
        'hdfs',
        (namespace) => ({ namespace, 'storage.type': 'hdfs', 'fs.defaultFS': 'file:///tmp/' }),
      ],
      ['hdfs without a type of its own', 'hdfs', (namespace) => ({ namespace })],
      ['a namespace as a URL', 'localfile', (namespace) => ({ namespace: `file://${namespace}` })],
      ['a type in capitals', 'hdfs', (namespace) => ({ namespace, 'storage.type': 'LOCAL' })],
    ]
  for (const [title, type, config] of LOCAL) {
    it(`is the local disk with ${title}`, async (test) => {
      const folder = mkdtempSync(join(tmpdir(), 'millrace-storage-'))
      test.after(() => rmSync(folder, { recursive: true, force: true }))
      const store = await checkpointStorage(settings(type, config(join(folder, 'a', 'b'))))
      assert.deepEqual(readdirSync(folder), [], 'nothing is made before it is needed')
      await store.save(testRecord(1))
      assert.equal((await store.latest(testRecord(1).jobId))?.record.checkpointId, 1)
      assert.deepEqual(readdirSync(join(folder, 'a', 'b')), [testRecord(1).jobId])
    })
  }

  it('may be a bucket', async () => {
    const s3 = { 'storage.type': 's3', 's3.bucket': 's3a://states', 'fs.s3a.endpoint': 'http://127.0.0.1:1' }
    const keys = { 'fs.s3a.access.key': 'a', 'fs.s3a.secret.key': 'b' }
    await checkpointStorage(settings('hdfs', { ...s3, ...keys }))
    await checkpointStorage(
      settings('hdfs', {
        ...s3,
        'fs.s3a.aws.credentials.provider': 'org.apache.hadoop.fs.s3a.AnonymousAWSCredentialsProvider',
      }),
    )
  })

  const S3 = {
    'storage.type': 's3',
    's3.bucket': 'b',
    'fs.s3a.endpoint': 'h',
    'fs.s3a.access.key': 'a',
    'fs.s3a.secret.key': 's',
  }
  const REFUSED: readonly (readonly [code: string, path: string, config: Record<string, string>])[] = [
    ['UNIMPLEMENTED', 'fs.defaultFS', { 'storage.type': 'hdfs', 'fs.defaultFS': 'hdfs://name:9000' }],
    ['UNIMPLEMENTED', 'storage.type', { 'storage.type': 'oss', 'oss.bucket': 'b' }],
    ['UNIMPLEMENTED', 'storage.type', { 'storage.type': 'cos' }],
    ['OPTION_INVALID', 'namespace', { namespace: 'relative/path' }],
    ['OPTION_REQUIRED', 's3.bucket', { ...S3, 's3.bucket': '' }],
    ['OPTION_INVALID', 's3.bucket', { ...S3, 's3.bucket': 'a/b' }],
    ['OPTION_REQUIRED', 'fs.s3a.endpoint', { 'storage.type': 's3', 's3.bucket': 'b' }],
    ['OPTION_INVALID', 'fs.s3a.endpoint', { ...S3, 'fs.s3a.endpoint': 'http://user:word@host' }],
    ['OPTION_REQUIRED', 'fs.s3a.access.key', { ...S3, 'fs.s3a.access.key': '' }],
    ['OPTION_REQUIRED', 'fs.s3a.secret.key', { ...S3, 'fs.s3a.secret.key': '' }],
  ]
  for (const [code, key, config] of REFUSED) {
    it(`answers ${code} for ${key} in ${JSON.stringify(config)}`, async () => {
      await assert.rejects(
        checkpointStorage(settings('hdfs', config)),
        (error: { code: string; message: string; details: { path: string } }) => {
          assert.deepEqual([error.code, error.details.path.endsWith(`plugin-config.${key}`)], [code, true])
          assert.ok(!error.message.includes('word'), 'no secret is shown')
          return true
        },
      )
    })
  }
})
