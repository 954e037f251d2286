import { mapConcurrently } from './concurrent.js'
import type { FileEntry, FileSystem, ReadableFile } from './file-system.js'
import type { COMPARE_MODES, UPDATE_STRATEGIES } from './options.js'

/** What a source compares its files with. */
export interface UpdateSync {
  readonly target: FileSystem
  readonly targetPath: string
  readonly strategy: (typeof UPDATE_STRATEGIES)[number]
  readonly compareMode: (typeof COMPARE_MODES)[number]
  readonly parallelism: number
}

const COMPARED_BYTES = 1024 * 1024

/**
 * The files that are missing below the target or differ there, in their order.
 *
 * @param root folder or file that the source reads; the target has the same paths below it.
 * @throws MillraceError `FILE_READ_FAILED` when a target cannot be looked at.
 * @source SeaTunnel `AbstractReadStrategy.shouldSyncFileInUpdateMode`
 */
export async function changedFiles(
  source: FileSystem,
  root: string,
  entries: readonly FileEntry[],
  sync: UpdateSync,
): Promise<readonly FileEntry[]> {
  const isChanged = await mapConcurrently(entries, sync.parallelism, (entry) => differs(source, root, entry, sync))
  return entries.filter((_, index) => isChanged[index] === true)
}

async function differs(source: FileSystem, root: string, entry: FileEntry, sync: UpdateSync): Promise<boolean> {
  const path = `${sync.targetPath}/${relativePath(root, entry.path)}`
  const target = await sync.target.stat(path)
  if (target === null || target.isDirectory || target.sizeBytes !== entry.sizeBytes) return true
  if (sync.strategy === 'distcp') return target.modifiedMs < entry.modifiedMs
  if (sync.compareMode === 'len_mtime') return target.modifiedMs !== entry.modifiedMs
  return !(await haveSameBytes(source, entry, sync.target, path))
}

/** The part of a path below a root; the name of the file when the root is the file itself. */
export function relativePath(root: string, path: string): string {
  const below = path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path.slice(path.lastIndexOf('/') + 1)
  return root.endsWith('/') && path.startsWith(root) ? path.slice(root.length) : below
}

async function haveSameBytes(source: FileSystem, entry: FileEntry, target: FileSystem, path: string): Promise<boolean> {
  const files: ReadableFile[] = []
  try {
    files.push(await source.openForReading(entry.path, entry.sizeBytes))
    files.push(await target.openForReading(path, entry.sizeBytes))
    return await areEqual(files, entry.sizeBytes)
  } finally {
    for (const file of files) await file.close()
  }
}

async function areEqual(files: readonly ReadableFile[], sizeBytes: number): Promise<boolean> {
  const buffers = files.map(() => Buffer.alloc(Math.min(COMPARED_BYTES, sizeBytes)))
  for (let at = 0; at < sizeBytes; at += COMPARED_BYTES) {
    const length = Math.min(COMPARED_BYTES, sizeBytes - at)
    const parts: Buffer[] = []
    for (const [index, file] of files.entries()) {
      const buffer = (buffers[index] as Buffer).subarray(0, length)
      parts.push(buffer.subarray(0, await file.read(buffer, at, sizeBytes - at)))
    }
    const [left, right] = parts
    if (left === undefined || right === undefined || !left.equals(right)) return false
  }
  return true
}
