import { setImmediate as nextTurn } from 'node:timers/promises'
import { MillraceError } from '../core/error.js'
import type { KernelBackend, ProgramContext } from '../native/backend.js'
import type { Json, JsonObject } from '../spi/json.js'
import type { CommitInfo, SinkCommitter } from '../spi/sink.js'
import { encoderFromUtf8 } from './charset.js'
import { type CommitTable, FileCompletion, type StagedSum } from './file-completion.js'
import type { FileSystem } from './file-system.js'
import { applySaveModes } from './save-mode.js'
import {
  checkpointOf,
  epochOf,
  repeatsNames,
  type StagingLayout,
  stagedFile,
  targetName,
  transactionFolder,
  transactionId,
} from './staging.js'
import type { PreparedFile, PreparedFiles } from './writer.js'

/** What a commit does, decided before it is durable. */
interface SettledFiles extends JsonObject {
  /** Where every staged file goes. */
  readonly targets: readonly (readonly [stagedPath: string, target: string])[]
  /** Where a table's file without rows goes, by table; `null` for none. */
  readonly emptyFiles: readonly (string | null)[]
  /** Names that were given to files of earlier checkpoints and may come again. */
  readonly taken: readonly string[]
}

/**
 * Moves staged files to their names. A file is visible under its own name only when it is complete; committing the same files
 * again changes nothing.
 *
 * @source SeaTunnel `FileSinkAggregatedCommitter`
 */
export class FileSinkCommitter implements SinkCommitter {
  readonly #fileSystem: FileSystem
  readonly #tables: readonly CommitTable[]
  readonly #completion: FileCompletion
  /** Number of the attempt; `null` for a job that is not durable. */
  readonly #epoch: number | null
  /** Target by staged path, of what is settled. */
  readonly #targets = new Map<string, string>()
  readonly #emptyFiles = new Map<CommitTable, string>()
  /** Targets of this job whose names may come again. */
  readonly #taken = new Set<string>()

  constructor(
    fileSystem: FileSystem,
    tables: readonly CommitTable[],
    job: { readonly backend: KernelBackend; readonly program: ProgramContext; readonly epoch: number | null },
  ) {
    this.#fileSystem = fileSystem
    this.#tables = tables
    this.#completion = new FileCompletion(fileSystem, job)
    this.#epoch = job.epoch
  }

