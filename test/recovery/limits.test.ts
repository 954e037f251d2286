import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { startProxy } from '../remote-files/proxy.js'
import { BUCKET, missingS3, S3_KEYS, startS3 } from '../remote-files/s3-server.js'
import { eventually, ServedNode, temporaryFolder } from '../support/served-node.js'

const IS_LONG = process.env.MILLRACE_TEST === 'long'
const MIB = 1024 * 1024

/** A file system of a few megabytes; it is unmounted at the end of the test. `null` where that is not permitted. */
function smallDisk(test: TestContext, sizeMib: number): string | null {
  const path = mkdtempSync(join(tmpdir(), 'millrace-disk-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMib}m`, 'tmpfs', path])
  test.after(() => {
    if (mounted.status === 0) spawnSync('umount', ['-l', path])
    rmdirSync(path)
  })
  return mounted.status === 0 ? path : null
}

function fakeToFiles(rows: number, sink: object, env: object = {}): object {
  return {
    env: { 'job.mode': 'BATCH', 'job.retry.times': 0, ...env },
    source: [
      {
        plugin_name: 'FakeSource',
        'row.num': rows,
        'string.length': 90,
        schema: { fields: { id: 'bigint', name: 'string' } },
      },
    ],
    sink: [sink],
  }
}

describe('a node whose disk is full', { timeout: 120_000 }, () => {
  it('fails the job with the reason, answers on, and goes on with it when there is room', async (test) => {
    const folder = temporaryFolder(test)
    const disk = smallDisk(test, 16)
    if (disk === null) return test.skip('no file system can be mounted here')
    writeFileSync(join(disk, 'ballast'), Buffer.alloc(10 * MIB))
    const node = await ServedNode.start(test, folder)
    const files = { path: join(disk, 'out'), tmp_path: join(disk, 'tmp'), file_format_type: 'csv' }
    const job = fakeToFiles(100_000, { plugin_name: 'LocalFile', ...files }, { 'checkpoint.interval': 20 })
    const jobId = await node.submit(job)
    const failed = await node.waitFor(jobId, ['FAILED'])
    assert.match(failed.errorMsg ?? '', /ENOSPC|no space/)
    assert.equal((await node.ask('GET', '/hazelcast/rest/maps/running-jobs')).text, '[]')
    rmSync(join(disk, 'ballast'))
    await node.submit(job, `?jobId=${jobId}&isStartWithSavePoint=true`)
    const finished = await node.waitFor(jobId, ['FINISHED'])
    assert.equal(finished.metrics?.SinkWriteCount, '100000')
    const written = readdirSync(join(disk, 'out'), { recursive: true, encoding: 'utf8' })
    const rows = spawnSync('sh', [
      '-c',
      'grep -h -c "" "$@" | paste -sd+ | bc',
      'sh',
      ...written.map((name) => join(disk, 'out', name)),
    ])
    assert.equal(Number(String(rows.stdout)), 100_000)
  })

  it('takes no job that it cannot keep, and says why', async (test) => {
    const folder = temporaryFolder(test)
    const disk = smallDisk(test, 16)
    if (disk === null) return test.skip('no file system can be mounted here')
    const node = await ServedNode.start(test, folder, { args: ['--data', join(disk, 'data')] })
    const job = fakeToFiles(1, { plugin_name: 'Console' })
    await node.waitFor(await node.submit(job), ['FINISHED'])
    const fill = spawnSync('dd', ['if=/dev/zero', `of=${join(disk, 'ballast')}`, 'bs=64k'])
    assert.notEqual(fill.status, 0)
    // The store may have room for some jobs in pages that it owns already.
    const refused = await eventually('a refusal', async () => {
      const answer = await node.ask('POST', '/hazelcast/rest/maps/submit-job', job)
      return answer.status === 200 ? null : answer
    })
    assert.equal(refused.status, 500)
    assert.match(refused.text, /space|full|ENOSPC/i)
    assert.equal((await node.ask('GET', '/hazelcast/rest/maps/overview')).status, 200)
    rmSync(join(disk, 'ballast'))
    await node.waitFor(await node.submit(job), ['FINISHED'])
  })
})

describe('a node whose sink stands still', { timeout: 300_000 }, () => {
  it('reads no further, keeps its memory, and loses nothing', { skip: missingS3() }, async (test) => {
    const server = await startS3()
    test.after(() => server.stop())
    const proxy = await startProxy(server.port)
    test.after(() => proxy.close())
    const stallMs = IS_LONG ? 60_000 : 4000
    const settleMs = IS_LONG ? 10_000 : 1000
    // Far more than may be kept in memory; what is left after the stall is to be read within the deadline.
    const rows = IS_LONG ? 3_000_000 : 900_000
    const sink = {
      plugin_name: 'S3File',
      bucket: `s3a://${BUCKET}`,
      'fs.s3a.endpoint': `http://127.0.0.1:${proxy.port}`,
      'fs.s3a.aws.credentials.provider': 'org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider',
      access_key: S3_KEYS.accessKey,
      secret_key: S3_KEYS.secretKey,
      path: '/stalled',
      tmp_path: '/stalled-tmp',
      file_format_type: 'csv',
    }
    const env = { 'read_limit.rows_per_second': 100_000, 'checkpoint.interval': 500, 'job.retry.times': 20 }
    const node = await ServedNode.start(test, temporaryFolder(test))
    const jobId = await node.submit(fakeToFiles(rows, sink, env))
    await eventually('rows', async () => {
      const { metrics } = await node.jobInfo(jobId)
      return Number(metrics?.SinkWriteCount ?? 0) > 0 ? true : null
    })
    proxy.hold()
    await eventually('a request that stands', () => (proxy.isHolding ? true : null))
    // Time is what this is about: what grows while nothing moves would grow without end.
    await pause(settleMs)
    const before = node.usage()
    await pause(stallMs - settleMs)
    const after = node.usage()
    proxy.release()
    test.diagnostic(`resident memory ${before.residentBytes / MIB} MiB, then ${after.residentBytes / MIB} MiB`)
    assert.ok(
      after.residentBytes < before.residentBytes * 1.1,
      `${before.residentBytes} grew to ${after.residentBytes}`,
    )
    const finished = await node.waitFor(jobId, ['FINISHED'])
    assert.equal(finished.metrics?.SinkWriteCount, String(rows))
  })
})

describe('a node that runs many short jobs', { timeout: 600_000 }, () => {
  it('needs no more for the last of them than for the first', async (test) => {
    const folder = temporaryFolder(test)
    // What is kept of ended jobs is wanted and bounded; here it is bounded early, so that all growth is unwanted.
    const config = join(folder, 'seatunnel.yaml')
    writeFileSync(config, 'millrace: { jobs: { max-history: 50 } }\n')
    const node = await ServedNode.start(test, folder, { args: ['--config', config] })
    // Heaps grow to their working size first, which takes some hundred jobs.
    const warmUp = IS_LONG ? 600 : 40
    const measured = IS_LONG ? 1000 : 80
    const job = fakeToFiles(1, { plugin_name: 'Console' })
    const run = async (count: number): Promise<void> => {
      for (let index = 0; index < count; index += 1) await node.waitFor(await node.submit(job), ['FINISHED'])
    }
    await run(warmUp)
    const before = { ...node.usage(), storeBytes: folderBytes(join(folder, 'data')) }
    await run(measured)
    const after = { ...node.usage(), storeBytes: folderBytes(join(folder, 'data')) }
    test.diagnostic(`${JSON.stringify(before)} then ${JSON.stringify(after)}`)
    assert.ok(after.openFiles <= before.openFiles + 2, `${before.openFiles} open files became ${after.openFiles}`)
    // A leaked worker or arena is megabytes; a short run only finds such.
    const limitBytes = IS_LONG ? before.residentBytes * 0.1 : measured * 256 * 1024
    const grownBytes = after.residentBytes - before.residentBytes
    assert.ok(grownBytes < limitBytes, `${measured} jobs leave ${grownBytes} bytes of memory behind`)
    const storedBytes = (after.storeBytes - before.storeBytes) / measured
    assert.ok(storedBytes < 32 * 1024, `a job leaves ${storedBytes} bytes in the store`)
  })
})

function folderBytes(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).reduce(
    (sum, name) => sum + statSync(join(folder, name)).blocks * 512,
    0,
  )
}
