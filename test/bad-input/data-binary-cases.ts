import { gzipSync } from 'node:zlib'
import { tarArchive, zipArchive } from '../../src/files/testing.js'
import type { BadDataFile } from './data-files.js'
import { SAMPLE_PARQUET } from './sample-parquet.js'

const PARQUET = 'file_format_type = parquet'

/** The sample with some bytes changed. */
function changed(at: number, ...bytes: number[]): Buffer {
  const copy = Buffer.from(SAMPLE_PARQUET)
  copy.set(bytes, at < 0 ? copy.length + at : at)
  return copy
}

function parquet(name: string, content: Uint8Array, code: BadDataFile['code']): BadDataFile {
  return {
    name: `parquet: ${name}`,
    files: { 'a.parquet': content },
    source: PARQUET,
    code,
    fragment: 'a.parquet',
  }
}

/** Parquet files that are cut, flipped or something else. */
export const PARQUET_CASES: readonly BadDataFile[] = [
  parquet('a text file', Buffer.from('id,name\n1,x\n'), 'FILE_TYPE_INVALID'),
  parquet('one byte', Buffer.from('P'), 'FILE_TYPE_INVALID'),
  parquet('only the magic', Buffer.from('PAR1'), 'FILE_TYPE_INVALID'),
  parquet('both magics and nothing between', Buffer.from('PAR1\0\0\0\0PAR1'), 'FILE_CORRUPT'),
  parquet('an encrypted footer', changed(-4, 0x50, 0x41, 0x52, 0x45), 'UNIMPLEMENTED'),
  parquet('cut in half', SAMPLE_PARQUET.subarray(0, SAMPLE_PARQUET.length >> 1), 'FILE_CORRUPT'),
  parquet('without its last byte', SAMPLE_PARQUET.subarray(0, -1), 'FILE_CORRUPT'),
  parquet('a footer longer than the file', changed(-8, 0xff, 0xff, 0xff, 0x7f), 'FILE_CORRUPT'),
  parquet('a footer of length 0', changed(-8, 0, 0, 0, 0), 'FILE_CORRUPT'),
  parquet('a footer of rubbish', changed(-60, ...Array.from({ length: 40 }, () => 0xff)), 'FILE_CORRUPT'),
]

const CSV = 'file_format_type = csv\nschema { fields { id = int, name = string } }'
const ROWS = Array.from({ length: 20_000 }, (_, id) => `${id},name ${id}`).join('\n')

function archive(
  name: string,
  file: string,
  content: Uint8Array,
  codec: string,
  code: BadDataFile['code'],
): BadDataFile {
  return {
    name: `${codec}: ${name}`,
    files: { [file]: content },
    source: `${CSV}\narchive_compress_codec = ${codec}`,
    code,
    fragment: file,
  }
}

const GZIP = gzipSync(ROWS)
const ZIP = zipArchive([{ name: 'a.csv', content: ROWS }])
const TAR = tarArchive([{ name: 'a.csv', content: ROWS }])

function flipped(bytes: Uint8Array, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ 0xff
  return copy
}

/** Archives that are cut, flipped or something else. */
export const ARCHIVE_CASES: readonly BadDataFile[] = [
  archive('a text file', 'a.gz', Buffer.from(ROWS), 'gz', 'FILE_CORRUPT'),
  archive('cut in half', 'a.gz', GZIP.subarray(0, GZIP.length >> 1), 'gz', 'FILE_CORRUPT'),
  archive('without its check sum', 'a.gz', GZIP.subarray(0, -8), 'gz', 'FILE_CORRUPT'),
  archive('a wrong check sum', 'a.gz', flipped(GZIP, GZIP.length - 6), 'gz', 'FILE_CORRUPT'),
  archive('a flipped byte', 'a.gz', flipped(GZIP, 500), 'gz', 'FILE_CORRUPT'),
  archive('a text file', 'a.zip', Buffer.from(ROWS), 'zip', 'FILE_CORRUPT'),
  archive('cut in half', 'a.zip', ZIP.subarray(0, ZIP.length >> 1), 'zip', 'FILE_CORRUPT'),
  archive('a directory that is gone', 'a.zip', ZIP.subarray(0, -30), 'zip', 'FILE_CORRUPT'),
  archive('a flipped byte', 'a.zip', flipped(ZIP, 600), 'zip', 'FILE_CORRUPT'),
  archive('a text file', 'a.tar', Buffer.from(ROWS), 'tar', 'FILE_CORRUPT'),
  archive('cut in a header', 'a.tar', TAR.subarray(0, 300), 'tar', 'FILE_CORRUPT'),
  archive('cut in an entry', 'a.tar', TAR.subarray(0, 1500), 'tar', 'FILE_CORRUPT'),
  archive('a wrong check sum', 'a.tar', flipped(TAR, 3), 'tar', 'FILE_CORRUPT'),
  archive('a tar that is not packed', 'a.tgz', TAR, 'tar_gz', 'FILE_CORRUPT'),
  archive('cut in half', 'a.tgz', gzipSync(TAR).subarray(0, 2000), 'tar_gz', 'FILE_CORRUPT'),
  {
    name: 'gz: more than may be unpacked',
    files: { 'a.gz': gzipSync(ROWS) },
    source: `${CSV}\narchive_compress_codec = gz\narchive_max_bytes = 1000`,
    code: 'VALUE_TOO_LARGE',
    fragment: '1000',
  },
  {
    name: 'lzo: a text file',
    files: { 'a.csv': ROWS },
    source: `${CSV}\ncompress_codec = lzo`,
    code: 'FILE_TYPE_INVALID',
    fragment: '',
  },
]
