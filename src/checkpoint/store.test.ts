import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { encodeRecord } from './codec.js'
import { DISK, type DiskCalls, LocalCheckpointStorage } from './local-storage.js'
import type { CheckpointRecord } from './record.js'
import { type CheckpointStorage, MemoryCheckpointStorage } from './storage.js'
import { FileCheckpointStore } from './store.js'
import { seededRandom, testRecord } from './testing.js'

const JOB = testRecord(1).jobId
const HEADER_BYTES = 56

function temporaryFolder(test: { after(remove: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-checkpoint-'))
  test.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function storeOf(storage: CheckpointStorage, maxRetained = 3): FileCheckpointStore {
  return new FileCheckpointStore(storage, { maxRetained })
}

/** A memory store with two records, and how to damage the newer one. */
async function twoRecords(): Promise<{ store: FileCheckpointStore; newest: Uint8Array; put(bytes: Uint8Array): void }> {
  const storage = new MemoryCheckpointStorage()
  const store = storeOf(storage)
  await store.save(testRecord(1))
  await store.save(testRecord(2))
  const files = storage.folders.get(JOB) ?? new Map<string, Uint8Array>()
  const [, name = ''] = [...files.keys()]
  return { store, newest: files.get(name) ?? new Uint8Array(0), put: (bytes) => void files.set(name, bytes) }
}

for (const kind of ['memory', 'local'] as const) {
  describe(`a store of checkpoints (${kind})`, () => {
    const make = (test: { after(remove: () => void): void }, maxRetained?: number): FileCheckpointStore =>
      storeOf(
        kind === 'memory' ? new MemoryCheckpointStorage() : new LocalCheckpointStorage(temporaryFolder(test)),
        maxRetained,
      )

    it('has nothing of a job that it does not know', async (test) => {
      const store = make(test)
      assert.deepEqual([await store.latest('7'), await store.list('7')], [null, []])
      await store.remove('7')
      await store.discard('7')
      await assert.rejects(store.load('7', 1), { code: 'CHECKPOINT_CORRUPT', message: /is gone/ })
    })

    it('gives a record back as it was', async (test) => {
      const store = make(test)
      const record = testRecord(41)
      const sizeBytes = await store.save(record)
      assert.deepEqual(await store.latest(JOB), { record, sizeBytes, skipped: [] })
      assert.deepEqual(await store.list(JOB), [{ checkpointId: 41, sizeBytes }])
    })

    it('keeps the newest ones, two at least, and orders them by number', async (test) => {
      const store = make(test, 1)
      for (const id of [1, 2, 9, 10, 100]) await store.save(testRecord(id))
      assert.deepEqual(
        (await store.list(JOB)).map(({ checkpointId }) => checkpointId),
        [10, 100],
      )
      assert.equal((await store.latest(JOB))?.record.checkpointId, 100)
    })

    it('keeps jobs apart, whatever their ids are', async (test) => {
      const store = make(test)
      for (const jobId of ['..', 'a/b', '', '1']) await store.save(testRecord(1, { jobId, jobName: jobId }))
      for (const jobId of ['..', 'a/b', '', '1']) assert.equal((await store.latest(jobId))?.record.jobName, jobId)
      await store.remove('..')
      assert.deepEqual([await store.latest('..'), (await store.latest('1'))?.record.jobName], [null, '1'])
    })

    it('remembers what is committed until the job begins anew', async (test) => {
      const store = make(test)
      assert.equal(await store.committedId(JOB), 0)
      await store.save(testRecord(4))
      await store.markCommitted(JOB, 3)
      await store.markCommitted(JOB, 4)
      assert.deepEqual([await store.committedId(JOB), (await store.list(JOB)).length], [4, 1])
      await store.discard(JOB)
      assert.equal(await store.committedId(JOB), 0)
    })

    it('lets only the last attempt save', async (test) => {
      const store = make(test)
      await store.claim(JOB, 1)
      await store.save(testRecord(1))
      await store.claim(JOB, 3)
      await store.claim(JOB, 3)
      await assert.rejects(store.save(testRecord(2, { epoch: 1 })), { code: 'CHECKPOINT_FENCED' })
      await assert.rejects(store.claim(JOB, 2), { code: 'CHECKPOINT_FENCED' })
      await store.save(testRecord(2, { epoch: 3 }))
      await store.discard(JOB)
      assert.equal(await store.latest(JOB), null)
      await assert.rejects(store.save(testRecord(3, { epoch: 2 })), { code: 'CHECKPOINT_FENCED' }, 'the claim stays')
      await store.remove(JOB)
      await store.save(testRecord(1, { epoch: 1 }))
    })
  })
}

describe('a damaged checkpoint', () => {
  it('is found when it was cut off at any byte, and the one before it is used', async () => {
    const { store, newest, put } = await twoRecords()
    for (let length = 0; length < newest.length; length += 1) {
      put(newest.subarray(0, length))
      const latest = await store.latest(JOB)
      assert.equal(latest?.record.checkpointId, 1, `cut off at ${length}`)
      assert.deepEqual(
        latest?.skipped.map(({ code }) => code),
        ['CHECKPOINT_CORRUPT'],
      )
    }
  })

  it('is found whatever byte of its header was changed', async () => {
    const { store, newest, put } = await twoRecords()
    for (let at = 0; at < HEADER_BYTES; at += 1) {
      for (const mask of [1, 0x80, 0xff]) {
        const damaged = newest.slice()
        damaged[at] = (damaged[at] ?? 0) ^ mask
        put(damaged)
        const latest = await store.latest(JOB)
        assert.deepEqual([latest?.record.checkpointId, latest?.skipped.length], [1, 1], `byte ${at} xor ${mask}`)
      }
    }
  })

  it('is found whatever was changed in its body', async () => {
    const { store, newest, put } = await twoRecords()
    const seed = 20_240_131
    const random = seededRandom(seed)
    for (let round = 0; round < 2000; round += 1) {
      const damaged = newest.slice()
      for (let flips = 1 + Math.floor(random() * 3); flips > 0; flips -= 1) {
        const at = HEADER_BYTES + Math.floor(random() * (damaged.length - HEADER_BYTES))
        damaged[at] = (damaged[at] ?? 0) ^ (1 << Math.floor(random() * 8))
      }
      if (Buffer.from(damaged).equals(newest)) continue
      put(damaged)
      const latest = await store.latest(JOB)
      assert.deepEqual([latest?.record.checkpointId, latest?.skipped.length], [1, 1], `seed ${seed}, round ${round}`)
    }
  })

  it('is found when something was added to it', async () => {
    const { store, newest, put } = await twoRecords()
    put(Buffer.concat([newest, Buffer.from([0])]))
    assert.match((await store.latest(JOB))?.skipped[0]?.message ?? '', /bytes of/)
  })

  it('is found when it is that of another job or number', async () => {
    const { store, put } = await twoRecords()
    put(await encodeRecord(testRecord(3)))
    assert.match((await store.latest(JOB))?.skipped[0]?.message ?? '', /holds '3'/)
    put(await encodeRecord(testRecord(2, { jobId: '8' })))
    assert.match((await store.latest(JOB))?.skipped[0]?.message ?? '', /of '8'/)
  })

  it('leaves nothing when there is no other one', async () => {
    const storage = new MemoryCheckpointStorage()
    storage.folders.set(JOB, new Map([['0000000000000005.checkpoint', Buffer.from('torn')]]))
    await assert.rejects(storeOf(storage).latest(JOB), { code: 'CHECKPOINT_CORRUPT', message: /none of the '1'/ })
  })

  it('is not what a record of the first version is: that one is read', async () => {
    const { store, put } = await twoRecords()
    const { gone: _gone, parallelism: _parallelism, lanes, ...record } = testRecord(2, { version: 1 })
    const firstLanes = lanes.map(({ splits, ...lane }) => {
      return { ...lane, splits: splits.map(({ source, split }) => ({ source, split })), deliveredMorsels: 2 }
    })
    const empty = { ...firstLanes[0], subtask: 1, splits: [], deliveredMorsels: 0 }
    put(await encodeRecord({ ...record, lanes: [...firstLanes, empty] } as unknown as CheckpointRecord))
    const read = (await store.latest(JOB))?.record
    const [lane] = testRecord(2).lanes
    assert.deepEqual(read, {
      ...testRecord(2, { gone: [], parallelism: null }),
      lanes: [lane, { ...lane, subtask: 1, splits: [] }],
    })
  })

  it('is not what a record of a later version is: that one is refused', async () => {
    const { store, put } = await twoRecords()
    put(await encodeRecord(testRecord(2, { version: 9 })))
    await assert.rejects(store.latest(JOB), { code: 'UNIMPLEMENTED', message: /version '1\.9'/ })
  })
})

describe('a storage on the local disk', () => {
  it('shows only finished files, which only their owner can read', async (test) => {
    const folder = temporaryFolder(test)
    const store = storeOf(new LocalCheckpointStorage(folder))
    await store.save(testRecord(1))
    writeFileSync(join(folder, JOB, '0000000000000002.checkpoint.tmp'), 'half')
    writeFileSync(join(folder, JOB, 'notes.txt'), 'somebody was here')
    assert.deepEqual(
      (await store.list(JOB)).map(({ checkpointId }) => checkpointId),
      [1],
    )
    await store.save(testRecord(2))
    assert.ok(!existsSync(join(folder, JOB, '0000000000000002.checkpoint.tmp')))
    for (const path of [join(folder, JOB), join(folder, JOB, '0000000000000002.checkpoint')]) {
      assert.equal(statSync(path).mode & 0o077, 0, path)
    }
  })

  it('lets nobody save when it cannot tell who may', async (test) => {
    const folder = temporaryFolder(test)
    const store = storeOf(new LocalCheckpointStorage(folder))
    await store.claim(JOB, 1)
    writeFileSync(join(folder, JOB, 'epoch'), 'one')
    await assert.rejects(store.save(testRecord(1)), { code: 'CHECKPOINT_FAILED', message: /the last attempt/ })
  })

  it('says where and why it cannot keep a record', async (test) => {
    const folder = temporaryFolder(test)
    writeFileSync(join(folder, 'file'), '')
    const store = storeOf(new LocalCheckpointStorage(join(folder, 'file')))
    await assert.rejects(store.save(testRecord(1)), { code: 'CHECKPOINT_FAILED', message: /ENOTDIR/ })
  })

  for (const fault of ['EIO', 'ENOSPC', 'short'] as const) {
    it(`keeps the record before when any call fails with ${fault}, and no record that it has not reported`, async (test) => {
      for (let failing = 1; ; failing += 1) {
        const folder = temporaryFolder(test)
        await storeOf(new LocalCheckpointStorage(folder), 2).save(testRecord(1))
        await storeOf(new LocalCheckpointStorage(folder), 2).save(testRecord(2))
        const calls = new FaultyDisk(failing, fault)
        const store = storeOf(new LocalCheckpointStorage(folder, calls.calls), 2)
        const isSaved = await store
          .claim(JOB, 2)
          .then(() => store.save(testRecord(3, { epoch: 2 })))
          .then(
            () => true,
            (error: { code?: string }) => assert.equal(error.code, 'CHECKPOINT_FAILED'),
          )
        const latest = await storeOf(new LocalCheckpointStorage(folder)).latest(JOB)
        assert.deepEqual(
          [latest?.record.checkpointId, latest?.skipped],
          [isSaved === true ? 3 : 2, []],
          `call ${failing}`,
        )
        for (const name of readdirSync(join(folder, JOB))) assert.ok(readFileSync(join(folder, JOB, name)).length > 0)
        if (!calls.hasFailed) {
          assert.ok(failing > 8, `only ${failing} calls were seen`)
          return
        }
      }
    })
  }
})

/** The real disk, but for one call that fails. */
class FaultyDisk {
  readonly calls: DiskCalls
  hasFailed = false
  #left: number
  readonly #fault: 'EIO' | 'ENOSPC' | 'short'

  constructor(failing: number, fault: 'EIO' | 'ENOSPC' | 'short') {
    this.#left = failing
    this.#fault = fault
    const guarded = <A extends readonly unknown[], R>(call: (...args: A) => Promise<R>) => {
      return async (...args: A): Promise<R> => {
        this.#count()
        return call(...args)
      }
    }
    this.calls = {
      makeFolder: guarded(DISK.makeFolder),
      create: async (path) => {
        this.#count()
        const file = await DISK.create(path)
        return {
          write: (bytes) => file.write(this.#isShort() ? bytes.subarray(0, 1) : bytes),
          sync: guarded(() => file.sync()),
          close: () => file.close(),
        }
      },
      rename: guarded(DISK.rename),
      syncFolder: guarded(DISK.syncFolder),
      read: guarded(DISK.read),
      list: guarded(DISK.list),
      remove: guarded(DISK.remove),
      removeTree: guarded(DISK.removeTree),
    }
  }

  #count(): void {
    this.#left -= 1
    if (this.#left !== 0) return
    this.hasFailed = true
    if (this.#fault !== 'short') throw Object.assign(new Error('injected'), { code: this.#fault })
  }

  /** The write that is the chosen call: it fails, or it takes one byte only. */
  #isShort(): boolean {
    const before = this.#left
    this.#count()
    return before === 1
  }
}
