import { type ErrorCode, MillraceError } from '../core/error.js'
import { ConnectionPool } from '../protocols/connection-pool.js'
import { FtpConnection, FtpFault, isTransientFtpFault } from '../protocols/ftp/connection.js'
import type { FtpSettings } from '../protocols/ftp/settings.js'
import { type RetryPolicy, retried, retryPolicy } from '../protocols/retry.js'
import type { ByteChunks } from './byte-stream.js'
import {
  type FileEntry,
  type FileStatus,
  type FileSystem,
  LIST_ALL,
  type ListOptions,
  type ReadableFile,
  type WritableFile,
} from './file-system.js'
import { type RemoteReason, remoteFault, socketReason } from './remote-fault.js'
import { checkRemotePath, normalizeRemotePath, parentFolder } from './remote-path.js'
import { StreamedFile } from './streamed-file.js'

/** Beginning in the middle of a file costs a new transfer, so that workers take large pieces. */
const FTP_MORSEL_BYTES = 32 * 1024 * 1024

/** Files of an FTP server. Whoever writes a file appends to it; several workers take turns. */
export class FtpFileSystem implements FileSystem {
  readonly writeOrder = 'sequential'
  readonly morselBytes = FTP_MORSEL_BYTES
  readonly #settings: FtpSettings
  readonly #policy: RetryPolicy
  readonly #pool: ConnectionPool<FtpConnection>

  constructor(settings: FtpSettings) {
    this.#settings = settings
    this.#policy = retryPolicy(settings.attempts)
    this.#pool = new ConnectionPool({
      connect: () => FtpConnection.open(settings),
      isUsable: (connection) => connection.isUsable,
      hold: (connection, isHeld) => connection.hold(isHeld),
      close: (connection) => connection.close(),
    })
  }

  resolve(path: string): string {
    return normalizeRemotePath(path)
  }

  async list(path: string, options: ListOptions = LIST_ALL): Promise<readonly FileEntry[]> {
    return this.#attempt('FILE_LIST_FAILED', 'listing', path, async (connection) => {
      const sizeBytes = await connection.size(path)
      if (sizeBytes !== null && !(await connection.isFolder(path))) {
        return [{ path, sizeBytes, modifiedMs: options.withTimes ? await connection.modifiedMs(path) : 0 }]
      }
      const entries: FileEntry[] = []
      await listInto(connection, path, options, entries)
      return entries
    })
  }

  async stat(path: string): Promise<FileStatus | null> {
    return this.#attempt('FILE_READ_FAILED', 'looking at', path, (connection) => statOf(connection, path))
  }

  async openForReading(path: string, knownBytes?: number): Promise<ReadableFile> {
    const sizeBytes =
      knownBytes ?? (await this.#attempt('FILE_READ_FAILED', 'opening', path, (connection) => connection.size(path)))
    if (sizeBytes === null) throw new MillraceError('FILE_READ_FAILED', `there is no file '${this.#where(path)}'`)
    return new StreamedFile({
      sizeBytes,
      policy: this.#policy,
      isTransient: isTransientFtpFault,
      fault: (thrown) => this.#fault('FILE_READ_FAILED', 'reading', path, thrown),
      open: async (position, length) => this.#retrieve(path, position, length),
    })
  }

  async openForWriting(path: string): Promise<WritableFile> {
    checkRemotePath('FILE_WRITE_FAILED', path)
    return {
      write: (bytes, position) => this.#appendAt(path, bytes, position),
      sync: async () => undefined,
      close: async () => undefined,
    }
  }

  async move(from: string, to: string): Promise<void> {
    await this.#attempt('FILE_WRITE_FAILED', 'moving to', to, async (connection, attempt) => {
      // The answer to an earlier try may have been lost after the server did it.
      if (attempt > 1 && (await connection.size(from)) === null && (await connection.size(to)) !== null) return
      await makeFolders(connection, parentFolder(to))
      try {
        await connection.rename(from, to)
      } catch (thrown) {
        if (!(thrown instanceof FtpFault) || !thrown.isRefusal) throw thrown
        if ((await connection.size(from)) === null || !(await connection.removeFile(to))) throw thrown
        await connection.rename(from, to)
      }
    })
  }

  async makeDirectory(path: string): Promise<void> {
    await this.#attempt('FILE_WRITE_FAILED', 'making folder', path, (connection) => makeFolders(connection, path))
  }

  async deleteTree(path: string): Promise<void> {
    await this.#attempt('FILE_WRITE_FAILED', 'deleting', path, async (connection) => {
      const status = await statOf(connection, path)
      if (status === null) return
      if (status.isDirectory) await deleteFolder(connection, path)
      else await connection.removeFile(path)
    })
  }

  async close(): Promise<void> {
    this.#pool.close()
  }

  /** Holds a connection as long as the transfer is under way. */
  async *#retrieve(path: string, position: number, length: number): ByteChunks {
    const connection = await this.#pool.lease()
    try {
      yield* connection.retrieve(path, position, length)
    } finally {
      this.#pool.release(connection)
    }
  }

  /** Appends what is not there yet: a try that broke may have left a part of the bytes. */
  async #appendAt(path: string, bytes: Uint8Array, position: number): Promise<void> {
    await this.#attempt('FILE_WRITE_FAILED', 'writing', path, async (connection) => {
      const existing = await connection.size(path)
      if (existing === null && position === 0) await makeFolders(connection, parentFolder(path))
      const present = (existing ?? 0) - position
      if (present < 0) {
        throw new MillraceError('FILE_WRITE_FAILED', `'${this.#where(path)}' lost '${-present}' bytes`)
      }
      if (present < bytes.length || existing === null) await connection.append(path, bytes.subarray(present))
    })
  }

  #where(path: string): string {
    const { host, port } = this.#settings
    return `ftp://${host}:${port}${path.startsWith('/') ? '' : '/'}${path}`
  }

  async #attempt<T>(
    code: ErrorCode,
    doing: string,
    path: string,
    step: (connection: FtpConnection, attempt: number) => Promise<T>,
  ): Promise<T> {
    checkRemotePath(code, path)
    try {
      return await retried(this.#policy, isTransientFtpFault, (attempt) => {
        return this.#pool.use((connection) => step(connection, attempt))
      })
    } catch (thrown) {
      throw this.#fault(code, doing, path, thrown)
    }
  }

  #fault(code: ErrorCode, doing: string, path: string, thrown: unknown): MillraceError {
    const server = `${this.#settings.host}:${this.#settings.port}`
    return remoteFault(code, doing, this.#where(path), thrown, (cause): RemoteReason => {
      if (!(cause instanceof FtpFault)) return socketReason(cause, server)
      if (cause.code === 530) return { reason: `'${server}' refuses the login`, hint: "check 'user' and 'password'" }
      if (cause.code === 425 || cause.code === 500) {
        const hint = "set 'connection_mode' to PASSIVE_LOCAL where the server cannot connect to this machine"
        return { reason: `'${server}' answers: ${cause.message}`, hint }
      }
      return { reason: `'${server}' answers: ${cause.message}` }
    })
  }
}

