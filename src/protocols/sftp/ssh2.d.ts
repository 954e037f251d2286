/** The part of the package that is used here. */
declare module 'ssh2' {
  import type { EventEmitter } from 'node:events'
  import type { Socket } from 'node:net'

  interface FileAttributes {
    readonly mode: number
    readonly size: number
    readonly mtime: number
    isFile(): boolean
    isDirectory(): boolean
    isSymbolicLink(): boolean
  }

  interface ListedFile {
    readonly filename: string
    readonly attrs: FileAttributes
  }

  type Done = (error?: Error | null) => void
  type Result<T> = (error: Error | undefined | null, value: T) => void

  interface SftpChannel extends EventEmitter {
    open(path: string, flags: number, done: Result<Buffer>): void
    close(handle: Buffer, done: Done): void
    read(handle: Buffer, target: Buffer, offset: number, length: number, position: number, done: Result<number>): void
    write(handle: Buffer, source: Buffer, offset: number, length: number, position: number, done: Done): void
    stat(path: string, done: Result<FileAttributes>): void
    readdir(path: string, done: Result<readonly ListedFile[]>): void
    mkdir(path: string, done: Done): void
    rmdir(path: string, done: Done): void
    unlink(path: string, done: Done): void
    rename(from: string, to: string, done: Done): void
    ext_openssh_rename(from: string, to: string, done: Done): void
    ext_openssh_fsync(handle: Buffer, done: Done): void
  }

  interface ConnectConfig {
    readonly sock: Socket
    readonly username: string
    readonly password?: string
    readonly privateKey?: string
    readonly passphrase?: string
    readonly tryKeyboard?: boolean
    readonly readyTimeout?: number
    readonly hostVerifier?: (key: Buffer) => boolean
  }

  export class Client extends EventEmitter {
    connect(config: ConnectConfig): this
    sftp(done: Result<SftpChannel>): void
    end(): this
    destroy(): this
  }

  export type { ConnectConfig, FileAttributes, ListedFile, SftpChannel }
}
