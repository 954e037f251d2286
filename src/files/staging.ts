import { createHash } from 'node:crypto'
import { MillraceError } from '../core/error.js'
import type { JsonObject } from '../spi/json.js'
import { NULL_PARTITION, partitionFolder } from './partitions.js'

/** Folder of files without a partition in the staging area. @source SeaTunnel `BaseSinkConfig.NON_PARTITION` */
const NON_PARTITION = 'NON_PARTITION'

/** How one sink table's files are named and where they are staged. Plain data for workers. */
export interface StagingLayout extends JsonObject {
  /** Folder of everything that this sink table stages; nobody else's. */
  readonly root: string
  /** Folder above the roots of all sinks of the job; `null` when the root lies in the target path. */
  readonly jobFolder: string | null
  readonly jobId: string
  /** Distinguishes this run of the sink table. */
  readonly uuid: string
  /** `file_name_expression` with `${now}` filled in. */
  readonly expression: string
  /** Codec suffix and extension with their points. */
  readonly suffix: string
  /** Whether names have no part number. */
  readonly isSingleFile: boolean
  /** Whether the partition's value is the path of the file below the target path. */
  readonly isPathPerPartition: boolean
  readonly partitionBy: readonly string[]
  readonly partitionExpression: string | null
}

/** A file that is being written. */
export interface StagedFile {
  /** Where it lies until it is committed. */
  readonly stagedPath: string
  /** Folder below the target path; empty without partitions. */
  readonly folder: string
  /** Name up to the part number. */
  readonly stem: string
  readonly part: number
}

/** @source SeaTunnel `AbstractWriteStrategy.getTransactionId` */
export function transactionId(layout: StagingLayout, subtask: number, checkpointId: number): string {
  const short = layout.uuid.replaceAll('-', '').slice(0, 10)
  return `T_${layout.jobId}_${short}_${subtask}_${checkpointId}`
}

/** Folder of everything that one subtask stages for one checkpoint. */
export function transactionFolder(layout: StagingLayout, transaction: string): string {
  return `${layout.root}/${transaction}`
}

/** The file of a partition's part. All workers get the same answer for the same arguments. */
export function stagedFile(
  layout: StagingLayout,
  transaction: string,
  partition: readonly string[],
  part: number,
): StagedFile {
  if (layout.isPathPerPartition) return fileOfPath(layout, transaction, partition[0] ?? '')
  const folder = partitionFolder(layout.partitionBy, partition, layout.partitionExpression)
  const uuid = nameUuid(`${layout.uuid}/${transaction}/${folder}/${part}`)
  const stem = layout.expression.replaceAll('${transactionId}', transaction).replaceAll('${uuid}', uuid)
  const file = { folder, stem, part }
  const staged = folder === '' ? NON_PARTITION : folder
  return {
    ...file,
    stagedPath: `${transactionFolder(layout, transaction)}/${staged}/${targetName(layout, stem, part)}`,
  }
}

/** The staged file of a path that comes with the data: it must stay below the target path. */
function fileOfPath(layout: StagingLayout, transaction: string, path: string): StagedFile {
  const segments = path.split('/')
  const isSafe = segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..')
  if (!isSafe || path.includes('\0') || path.includes('\\') || path === NULL_PARTITION) {
    throw new MillraceError('FILE_WRITE_FAILED', `'${path}' is not the path of a file below the target path`)
  }
  const stem = segments.at(-1) ?? ''
  const folder = segments.slice(0, -1).join('/')
  return { folder, stem, part: 0, stagedPath: `${transactionFolder(layout, transaction)}/${path}` }
}

/** Name of a finished file. */
export function targetName(layout: StagingLayout, stem: string, part: number): string {
  if (layout.isPathPerPartition) return stem
  return layout.isSingleFile && part === 0 ? `${stem}${layout.suffix}` : `${stem}_${part}${layout.suffix}`
}

/** A UUID that depends on a text only, so that every worker makes the same one. */
function nameUuid(text: string): string {
  const hash = createHash('sha256').update(text).digest('hex')
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-5${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`
}
