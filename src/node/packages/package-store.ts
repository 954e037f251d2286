import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { MillraceError } from '../../core/error.js'
import type { JobPackage, JobPackages, PackagedJob } from './api.js'
import { inspectPackage, type PackageContent, packageText } from './package-content.js'
import { PackageDisk } from './package-disk.js'
import { inspectZip } from './zip.js'
import { unpackZip } from './zip-contents.js'

/** What packages may take. */
export interface PackageLimits {
  /** Of one package. */
  readonly fileBytes: number
  /** Of all together, with what is unpacked of them. */
  readonly totalBytes: number
}

/** The files of packages, for jobs that read them. */
export interface PackageFiles {
  /** Keeps a content until it is released as often as it was held. */
  hold(content: string): void
  release(content: string): void
  /**
   * The folder with the files of a content that is held. They are unpacked at the first call, at the same path in every process.
   *
   * @throws MillraceError `JOB_PACKAGE` when the content is not there or has no room, `ARCHIVE_REFUSED`, `FILE_WRITE_FAILED`.
   */
  folder(content: string): Promise<string>
  /** Told once, when everything that goes on from before is held: removes what nobody needs. */
  sweep(): Promise<void>
}

/** A package as it is stored. */
interface PackageRecord extends JobPackage {
  /** Digest of its bytes, by which they are found. */
  readonly content: string
  readonly found: Omit<PackageContent, 'entries'>
}

/** Packages at most. */
const COUNT_LIMIT = 10_000
const NAME_CHARACTERS = 200
const CONTENT = /^[0-9a-f]{64}$/

/**
 * The job packages of a node, in a folder of its own. Equal files are stored once; a content stays while a package or a job needs it.
 * Open it only while the node owns its data folder.
 */
export class PackageStore implements JobPackages, PackageFiles {
  readonly #disk: PackageDisk
  readonly #limits: PackageLimits
  readonly #now: () => number
  /** The oldest first. */
  readonly #records = new Map<string, PackageRecord>()
  readonly #holds = new Map<string, number>()
  /** Bytes that contents and their unpacked files take, by their paths, and of what is coming in. */
  readonly #taken = new Map<string, number>()
  /** Work on each content, one after the other. */
  readonly #work = new Map<string, Promise<unknown>>()
  #usedBytes = 0
  /** Until then what goes on from before finds room in any case. */
  #isSwept = false

  private constructor(disk: PackageDisk, limits: PackageLimits, now: () => number) {
    this.#disk = disk
    this.#limits = limits
    this.#now = now
  }

  /** @throws MillraceError `STORE_FAILED` */
  static async open(folder: string, limits: PackageLimits, now: () => number): Promise<PackageStore> {
    const disk = new PackageDisk(folder)
    await disk.prepare()
    const store = new PackageStore(disk, limits, now)
    const records = [...(await disk.records()).values()].flatMap((text) => recordOf(text) ?? [])
    for (const record of records.toSorted((left, right) => left.uploadedAtMs - right.uploadedAtMs))
      store.#records.set(record.id, record)
    for (const content of await disk.contents()) {
      const path = disk.content(content)
      store.#take(path, (await stat(path).catch(() => null))?.size ?? 0)
    }
    return store
  }

