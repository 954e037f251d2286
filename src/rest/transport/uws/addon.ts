import { webcrypto } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { MillraceError } from '../../../core/error.js'
import { ADDON_DIGESTS } from './digests.js'

/** Bytes that the addon takes: text as UTF-8. */
export type NativeText = string | Uint8Array | ArrayBuffer

/** The answer to one request. It may not be touched any more after `end`, a `tryEnd` that is done, or `onAborted`. */
export interface NativeResponse {
  writeStatus(status: string): NativeResponse
  writeHeader(name: string, value: string): NativeResponse
  end(body?: NativeText, close?: boolean): NativeResponse
  endWithoutBody(): NativeResponse
  /** Whether everything was taken, and whether the answer is over. */
  tryEnd(rest: NativeText, totalBytes: number): [taken: boolean, done: boolean]
  /** Whether the client takes more. */
  write(piece: NativeText): boolean
  close(): NativeResponse
  cork(action: () => void): NativeResponse
  pause(): void
  resume(): void
  onAborted(action: () => void): NativeResponse
  onWritable(action: (offset: number) => boolean): NativeResponse
  /** The piece is taken away when `action` returns. */
  onData(action: (piece: ArrayBuffer, isLast: boolean) => void): NativeResponse
  getRemoteAddress(): ArrayBuffer
}

/** One request. It may not be touched any more when the handler has returned. */
export interface NativeRequest {
  getMethod(): string
  getUrl(): string
  /** `undefined` without a `?`. */
  getQuery(): string | undefined
  forEach(action: (name: string, value: string) => void): void
}

/** A server of the addon. */
export interface NativeApp {
  any(pattern: string, handler: (response: NativeResponse, request: NativeRequest) => void): NativeApp
  listen(host: string, port: number, options: number, action: (socket: object | false) => void): NativeApp
  close(): NativeApp
}

/** What the addon exports, as far as it is used. */
export interface UwsAddon {
  App(): NativeApp
  us_listen_socket_close(socket: object): void
  us_socket_local_port(socket: object): number
  _cfg(setting: string): void
  readonly LIBUS_LISTEN_EXCLUSIVE_PORT: number
}

/** Turns off the header with which the library names itself. */
const WITHOUT_NAME = '999999990007'

/** Where the addon comes from; tests give another place. */
export interface AddonPlace {
  /** Folder with the addons. */
  readonly folder: string
  /** Name of the file for this machine and this version of Node. */
  readonly file: string
}

/** The addon of the installed package for this machine. */
export function installedAddon(): AddonPlace {
  const manifest = createRequire(import.meta.url).resolve('uWebSockets.js/package.json')
  return {
    folder: join(dirname(manifest), 'binaries'),
    file: `uws_${process.platform}_${process.arch}_${process.versions.modules}.node`,
  }
}

let loaded: Promise<UwsAddon> | null = null

/**
 * Loads the addon, once per process.
 *
 * @throws MillraceError `BACKEND_UNAVAILABLE` when there is none for this machine, it does not load, or it is not the file that it
 * should be.
 */
export function uwsAddon(): Promise<UwsAddon> {
  loaded ??= Promise.resolve().then(() => loadAddon(installedAddon()))
  return loaded
}

/** Checks and loads an addon; see {@link uwsAddon}. */
export async function loadAddon({ folder, file }: AddonPlace): Promise<UwsAddon> {
  const expected = ADDON_DIGESTS.get(file)
  const path = join(folder, file)
  if (expected === undefined)
    throw unavailable(`there is no '${file}': this system or version of Node is not supported`)
  const bytes = await readFile(path).catch(() => null)
  if (bytes === null) throw unavailable(`'${path}' cannot be read`)
  // Aside of the main thread: it takes longer than everything else that a start does for HTTP.
  const digest = Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes)).toString('hex')
  if (digest !== expected) throw unavailable(`'${path}' is not the file of the pinned package: its SHA-256 differs`)
  try {
    const addon = createRequire(import.meta.url)(path) as UwsAddon
    addon._cfg(WITHOUT_NAME)
    return addon
  } catch (error) {
    throw unavailable(`'${path}' does not load: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function unavailable(message: string): MillraceError {
  return new MillraceError('BACKEND_UNAVAILABLE', `uWebSockets.js cannot be used: ${message}`, {
    hint: "install the package again, or set 'MILLRACE_HTTP=node'",
  })
}
