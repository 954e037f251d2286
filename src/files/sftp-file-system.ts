import type { ErrorCode, MillraceError } from '../core/error.js'
import { type RetryPolicy, retried, retryPolicy } from '../protocols/retry.js'
import {
  isTransientSftpFault,
  SFTP_OPEN,
  SFTP_STATUS,
  SftpConnection,
  SftpFault,
  SftpLoginFault,
} from '../protocols/sftp/connection.js'
import type { SftpSettings } from '../protocols/sftp/settings.js'
import {
  type FileEntry,
  type FileStatus,
  type FileSystem,
  LIST_ALL,
  type ListOptions,
  type ReadableFile,
  type WritableFile,
} from './file-system.js'
import { MORSEL_BYTES } from './morsel-size.js'
import { type RemoteReason, remoteFault, socketReason } from './remote-fault.js'
import { checkRemotePath, normalizeRemotePath, parentFolder } from './remote-path.js'

/** After this time without use the connection is closed. */
const IDLE_MS = 20_000

/** Files of an SFTP server, over one connection, which is opened when it is needed and again when it broke. */
export class SftpFileSystem implements FileSystem {
  readonly writeOrder = 'any'
  readonly morselBytes = MORSEL_BYTES
  readonly #settings: SftpSettings
  readonly #policy: RetryPolicy
  #connection: Promise<SftpConnection> | null = null
  #idleTimer: NodeJS.Timeout | null = null

  constructor(settings: SftpSettings) {
    this.#settings = settings
    this.#policy = retryPolicy(settings.attempts)
  }

  resolve(path: string): string {
    return normalizeRemotePath(path)
  }