  async open(): Promise<void> {
    for (const { path, saveModes } of this.#tables) await applySaveModes(this.#fileSystem, path, saveModes)
  }

  /** Gives every file its name. @throws MillraceError `BINARY_PART_ORDER` when two parts of a job would write the same file. */
  async settle(checkpointId: number, infos: readonly CommitInfo[], isLast: boolean): Promise<Json> {
    this.#targets.clear()
    this.#emptyFiles.clear()
    for (const [index, table] of this.#tables.entries()) {
      const own = infos.filter((info) => info.table === index)
      for (const file of sumFiles(own)) this.#targetOf(table, file)
      if (isLast && hasNoRows(own)) this.#settleEmptyFile(table, checkpointId)
    }
    const settled: SettledFiles = {
      targets: [...this.#targets],
      emptyFiles: this.#tables.map((table) => this.#emptyFiles.get(table) ?? null),
      taken: [...this.#taken],
    }
    return settled
  }

  async resume(settled: Json): Promise<void> {
    const { targets, emptyFiles, taken } = settled as SettledFiles
    for (const [stagedPath, target] of targets) this.#targets.set(stagedPath, target)
    for (const target of taken) this.#taken.add(target)
    for (const [index, target] of emptyFiles.entries()) {
      const table = this.#tables[index]
      if (target !== null && table !== undefined) this.#emptyFiles.set(table, target)
    }
  }

  async sweep(newestKept: number | null): Promise<void> {
    for (const parent of this.#jobFolders()) await this.#sweepAttempts(parent)
    if (newestKept === null) return
    for (const { path, layout } of this.#tables) {
      if (repeatsNames(layout) || (await this.#fileSystem.stat(path)) === null) continue
      for (const file of await this.#fileSystem.list(path)) {
        const checkpointId = checkpointOf(layout, file.path.slice(file.path.lastIndexOf('/') + 1))
        if (checkpointId !== null && checkpointId > newestKept) await this.#fileSystem.deleteTree(file.path)
      }
    }
  }

  /**
   * Removes the roots of attempts before this one: they are over, and what they had to commit was committed. A root of this one's number
   * is removed too, for it has staged nothing yet.
   */
  async #sweepAttempts(jobFolder: string): Promise<void> {
    const epoch = this.#epoch
    if (epoch === null || (await this.#fileSystem.stat(jobFolder)) === null) return
    const files = await this.#fileSystem.list(jobFolder)
    const roots = new Set(files.map((file) => file.path.slice(jobFolder.length + 1).split('/')[0] ?? ''))
    for (const root of roots) {
      if ((epochOf(root) ?? epoch + 1) <= epoch) await this.#fileSystem.deleteTree(`${jobFolder}/${root}`)
    }
  }

  #jobFolders(): ReadonlySet<string> {
    return new Set(this.#tables.flatMap(({ layout }) => layout.jobFolder ?? []))
  }

  /** @throws MillraceError `FILE_COMMIT_FAILED` when a file is neither staged nor at its place, or cannot be moved. */
  async commit(checkpointId: number, infos: readonly CommitInfo[], isLast: boolean): Promise<void> {
    for (const [index, table] of this.#tables.entries()) {
      const own = infos.filter((info) => info.table === index)
      const transactions = new Set<string>()
      for (const file of sumFiles(own)) {
        await this.#commitFile(table, file)
        const transaction = transactionOf(table.layout, file.stagedPath)
        if (transaction !== null) transactions.add(transaction)
        // Many files must not keep the main thread from everything else.
        await nextTurn()
      }
      if (isLast && hasNoRows(own)) await this.#commitEmptyFile(table, checkpointId)
      for (const transaction of transactions) {
        await this.#fileSystem.deleteTree(transactionFolder(table.layout, transaction))
      }
    }
    if (isLast) await this.#end()
  }

  async abort(): Promise<void> {
    await this.#end()
  }

  async leave(): Promise<void> {
    await this.#fileSystem.close()
  }

  async #end(): Promise<void> {
    await this.#removeStaging()
    await this.#fileSystem.close()
  }

  async #commitFile(table: CommitTable, file: StagedSum): Promise<void> {
    try {
      await this.#completeAndMove(table, file)
    } catch (thrown) {
      if (!(thrown instanceof MillraceError) || thrown.code === 'FILE_COMMIT_FAILED') throw thrown
      const message = `committing '${file.stagedPath}' failed: ${thrown.message}`
      throw new MillraceError('FILE_COMMIT_FAILED', message, { ...thrown.details, cause: thrown })
    }
  }

  async #completeAndMove(table: CommitTable, file: StagedSum): Promise<void> {
    const target = this.#targetOf(table, file)
    const staged = await this.#fileSystem.stat(file.stagedPath)
    if (staged === null) {
      if ((await this.#fileSystem.stat(target)) !== null) return
      throw new MillraceError('FILE_COMMIT_FAILED', `'${file.stagedPath}' is gone and '${target}' is not there`, {
        hint: 'something removed files from tmp_path while the job ran',
      })
    }
    if (staged.sizeBytes < file.bytes) {
      const message = `'${file.stagedPath}' has '${staged.sizeBytes}' bytes of '${file.bytes}' that were written`
      throw new MillraceError('FILE_COMMIT_FAILED', message)
    }
    const complete = await this.#completion.complete(table, file)
    await this.#fileSystem.move(complete, target)
    if (complete !== file.stagedPath) await this.#fileSystem.deleteTree(file.stagedPath)
  }

  /** Names without a transaction repeat from checkpoint to checkpoint; a file of this job is never replaced by another one. */
  #targetOf(table: CommitTable, file: Pick<StagedSum, 'stagedPath' | 'folder' | 'stem' | 'part'>): string {
    const known = this.#targets.get(file.stagedPath)
    if (known !== undefined) return known
    const folder = file.folder === '' ? table.path : `${table.path}/${file.folder}`
    let part = file.part
    let target = `${folder}/${targetName(table.layout, file.stem, part)}`
    if (table.layout.isPathPerPartition && this.#taken.has(target)) {
      throw new MillraceError('BINARY_PART_ORDER', `'${target}' is written from several places`, {
        hint: 'read every binary file once, and with one subtask when rows were sent across subtasks',
      })
    }
    while (this.#taken.has(target)) {
      part += 1
      target = `${folder}/${targetName(table.layout, file.stem, part)}`
    }
    if (repeatsNames(table.layout)) this.#taken.add(target)
    this.#targets.set(file.stagedPath, target)
    return target
  }

  #settleEmptyFile(table: CommitTable, checkpointId: number): void {
    if (!table.createsEmptyFile || table.layout.partitionBy.length > 0) return
    const file = stagedFile(table.layout, transactionId(table.layout, 0, checkpointId), [], 0)
    this.#emptyFiles.set(table, this.#targetOf(table, file))
  }

  async #commitEmptyFile(table: CommitTable, checkpointId: number): Promise<void> {
    if (!table.createsEmptyFile || table.layout.partitionBy.length > 0) return
    const file = stagedFile(table.layout, transactionId(table.layout, 0, checkpointId), [], 0)
    const settled = this.#emptyFiles.get(table)
    if (settled !== undefined) this.#targets.set(file.stagedPath, settled)
    const encoder = encoderFromUtf8(table.encoding)
    const bytes = Buffer.concat([encoder.mark, encoder.convert(table.header)])
    await this.#completion.write(file.stagedPath, { bytes, offset: 0 })
    await this.#commitFile(table, { ...file, bytes: bytes.length, pieces: [] })
  }

  async #removeStaging(): Promise<void> {
    for (const { layout } of this.#tables) await this.#fileSystem.deleteTree(layout.root)
    for (const parent of this.#jobFolders()) {
      if ((await this.#fileSystem.stat(parent)) === null) continue
      // Other sinks of the job stage beside; whoever is last removes the folder.
      if ((await this.#fileSystem.list(parent)).length === 0) await this.#fileSystem.deleteTree(parent)
    }
  }
}

/** The transaction of a staged file; `null` for one that another attempt staged. */
function transactionOf(layout: StagingLayout, stagedPath: string): string | null {
  if (!stagedPath.startsWith(`${layout.root}/`)) return null
  const below = stagedPath.slice(layout.root.length + 1)
  return below.slice(0, below.indexOf('/'))
}

function hasNoRows(infos: readonly CommitInfo[]): boolean {
  return infos.every((info) => info.rows === 0)
}

/** What all workers and subtasks wrote, file by file, in a fixed order. */
function sumFiles(infos: readonly CommitInfo[]): readonly StagedSum[] {
  const sums = new Map<string, StagedSum>()
  for (const info of infos) {
    for (const prepared of info.prepared) {
      for (const file of (prepared as PreparedFiles).files) addFile(sums, file)
    }
  }
  return [...sums.values()].sort((left, right) => (left.stagedPath < right.stagedPath ? -1 : 1))
}

function addFile(sums: Map<string, StagedSum>, file: PreparedFile): void {
  const known = sums.get(file.stagedPath)
  if (known === undefined) {
    sums.set(file.stagedPath, { ...file, pieces: [...file.pieces] })
    return
  }
  known.bytes += file.bytes
  known.pieces.push(...file.pieces)
}
