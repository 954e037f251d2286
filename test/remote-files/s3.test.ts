import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { checkpointStorage, savepointStorage } from '../../src/checkpoint/checkpoint-storage.js'
import { testRecord } from '../../src/checkpoint/testing.js'
import { S3FileSystem } from '../../src/files/s3-file-system.js'
import { S3Bucket } from '../../src/protocols/s3/bucket.js'
import { S3Client } from '../../src/protocols/s3/client.js'
import { describeFaults } from './fault-cases.js'
import { describeFileSystem, testBytes, writeFile } from './file-system-cases.js'
import { failJob } from './job.js'
import { describeJobs } from './job-cases.js'
import { BUCKET, missingS3, S3_KEYS, s3Block, s3Settings, startS3 } from './s3-server.js'
import type { TestServer } from './server.js'

describe('files of an S3 bucket', { skip: missingS3() }, () => {
  let server: TestServer
  before(async () => {
    server = await startS3()
  })
  after(() => server.stop())

  const open = (port = server.port): S3FileSystem => new S3FileSystem(s3Settings(port))
  describeFileSystem({ open: () => open(), root: () => '/files' })
  describeJobs({ name: 'S3File', options: () => s3Block(server.port), open: () => open(), root: () => '/jobs' })
  describeFaults({ serverPort: () => server.port, open, root: () => '/faults' })

  it('keeps checkpoints', async () => {
    const settings = new Map([
      ['namespace', '/states/of jobs'],
      ['storage.type', 's3'],
      ['s3.bucket', `s3a://${BUCKET}`],
      ['fs.s3a.endpoint', `http://127.0.0.1:${server.port}`],
      ['fs.s3a.access.key', S3_KEYS.accessKey],
      ['fs.s3a.secret.key', S3_KEYS.secretKey],
    ])
    const store = await checkpointStorage({
      checkpointStorageType: 'hdfs',
      checkpointMaxRetained: 2,
      checkpointPluginConfig: settings,
    })
    const { jobId } = testRecord(1)
    assert.equal(await store.latest(jobId), null)
    await store.claim(jobId, 1)
    for (const id of [1, 2, 3]) await store.save(testRecord(id))
    assert.deepEqual(
      (await store.list(jobId)).map(({ checkpointId }) => checkpointId),
      [2, 3],
    )
    assert.deepEqual((await store.latest(jobId))?.record, testRecord(3))
    await open().move(`/states/of jobs/${jobId}/${'2'.padStart(16, '0')}.checkpoint`, '/states/elsewhere')
    await store.claim(jobId, 2)
    await assert.rejects(store.save(testRecord(4)), { code: 'CHECKPOINT_FENCED' })
    await store.remove(jobId)
    assert.equal(await store.latest(jobId), null)
    const savepoints = await savepointStorage(
      { checkpointStorageType: 'hdfs', checkpointMaxRetained: 2, checkpointPluginConfig: settings },
      `s3a://${BUCKET}/kept`,
      null,
    )
    const address = await savepoints.write(null, testRecord(1), 1)
    assert.match(address, new RegExp(`^s3://${BUCKET}/kept/savepoint-`))
    assert.deepEqual(await savepoints.read(address), testRecord(1))
    await savepoints.dispose(address)
    await assert.rejects(savepoints.read(address), { code: 'SAVEPOINT_LOCATION' })
  })

  it('lists more objects than one page has', async () => {
    const bucket = new S3Bucket(new S3Client(s3Settings(server.port)))
    const count = 1_205
    let next = 0
    const lane = async (): Promise<void> => {
      for (let index = next++; index < count; index = next++) await bucket.put(`pages/f${index}`, [Buffer.from('x')])
    }
    await Promise.all(Array.from({ length: 16 }, lane))
    const fileSystem = open()
    const found = await fileSystem.list('/pages')
    assert.equal(new Set(found.map((entry) => entry.path)).size, count)
    await fileSystem.deleteTree('/pages')
    assert.equal(await fileSystem.stat('/pages'), null)
  })

  it('shows nothing under the final key before an object is whole, and no upload stays open', async () => {
    const fileSystem = open()
    const bytes = testBytes(12 * 1024 * 1024)
    const file = await fileSystem.openForWriting('/whole/staged')
    for (let at = 0; at < bytes.length; at += 6 * 1024 * 1024) {
      await file.write(bytes.subarray(at, at + 6 * 1024 * 1024), at)
      await file.sync()
    }
    assert.equal(await fileSystem.stat('/whole/final'), null)
    await fileSystem.move('/whole/staged', '/whole/final')
    assert.equal((await fileSystem.stat('/whole/final'))?.sizeBytes, bytes.length)
    const { xml } = await new S3Client(s3Settings(server.port)).send({ method: 'GET', key: '', query: { uploads: '' } })
    assert.deepEqual(
      xml?.children.filter((child) => child.name === 'Upload'),
      [],
    )
  })

  it('refuses to put together what has a gap', async () => {
    const fileSystem = open()
    const file = await fileSystem.openForWriting('/gap/staged')
    await file.write(Buffer.from('abc'), 10)
    await file.close()
    await assert.rejects(fileSystem.move('/gap/staged', '/gap/final'), { message: /gap at byte '0'/ })
    assert.equal(await fileSystem.stat('/gap/final'), null)
  })

  it('notices an object that changes while it is read', async () => {
    const fileSystem = open()
    await writeFile(fileSystem, '/changes/a', testBytes(2_000_000))
    const file = await fileSystem.openForReading('/changes/a')
    await file.read(Buffer.alloc(1000), 0)
    await writeFile(fileSystem, '/changes/a', testBytes(2_000_000, 99))
    await assert.rejects(file.read(Buffer.alloc(1000), 1_000_000), { message: /changed while it was read/ })
  })

  const refused: readonly [title: string, change: (block: string) => string, expected: RegExp][] = [
    ['a secret key that is wrong', (block) => block.replace(S3_KEYS.secretKey, 'wrong'), /403.*'secret_key'/],
    ['an access key that nobody knows', (block) => block.replace(S3_KEYS.accessKey, 'NOBODY'), /403.*'access_key'/],
    ['a bucket that is not there', (block) => block.replace('s3a://orders', 's3a://nowhere'), /NoSuchBucket.*'bucket'/],
  ]
  for (const [title, change, expected] of refused) {
    it(`says what is wrong with ${title}, and shows no secret`, async () => {
      const block = change(s3Block(server.port))
      const source = `S3File { ${block} path = "/in", file_format_type = csv, schema { fields { id = bigint } } }`
      const sink = `S3File { ${block} path = "/out", tmp_path = "/tmp", file_format_type = csv }`
      const fake = 'FakeSource { row.num = 1, schema { fields { id = bigint } } }'
      for (const job of [
        `env { job.mode = BATCH }\n source { ${source} }\n sink { Console {} }`,
        `env { job.mode = BATCH }\n source { ${fake} }\n sink { ${sink} }`,
      ]) {
        const said = await failJob(job)
        assert.match(said, expected)
        assert.match(said, new RegExp(`127\\.0\\.0\\.1:${server.port}`))
        assert.doesNotMatch(said, /canary|AWSAccessKeyId/)
      }
    })
  }
})
