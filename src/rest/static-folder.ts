import { constants } from 'node:fs'
import { type FileHandle, open, realpath, stat } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import { MillraceError } from '../core/error.js'
import { decodePercent } from './query.js'
import type { BodyStream } from './response.js'

/** Larger files are read while they are sent and are not kept. */
const KEPT_FILE_BYTES = 4 * 1024 * 1024
/** Bytes of files that are kept at a time. */
const KEPT_BYTES = 32 * 1024 * 1024
/** Bytes of a file that is sent while it is read that are in memory at a time. */
const PIECE_BYTES = 64 * 1024
/** Segments that are never names of files: other folders, hidden files, what Windows takes for a path or a device. */
const REFUSED_SEGMENT = /^\.|[\\/:]/
const PATH_LIMIT = 1024

/** A file of the folder, as it was when it was asked for. */
export interface StaticFile {
  /** Without links. */
  readonly path: string
  readonly sizeBytes: number
  /** Epoch milliseconds of the last change. */
  readonly modifiedAtMs: number
}

interface Kept {
  readonly modifiedAtMs: number
  readonly sizeBytes: number
  readonly content: Promise<Uint8Array>
}

/** The files of one folder, for clients. Nothing outside of it and nothing hidden is found; small files are kept in memory. */
export class StaticFolder {
  readonly #root: string
  /** By path, the one that was used last at the end. */
  readonly #kept = new Map<string, Kept>()
  #keptBytes = 0

  private constructor(root: string) {
    this.#root = root
  }

  /**
   * @param setting what named the folder, for the message.
   * @throws MillraceError `HTTP_SETTINGS` for a folder that cannot be read or has no `index.html`.
   */
  static async open(folder: string, setting: string): Promise<StaticFolder> {
    const fault = (message: string, cause?: unknown): MillraceError =>
      new MillraceError('HTTP_SETTINGS', `the folder '${folder}' of '${setting}' ${message}`, {
        hint: "name the folder that has the 'index.html' of Flink's dashboard: 'web' of the jar flink-runtime-web",
        ...(cause === undefined ? {} : { cause }),
      })
    const root = await realpath(resolve(folder)).catch((cause: unknown) => {
      throw fault('cannot be read', cause)
    })
    const found = new StaticFolder(root)
    if ((await found.find('/index.html')) === null) throw fault("has no 'index.html'")
    return found
  }

  /**
   * The file of a path of a request; `null` where there is none: nothing of the name, a folder, a hidden file, a path that leads out.
   *
   * @param path behind the prefix, with its slash in front, percent-encoded. Empty segments lead to no file.
   */
  async find(path: string): Promise<StaticFile | null> {
    const segments =
      path.length > PATH_LIMIT
        ? []
        : path
            .slice(1)
            .split('/')
            .map((segment) => decodePercent(segment))
    const isName = (segment: string | null): segment is string =>
      segment !== null && segment !== '' && !REFUSED_SEGMENT.test(segment)
    if (segments.length === 0 || !segments.every(isName)) return null
    try {
      const real = await realpath(join(this.#root, ...segments))
      if (!real.startsWith(this.#root.endsWith(sep) ? this.#root : this.#root + sep)) return null
      const found = await stat(real)
      if (!found.isFile()) return null
      return { path: real, sizeBytes: found.size, modifiedAtMs: found.mtimeMs }
    } catch {
      // Whatever cannot be looked at is not there.
      return null
    }
  }

  /** What is in a file: bytes that do not change, or a stream of a large one. Rejects when it cannot be read any more. */
  async content(file: StaticFile): Promise<Uint8Array | BodyStream> {
    if (file.sizeBytes > KEPT_FILE_BYTES) return pieces(file.path)
    const known = this.#kept.get(file.path)
    if (known !== undefined && known.modifiedAtMs === file.modifiedAtMs && known.sizeBytes === file.sizeBytes) {
      this.#kept.delete(file.path)
      this.#kept.set(file.path, known)
      return known.content
    }
    this.#forget(file.path)
    const content = whole(file.path)
    this.#keep(file, content)
    return content
  }

  #keep({ path, sizeBytes, modifiedAtMs }: StaticFile, content: Promise<Uint8Array>): void {
    this.#kept.set(path, { modifiedAtMs, sizeBytes, content })
    this.#keptBytes += sizeBytes
    content.catch(() => {
      if (this.#kept.get(path)?.content === content) this.#forget(path)
    })
    for (const oldest of this.#kept.keys()) {
      if (this.#keptBytes <= KEPT_BYTES) break
      this.#forget(oldest)
    }
  }

  #forget(path: string): void {
    this.#keptBytes -= this.#kept.get(path)?.sizeBytes ?? 0
    this.#kept.delete(path)
  }
}

/** A link that took the file's place since it was found is not followed. */
function opened(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
}

async function whole(path: string): Promise<Uint8Array> {
  const file = await opened(path)
  try {
    const { size } = await file.stat()
    // It may have grown since it was found.
    const buffer = Buffer.allocUnsafe(Math.min(size, KEPT_FILE_BYTES))
    let length = 0
    while (length < buffer.length) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return buffer.subarray(0, length)
  } finally {
    await file.close()
  }
}

async function* pieces(path: string): AsyncGenerator<Uint8Array> {
  const file = await opened(path)
  try {
    for (;;) {
      const buffer = Buffer.allocUnsafe(PIECE_BYTES)
      const { bytesRead } = await file.read(buffer, 0, PIECE_BYTES, null)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}
