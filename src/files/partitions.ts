import { MillraceError } from '../core/error.js'

/**
 * The `key=value` segments of a path, in order; of a repeated key the last value counts.
 *
 * @source SeaTunnel `AbstractReadStrategy.parsePartitionsByPath`
 */
export function partitionsOfPath(path: string): ReadonlyMap<string, string> {
  const partitions = new Map<string, string>()
  for (const segment of path.split('/')) {
    const parts = segment.split('=')
    const [key, value] = parts
    if (parts.length > 1 && key !== undefined && value !== undefined && key !== '') partitions.set(key, value)
  }
  return partitions
}

/** Folder of rows whose partition value is null or empty. */
export const NULL_PARTITION = '__HIVE_DEFAULT_PARTITION__'

/** Characters that would change what a path means, or that a file system cannot store. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not get into a path.
const UNSAFE = /[\u0000-\u001f\u007f/\\%]/g

/** File systems take names of at most 255 bytes. */
const LONGEST_SEGMENT_BYTES = 255

/**
 * A partition value as part of a path: `/`, `\`, `%` and control characters become `%XX`, and so do the points of `.` and `..`.
 * An empty value is `__HIVE_DEFAULT_PARTITION__`, which the kernels give
 * for null.
 */
export function escapePartitionValue(value: string): string {
  if (value === '') return NULL_PARTITION
  if (value === '.' || value === '..') return value.replaceAll('.', '%2E')
  return value.replace(UNSAFE, (found) => `%${found.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
}

/**
 * The folder of a partition below the target path; empty without partitions.
 *
 * @param expression text with `${k0}`, `${v0}`, `${k1}`, …; `null` or blank for `k=v/k=v`.
 * @throws MillraceError `FILE_WRITE_FAILED` when the result would leave the target path or a value is too long for a name.
 * @source SeaTunnel `AbstractWriteStrategy.generatorPartitionDir`
 */
export function partitionFolder(keys: readonly string[], values: readonly string[], expression: string | null): string {
  if (keys.length === 0) return ''
  const safe = values.map(escapePartitionValue)
  const text =
    expression === null || expression.trim() === ''
      ? keys.map((key, index) => `${key}=${safe[index] ?? NULL_PARTITION}`).join('/')
      : expression.replace(/\$\{([kv])(\d+)\}/g, (whole, kind: string, index: string) => {
          return (kind === 'k' ? keys : safe)[Number(index)] ?? whole
        })
  const segments = text.split('/').filter((segment) => segment !== '')
  for (const segment of segments) {
    if (segment === '.' || segment === '..') {
      throw new MillraceError('FILE_WRITE_FAILED', `the partition folder '${text}' leaves the target path`)
    }
    if (Buffer.byteLength(segment) > LONGEST_SEGMENT_BYTES) {
      const message = `a partition value makes a folder name of more than '${LONGEST_SEGMENT_BYTES}' bytes`
      throw new MillraceError('FILE_WRITE_FAILED', message)
    }
  }
  return segments.join('/')
}
