import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { it } from 'node:test'
import type { FileSystem, ReadableFile } from '../../src/files/file-system.js'

/** A file system under test. */
export interface TestedFileSystem {
  open(): FileSystem
  /** Folder that the cases may write in; without a trailing `/`. */
  root(): string
}

/** Bytes that repeat nowhere near and cost nothing to make. */
export function testBytes(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length)
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32LE(((at + seed) * 2_654_435_761) % 4_294_967_296, at)
  return bytes
}

/** Writes a whole file; it has a hidden name until it is whole. */
export async function writeFile(fileSystem: FileSystem, path: string, bytes: Uint8Array): Promise<void> {
  const staged = path.replace(/([^/]+)$/, '.$1.new')
  const file = await fileSystem.openForWriting(staged)
  await file.write(bytes, 0)
  await file.sync()
  await file.close()
  await fileSystem.move(staged, path)
}

/** Reads a whole file in pieces of a size. */
export async function readFile(fileSystem: FileSystem, path: string, pieceBytes = 1024 * 1024): Promise<Buffer> {
  const file = await fileSystem.openForReading(path)
  try {
    const bytes = Buffer.alloc(file.sizeBytes)
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      const piece = bytes.subarray(at, at + pieceBytes)
      assert.equal(await file.read(piece, at, bytes.length - at), piece.length)
    }
    return bytes
  } finally {
    await file.close()
  }
}

async function names(fileSystem: FileSystem, path: string): Promise<readonly string[]> {
  return (await fileSystem.list(path)).map((entry) => entry.path.slice(path.length + 1)).sort()
}

