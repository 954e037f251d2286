import type { Socket } from 'node:net'
import type { Client, FTPResponse } from 'basic-ftp'
import { guardedLookup, refuseForbiddenHost } from '../egress.js'
import { isTransientSocketFault } from '../retry.js'
import { openDataConnection } from './data-connection.js'
import type { FtpSettings } from './settings.js'

/** A file or folder as a listing shows it. */
export interface FtpEntry {
  readonly name: string
  readonly kind: 'file' | 'folder' | 'link' | 'other'
  readonly sizeBytes: number
  /** `null` where the listing has no exact time. */
  readonly modifiedMs: number | null
}

/** A negative answer of the server. */
export class FtpFault extends Error {
  override readonly name = 'FtpFault'
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }

  /** 4xx: the same command may succeed later. */
  get isTransient(): boolean {
    return this.code >= 400 && this.code < 500
  }

  get isRefusal(): boolean {
    return this.code === 550 || this.code === 553 || this.code === 450
  }
}

/** After this time without an answer to a transfer that was given up, the connection is closed. */
const ABORT_ANSWER_MS = 5_000

/**
 * One control connection, logged in. It does one thing at a time. Listing, renaming and the like come from the library; data is
 * moved here, because a transfer must be able to begin in the middle, to be given up, and to run in active mode.
 */
export class FtpConnection {
  readonly #client: Client
  readonly #settings: FtpSettings
  readonly #hasMlsd: boolean
  /** Folder after the login; relative paths are below it. */
  readonly #home: string

  private constructor(client: Client, settings: FtpSettings, hasMlsd: boolean, home: string) {
    this.#client = client
    this.#settings = settings
    this.#hasMlsd = hasMlsd
    this.#home = home
  }

  /** @throws FtpFault when the login is refused, `MillraceError EGRESS_DENIED`, and what the socket says. */
  static async open(settings: FtpSettings): Promise<FtpConnection> {
    const { Client } = await import('basic-ftp')
    const { host, port, user, password, timeoutMs } = settings
    refuseForbiddenHost(host)
    const client = new Client(timeoutMs)
    try {
      await checkedAddress(host)
      await client.connect(host, port)
      await client.login(user, password)
      const features = await client.features()
      await client.send('TYPE I')
      if (features.has('UTF8')) await client.sendIgnoringError('OPTS UTF8 ON')
      return new FtpConnection(client, settings, features.has('MLST'), await client.pwd())
    } catch (thrown) {
      client.close()
      throw faultOf(thrown)
    }
  }

  get isUsable(): boolean {
    return !this.#client.closed
  }

  /** Whether this connection keeps the process alive. */
  hold(isHeld: boolean): void {
    if (isHeld) this.#client.ftp.socket.ref()
    else this.#client.ftp.socket.unref()
  }

  close(): void {
    this.#client.close()
  }

