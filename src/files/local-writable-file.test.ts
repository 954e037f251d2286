import assert from 'node:assert/strict'
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { describe, it, type TestContext } from 'node:test'
import { type DiskCalls, LocalWritableFile } from './local-writable-file.js'
import { temporaryFolder } from './testing.js'

const PIECE = new Uint8Array(16 * 1024 * 1024).fill(7)

/** A new file, and the calls that reach the disk: `data` ends when the test says so. */
function fileWithDisk(test: TestContext): {
  readonly file: LocalWritableFile
  readonly path: string
  readonly descriptor: number
  readonly calls: string[]
  readonly ends: { readonly resolve: () => void; readonly reject: (error: Error) => void }[]
} {
  const path = `${temporaryFolder(test)}/file`
  const descriptor = openSync(path, 'w')
  const calls: string[] = []
  const ends: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = []
  const disk: DiskCalls = {
    data: (given) => {
      assert.equal(given, descriptor)
      calls.push('data')
      return new Promise((resolve, reject) => {
        ends.push({ resolve, reject })
      })
    },
    all: async () => void calls.push('all'),
  }
  return { file: new LocalWritableFile(path, descriptor, disk), path, descriptor, calls, ends }
}

function diskFailure(): Error {
  return Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' })
}

const FAILED = { code: 'FILE_WRITE_FAILED', message: /^syncing '.*\/file' failed: i\/o error \(EIO\)$/ }

describe('LocalWritableFile', () => {
  it('sets the disk to work every 32 MiB, and not again before it is through', async (test) => {
    const { file, calls, ends } = fileWithDisk(test)
    await file.write(PIECE, 0)
    assert.deepEqual(calls, [])
    await file.write(PIECE, PIECE.length)
    assert.deepEqual(calls, ['data'])
    await file.write(PIECE, 2 * PIECE.length)
    await file.write(PIECE, 3 * PIECE.length)
    assert.deepEqual(calls, ['data'])
    ends[0]?.resolve()
    await file.write(PIECE, 4 * PIECE.length)
    assert.deepEqual(calls, ['data', 'data'])
    ends[1]?.resolve()
    await file.sync()
    assert.deepEqual(calls, ['data', 'data', 'all'])
    await file.close()
  })

  it('waits for the disk before it syncs and before it closes', async (test) => {
    for (const end of ['sync', 'close'] as const) {
      const { file, descriptor, calls, ends } = fileWithDisk(test)
      await file.write(PIECE, 0)
      await file.write(PIECE, PIECE.length)
      let isOver = false
      const over = file[end]().then(() => {
        isOver = true
      })
      await new Promise(setImmediate)
      assert.equal(isOver, false, end)
      assert.deepEqual(calls, ['data'], end)
      assert.equal(fstatSync(descriptor).size, 2 * PIECE.length, end)
      ends[0]?.resolve()
      await over
      if (end === 'sync') closeSync(descriptor)
    }
  })

  it('tells a failure of the disk at the next sync or close, once', async (test) => {
    for (const end of ['sync', 'close'] as const) {
      const { file, descriptor, ends } = fileWithDisk(test)
      await file.write(PIECE, 0)
      await file.write(PIECE, PIECE.length)
      ends[0]?.reject(diskFailure())
      await assert.rejects(file[end](), FAILED, end)
      if (end === 'sync') await file.close()
      assert.throws(() => fstatSync(descriptor), { code: 'EBADF' }, end)
    }
  })

  it('writes what it is given with the calls of the system', async (test) => {
    const path = `${temporaryFolder(test)}/file`
    const file = new LocalWritableFile(path, openSync(path, 'w'))
    await file.write(PIECE, PIECE.length)
    await file.write(PIECE, 2 * PIECE.length)
    await file.write(Buffer.from('end'), 3 * PIECE.length)
    await file.sync()
    await file.close()
    const written = readFileSync(path)
    assert.equal(written.length, 3 * PIECE.length + 3)
    assert.ok(written.subarray(0, PIECE.length).every((byte) => byte === 0))
    assert.ok(written.subarray(PIECE.length, 3 * PIECE.length).every((byte) => byte === 7))
    assert.equal(written.subarray(-3).toString(), 'end')
  })

  it('says why a sync fails', async (test) => {
    const path = `${temporaryFolder(test)}/file`
    const descriptor = openSync(path, 'w')
    const disk: DiskCalls = { data: async () => undefined, all: () => Promise.reject(diskFailure()) }
    const file = new LocalWritableFile(path, descriptor, disk)
    await assert.rejects(file.sync(), FAILED)
    await file.close()
  })
})
