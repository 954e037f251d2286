import { deflateRawSync } from 'node:zlib'
import { crc32 } from '../../files/archive/crc32.js'

/** One entry of an archive that a test makes; what is not given is as it should be. */
export interface ZipSample {
  readonly name: string | Buffer
  readonly content?: Buffer | string
  readonly stored?: boolean
  /** Whether its sizes stand in the further fields only. */
  readonly isLarge?: boolean
  /** What the list says instead of the truth. */
  readonly says?: Partial<Record<'bytes' | 'packedBytes' | 'offset' | 'method' | 'flags' | 'mode' | 'crc32', number>>
  readonly localName?: string
}

const IN_EXTRA = 0xffffffff

/** Writes an archive: contents, list, end. `end` says something else of the list than the truth. */
export function zip(
  samples: readonly ZipSample[],
  end: { entries?: number; offset?: number; bytes?: number; isLarge?: boolean } = {},
): Buffer {
  const files: Buffer[] = []
  const list: Buffer[] = []
  let offset = 0
  for (const sample of samples) {
    const { stored = false, says = {}, isLarge = false } = sample
    const name = Buffer.from(sample.name)
    const content = Buffer.from(sample.content ?? 'content')
    const localName = sample.localName === undefined ? name : Buffer.from(sample.localName)
    const packed = stored ? content : deflateRawSync(content)
    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x04034b50, 0)
    local.writeUInt16LE(localName.length, 26)
    files.push(local, localName, packed)
    const entry = Buffer.alloc(46)
    const sizes = [says.bytes ?? content.length, says.packedBytes ?? packed.length, says.offset ?? offset]
    const extra = isLarge ? largeSizes(sizes) : Buffer.alloc(0)
    entry.writeUInt32LE(0x02014b50, 0)
    entry.writeUInt16LE(says.flags ?? 0x800, 8)
    entry.writeUInt16LE(says.method ?? (stored ? 0 : 8), 10)
    entry.writeUInt32LE(says.crc32 ?? crc32(content), 16)
    for (const [index, place] of [24, 20, 42].entries())
      entry.writeUInt32LE(isLarge ? IN_EXTRA : (sizes[index] ?? 0), place)
    entry.writeUInt16LE(name.length, 28)
    entry.writeUInt16LE(extra.length, 30)
    entry.writeUInt16LE(says.mode ?? 0o100644, 40)
    list.push(entry, name, extra)
    offset += 30 + localName.length + packed.length
  }
  const directory = Buffer.concat(list)
  const facts = {
    entries: end.entries ?? samples.length,
    bytes: end.bytes ?? directory.length,
    offset: end.offset ?? offset,
  }
  return Buffer.concat([...files, directory, ...(end.isLarge === true ? largeEnd(facts) : [smallEnd(facts)])])
}

interface ListFacts {
  readonly entries: number
  readonly bytes: number
  readonly offset: number
}

function smallEnd({ entries, bytes, offset }: ListFacts): Buffer {
  const record = Buffer.alloc(22)
  record.writeUInt32LE(0x06054b50, 0)
  record.writeUInt16LE(entries, 10)
  record.writeUInt32LE(bytes, 12)
  record.writeUInt32LE(offset, 16)
  return record
}

/** The end of an archive in the form of ZIP64. */
function largeEnd({ entries, bytes, offset }: ListFacts): readonly Buffer[] {
  const record = Buffer.alloc(56)
  record.writeUInt32LE(0x06064b50, 0)
  record.writeBigUInt64LE(44n, 4)
  for (const [place, value] of [
    [24, entries],
    [32, entries],
    [40, bytes],
    [48, offset],
  ] as const)
    record.writeBigUInt64LE(BigInt(value), place)
  const locator = Buffer.alloc(20)
  locator.writeUInt32LE(0x07064b50, 0)
  locator.writeBigUInt64LE(BigInt(offset + bytes), 8)
  locator.writeUInt32LE(1, 16)
  return [record, locator, smallEnd({ entries: 0xffff, bytes: IN_EXTRA, offset: IN_EXTRA })]
}

function largeSizes(sizes: readonly number[]): Buffer {
  const extra = Buffer.alloc(28)
  extra.writeUInt16LE(1, 0)
  extra.writeUInt16LE(24, 2)
  for (const [index, size] of sizes.entries()) extra.writeBigUInt64LE(BigInt(size), 4 + 8 * index)
  return extra
}

/** A file in pieces of some size, as it comes in. */
export async function* inPieces(bytes: Buffer | string, size = 1000): AsyncGenerator<Uint8Array> {
  const all = Buffer.from(bytes)
  for (let at = 0; at < all.length; at += size) yield all.subarray(at, at + size)
}

/** A form with files, as `curl -F` sends it. */
export function uploadForm(
  parts: readonly { readonly name: string; readonly fileName?: string; readonly content: Buffer | string }[],
  boundary: string,
): Buffer {
  const pieces = parts.flatMap(({ name, fileName, content }) => {
    const file = fileName === undefined ? '' : `; filename="${fileName}"\r\nContent-Type: application/x-java-archive`
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n`
    return [Buffer.from(head), Buffer.from(content), Buffer.from('\r\n')]
  })
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)])
}