  /** What is in a folder, without it and its parent. */
  async list(folder: string): Promise<readonly FtpEntry[]> {
    await this.#send(`CWD ${this.#path(folder)}`)
    if (this.#hasMlsd) return this.#listing('MLSD')
    try {
      return await this.#listing('LIST -a')
    } catch (thrown) {
      if (!(thrown instanceof FtpFault) || thrown.code < 500) throw thrown
      return this.#listing('LIST')
    }
  }

  /** Bytes of a file; `null` when there is no such file. */
  async size(path: string): Promise<number | null> {
    const answer = await this.#sendOrRefusal(`SIZE ${this.#path(path)}`)
    return answer === null ? null : Number(answer.message.slice(4).trim())
  }

  /** When a file was changed, in milliseconds since 1970; 0 where the server does not say. */
  async modifiedMs(path: string): Promise<number> {
    const answer = await this.#command(`MDTM ${this.#path(path)}`).catch((thrown: unknown) => {
      if (thrown instanceof FtpFault && thrown.code >= 500) return null
      throw thrown
    })
    const parts = /(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{1,3}))?/.exec(answer?.message.slice(4) ?? '')
    if (parts === null) return 0
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1, 7).map(Number)
    return Date.UTC(year, month - 1, day, hour, minute, second, Number((parts[7] ?? '0').padEnd(3, '0')))
  }

  async isFolder(path: string): Promise<boolean> {
    return (await this.#sendOrRefusal(`CWD ${this.#path(path)}`)) !== null
  }

  /** Makes one folder; one that is there is no failure. */
  async makeFolder(path: string): Promise<void> {
    const answer = await this.#sendOrRefusal(`MKD ${this.#path(path)}`)
    if (answer === null && !(await this.isFolder(path))) throw new FtpFault(550, 'the folder cannot be made')
  }

  /** `false` when there was nothing to delete. */
  async removeFile(path: string): Promise<boolean> {
    return (await this.#sendOrRefusal(`DELE ${this.#path(path)}`)) !== null
  }

  async removeFolder(path: string): Promise<void> {
    // A folder that one is in cannot be removed everywhere.
    await this.#send(`CWD ${this.#home}`)
    await this.#send(`RMD ${this.#path(path)}`)
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#send(`RNFR ${this.#path(from)}`)
    await this.#send(`RNTO ${this.#path(to)}`)
  }

  /** Appends to a file, which is made when it is missing. */
  async append(path: string, bytes: Uint8Array): Promise<void> {
    const transfer = await this.#begin(`APPE ${this.#path(path)}`)
    await Promise.race([finished(transfer.socket, bytes), transfer.ended])
    await transfer.ended
  }

  /** The bytes of a file from `position` on. Ending the iteration gives the transfer up; the connection stays usable. */
  async *retrieve(path: string, position: number, length: number): AsyncGenerator<Uint8Array> {
    const transfer = await this.#begin(`RETR ${this.#path(path)}`, position)
    let left = length
    try {
      for await (const chunk of transfer.socket as AsyncIterable<Buffer>) {
        yield chunk.length > left ? chunk.subarray(0, left) : chunk
        left -= Math.min(left, chunk.length)
        if (left === 0) break
      }
      // The end of the data is only the end of the file when the server says so too.
      if (left > 0) await transfer.ended
    } finally {
      transfer.socket.destroy()
      await this.#settled(transfer.ended)
    }
  }

  async #listing(command: string): Promise<readonly FtpEntry[]> {
    const transfer = await this.#begin(command)
    const chunks: Buffer[] = []
    for await (const chunk of transfer.socket as AsyncIterable<Buffer>) chunks.push(chunk)
    await transfer.ended
    const text = Buffer.concat(chunks).toString('utf8')
    const found = text.trim() === '' ? [] : this.#client.parseList(text)
    return found.flatMap(({ name, isFile, isDirectory, isSymbolicLink, size, modifiedAt }) => {
      if (name === '' || name === '.' || name === '..' || name.includes('/')) return []
      const kind = isFile ? 'file' : isDirectory ? 'folder' : isSymbolicLink ? 'link' : 'other'
      return [{ name, kind, sizeBytes: size, modifiedMs: modifiedAt?.getTime() ?? null } as const]
    })
  }

  /** Starts a command with data: agrees on the connection, sends the command, and waits until the server begins. */
  async #begin(command: string, position = 0): Promise<{ readonly socket: Socket; readonly ended: Promise<unknown> }> {
    const data = await openDataConnection(this.#client, this.#settings).catch((thrown: unknown) => {
      throw faultOf(thrown)
    })
    let isUnderWay = false
    try {
      if (position > 0) await this.#send(`REST ${position}`)
      const { started, ended } = this.#transfer(command)
      await started
      isUnderWay = true
      const socket = await Promise.race([data.socket(), ended.then(() => data.socket())])
      socket.setTimeout(this.#settings.timeoutMs, () => {
        socket.destroy(Object.assign(new Error('the transfer stands still'), { code: 'ETIMEDOUT' }))
      })
      return { socket, ended }
    } catch (thrown) {
      data.close()
      // An answer is still to come; it would be taken for that to the next command.
      if (isUnderWay && !(thrown instanceof FtpFault)) this.#client.close()
      throw faultOf(thrown)
    }
  }

  #transfer(command: string): { readonly started: Promise<void>; readonly ended: Promise<unknown> } {
    let begin: () => void = () => undefined
    const started = new Promise<void>((resolve) => {
      begin = resolve
    })
    const { ftp } = this.#client
    const ended = ftp
      .handle(command, (answer, task) => {
        if (answer instanceof Error) task.reject(answer)
        else if (answer.code >= 200) task.resolve(answer)
        // The control connection is silent while data flows; its own timeout would end a long transfer.
        else ftp.socket.setTimeout(0)
        begin()
      })
      .catch((thrown: unknown) => {
        throw faultOf(thrown)
      })
    ended.catch(() => undefined)
    return { started: Promise.race([started, ended.then(() => undefined)]), ended }
  }

  /** Waits for the last word on a transfer that was given up; what it is does not matter. */
  async #settled(ended: Promise<unknown>): Promise<void> {
    const timer = setTimeout(() => this.#client.close(), ABORT_ANSWER_MS)
    await ended.catch(() => undefined)
    clearTimeout(timer)
  }

  async #command(command: string): Promise<FTPResponse> {
    return this.#client.send(command).catch((thrown: unknown) => {
      throw faultOf(thrown)
    })
  }

  async #send(command: string): Promise<void> {
    await this.#command(command)
  }

  async #sendOrRefusal(command: string): Promise<FTPResponse | null> {
    try {
      return await this.#command(command)
    } catch (thrown) {
      if (thrown instanceof FtpFault && thrown.isRefusal) return null
      throw thrown
    }
  }

  #path(path: string): string {
    if (path.startsWith('/')) return path
    return this.#home.endsWith('/') ? `${this.#home}${path}` : `${this.#home}/${path}`
  }
}

/** Sends bytes and closes the connection behind them, which is how the server knows the end. */
function finished(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.end(bytes, resolve)
  })
}

/** Whether a failed step can succeed on a new connection. */
export function isTransientFtpFault(failure: unknown): boolean {
  return failure instanceof FtpFault ? failure.isTransient : isTransientSocketFault(failure)
}

/** The library connects by itself; the address that it will find is looked at before. */
async function checkedAddress(host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    guardedLookup(host, {}, (error) => (error === null ? resolve() : reject(error)))
  })
}

/** The library's failures as ours: answers by their number, lost connections as such. */
function faultOf(thrown: unknown): Error {
  if (!(thrown instanceof Error) || thrown instanceof FtpFault) return thrown as Error
  const { code } = thrown as { code?: unknown }
  if (typeof code === 'number') return new FtpFault(code, thrown.message.replace(/\s+/g, ' ').trim().slice(0, 300))
  if (code === undefined || code === '0') {
    if (/^Timeout/.test(thrown.message)) return Object.assign(thrown, { code: 'ETIMEDOUT' })
    if (/clos|FIN packet/i.test(thrown.message)) return Object.assign(thrown, { code: 'ECONNRESET' })
  }
  return thrown
}
