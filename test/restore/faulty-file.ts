import { DISK, type DiskCalls } from '../../src/checkpoint/local-storage.js'
import { SINK_SPEC } from '../../src/connectors/local-file/spec.js'
import { MillraceError } from '../../src/core/error.js'
import { fileSink } from '../../src/files/connector.js'
import type { FileSystem, WritableFile } from '../../src/files/file-system.js'
import { LocalFileSystem } from '../../src/files/local-file-system.js'
import type { JsonObject } from '../../src/spi/json.js'
import type { PluginEntry } from '../../src/spi/registry.js'

/** How calls fail: one of them, or one and everything behind it, as if the process had been killed there. */
export type FaultMode = 'once' | 'from then on'

const WORD = { calls: 0, failing: 1, isForGood: 2 } as const

/**
 * Counts the calls that a job makes for its output and its checkpoints, over all threads, and lets one fail. One plan for all jobs of
 * the process: a test sets it before each.
 */
export class FaultPlan {
  readonly words: Int32Array

  constructor(words: Int32Array = new Int32Array(new SharedArrayBuffer(12))) {
    this.words = words
  }

  /** @param failing number of the call that fails, from 1; 0 for none. */
  set(failing: number, mode: FaultMode): void {
    this.words.set([0, failing, mode === 'once' ? 0 : 1])
  }

  /** Whether the failing call was made. */
  get hasFailed(): boolean {
    const [calls = 0, failing = 0] = this.words
    return failing > 0 && calls >= failing
  }

  /** To be called before every call. */
  count(): void {
    const number = Atomics.add(this.words, WORD.calls, 1) + 1
    const failing = Atomics.load(this.words, WORD.failing)
    if (failing === 0 || number < failing) return
    if (number === failing || Atomics.load(this.words, WORD.isForGood) === 1) {
      throw Object.assign(new Error('injected'), { code: 'EIO' })
    }
  }
}

/** The plan of this process. */
export const FAULTS = new FaultPlan()

/** The disk of checkpoints, counted. */
export function countedDisk(plan: FaultPlan): DiskCalls {
  const counted = <A extends readonly unknown[], R>(call: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      plan.count()
      return call(...args)
    }
  }
  return {
    makeFolder: counted(DISK.makeFolder),
    create: async (path) => {
      plan.count()
      const file = await DISK.create(path)
      return {
        write: counted((bytes: Uint8Array) => file.write(bytes)),
        sync: counted(() => file.sync()),
        close: () => file.close(),
      }
    },
    rename: counted(DISK.rename),
    syncFolder: counted(DISK.syncFolder),
    read: counted(DISK.read),
    list: counted(DISK.list),
    remove: counted(DISK.remove),
    removeTree: counted(DISK.removeTree),
  }
}

/** Files of this machine whose calls are counted. */
class CountedFileSystem implements FileSystem {
  readonly writeOrder = 'any'
  readonly morselBytes: number
  readonly #files = new LocalFileSystem()
  readonly #plan: FaultPlan

  constructor(plan: FaultPlan) {
    this.#plan = plan
    this.morselBytes = this.#files.morselBytes
  }

  resolve(path: string): string {
    return this.#files.resolve(path)
  }

  list: FileSystem['list'] = (...listing) => this.#counted(() => this.#files.list(...listing))
  stat: FileSystem['stat'] = (path) => this.#counted(() => this.#files.stat(path))
  openForReading: FileSystem['openForReading'] = (path) => this.#counted(() => this.#files.openForReading(path))
  syncFolders = (paths: readonly string[]): Promise<void> => this.#counted(() => this.#files.syncFolders(paths))
  move: FileSystem['move'] = (from, to) => this.#counted(() => this.#files.move(from, to))
  makeDirectory: FileSystem['makeDirectory'] = (path) => this.#counted(() => this.#files.makeDirectory(path))
  deleteTree: FileSystem['deleteTree'] = (path) => this.#counted(() => this.#files.deleteTree(path))

  async openForWriting(path: string): Promise<WritableFile> {
    const file = await this.#counted(() => this.#files.openForWriting(path))
    return {
      write: (bytes, position) => this.#counted(() => file.write(bytes, position)),
      sync: () => this.#counted(() => file.sync()),
      close: () => file.close(),
    }
  }

  async close(): Promise<void> {}

  async #counted<T>(call: () => Promise<T>): Promise<T> {
    try {
      this.#plan.count()
    } catch (cause) {
      throw new MillraceError('FILE_WRITE_FAILED', 'a call failed: EIO', { cause })
    }
    return call()
  }
}

const faultyFile = fileSink(SINK_SPEC, {
  keys: [],
  // Shared memory crosses to workers like any other data.
  settings: async () => ({ words: FAULTS.words }) as unknown as JsonObject,
  open: ({ words }) => new CountedFileSystem(new FaultPlan(words as unknown as Int32Array)),
})

/** Plug-ins that only tests have. */
export const FAULTY_PLUGINS: readonly PluginEntry[] = [
  { kind: 'sink', name: 'FaultyFile', load: async () => faultyFile },
]
