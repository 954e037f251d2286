import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { DataStream } from '../data-stream.js'
import { openDataStream } from '../data-stream.js'
import { LocalFileSystem } from '../local-file-system.js'
import { type ArchiveCodec, type DataFile, dataFiles } from '../splits.js'
import { putFile, tarArchive, temporaryFolder, zipArchive } from '../testing.js'

const files = new LocalFileSystem()
const ENTRIES = [
  { name: 'a.txt', content: 'first\nfile' },
  { name: 'folder/b.txt', content: 'x'.repeat(3000) },
  { name: 'folder/c.csv', content: 'not this one' },
  { name: 'folder/._b.txt', content: 'nor this one' },
  { name: 'empty.txt', content: '' },
]
const WANTED = ['first\nfile', 'x'.repeat(3000)]
const LIMIT = { maxBytes: 1e9, maxRatio: 1000 }

async function list(folder: string, content: Uint8Array, archive: ArchiveCodec): Promise<readonly DataFile[]> {
  const path = `${folder}/archive`
  putFile(path, content)
  return dataFiles(files, [{ path, sizeBytes: content.length, modifiedMs: 0 }], archive, ['.txt'])
}

async function readAll(data: readonly DataFile[], limit = LIMIT): Promise<readonly string[]> {
  const texts: string[] = []
  for (const file of data) {
    const open = await files.openForReading(file.path)
    const stream = await openDataStream(open, file, { encoding: 'UTF-8', streamCodec: 'none', limit })
    try {
      await readEntries(stream, texts)
    } finally {
      await stream.close()
      await open.close()
    }
  }
  return texts
}

async function readEntries(stream: DataStream, texts: string[]): Promise<void> {
  do {
    let text = ''
    while (!(await stream.entry.isAtEnd())) text += Buffer.from(await stream.entry.take(1000)).toString()
    texts.push(text)
  } while (await stream.nextEntry())
}

describe('archives', () => {
  const good: readonly [title: string, archive: ArchiveCodec, content: Uint8Array, texts: readonly string[]][] = [
    ['deflated zip entries', 'ZIP', zipArchive(ENTRIES), WANTED],
    ['stored zip entries', 'ZIP', zipArchive(ENTRIES.map((entry) => ({ ...entry, isStored: true }))), WANTED],
    ['a zip archive of nothing', 'ZIP', zipArchive([]), []],
    ['tar entries', 'TAR', tarArchive(ENTRIES), WANTED],
    ['a tar archive of nothing', 'TAR', tarArchive([]), []],
    ['compressed tar entries', 'TAR_GZ', gzipSync(tarArchive(ENTRIES)), WANTED],
    ['a gzip file', 'GZ', gzipSync('content'), ['content']],
    ['a gzip file of several members', 'GZ', Buffer.concat([gzipSync('one '), gzipSync('two')]), ['one two']],
    [
      'links and folders in a tar archive',
      'TAR',
      tarArchive([
        { name: 'l.txt', content: '', type: '2' },
        { name: 'd.txt/', content: '', type: '5' },
        { name: 'a.txt', content: 'a' },
      ]),
      ['a'],
    ],
    [
      'a GNU long name',
      'TAR',
      tarArchive([
        { name: '././@LongLink', content: `${'n'.repeat(200)}.txt\0`, type: 'L' },
        { name: 'nnn', content: 'long' },
      ]),
      ['long'],
    ],
    [
      'a pax name',
      'TAR',
      tarArchive([
        { name: 'pax', content: '14 path=p.txt\n', type: 'x' },
        { name: 'short', content: 'pax' },
      ]),
      ['pax'],
    ],
    [
      'names that would leave the folder',
      'ZIP',
      zipArchive([{ name: '../../../etc/cron.txt', content: 'harmless' }]),
      ['harmless'],
    ],
  ]
  for (const [title, archive, content, texts] of good) {
    it(`reads ${title}`, async (test) => {
      assert.deepEqual(await readAll(await list(temporaryFolder(test), content, archive)), texts)
    })
  }

  const zip = zipArchive(ENTRIES)
  const tar = tarArchive(ENTRIES)
  const broken: readonly [title: string, archive: ArchiveCodec, content: Uint8Array, code: string][] = [
    ['a zip archive that is cut off', 'ZIP', zip.subarray(0, zip.length - 30), 'FILE_CORRUPT'],
    ['an empty zip file', 'ZIP', Buffer.alloc(0), 'FILE_CORRUPT'],
    ['text that is said to be zip', 'ZIP', Buffer.from('a,b,c\n'.repeat(100)), 'FILE_CORRUPT'],
    ['a zip directory that points elsewhere', 'ZIP', changed(zip, zip.length - 22 + 16, 1), 'FILE_CORRUPT'],
    ['a zip entry with damaged data', 'ZIP', changed(zip, 38, 0xff), 'FILE_CORRUPT'],
    ['an encrypted zip entry', 'ZIP', changed(zip, zip.indexOf('PK\u0001\u0002') + 8, 1), 'UNIMPLEMENTED'],
    ['a zip entry of an unknown method', 'ZIP', changed(zip, zip.indexOf('PK\u0001\u0002') + 10, 99), 'UNIMPLEMENTED'],
    ['a tar archive that is cut off in an entry', 'TAR', tar.subarray(0, 1024 + 512 + 100), 'FILE_CORRUPT'],
    ['a tar archive with a wrong checksum', 'TAR', changed(tar, 5, 0x41), 'FILE_CORRUPT'],
    ['a tar archive with a wrong size', 'TAR', changed(tar, 130, 0x39), 'FILE_CORRUPT'],
    ['a gzip file that is cut off', 'GZ', gzipSync('x'.repeat(9999)).subarray(0, 20), 'FILE_CORRUPT'],
    ['text that is said to be gzip', 'GZ', Buffer.from('a,b,c'), 'FILE_CORRUPT'],
    ['a compressed tar archive that is cut off', 'TAR_GZ', gzipSync(tar.subarray(0, 2000)), 'FILE_CORRUPT'],
  ]
  for (const [title, archive, content, code] of broken) {
    it(`refuses ${title}`, async (test) => {
      const folder = temporaryFolder(test)
      await assert.rejects(async () => readAll(await list(folder, content, archive)), { code })
    })
  }

  it('refuses zip entries that share bytes', async (test) => {
    const one = zipArchive([{ name: 'a.txt', content: 'aaaa' }])
    const record = one.subarray(one.indexOf('PK\u0001\u0002'), one.length - 22)
    const end = Buffer.from(one.subarray(one.length - 22))
    end.writeUInt16LE(2, 8)
    end.writeUInt16LE(2, 10)
    end.writeUInt32LE(record.length * 2, 12)
    const overlapping = Buffer.concat([one.subarray(0, one.length - 22), record, end])
    await assert.rejects(list(temporaryFolder(test), overlapping, 'ZIP'), { code: 'FILE_CORRUPT', message: /overlap/ })
  })

  it('stops at the limits of a file that grows too much', async (test) => {
    const folder = temporaryFolder(test)
    const bomb = await list(folder, gzipSync(Buffer.alloc(3_000_000)), 'GZ')
    await assert.rejects(readAll(bomb, { maxBytes: 1_000_000, maxRatio: 1000 }), {
      code: 'VALUE_TOO_LARGE',
      details: { hint: "raise 'archive_max_bytes' or 'archive_max_ratio' if the file is to be trusted" },
    })
    assert.equal((await readAll(bomb, { maxBytes: 3_000_000, maxRatio: 1 }))[0]?.length, 3_000_000)
  })
})

function changed(bytes: Uint8Array, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at] = value
  return copy
}
