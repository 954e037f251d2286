import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import { MillraceError } from '../core/error.js'
import { temporaryFolder } from '../files/testing.js'
import { NO_ATTEMPTS } from './attempt-history.js'
import { QUEUED_JOB } from './job-fsm.js'
import type { JobProgress, JobRecord } from './job-record.js'
import { NO_CHECKPOINTS, NO_FLOW } from './job-record.js'
import { LmdbJobStore } from './lmdb-store.js'

const RECORD: JobRecord = {
  jobId: '-5',
  jobName: 'name',
  mode: 'BATCH',
  text: 'env {}',
  format: 'hocon',
  fileName: null,
  isStartWithSavepoint: false,
  origin: 'rest',
  user: null,
  createdAtMs: 1,
  sequence: 1,
  envOptions: [['job.mode', 'BATCH']],
  dag: { vertices: [], edges: [] },
  slots: 2,
  tagFilter: [],
  retry: { times: 3, intervalMs: 3000 },
  firstEpoch: 1,
}

const PROGRESS: JobProgress = {
  state: QUEUED_JOB,
  epoch: 2 ** 40,
  startedAtMs: null,
  finishedAtMs: null,
  failure: null,
  pendingReason: null,
  timeline: [{ atMs: 1, kind: 'state', text: 'the job is PENDING', status: 'PENDING', data: {} }],
  flow: NO_FLOW,
  checkpoints: NO_CHECKPOINTS,
  requests: [],
  attempts: NO_ATTEMPTS,
  hasLeftovers: false,
}

