import { createServer } from 'node:net'
import type { ListenerState } from '../exchange.js'
import { HeadCheck } from '../framing.js'
import { listenOnFreePort } from '../listen.js'
import type { Listener, ListenerOptions } from '../listener.js'
import { type NativeApp, type UwsAddon, uwsAddon } from './addon.js'
import { UwsExchange } from './exchange.js'

/**
 * Opens a listener of uWebSockets.js. It serves plain HTTP/1.1 only.
 *
 * @throws MillraceError `LISTEN_FAILED`, `BACKEND_UNAVAILABLE` when the addon cannot be used.
 */
export async function listenUws(options: ListenerOptions): Promise<Listener> {
  const addon = await uwsAddon()
  const { address, handler, limits, onFault } = options
  const state: ListenerState = {
    handler,
    limits,
    onFault,
    requestsInFlight: 0,
    pendingBytes: 0,
    draining: false,
    onIdle: null,
  }
  const check = new HeadCheck()
  let localPort = 0
  const app = addon.App()
  // The only place that takes requests: the exchange attaches `onAborted` before anything else can happen, and nothing leaves it.
  app.any('/*', (response, request) => {
    const exchange = new UwsExchange(state, response, localPort)
    try {
      exchange.serve(request, check)
    } catch (error) {
      exchange.fail(error)
    }
  })
  const socket = await listenOnFreePort(address, (port) => listenOn(addon, app, address.host, port))
  localPort = addon.us_socket_local_port(socket)
  return new UwsListener(addon, app, socket, state, address.host, localPort)
}

/** @throws NodeJS.ErrnoException when the port cannot be had. */
async function listenOn(addon: UwsAddon, app: NativeApp, host: string, port: number): Promise<object> {
  const socket = await new Promise<object | false>((resolve) => {
    app.listen(host, port, addon.LIBUS_LISTEN_EXCLUSIVE_PORT, resolve)
  })
  if (socket !== false) return socket
  throw await listenError(host, port)
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
  readonly #addon: UwsAddon
  readonly #app: NativeApp
  readonly #socket: object
  readonly #state: ListenerState
  #closed: Promise<void> | null = null

  constructor(addon: UwsAddon, app: NativeApp, socket: object, state: ListenerState, host: string, port: number) {
    this.#addon = addon
    this.#app = app
    this.#socket = socket
    this.#state = state
    this.host = host
    this.port = port
  }

  get requestsInFlight(): number {
    return this.#state.requestsInFlight
  }

  close(): Promise<void> {
    this.#closed ??= this.#drain()
    return this.#closed
  }

  async #drain(): Promise<void> {
    this.#state.draining = true
    this.#addon.us_listen_socket_close(this.#socket)
    if (this.#state.requestsInFlight > 0)
      await new Promise<void>((resolve) => {
        const limit = setTimeout(resolve, this.#state.limits.drainMs)
        this.#state.onIdle = () => {
          clearTimeout(limit)
          resolve()
        }
      })
    // Connections without a request would keep the process alive.
    this.#app.close()
  }
}