/** What holds for every file system. */
export function describeFileSystem(tested: TestedFileSystem): void {
  const at = (name: string): string => `${tested.root()}/${name}`

  it('writes, moves, lists, looks at and reads a file', async () => {
    const fileSystem = tested.open()
    const bytes = testBytes(1_000_000)
    await writeFile(fileSystem, at('plain/deep/a.bin'), bytes)
    assert.deepEqual(await names(fileSystem, at('plain')), ['deep/a.bin'])
    const status = await fileSystem.stat(at('plain/deep/a.bin'))
    assert.deepEqual([status?.isDirectory, status?.sizeBytes], [false, bytes.length])
    assert.ok(Math.abs((status?.modifiedMs ?? 0) - Date.now()) < 3_600_000)
    assert.equal((await fileSystem.stat(at('plain')))?.isDirectory, true)
    assert.ok((await readFile(fileSystem, at('plain/deep/a.bin'), 70_000)).equals(bytes))
    await fileSystem.close()
  })

  it('says that there is nothing', async () => {
    const fileSystem = tested.open()
    assert.equal(await fileSystem.stat(at('nothing/here')), null)
    await assert.rejects(fileSystem.list(at('nothing/here')), { code: 'FILE_LIST_FAILED' })
    await assert.rejects(fileSystem.openForReading(at('nothing/here')), { code: 'FILE_READ_FAILED' })
    await fileSystem.deleteTree(at('nothing/here'))
    await fileSystem.close()
  })

  it('replaces a file by another one', async () => {
    const fileSystem = tested.open()
    await writeFile(fileSystem, at('replaced/a'), Buffer.from('old'))
    await writeFile(fileSystem, at('replaced/a'), Buffer.from('new text'))
    assert.equal((await readFile(fileSystem, at('replaced/a'))).toString(), 'new text')
    assert.deepEqual(await names(fileSystem, at('replaced')), ['a'])
    await fileSystem.close()
  })

  it('keeps names with blanks, signs and letters of any language', async () => {
    const fileSystem = tested.open()
    const odd = ['a b.txt', 'Ünïcödé-文件.txt', 'quote\'"&<>#?%25+=;,@!$().txt', 'day=2024-01-31/x y/ é.txt']
    for (const name of odd) await writeFile(fileSystem, at(`odd/${name}`), Buffer.from(name))
    assert.deepEqual(await names(fileSystem, at('odd')), [...odd].sort())
    for (const name of odd) assert.equal((await readFile(fileSystem, at(`odd/${name}`))).toString(), name)
    await fileSystem.deleteTree(at('odd'))
    assert.equal(await fileSystem.stat(at('odd')), null)
    await fileSystem.close()
  })

  it('refuses paths that a server would take for two commands', async () => {
    const fileSystem = tested.open()
    await assert.rejects(fileSystem.stat(at('a\r\nDELE b')), { code: 'FILE_READ_FAILED' })
    await assert.rejects(fileSystem.list(at('a\0b')), { code: 'FILE_LIST_FAILED' })
    await fileSystem.close()
  })

  it('leaves out the folders in a folder when it is asked to', async () => {
    const fileSystem = tested.open()
    for (const name of ['a', 'b/c', 'b/d/e']) await writeFile(fileSystem, at(`flat/${name}`), Buffer.from(name))
    const flat = await fileSystem.list(at('flat'), { isRecursive: false, withTimes: true })
    assert.deepEqual(
      flat.map(({ path, sizeBytes, modifiedMs }) => [path, sizeBytes, Math.abs(modifiedMs - Date.now()) < 3_600_000]),
      [[at('flat/a'), 1, true]],
    )
    assert.deepEqual(await names(fileSystem, at('flat')), ['a', 'b/c', 'b/d/e'])
    await fileSystem.close()
  })

  it('lists a file as itself and an empty folder as nothing', async () => {
    const fileSystem = tested.open()
    await writeFile(fileSystem, at('single/a'), Buffer.from('abc'))
    const [entry] = await fileSystem.list(at('single/a'))
    assert.deepEqual([entry?.path, entry?.sizeBytes], [at('single/a'), 3])
    await fileSystem.makeDirectory(at('single/empty/inner'))
    assert.deepEqual(await fileSystem.list(at('single/empty/inner')), [])
    assert.equal((await fileSystem.stat(at('single/empty/inner')))?.isDirectory, true)
    await fileSystem.close()
  })

  it('deletes a tree and leaves its neighbours', async () => {
    const fileSystem = tested.open()
    for (const name of ['t/a', 't/b/c', 't2/d', 't.txt']) {
      await writeFile(fileSystem, at(`tree/${name}`), Buffer.from(name))
    }
    await fileSystem.deleteTree(at('tree/t'))
    assert.deepEqual(await names(fileSystem, at('tree')), ['t.txt', 't2/d'])
    await fileSystem.deleteTree(at('tree/t.txt'))
    assert.deepEqual(await names(fileSystem, at('tree')), ['t2/d'])
    await fileSystem.close()
  })

  it('writes a file in pieces, small ones and large ones, and again', async () => {
    const fileSystem = tested.open()
    const bytes = testBytes(24 * 1024 * 1024, 7)
    const ends = [1, 100, 5_000_000, 5_000_001, 17_000_000, 17_500_000, bytes.length]
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const file = await fileSystem.openForWriting(at('pieces/staged'))
      let start = 0
      for (const end of ends) {
        await file.write(bytes.subarray(start, end), start)
        // Sent one by one, as by several workers.
        await file.sync()
        start = end
      }
      await file.close()
    }
    assert.equal((await fileSystem.stat(at('pieces/staged')))?.sizeBytes, bytes.length)
    await fileSystem.move(at('pieces/staged'), at('pieces/whole'))
    assert.equal(digest(await readFile(fileSystem, at('pieces/whole'), 3_000_000)), digest(bytes))
    assert.deepEqual(await names(fileSystem, at('pieces')), ['whole'])
    await fileSystem.close()
  })

  it('keeps a file of no bytes', async () => {
    const fileSystem = tested.open()
    await writeFile(fileSystem, at('empty/a'), Buffer.alloc(0))
    assert.equal((await fileSystem.stat(at('empty/a')))?.sizeBytes, 0)
    assert.equal((await readFile(fileSystem, at('empty/a'))).length, 0)
    await fileSystem.close()
  })

  it('reads at any place, forwards and backwards, and not behind the end', async () => {
    const fileSystem = tested.open()
    const bytes = testBytes(3_000_000, 3)
    await writeFile(fileSystem, at('places/a'), bytes)
    const file = await fileSystem.openForReading(at('places/a'), bytes.length)
    const places: readonly [position: number, length: number, ahead?: number][] = [
      [0, 10],
      [2_000_000, 1000],
      [5, 100_000, 1_000_000],
      [100_005, 900_000],
      [999_000, 10],
      [2_999_990, 100],
      [3_000_000, 10],
    ]
    for (const [position, length, ahead] of places) {
      assert.ok((await piece(file, position, length, ahead)).equals(bytes.subarray(position, position + length)))
    }
    await file.close()
    await fileSystem.close()
  })
}

async function piece(file: ReadableFile, position: number, length: number, ahead?: number): Promise<Buffer> {
  const target = Buffer.alloc(length)
  return target.subarray(0, await file.read(target, position, ahead))
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