describe('the store of jobs', () => {
  it('has again what was written, and counts its openings', async (test) => {
    const folder = temporaryFolder(test)
    const store = await LmdbJobStore.open(join(folder, 'data'))
    assert.deepEqual([store.epoch, [...store.jobs()]], [1, []])
    await store.write([{ type: 'job', record: RECORD, progress: PROGRESS }])
    const failure = { text: 'x', errors: [new MillraceError('JOB_FAILED', 'x', { hint: 'y', cause: new Error('z') })] }
    await store.write([{ type: 'progress', jobId: '-5', progress: { ...PROGRESS, failure } }])
    await store.close()
    const again = await LmdbJobStore.open(join(folder, 'data'))
    const [job, ...others] = [...again.jobs()]
    assert.deepEqual([again.epoch, others, job?.record], [2, [], RECORD])
    const { code, message, details } = job?.progress.failure?.errors[0] ?? {}
    assert.deepEqual([code, message, details], ['JOB_FAILED', 'x', { hint: 'y' }])
    assert.deepEqual({ ...job?.progress, failure: null }, PROGRESS)
    await again.write([{ type: 'remove', jobId: '-5' }])
    assert.deepEqual([...again.jobs()], [])
    await again.close()
  })

  it('is readable by its owner only', async (test) => {
    const folder = join(temporaryFolder(test), 'data')
    const store = await LmdbJobStore.open(folder)
    await store.write([{ type: 'job', record: RECORD, progress: PROGRESS }])
    const modes = ['jobs', 'jobs/data.mdb', 'jobs/lock.mdb'].map((name) => statSync(join(folder, name)).mode & 0o777)
    assert.deepEqual(modes, [0o700, 0o600, 0o600])
    await store.close()
  })

  it('is refused to a second node, with the process that has it', async (test) => {
    const folder = temporaryFolder(test)
    const store = await LmdbJobStore.open(folder)
    await assert.rejects(LmdbJobStore.open(folder), (error: MillraceError) => {
      return error.code === 'NODE_LOCKED' && error.message.includes(`'${process.pid}'`)
    })
    await store.write([{ type: 'job', record: RECORD, progress: PROGRESS }])
    await store.close()
  })

  it('is free again after its owner was killed in the middle of its writes, and whole', async (test) => {
    const folder = temporaryFolder(test)
    const module = new URL('./lmdb-store.js', import.meta.url).href
    const script = `
      const { LmdbJobStore } = await import(${JSON.stringify(module)})
      const store = await LmdbJobStore.open(${JSON.stringify(folder)})
      const record = ${JSON.stringify(RECORD)}, progress = ${JSON.stringify(PROGRESS)}
      for (let count = 0; ; count += 1) {
        const jobs = [1, 2].map((id) => ({ type: 'job', record: { ...record, jobId: String(id), sequence: count }, progress }))
        await store.write(jobs)
        if (count === 5) console.log('written')
      }`
    for (let round = 1; round <= 3; round += 1) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      await once(child.stdout, 'data')
      await assert.rejects(LmdbJobStore.open(folder), { code: 'NODE_LOCKED' })
      child.kill('SIGKILL')
      await once(child, 'exit')
      const store = await LmdbJobStore.open(folder)
      const [first, second] = [...store.jobs()].map(({ record }) => record.sequence)
      // Both were written in one change: it is there as a whole or not at all.
      assert.equal(first, second)
      assert.ok((first ?? 0) >= 5)
      await store.close()
    }
  })

  it('says so when there is no room, keeps what it had, and takes changes again when there is', async (test) => {
    const folder = temporaryFolder(test)
    const module = new URL('./lmdb-store.js', import.meta.url).href
    const script = `
      const { LmdbJobStore } = await import(${JSON.stringify(module)})
      const store = await LmdbJobStore.open(${JSON.stringify(folder)})
      const record = ${JSON.stringify(RECORD)}, progress = ${JSON.stringify(PROGRESS)}
      const codes = []
      for (let count = 0; count < 6; count += 1) {
        const text = 'x'.repeat(count < 2 ? 10 : 500_000)
        const written = store.write([{ type: 'job', record: { ...record, text, jobId: String(count) }, progress }])
        await written.then(() => codes.push('written'), ({ code }) => codes.push(code))
      }
      await store.write([{ type: 'progress', jobId: '1', progress: { ...progress, epoch: 77 } }])
      console.log(codes.join())
      await store.close()`
    // Files of this process and its children may have 256 blocks of 512 bytes.
    const limited = `ulimit -f 256; exec "$0" --input-type=module -e "$1"`
    const child = spawn('sh', ['-c', limited, process.execPath, script], { stdio: ['ignore', 'pipe', 'ignore'] })
    const [out] = await Promise.all([text(child.stdout), once(child, 'exit')])
    assert.equal(out.trim(), 'written,written,STORE_FAILED,STORE_FAILED,STORE_FAILED,STORE_FAILED')
    const store = await LmdbJobStore.open(folder)
    const jobs = [...store.jobs()].map(({ record, progress }) => `${record.jobId} ${progress.epoch}`)
    assert.deepEqual(jobs, [`0 ${PROGRESS.epoch}`, '1 77'])
    await store.close()
  })

  it('stays small over many changes of few jobs', async (test) => {
    const folder = temporaryFolder(test)
    const store = await LmdbJobStore.open(folder)
    const record = (id: number): JobRecord => ({ ...RECORD, jobId: String(id) })
    await store.write(Array.from({ length: 40 }, (_, id) => ({ type: 'job', record: record(id), progress: PROGRESS })))
    const rounds = process.env.MILLRACE_TEST === 'long' ? 1000 : 20
    for (let round = 0; round < rounds; round += 1) {
      const writes = Array.from({ length: 1000 }, (_, update) => {
        const progress = { ...PROGRESS, epoch: round * 1000 + update }
        return store.write([{ type: 'progress', jobId: String(update % 40), progress }])
      })
      await Promise.all(writes)
    }
    assert.ok(statSync(join(folder, 'jobs/data.mdb')).size < 50e6)
    await store.close()
    const again = await LmdbJobStore.open(folder)
    assert.equal([...again.jobs()].length, 40)
    await again.close()
  })

  it('that was taken over takes no more changes of the node before', async (test) => {
    const folder = temporaryFolder(test)
    const store = await LmdbJobStore.open(folder)
    const { open } = await import('lmdb')
    const other = open({ path: join(folder, 'jobs'), encoding: 'msgpack', useVersions: true })
    await other.put('meta', { layout: 1, epoch: 2, owner: null }, 2)
    await assert.rejects(store.write([{ type: 'job', record: RECORD, progress: PROGRESS }]), { code: 'NODE_LOCKED' })
    assert.deepEqual([...store.jobs()], [])
    await store.close()
    await other.close()
  })

  it('of a later version is refused', async (test) => {
    const folder = temporaryFolder(test)
    await (await LmdbJobStore.open(folder)).close()
    const { open } = await import('lmdb')
    const other = open({ path: join(folder, 'jobs'), encoding: 'msgpack', useVersions: true })
    await other.put('meta', { layout: 99, epoch: 2, owner: null }, 2)
    await other.close()
    await assert.rejects(LmdbJobStore.open(folder), { code: 'UNIMPLEMENTED' })
  })

  const damages: readonly (readonly [title: string, damage: (file: string, size: number) => void])[] = [
    ['cut to its first pages', (file) => truncateSync(file, 8192)],
    ['cut in the middle', (file, size) => truncateSync(file, size / 2)],
    ['short of one byte', (file, size) => truncateSync(file, size - 1)],
    ['overwritten', (file, size) => writeFileSync(file, Buffer.alloc(size, 0xab))],
    ['shorter than a page', (file) => truncateSync(file, 20)],
  ]
  for (const [title, damage] of damages) {
    it(`is refused when its file was ${title}`, async (test) => {
      const folder = temporaryFolder(test)
      const store = await LmdbJobStore.open(folder)
      const record = { ...RECORD, text: 'x'.repeat(100_000) }
      for (let count = 0; count < 3; count += 1) await store.write([{ type: 'job', record, progress: PROGRESS }])
      await store.close()
      const file = join(folder, 'jobs/data.mdb')
      damage(file, statSync(file).size)
      await assert.rejects(LmdbJobStore.open(folder), { code: 'STORE_FAILED' })
    })
  }

  it('says what is wrong when it cannot be opened', async (test) => {
    const folder = temporaryFolder(test)
    writeFileSync(join(folder, 'file'), '')
    await assert.rejects(LmdbJobStore.open(join(folder, 'file')), { code: 'STORE_FAILED' })
    assert.ok(!existsSync(join(folder, 'file/jobs')))
  })
})
