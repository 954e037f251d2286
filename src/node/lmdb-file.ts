import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { MillraceError } from '../core/error.js'

/** Where the fields of a meta page stand in the file format of the package `lmdb`, in bytes from the page's beginning. */
const AT = { magic: 24, version: 28, pageBytes: 48, lastPage: 144, transaction: 152, end: 160 } as const
const MAGIC = 0xbeefc0de
const KNOWN_VERSION = 2
/** A file may begin with two meta pages, of which the newer one counts. */
const DEFAULT_PAGE_BYTES = 4096

/** What one meta page says. */
interface MetaPage {
  readonly pageBytes: number
  readonly lastPage: number
  readonly transaction: bigint
}

/**
 * Refuses a file that is no store or is cut off: it would be mapped into memory, and reading behind its end would end the process.
 *
 * @throws MillraceError `STORE_FAILED`.
 */
export function requireWholeFile(path: string): void {
  let descriptor: number
  try {
    descriptor = openSync(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  try {
    const { size } = fstatSync(descriptor)
    if (size === 0) return
    const head = pageAt(descriptor, 0)
    if (head.length < AT.end || head.readUInt32LE(AT.magic) !== MAGIC) throw damaged(path, 'is no store of jobs')
    if (head.readUInt32LE(AT.version) !== KNOWN_VERSION) return
    const first = metaOf(head)
    const second = metaOf(pageAt(descriptor, first.pageBytes))
    const newest = second.transaction > first.transaction ? second : first
    const wanted = (newest.lastPage + 1) * newest.pageBytes
    if (size < wanted) throw damaged(path, `has '${size}' bytes of '${wanted}'`)
  } finally {
    closeSync(descriptor)
  }
}

function pageAt(descriptor: number, position: number): Buffer {
  const page = Buffer.alloc(AT.end)
  return page.subarray(0, readSync(descriptor, page, 0, page.length, position))
}

function metaOf(page: Buffer): MetaPage {
  if (page.length < AT.end || page.readUInt32LE(AT.magic) !== MAGIC) {
    return { pageBytes: DEFAULT_PAGE_BYTES, lastPage: 0, transaction: -1n }
  }
  return {
    pageBytes: page.readUInt32LE(AT.pageBytes) || DEFAULT_PAGE_BYTES,
    lastPage: Number(page.readBigUInt64LE(AT.lastPage)),
    transaction: page.readBigUInt64LE(AT.transaction),
  }
}

function damaged(path: string, what: string): MillraceError {
  const hint =
    'bring it back from a copy, or move its folder away: jobs and their history are lost then, checkpoints are not'
  return new MillraceError('STORE_FAILED', `'${path}' ${what}`, { hint })
}
