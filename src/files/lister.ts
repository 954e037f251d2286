import type { MillraceError } from '../core/error.js'
import type { PlanContext } from '../spi/context.js'
import { atOption, type OptionPlace, optionFault } from './fault.js'
import type { FileSourceOptions } from './file-source.js'
import type { FileEntry, FileSystem } from './file-system.js'
import { parseLocalDateTime } from './java.js'
import { type FilePattern, filePattern, type ListingFilter, listFiles } from './listing.js'
import { LocalFileSystem } from './local-file-system.js'
import { changedFiles, type UpdateSync } from './update-sync.js'

/** Finds the files of one table, as often as it is asked, and remembers which ones it has given out. */
export class FileLister {
  readonly #fileSystem: FileSystem
  readonly #path: string
  readonly #options: FileSourceOptions
  readonly #place: OptionPlace
  readonly #filter: ListingFilter
  readonly #sync: UpdateSync | null
  /** Whether rows carry the times of their files. */
  readonly #wantsTimes: boolean
  readonly #seen = new Set<string>()

  private constructor(parts: {
    readonly fileSystem: FileSystem
    readonly path: string
    readonly options: FileSourceOptions
    readonly place: OptionPlace
    readonly filter: ListingFilter
    readonly sync: UpdateSync | null
    readonly wantsTimes: boolean
  }) {
    this.#fileSystem = parts.fileSystem
    this.#path = parts.path
    this.#options = parts.options
    this.#place = parts.place
    this.#filter = parts.filter
    this.#sync = parts.sync
    this.#wantsTimes = parts.wantsTimes
  }

  /** @throws MillraceError for options that make no sense together. */
  static async make(
    fileSystem: FileSystem,
    writtenPath: string,
    options: FileSourceOptions,
    place: OptionPlace,
    context: PlanContext,
  ): Promise<FileLister> {
    const path = await atOption(place, 'path', () => fileSystem.resolve(writtenPath))
    const filter: ListingFilter = {
      pattern: await patternOf(options, place, [writtenPath, path]),
      modifiedStartMs: localTime('file_filter_modified_start', options.modifiedStart, place, context),
      modifiedEndMs: localTime('file_filter_modified_end', options.modifiedEnd, place, context),
      partitions: options.readPartitions ?? [],
    }
    if (options.discoveryMode === 'continuous' && context.jobMode === 'BATCH') {
      throw optionFault(place, 'discovery_mode', 'OPTION_INVALID', 'a BATCH job cannot look for files continuously', {
        hint: "set job.mode to 'STREAMING', or discovery_mode to 'once'",
      })
    }
    const sync = updateSync(fileSystem, options, place, context)
    const wantsTimes = (context.metadataKeys?.size ?? 0) > 0
    return new FileLister({ fileSystem, path, options, place, filter, sync, wantsTimes })
  }

  /** The files to read, in the order in which they are read. */
  async list(): Promise<readonly FileEntry[]> {
    const { recursiveFileScan, sortByModificationTime } = this.#options
    const { modifiedStartMs, modifiedEndMs } = this.#filter
    const withTimes =
      this.#wantsTimes ||
      sortByModificationTime ||
      modifiedStartMs !== null ||
      modifiedEndMs !== null ||
      this.#sync !== null
    const listing = { isRecursive: recursiveFileScan, withTimes }
    const found = await atOption(this.#place, 'path', () =>
      listFiles(this.#fileSystem, this.#path, this.#filter, listing),
    )
    const sync = this.#sync
    const wanted =
      sync === null
        ? found
        : await atOption(this.#place, 'target_path', () => changedFiles(this.#fileSystem, this.#path, found, sync))
    // The sort keeps the order of paths among files of one time.
    return sortByModificationTime ? [...wanted].sort((left, right) => right.modifiedMs - left.modifiedMs) : wanted
  }

  /** What was given out, in the form in which {@link restore} takes it. */
  get seen(): readonly string[] {
    return [...this.#seen]
  }

  /** Takes over what another attempt of the job had given out, in place of what was found since. */
  restore(seen: readonly string[]): void {
    this.#seen.clear()
    for (const key of seen) this.#seen.add(key)
  }

  /**
   * Those files that were not given out before; they count as given out from now on. A file is known by its path, and where it
   * is read again after a change, by its size and time too.
   */
  unseen(entries: readonly FileEntry[]): readonly FileEntry[] {
    return entries.filter(({ path, sizeBytes, modifiedMs }) => {
      const key = this.#sync === null ? path : `${path}\0${sizeBytes}\0${modifiedMs}`
      const isNew = !this.#seen.has(key)
      this.#seen.add(key)
      return isNew
    })
  }
}

async function patternOf(
  { fileFilterPattern }: FileSourceOptions,
  place: OptionPlace,
  roots: readonly string[],
): Promise<FilePattern | null> {
  if (fileFilterPattern === null || fileFilterPattern === '') return null
  return atOption(place, 'file_filter_pattern', () => filePattern(fileFilterPattern, roots))
}

function localTime(key: string, text: string | null, place: OptionPlace, context: PlanContext): number | null {
  if (text === null) return null
  const value = parseLocalDateTime(text, context.program.zone)
  if (value !== null) return value
  const message = `option '${key}' must be a time like 2024-01-31 08:00:00, but it is '${text}'`
  throw optionFault(place, key, 'OPTION_INVALID', message)
}

/** What is compared with `sync_mode = update`. @source SeaTunnel `AbstractReadStrategy.validateUpdateSyncConfig` */
function updateSync(
  source: FileSystem,
  options: FileSourceOptions,
  place: OptionPlace,
  context: PlanContext,
): UpdateSync | null {
  const { syncMode, fileFormat, targetPath, updateStrategy, compareMode, updateCompareParallelism } = options
  if (syncMode === 'full') return null
  const fault = (key: string, message: string, hint: string): MillraceError =>
    optionFault(place, key, 'OPTION_INVALID', message, { hint })
  if (fileFormat !== 'BINARY') {
    throw fault('sync_mode', "sync_mode 'update' needs binary files", "set file_format_type to 'binary'")
  }
  if (targetPath === null || targetPath === '') {
    throw fault('sync_mode', "sync_mode 'update' needs 'target_path'", 'name the path of the sink in target_path')
  }
  if (compareMode === 'checksum' && updateStrategy !== 'strict') {
    throw fault('compare_mode', "compare_mode 'checksum' needs update_strategy 'strict'", 'set both')
  }
  const target = targetFileSystem(source, options, place, context)
  return {
    target,
    targetPath: target.resolve(targetPath),
    strategy: updateStrategy,
    compareMode,
    parallelism: updateCompareParallelism,
  }
}

function targetFileSystem(
  source: FileSystem,
  { targetHadoopConf }: FileSourceOptions,
  place: OptionPlace,
  context: PlanContext,
): FileSystem {
  const address = targetHadoopConf?.get('fs.defaultFS') ?? null
  if (address === null) return source
  if (/^file:\/*$/.test(address)) return new LocalFileSystem(context.filePolicy ?? null)
  const message = `target_hadoop_conf names '${address}', and only file:/// and the place of the source can be compared with`
  throw optionFault(place, 'target_hadoop_conf', 'UNIMPLEMENTED', message)
}
