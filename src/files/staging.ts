import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { MillraceError } from '../core/error.js'
import type { JsonObject } from '../spi/json.js'
import { NULL_PARTITION, partitionFolder } from './partitions.js'

/** Folder of files without a partition in the staging area. @source SeaTunnel `BaseSinkConfig.NON_PARTITION` */
const NON_PARTITION = 'NON_PARTITION'

/** How one sink table's files are named and where they are staged. Plain data for workers. */
export interface StagingLayout extends JsonObject {
  /** Folder of everything that this sink table stages; nobody else's. */
  readonly root: string
  /** Folder above the roots of all attempts, and of all sinks of the job that stage there; `null` when nobody else can. */
  readonly jobFolder: string | null
  readonly jobId: string
  /** Whether what is staged must outlive the process and a loss of power. */
  readonly isDurable: boolean
  /** Distinguishes the sink table; of a durable job it is the same in all attempts. */
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
  return `${transactionPrefix(layout)}_${subtask}_${checkpointId}`
}

function transactionPrefix({ jobId, uuid }: StagingLayout): string {
  return `T_${jobId}_${uuid.replaceAll('-', '').slice(0, 10)}`
}

/** Folder of everything that one subtask stages for one checkpoint. */
export function transactionFolder(layout: StagingLayout, transaction: string): string {
  return `${layout.root}/${transaction}`
}

/** Name of the root of one attempt of a durable job below the job's folder. */
export function attemptName(uuid: string, epoch: number): string {
  return `${uuid}_${epoch}`
}

/** The attempt that a name of {@link attemptName} belongs to; `null` for any other name. */
export function epochOf(name: string): number | null {
  const epoch = /^[0-9a-f-]{36}_(\d{1,15})$/.exec(name)?.[1]
  return epoch === undefined ? null : Number(epoch)
}

/** The checkpoint that a file under its final name was committed with; `null` when it is not one of the sink table. */
export function checkpointOf(layout: StagingLayout, fileName: string): number | null {
  const prefix = transactionPrefix(layout)
  const at = fileName.indexOf(`${prefix}_`)
  const numbers = at < 0 ? null : /^_\d+_(\d+)(?!\d)/.exec(fileName.slice(at + prefix.length))
  return numbers === null ? null : Number(numbers[1])
}

/** The folders whose names a staged file depends on, from that of the job's folder on down to the file's own. */
export function foldersOf(layout: StagingLayout, stagedPath: string): readonly string[] {
  const top = posix.dirname(layout.jobFolder ?? layout.root)
  const folders: string[] = []
  for (let folder = posix.dirname(stagedPath); folder.length >= top.length; folder = posix.dirname(folder)) {
    folders.push(folder)
    if (folder === posix.dirname(folder)) break
  }
  return folders
}

/** Whether files of different checkpoints may have the same name. */
export function repeatsNames({ expression, isPathPerPartition }: StagingLayout): boolean {
  return isPathPerPartition || !(expression.includes('${transactionId}') || expression.includes('${uuid}'))
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
export function nameUuid(text: string): string {
  const hash = createHash('sha256').update(text).digest('hex')
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-5${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`
}
