import { createServer } from 'node:net'
import { HeadCheck } from '../framing.js'
import { listenOnFreePort } from '../listen.js'
import type { Listener, ListenerOptions } from '../listener.js'
import { type ListenerState, listenerState, startDraining } from '../listener-state.js'
import { type NativeApp, type UwsAddon, uwsAddon } from './addon.js'
import { UwsExchange } from './exchange.js'
import { mayAccept, OPEN_FILES_WATCH, type OpenFilesWatch } from './open-files.js'

/**
 * Opens a listener of uWebSockets.js. It serves plain HTTP/1.1 only. While most of the files that the process may open are in use, it does
 * not listen.
 *
 * @throws MillraceError `LISTEN_FAILED`, `BACKEND_UNAVAILABLE` when the addon cannot be used.
 */
export async function listenUws(options: ListenerOptions, watch = OPEN_FILES_WATCH): Promise<Listener> {
  const addon = await uwsAddon()
  const { address } = options
  const state = listenerState(options)
  const check = new HeadCheck()
  let localPort = 0
  const app = addon.App()
  // The only place that takes requests: the exchange attaches `onAborted` before anything else can happen, and nothing leaves it.
  app.any('/*', (response, request) => {
    new UwsExchange(state, response, localPort).serve(request, check)
  })
  const socket = await listenOnFreePort(address, (port) => listenOn(addon, app, address.host, port))
  localPort = addon.us_socket_local_port(socket)
  return new UwsListener({ addon, app, state, host: address.host, port: localPort, watch }, socket)
}

/** What a listener stands on. */
interface Parts {
  readonly addon: UwsAddon
  readonly app: NativeApp
  readonly state: ListenerState
  readonly host: string
  readonly port: number
  readonly watch: OpenFilesWatch
}

/** @throws NodeJS.ErrnoException when the port cannot be had. */
async function listenOn(addon: UwsAddon, app: NativeApp, host: string, port: number): Promise<object> {
  const socket = await nativeListen(addon, app, host, port)
  if (socket !== false) return socket
  throw await listenError(host, port)
}

function nativeListen(addon: UwsAddon, app: NativeApp, host: string, port: number): Promise<object | false> {
  return new Promise((resolve) => {
    app.listen(host, port, addon.LIBUS_LISTEN_EXCLUSIVE_PORT, resolve)
  })
}

/** The library does not say why it cannot listen: node is asked to do the same. */
function listenError(host: string, port: number): Promise<Error> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', resolve)
    server.listen({ host, port, exclusive: true }, () =>
      server.close(() => resolve(Object.assign(new Error('the port was taken a moment ago'), { code: 'EADDRINUSE' }))),
    )
  })
}

class UwsListener implements Listener {
  readonly kind = 'uws'
  readonly host: string
  readonly port: number
  readonly secure = false
  readonly #parts: Parts
  /** `null` while it does not listen. */
  #socket: object | null
  readonly #timer: NodeJS.Timeout
  #closed: Promise<void> | null = null

  constructor(parts: Parts, socket: object) {
    this.#parts = parts
    this.#socket = socket
    this.host = parts.host
    this.port = parts.port
    this.#timer = setInterval(() => void this.#look().catch(parts.state.onFault), parts.watch.intervalMs)
    this.#timer.unref()
  }

  get requestsInFlight(): number {
    return this.#parts.state.requestsInFlight
  }

  close(): Promise<void> {
    this.#closed ??= this.#drain()
    return this.#closed
  }

  /** Stops to listen when files run out, and listens again when there are some. */
  async #look(): Promise<void> {
    const { addon, app, host, port, watch } = this.#parts
    const accepts = mayAccept(this.#socket !== null, await watch.read())
    if (this.#closed !== null || accepts === (this.#socket !== null)) return
    if (!accepts) {
      this.#stopListening()
      return
    }
    // Fails when another process took the port meanwhile: then it is tried again with the next look.
    const socket = await nativeListen(addon, app, host, port)
    if (socket === false) return
    this.#socket = socket
    if (this.#closed !== null) this.#stopListening()
  }

  #stopListening(): void {
    if (this.#socket !== null) this.#parts.addon.us_listen_socket_close(this.#socket)
    this.#socket = null
  }

  async #drain(): Promise<void> {
    const { app, state } = this.#parts
    clearInterval(this.#timer)
    startDraining(state)
    this.#stopListening()
    if (state.requestsInFlight > 0)
      await new Promise<void>((resolve) => {
        const limit = setTimeout(resolve, state.limits.drainMs)
        state.onIdle = () => {
          clearTimeout(limit)
          resolve()
        }
      })
    // Connections without a request would keep the process alive.
    app.close()
  }
}
