import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { STEP_FLAG } from '../native/backend.js'
import type { MorselInput, Split } from '../spi/source.js'
import { LocalFileSystem } from './local-file-system.js'
import { FileSourceReader, type TableReadSettings } from './reader.js'
import type { FileBytes, FileSplit } from './splits.js'
import { putFile, tarArchive, temporaryFolder } from './testing.js'

const SETTINGS: TableReadSettings = {
  encoding: 'UTF-8',
  streamCodec: 'none',
  maxBytes: 1e9,
  maxRatio: 1000,
  delimiterBytes: 1,
  isWhole: false,
}

function split(path: string, bytes: FileBytes, morsels: number | null, pieces: FileSplit['pieces'] = null): Split {
  const payload = {
    path,
    name: path,
    bytes: bytes as FileSplit['bytes'],
    partitions: { day: '1' },
    pieces,
    morselBytes: 10,
  }
  return { id: path, table: 0, morsels, delayMs: 0, payload }
}

/** Reads an input to its end in small steps. */
async function drain(input: MorselInput, step = 4): Promise<string> {
  const parts: Buffer[] = []
  for (;;) {
    const target = new Uint8Array(new SharedArrayBuffer(step))
    const read = await input.read(target)
    if (read === 0) return Buffer.concat(parts).toString()
    parts.push(Buffer.from(target.slice(0, read)))
  }
}

describe('morsels of a file of lines', () => {
  const content = 'aaaa\nbbbbbbb\nc\ndddddd'

  it('begin one delimiter early, end behind their limit and cover the file', async (test) => {
    const path = `${temporaryFolder(test)}/f`
    putFile(path, content)
    const reader = new FileSourceReader(() => new LocalFileSystem(), [SETTINGS])
    const whole = split(path, { kind: 'range', offset: 0, length: content.length }, 3)
    const inputs = [await reader.open(whole, 0, 0), await reader.open(whole, 0, 1), await reader.open(whole, 0, 2)]
    assert.deepEqual(
      inputs.map(({ flags, limitBytes }) => [flags, limitBytes]),
      [
        [STEP_FLAG.startOfFile, 10],
        [STEP_FLAG.skipPartialRecord, 11],
        [STEP_FLAG.skipPartialRecord, 2],
      ],
    )
    assert.equal(inputs[0]?.arguments, '{"partitions":{"day":"1"}}')
    assert.deepEqual(await Promise.all(inputs.map((input) => drain(input))), [
      content,
      content.slice(9),
      content.slice(19),
    ])
    assert.equal(await inputs[0]?.next(new Uint8Array(0)), null)
    await reader.close()
  })

  it('stay inside their part of an archive', async (test) => {
    const path = `${temporaryFolder(test)}/f`
    putFile(path, `###${content}###`)
    const reader = new FileSourceReader(() => new LocalFileSystem(), [SETTINGS])
    const part = split(path, { kind: 'range', offset: 3, length: content.length }, 3)
    assert.equal(await drain(await reader.open(part, 0, 0)), content)
    assert.equal(await drain(await reader.open(part, 0, 2)), content.slice(19))
    await reader.close()
  })

  it('step back over the whole of a long delimiter', async (test) => {
    const path = `${temporaryFolder(test)}/f`
    putFile(path, content)
    const reader = new FileSourceReader(() => new LocalFileSystem(), [{ ...SETTINGS, delimiterBytes: 3 }])
    const input = await reader.open(split(path, { kind: 'range', offset: 0, length: content.length }, 3), 0, 1)
    assert.equal(await drain(input), content.slice(7))
    assert.equal(input.limitBytes, 13)
    await reader.close()
  })

  it('end where a file ends that became shorter', async (test) => {
    const path = `${temporaryFolder(test)}/f`
    putFile(path, 'short')
    const reader = new FileSourceReader(() => new LocalFileSystem(), [SETTINGS])
    assert.equal(
      await drain(await reader.open(split(path, { kind: 'range', offset: 0, length: 100 }, 10), 0, 0)),
      'short',
    )
    assert.equal(await drain(await reader.open(split(path, { kind: 'range', offset: 0, length: 100 }, 10), 0, 5)), '')
    await reader.close()
  })
})

