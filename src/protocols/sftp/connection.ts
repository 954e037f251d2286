import { connect, type Socket } from 'node:net'
import type { Client, FileAttributes, ListedFile, SftpChannel } from 'ssh2'
import { MillraceError } from '../../core/error.js'
import { guardedLookup, refuseForbiddenHost } from '../egress.js'
import { isTransientSocketFault } from '../retry.js'
import { fingerprint, isKnownHost } from './known-hosts.js'
import type { SftpSettings } from './settings.js'

/** Status of an answer. @source draft-ietf-secsh-filexfer-02 */
export const SFTP_STATUS = { noSuchFile: 2, permissionDenied: 3, failure: 4, unsupported: 8 } as const

/** Flags of an open file. @source draft-ietf-secsh-filexfer-02 */
export const SFTP_OPEN = { read: 1, write: 2, create: 8 } as const

/** Size of one read or write; every server takes it. */
const BLOCK_BYTES = 32 * 1024
/** Blocks on their way at a time: what hides the time that an answer takes. */
const BLOCKS_UNDER_WAY = 24

/** How the library answers what was asked when the connection goes. */
const NO_ANSWER = /^No response from server/

/** A negative answer of the server. */
export class SftpFault extends Error {
  override readonly name = 'SftpFault'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** A login that the server refused. */
export class SftpLoginFault extends Error {
  override readonly name = 'SftpLoginFault'
}

/** Whether a failed step can succeed on a new connection. */
export function isTransientSftpFault(failure: unknown): boolean {
  return isTransientSocketFault(failure)
}

/** A connection with one channel for files. Several steps may be under way at a time. */
export class SftpConnection {
  readonly #client: Client
  readonly #socket: Socket
  readonly #channel: SftpChannel
  #isUsable = true
  /** What ends every request that is under way. */
  readonly #pending = new Set<(failure: Error) => void>()

  private constructor(client: Client, socket: Socket, channel: SftpChannel, timeoutMs: number) {
    this.#client = client
    this.#socket = socket
    this.#channel = channel
    const end = (): void => {
      this.#isUsable = false
      // The library leaves some requests without an answer when the connection goes.
      for (const reject of this.#pending) reject(socketFault('ECONNRESET', 'the connection was lost'))
    }
    client.on('close', end).on('end', end).on('error', end)
    channel.on('close', end).on('error', end)
    socket.setTimeout(timeoutMs, () => {
      if (this.#pending.size > 0) socket.destroy(socketFault('ETIMEDOUT', 'the server does not answer'))
    })
    socket.unref()
  }

  /** @throws SftpLoginFault, `MillraceError EGRESS_DENIED` and `FILE_READ_FAILED` for a host key that is not the expected one, and what the socket says. */
  static async open(settings: SftpSettings): Promise<SftpConnection> {
    const ssh2 = await import('ssh2')
    const { host, port, timeoutMs } = settings
    refuseForbiddenHost(host)
    const socket = await openSocket(host, port, timeoutMs)
    const client = new ssh2.Client()
    try {
      await login(client, socket, settings)
      const channel = await new Promise<SftpChannel>((resolve, reject) => {
        client.once('close', () => reject(socketFault('ECONNRESET', 'the server closed the connection')))
        client.sftp((error, opened) => (error ? reject(error) : resolve(opened)))
      })
      return new SftpConnection(client, socket, channel, timeoutMs)
    } catch (thrown) {
      const isCoded = thrown instanceof MillraceError || thrown instanceof SftpLoginFault
      const isLost = !isCoded && (socket.destroyed || NO_ANSWER.test((thrown as Error).message))
      // Errors that come while it closes belong to the failure that is reported.
      client.on('error', () => undefined)
      client.destroy()
      throw isLost ? socketFault('ECONNRESET', (thrown as Error).message) : thrown
    }
  }

  get isUsable(): boolean {
    return this.#isUsable
  }

  close(): void {
    this.#isUsable = false
    this.#client.end()
  }

  open(path: string, flags: number): Promise<Buffer> {
    return this.#call((done) => this.#channel.open(path, flags, done))
  }

  closeHandle(handle: Buffer): Promise<void> {
    return this.#call((done) => this.#channel.close(handle, done as () => void))
  }

  /** Fills `target` from `position` on; fewer bytes only at the end of the file. */
  async read(handle: Buffer, target: Uint8Array, position: number): Promise<number> {
    const buffer = Buffer.from(target.buffer, target.byteOffset, target.length)
    let end = target.length
    await inBlocks(target.length, async (offset, length) => {
      for (let filled = 0; filled < length && offset + filled < end; ) {
        const at = offset + filled
        const read = await this.#call<number>((done) => {
          this.#channel.read(handle, buffer, at, length - filled, position + at, done)
        })
        if (read === 0) end = Math.min(end, at)
        filled += read
      }
    })
    return end
  }

  async write(handle: Buffer, bytes: Uint8Array, position: number): Promise<void> {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    await inBlocks(bytes.length, (offset, length) => {
      return this.#call((done) =>
        this.#channel.write(handle, buffer, offset, length, position + offset, done as () => void),
      )
    })
  }

  /** Makes what was written durable where the server can. */
  sync(handle: Buffer): Promise<void> {
    return this.#whereSupported((done) => this.#channel.ext_openssh_fsync(handle, done)).then(() => undefined)
  }

  /** `null` when there is nothing at the path. Links are followed. */
  async stat(path: string): Promise<FileAttributes | null> {
    try {
      return await this.#call((done) => this.#channel.stat(path, done))
    } catch (thrown) {
      if (thrown instanceof SftpFault && thrown.status === SFTP_STATUS.noSuchFile) return null
      throw thrown
    }
  }