  list(): readonly JobPackage[] {
    return [...this.#records.values()].toReversed()
  }

  async upload(name: string, content: AsyncIterable<Uint8Array>): Promise<JobPackage> {
    if (this.#records.size >= COUNT_LIMIT) throw noRoom(`the node has ${COUNT_LIMIT} packages`)
    const shownName = shownFileName(name)
    const incoming = this.#disk.incoming()
    try {
      const { bytes, digest } = await this.#receive(incoming, content)
      const { entries, ...found } = await inspectPackage(incoming, shownName)
      return await this.#alone(digest, async () => {
        await this.#place(incoming, digest, bytes)
        const newest = [...this.#records.values()].at(-1)?.uploadedAtMs ?? 0
        const uploadedAtMs = Math.max(this.#now(), newest + 1)
        const id = `${randomUUID()}_${shownName}`
        const record = { id, name: shownName, bytes, uploadedAtMs, entries, content: digest, found }
        try {
          await this.#disk.writeRecord(id.slice(0, UUID_CHARACTERS), JSON.stringify(record))
        } catch (thrown) {
          await this.#dropUnneeded(digest)
          throw thrown
        }
        this.#records.set(id, record)
        return record
      })
    } finally {
      await rm(incoming, { force: true }).catch(() => undefined)
      this.#give(incoming)
    }
  }

  /** Writes what comes in into a file. */
  async #receive(path: string, content: AsyncIterable<Uint8Array>): Promise<{ bytes: number; digest: string }> {
    const { fileBytes } = this.#limits
    const hash = createHash('sha256')
    let bytes = 0
    const file = await open(path, 'wx', 0o600).catch(writeFault)
    try {
      for await (const piece of content) {
        bytes += piece.byteLength
        if (bytes > fileBytes) throw noRoom(`the package is larger than ${fileBytes} bytes`)
        if (this.#usedBytes + piece.byteLength > this.#limits.totalBytes) throw this.#full()
        this.#take(path, piece.byteLength)
        hash.update(piece)
        await file.writeFile(piece).catch(writeFault)
      }
      await file.sync().catch(writeFault)
    } finally {
      await file.close()
    }
    return { bytes, digest: hash.digest('hex') }
  }

  /** Gives a file that came in its place, unless the same content is there already. */
  async #place(incoming: string, content: string, bytes: number): Promise<void> {
    const path = this.#disk.content(content)
    if (this.#taken.has(path)) return
    await this.#disk.keep(incoming, content)
    this.#give(incoming)
    this.#take(path, bytes)
  }

  async remove(id: string): Promise<boolean> {
    const record = this.#records.get(id)
    if (record === undefined) return false
    return this.#alone(record.content, async () => {
      if (!this.#records.has(id)) return false
      await this.#disk.removeRecord(id.slice(0, UUID_CHARACTERS))
      this.#records.delete(id)
      await this.#dropUnneeded(record.content)
      return true
    })
  }

  async open(id: string, entry: string | null): Promise<PackagedJob | null> {
    const record = this.#records.get(id)
    if (record === undefined) return null
    const { content, found, entries } = record
    this.hold(content)
    try {
      const text = await packageText(this.#disk.content(content), { ...found, entries }, entry)
      let isHeld = true
      const release = (): void => {
        if (isHeld) this.release(content)
        isHeld = false
      }
      return { ...text, content: found.hasFiles ? content : null, release }
    } catch (thrown) {
      this.release(content)
      throw thrown
    }
  }

  hold(content: string): void {
    this.#holds.set(content, (this.#holds.get(content) ?? 0) + 1)
  }

  release(content: string): void {
    const rest = (this.#holds.get(content) ?? 0) - 1
    if (rest > 0) {
      this.#holds.set(content, rest)
      return
    }
    this.#holds.delete(content)
    // What cannot be removed now is removed when the node starts again.
    void this.#alone(content, () => this.#dropUnneeded(content)).catch(() => undefined)
  }

  async folder(content: string): Promise<string> {
    const folder = this.#disk.files(content)
    if (!CONTENT.test(content)) throw gone()
    await this.#alone(content, async () => {
      if (!this.#taken.has(folder)) await this.#unpack(content, folder)
    })
    return folder
  }

  async #unpack(content: string, folder: string): Promise<void> {
    const path = this.#disk.content(content)
    if (!this.#taken.has(path)) throw gone()
    const { entries, totalBytes } = await inspectZip(path)
    if (this.#isSwept && this.#usedBytes + totalBytes > this.#limits.totalBytes) throw this.#full()
    this.#take(folder, totalBytes)
    // Moved to its place as a whole: a name there means that all of it is there.
    const part = this.#disk.incoming()
    const files = entries.filter(({ name }) => !name.startsWith('META-INF/') && !name.endsWith('.class'))
    try {
      await mkdir(part, { mode: 0o700 }).catch(writeFault)
      await unpackZip(path, files, part)
      await rename(part, folder).catch(writeFault)
    } catch (thrown) {
      this.#give(folder)
      await rm(part, { recursive: true, force: true }).catch(() => undefined)
      throw thrown
    }
  }

  async sweep(): Promise<void> {
    this.#isSwept = true
    for (const content of await this.#disk.contents()) await this.#alone(content, () => this.#dropUnneeded(content))
  }

  /** Waits for what is being removed. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#work.values())
  }

  /** Removes of a content what neither a package nor a job needs. */
  async #dropUnneeded(content: string): Promise<void> {
    if (this.#holds.has(content)) return
    const isPackage = [...this.#records.values()].some((record) => record.content === content)
    for (const path of [this.#disk.files(content), ...(isPackage ? [] : [this.#disk.content(content)])]) {
      await rm(path, { recursive: true, force: true })
      this.#give(path)
    }
  }

  /** Does work on a content when all other work on it is done. */
  #alone<T>(content: string, work: () => Promise<T>): Promise<T> {
    const before = this.#work.get(content) ?? Promise.resolve()
    const done = before.then(work, work)
    const settled = done
      .then(
        () => undefined,
        () => undefined,
      )
      .then(() => {
        if (this.#work.get(content) === settled) this.#work.delete(content)
      })
    this.#work.set(content, settled)
    return done
  }

  #take(path: string, bytes: number): void {
    this.#taken.set(path, (this.#taken.get(path) ?? 0) + bytes)
    this.#usedBytes += bytes
  }

  #give(path: string): void {
    this.#usedBytes -= this.#taken.get(path) ?? 0
    this.#taken.delete(path)
  }

  #full(): MillraceError {
    return noRoom(
      `all packages together, with what is unpacked of them, have room for ${this.#limits.totalBytes} bytes`,
    )
  }
}

/** The characters of an id that are ours: the rest is the client's name. */
const UUID_CHARACTERS = 36

/** The last part of a name that a client gave, without what could break a line or a path. */
export function shownFileName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? ''
  const shown = last
    .replace(/\p{Cc}/gu, '_')
    .slice(-NAME_CHARACTERS)
    .toWellFormed()
  return shown === '' ? 'package' : shown
}

/** A record of the store; `null` for a text that is none. */
function recordOf(text: string): PackageRecord | null {
  try {
    const record = JSON.parse(text) as PackageRecord
    return CONTENT.test(record.content) && typeof record.id === 'string' && Array.isArray(record.entries)
      ? record
      : null
  } catch {
    return null
  }
}

function noRoom(message: string): MillraceError {
  return new MillraceError('BODY_TOO_LARGE', message, {
    hint: 'delete packages that are not needed, or raise the limit',
  })
}

function gone(): MillraceError {
  return new MillraceError('JOB_PACKAGE', 'the files of the job package are not there any more', {
    hint: 'upload the package again and run it',
  })
}

function writeFault(cause: unknown): never {
  const { code = 'unknown' } = cause as NodeJS.ErrnoException
  throw new MillraceError('STORE_FAILED', `the node cannot keep a package: ${code}`, { cause })
}
