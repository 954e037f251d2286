import type { MetadataColumn } from '../core/schema.js'
import type { JsonObject } from '../spi/json.js'
import type { FileEntry } from './file-system.js'
import { fileName } from './listing.js'

/** What a file source knows of every row. Times are milliseconds since 1970. @source SeaTunnel 3.x `Metadata` */
export const FILE_METADATA: readonly MetadataColumn[] = [
  { key: 'FilePath', type: { kind: 'STRING' } },
  { key: 'FileCreateTime', type: { kind: 'BIGINT' } },
  { key: 'FileUpdateTime', type: { kind: 'BIGINT' } },
  { key: 'FileSize', type: { kind: 'BIGINT' } },
  { key: 'FileType', type: { kind: 'STRING' } },
]

/**
 * The metadata of a data file, as far as it is asked for; `null` when none is. Of an entry of an archive, path and type are the
 * entry's and the rest is the archive's. A file system that does not keep the time of creation gives that of the last change.
 *
 * @param entryName name inside the archive, `null` for a file by itself.
 */
export function fileMetadata(
  { path, sizeBytes, modifiedMs, createdMs }: FileEntry,
  entryName: string | null,
  keys: ReadonlySet<string>,
): JsonObject | null {
  const all: JsonObject = {
    ...namedMetadata(entryName ?? path),
    FileCreateTime: Math.floor(createdMs ?? modifiedMs),
    FileUpdateTime: Math.floor(modifiedMs),
    FileSize: sizeBytes,
  }
  const asked = Object.entries(all).filter(([key]) => keys.has(key))
  return asked.length === 0 ? null : Object.fromEntries(asked)
}

/** The same metadata for another entry of the archive. */
export function entryMetadata(metadata: JsonObject, entryName: string): JsonObject {
  const named = Object.entries(namedMetadata(entryName)).filter(([key]) => key in metadata)
  return { ...metadata, ...Object.fromEntries(named) }
}

function namedMetadata(name: string): JsonObject {
  const last = fileName(name)
  const point = last.lastIndexOf('.')
  return { FilePath: name, FileType: point < 0 ? '' : last.slice(point + 1) }
}