  list(folder: string): Promise<readonly ListedFile[]> {
    return this.#call((done) => this.#channel.readdir(folder, done))
  }

  makeFolder(path: string): Promise<void> {
    return this.#call((done) => this.#channel.mkdir(path, done as () => void))
  }

  removeFolder(path: string): Promise<void> {
    return this.#call((done) => this.#channel.rmdir(path, done as () => void))
  }

  removeFile(path: string): Promise<void> {
    return this.#call((done) => this.#channel.unlink(path, done as () => void))
  }

  /** Moves a file in place of another one, in one step where the server can. */
  async rename(from: string, to: string): Promise<void> {
    if (await this.#whereSupported((done) => this.#channel.ext_openssh_rename(from, to, done))) return
    try {
      await this.#call((done) => this.#channel.rename(from, to, done as () => void))
    } catch (thrown) {
      const isInTheWay =
        thrown instanceof SftpFault && (await this.stat(to)) !== null && (await this.stat(from)) !== null
      if (!isInTheWay) throw thrown
      await this.removeFile(to)
      await this.#call((done) => this.#channel.rename(from, to, done as () => void))
    }
  }

  /** `false` when the server does not know the request. */
  async #whereSupported(send: (done: (error?: Error | null) => void) => void): Promise<boolean> {
    try {
      await this.#call((done) => send(done as () => void))
      return true
    } catch (thrown) {
      const isUnknown = thrown instanceof SftpFault && thrown.status === SFTP_STATUS.unsupported
      if (isUnknown || (thrown instanceof Error && /does not support this extended/.test(thrown.message))) return false
      throw thrown
    }
  }

  async #call<T>(send: (done: (error: Error | undefined | null, value: T) => void) => void): Promise<T> {
    if (!this.#isUsable) throw socketFault('ECONNRESET', 'the connection is closed')
    if (this.#pending.size === 0) this.#socket.ref()
    let end: (failure: Error) => void = () => undefined
    try {
      return await new Promise<T>((resolve, reject) => {
        end = reject
        this.#pending.add(end)
        send((error, value) => (error ? reject(error) : resolve(value)))
      })
    } catch (thrown) {
      throw this.#faultOf(thrown)
    } finally {
      this.#pending.delete(end)
      if (this.#pending.size === 0) this.#socket.unref()
    }
  }

  #faultOf(thrown: unknown): unknown {
    const { code, message } = thrown as { code?: unknown; message: string }
    if (typeof code === 'number') return new SftpFault(code, message)
    // Requests that are open when the connection goes are answered by the library before it says that it is closed.
    const isLost = !this.#isUsable || NO_ANSWER.test(message)
    if (typeof code === 'string' || !isLost) return thrown
    this.#isUsable = false
    return socketFault('ECONNRESET', message)
  }
}

/** Runs a step for every block of a range, several at a time; the first failure is thrown when all have ended. */
async function inBlocks(length: number, step: (offset: number, length: number) => Promise<void>): Promise<void> {
  let next = 0
  const lanes = Math.min(BLOCKS_UNDER_WAY, Math.ceil(length / BLOCK_BYTES))
  const results = await Promise.allSettled(
    Array.from({ length: lanes }, async () => {
      while (next < length) {
        const offset = next
        next += BLOCK_BYTES
        await step(offset, Math.min(BLOCK_BYTES, length - offset))
      }
    }),
  )
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

function openSocket(host: string, port: number, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, lookup: guardedLookup })
    socket.setNoDelay(true)
    socket.setTimeout(timeoutMs, () => socket.destroy(socketFault('ETIMEDOUT', 'the server does not answer')))
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      socket.setTimeout(0)
      socket.removeAllListeners('timeout')
      resolve(socket)
    })
  })
}

function login(client: Client, socket: Socket, settings: SftpSettings): Promise<void> {
  const { host, port, user, password, privateKey, passphrase, timeoutMs } = settings
  return new Promise((resolve, reject) => {
    let refusal: Error | null = null
    client.once('ready', resolve)
    client.on('error', (error: Error & { level?: string }) => {
      if (refusal !== null) reject(refusal)
      else if (error.level === 'client-authentication') reject(new SftpLoginFault(error.message))
      else if (error.level === 'client-timeout') reject(socketFault('ETIMEDOUT', error.message))
      else reject(error)
    })
    client.once('close', () => reject(refusal ?? socketFault('ECONNRESET', 'the server closed the connection')))
    client.on(
      'keyboard-interactive',
      (_name, _instructions, _language, _prompts, answer: (texts: string[]) => void) => {
        answer([password ?? ''])
      },
    )
    client.connect({
      sock: socket,
      username: user,
      ...(password === null ? {} : { password, tryKeyboard: true }),
      ...(privateKey === null ? {} : { privateKey }),
      ...(passphrase === null ? {} : { passphrase }),
      readyTimeout: timeoutMs,
      hostVerifier: (key) => {
        refusal = hostKeyFault(settings, host, port, key)
        return refusal === null
      },
    })
  })
}

function hostKeyFault(settings: SftpSettings, host: string, port: number, key: Uint8Array): Error | null {
  const { knownHosts, hostKeyFingerprint } = settings
  const found = fingerprint(key)
  const isExpected = hostKeyFingerprint === null || hostKeyFingerprint === found
  if (isExpected && (knownHosts === null || isKnownHost(knownHosts, host, port, key))) return null
  return new MillraceError('FILE_READ_FAILED', `the host key '${found}' of '${host}:${port}' is not the expected one`, {
    hint: "check that this is the server, then put its key into 'known_hosts_path' or 'host_key_fingerprint'",
  })
}

function socketFault(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}