  async list(path: string, { isRecursive }: ListOptions = LIST_ALL): Promise<readonly FileEntry[]> {
    return this.#attempt('FILE_LIST_FAILED', 'listing', path, async (connection) => {
      const status = await connection.stat(path)
      if (status === null) throw new SftpFault(SFTP_STATUS.noSuchFile, 'there is nothing')
      if (status.isFile()) return [{ path, sizeBytes: status.size, modifiedMs: status.mtime * 1000 }]
      const entries: FileEntry[] = []
      await listInto(connection, path, isRecursive, entries)
      return entries
    })
  }

  async stat(path: string): Promise<FileStatus | null> {
    return this.#attempt('FILE_READ_FAILED', 'looking at', path, async (connection) => {
      const status = await connection.stat(path)
      if (status === null) return null
      return { isDirectory: status.isDirectory(), sizeBytes: status.size, modifiedMs: status.mtime * 1000 }
    })
  }

  async openForReading(path: string, knownBytes?: number): Promise<ReadableFile> {
    const file = this.#handle('FILE_READ_FAILED', 'reading', path, SFTP_OPEN.read)
    const sizeBytes =
      knownBytes ??
      (await this.#attempt('FILE_READ_FAILED', 'opening', path, async (connection) => {
        const status = await connection.stat(path)
        if (status === null) throw new SftpFault(SFTP_STATUS.noSuchFile, 'there is no such file')
        return status.size
      }))
    return {
      sizeBytes,
      read: async (target, position) => {
        const wanted = Math.max(0, Math.min(target.length, sizeBytes - position))
        if (wanted === 0) return 0
        return file.use((connection, handle) => connection.read(handle, target.subarray(0, wanted), position))
      },
      close: () => file.close(),
    }
  }

  async openForWriting(path: string): Promise<WritableFile> {
    const file = this.#handle('FILE_WRITE_FAILED', 'writing', path, SFTP_OPEN.write | SFTP_OPEN.create)
    // Opening makes the file, also when nothing is written.
    await file.use(async () => undefined)
    return {
      write: (bytes, position) => file.use((connection, handle) => connection.write(handle, bytes, position)),
      sync: () => file.use((connection, handle) => connection.sync(handle)),
      close: () => file.close(),
    }
  }

  async move(from: string, to: string): Promise<void> {
    await this.#attempt('FILE_WRITE_FAILED', 'moving to', to, async (connection, attempt) => {
      // The answer to an earlier try may have been lost after the server did it.
      if (attempt > 1 && (await connection.stat(from)) === null && (await connection.stat(to)) !== null) return
      await makeFolders(connection, parentFolder(to))
      await connection.rename(from, to)
    })
  }

  async makeDirectory(path: string): Promise<void> {
    await this.#attempt('FILE_WRITE_FAILED', 'making folder', path, (connection) => makeFolders(connection, path))
  }

  async deleteTree(path: string): Promise<void> {
    await this.#attempt('FILE_WRITE_FAILED', 'deleting', path, async (connection) => {
      const status = await connection.stat(path)
      if (status === null) return
      if (status.isDirectory()) await deleteFolder(connection, path)
      else await connection.removeFile(path)
    })
  }

  async close(): Promise<void> {
    const connection = this.#connection
    this.#connection = null
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer)
    if (connection !== null) (await connection.catch(() => null))?.close()
  }

  /** A file that is opened when it is needed, and again after the connection broke. */
  #handle(code: ErrorCode, doing: string, path: string, flags: number) {
    let open: { readonly connection: SftpConnection; readonly handle: Buffer } | null = null
    const onConnection = async (connection: SftpConnection): Promise<Buffer> => {
      if (open?.connection === connection) return open.handle
      if (flags !== SFTP_OPEN.read) await makeFolders(connection, parentFolder(path))
      open = { connection, handle: await connection.open(path, flags) }
      return open.handle
    }
    return {
      use: <T>(step: (connection: SftpConnection, handle: Buffer) => Promise<T>): Promise<T> => {
        return this.#attempt(code, doing, path, async (connection) => step(connection, await onConnection(connection)))
      },
      close: async (): Promise<void> => {
        const last = open
        open = null
        if (last?.connection.isUsable === true) await last.connection.closeHandle(last.handle).catch(() => undefined)
      },
    }
  }

  async #connected(): Promise<SftpConnection> {
    const known = await this.#connection?.catch(() => null)
    if (known?.isUsable === true) return known
    this.#connection = SftpConnection.open(this.#settings)
    return this.#connection
  }

  #where(path: string): string {
    const { host, port } = this.#settings
    return `sftp://${host}:${port}${path.startsWith('/') ? '' : '/'}${path}`
  }

  async #attempt<T>(
    code: ErrorCode,
    doing: string,
    path: string,
    step: (connection: SftpConnection, attempt: number) => Promise<T>,
  ): Promise<T> {
    checkRemotePath(code, path)
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer)
    try {
      return await retried(this.#policy, isTransientSftpFault, async (attempt) =>
        step(await this.#connected(), attempt),
      )
    } catch (thrown) {
      throw this.#fault(code, doing, path, thrown)
    } finally {
      this.#idleTimer = setTimeout(() => void this.close(), IDLE_MS).unref()
    }
  }

  #fault(code: ErrorCode, doing: string, path: string, thrown: unknown): MillraceError {
    const server = `${this.#settings.host}:${this.#settings.port}`
    return remoteFault(code, doing, this.#where(path), thrown, (cause): RemoteReason => {
      if (cause instanceof SftpLoginFault) {
        return { reason: `'${server}' refuses the login`, hint: "check 'user', 'password' and 'private_key_path'" }
      }
      if (!(cause instanceof SftpFault)) return socketReason(cause, server)
      if (cause.status === SFTP_STATUS.noSuchFile) return { reason: 'there is nothing', hint: 'check the path' }
      if (cause.status === SFTP_STATUS.permissionDenied) {
        return { reason: 'permission is denied', hint: `give '${this.#settings.user}' the right to use it` }
      }
      return { reason: `'${server}' answers: ${cause.message}` }
    })
  }
}

async function listInto(
  connection: SftpConnection,
  folder: string,
  isRecursive: boolean,
  entries: FileEntry[],
): Promise<void> {
  for (const { filename, attrs } of await connection.list(folder)) {
    if (filename === '.' || filename === '..' || filename.includes('/')) continue
    const path = folder.endsWith('/') ? `${folder}${filename}` : `${folder}/${filename}`
    if (attrs.isDirectory()) {
      if (isRecursive) await listInto(connection, path, true, entries)
      continue
    }
    // A link is followed to a file, never to a folder: links to folders can go in circles.
    const status = attrs.isSymbolicLink() ? await connection.stat(path) : attrs
    if (status?.isFile() === true) entries.push({ path, sizeBytes: status.size, modifiedMs: status.mtime * 1000 })
  }
}

async function makeFolders(connection: SftpConnection, path: string | null): Promise<void> {
  if (path === null || path === '/' || (await connection.stat(path)) !== null) return
  await makeFolders(connection, parentFolder(path))
  try {
    await connection.makeFolder(path)
  } catch (thrown) {
    // Another worker may have made it meanwhile.
    if ((await connection.stat(path))?.isDirectory() !== true) throw thrown
  }
}

async function deleteFolder(connection: SftpConnection, folder: string): Promise<void> {
  for (const { filename, attrs } of await connection.list(folder)) {
    if (filename === '.' || filename === '..') continue
    const path = `${folder}/${filename}`
    if (attrs.isDirectory()) await deleteFolder(connection, path)
    else await connection.removeFile(path)
  }
  await connection.removeFolder(folder)
}