async function statOf(connection: FtpConnection, path: string): Promise<FileStatus | null> {
  const sizeBytes = await connection.size(path)
  // Some servers give a size for folders too.
  if (await connection.isFolder(path)) return { isDirectory: true, sizeBytes: 0, modifiedMs: 0 }
  if (sizeBytes === null) return null
  return { isDirectory: false, sizeBytes, modifiedMs: await connection.modifiedMs(path) }
}

async function listInto(
  connection: FtpConnection,
  folder: string,
  options: ListOptions,
  entries: FileEntry[],
): Promise<void> {
  for (const { name, kind, sizeBytes, modifiedMs } of await connection.list(folder)) {
    const path = folder.endsWith('/') ? `${folder}${name}` : `${folder}/${name}`
    if (kind === 'folder') {
      if (options.isRecursive) await listInto(connection, path, options, entries)
      continue
    }
    // A link is followed to a file, never to a folder: links to folders can go in circles.
    const isLinkToFile = kind === 'link' && !(await connection.isFolder(path))
    const size = kind === 'file' ? sizeBytes : isLinkToFile ? await connection.size(path) : null
    if (size === null) continue
    const changed = modifiedMs ?? (options.withTimes ? await connection.modifiedMs(path) : 0)
    entries.push({ path, sizeBytes: size, modifiedMs: changed })
  }
}

async function makeFolders(connection: FtpConnection, path: string | null): Promise<void> {
  if (path === null || path === '/' || (await connection.isFolder(path))) return
  await makeFolders(connection, parentFolder(path))
  await connection.makeFolder(path)
}

async function deleteFolder(connection: FtpConnection, folder: string): Promise<void> {
  for (const { name, kind } of await connection.list(folder)) {
    const path = `${folder}/${name}`
    if (kind === 'folder') await deleteFolder(connection, path)
    else await connection.removeFile(path)
  }
  await connection.removeFolder(folder)
}