describe('pieces of a file', () => {
  it('are read by ranges, with their arguments', async (test) => {
    const path = `${temporaryFolder(test)}/f`
    putFile(path, '##0123456789')
    const reader = new FileSourceReader(() => new LocalFileSystem(), [SETTINGS])
    const pieces = [{ rowGroup: 0 }, { rowGroup: 1 }]
    const input = await reader.open(split(path, { kind: 'range', offset: 2, length: 10 }, 2, pieces), 0, 1)
    assert.deepEqual(JSON.parse(input.arguments), { rowGroup: 1, partitions: { day: '1' }, fileId: path })
    const target = new Uint8Array(5)
    await input.readRanges(
      [
        [7, 3],
        [0, 2],
      ],
      target,
    )
    assert.equal(Buffer.from(target).toString(), '78901')
    await assert.rejects(input.readRanges([[8, 5]], target), { code: 'FILE_READ_FAILED' })
    await reader.close()
  })
})

describe('a split that is read in order', () => {
  /** Plays the runner: takes `take` bytes of every morsel, gives the rest back. */
  async function morsels(input: MorselInput, take: number): Promise<readonly [flags: number, text: string][]> {
    const seen: [number, string][] = []
    let current: MorselInput | null = input
    while (current !== null) {
      const text: string = await drain(current, 7)
      seen.push([current.flags, text.slice(0, take)])
      const next: MorselInput | null = await current.next(Buffer.from(text.slice(take)))
      await current.close()
      current = next
      assert.ok(seen.length < 20, 'the split does not end')
    }
    return seen
  }

  it('goes on with what the morsel before did not use', async (test) => {
    const path = `${temporaryFolder(test)}/f.gz`
    const packed = gzipSync('0123456789')
    putFile(path, packed)
    const reader = new FileSourceReader(() => new LocalFileSystem(), [SETTINGS])
    const input = await reader.open(split(path, { kind: 'gzip', length: packed.length }, null), 0, 0)
    assert.equal(input.limitBytes, 10)
    assert.deepEqual(await morsels(input, 4), [
      [STEP_FLAG.startOfFile, '0123'],
      [0, '4567'],
      [0, '89'],
    ])
    await reader.close()
  })

  it('ends when the decoder leaves a rest at the end of the file', async (test) => {
    const path = `${temporaryFolder(test)}/f`
    putFile(path, 'rest')
    const reader = new FileSourceReader(() => new LocalFileSystem(), [SETTINGS])
    const input = await reader.open(split(path, { kind: 'range', offset: 0, length: 4 }, null), 0, 0)
    assert.deepEqual(await morsels(input, 0), [
      [STEP_FLAG.startOfFile, ''],
      [0, ''],
    ])
    await reader.close()
  })

  it('begins anew with every entry of an archive', async (test) => {
    const path = `${temporaryFolder(test)}/f.tgz`
    const packed = gzipSync(
      tarArchive([
        { name: 'a.txt', content: 'one' },
        { name: 'b.md', content: 'no' },
        { name: 'c.txt', content: 'three' },
      ]),
    )
    putFile(path, packed)
    const reader = new FileSourceReader(() => new LocalFileSystem(), [SETTINGS])
    const input = await reader.open(
      split(path, { kind: 'tarGzip', length: packed.length, suffixes: ['.txt'] }, null),
      0,
      0,
    )
    assert.deepEqual(await morsels(input, 100), [
      [STEP_FLAG.startOfFile, 'one'],
      [STEP_FLAG.startOfFile, 'three'],
    ])
    await reader.close()
  })

  it('is UTF-8 whatever the encoding is', async (test) => {
    const path = `${temporaryFolder(test)}/f`
    putFile(path, Buffer.from('c4e3bac3', 'hex'))
    const reader = new FileSourceReader(() => new LocalFileSystem(), [{ ...SETTINGS, encoding: 'GBK', isWhole: true }])
    const input = await reader.open(split(path, { kind: 'range', offset: 0, length: 4 }, null), 0, 0)
    assert.equal(input.limitBytes, Number.MAX_SAFE_INTEGER)
    assert.equal(await drain(input), '你好')
    await input.close()
    await reader.close()
  })
})
