import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { HEADER_LIMIT, HeadCheck } from '../framing.js'
import { listenOnFreePort } from '../listen.js'
import type { Listener, ListenerOptions, TlsMaterial } from '../listener.js'
import { type ListenerState, listenerState, startDraining } from '../listener-state.js'
import { type NodeConnection, NodeExchange } from './exchange.js'

/** Bytes of a request's head. */
const HEAD_BYTES = 16 * 1024
/** Requests that a client may send without reading an answer. */
const PIPELINE_LIMIT = 64
/** How often node:http looks for connections that are too slow. */
const CHECK_INTERVAL_MS = 1000

/**
 * Opens a listener of node:http or node:https: what serves TLS, HTTP/1.0, and machines that the addon does not load on.
 *
 * @throws MillraceError `LISTEN_FAILED`; for TLS material that cannot be used what `tls` throws.
 */
export async function listenNode(options: ListenerOptions): Promise<Listener> {
  const { address, limits, tls } = options
  const state = listenerState(options)
  const check = new HeadCheck()
  const connections = new WeakMap<Duplex, NodeConnection>()
  const connectionOf = (socket: Duplex): NodeConnection => {
    const known = connections.get(socket)
    if (known !== undefined) return known
    const connection: NodeConnection = { open: new Set(), closing: false }
    connections.set(socket, connection)
    socket.once('close', () => {
      for (const exchange of connection.open) exchange.connectionClosed()
    })
    return connection
  }
  const serve = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const connection = connectionOf(incoming.socket)
    if (connection.closing) return
    if (connection.open.size >= PIPELINE_LIMIT) {
      incoming.socket.destroy()
      return
    }
    new NodeExchange(state, connection, incoming, outgoing, tls !== null).serve(check)
  }
  const server = createHttpServer(limits, tls)
  server.maxConnections = limits.connections
  server.maxHeadersCount = 2 * HEADER_LIMIT
  server.on('request', serve)
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const { open, closing } = connectionOf(socket)
    // The last answer is under way, and closes the connection by itself.
    if (closing && open.size > 0) return
    if (open.size > 0 || !socket.writable) socket.destroy()
    else socket.end(refusalOf(error))
  })
  // `CONNECT` asks for a tunnel, which is never given. Without a listener node would cut the connection all the same.
  server.on('connect', (_request, socket) => socket.destroy())
  await listenOnFreePort(address, (port) => listenOn(server, address.host, port))
  const { port } = server.address() as AddressInfo
  return new NodeListener(server, state, address.host, port, tls !== null)
}

/** The answer to bytes that the parser does not take for a request, as they go over the wire. */
function refusalOf({ code }: NodeJS.ErrnoException): string {
  const status =
    code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? '408 Request Timeout'
        : '400 Bad Request'
  return `HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`
}

function createHttpServer(limits: ListenerOptions['limits'], tls: TlsMaterial | null): Server {
  const options: ServerOptions = {
    maxHeaderSize: HEAD_BYTES,
    headersTimeout: limits.headMs,
    // The exchange has the deadlines of bodies, which differ by route.
    requestTimeout: 0,
    keepAliveTimeout: limits.idleMs,
    connectionsCheckingInterval: Math.min(CHECK_INTERVAL_MS, limits.headMs),
    insecureHTTPParser: false,
    noDelay: true,
  }
  if (tls === null) return createServer(options)
  const { key, certificate, pfx, passphrase, clientAuthorities } = tls
  return createSecureServer({
    ...options,
    minVersion: 'TLSv1.2',
    handshakeTimeout: limits.headMs,
    ...(key === undefined ? {} : { key }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(pfx === undefined ? {} : { pfx }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(clientAuthorities === undefined
      ? {}
      : { ca: [...clientAuthorities], requestCert: true, rejectUnauthorized: true }),
  })
}

/** @throws NodeJS.ErrnoException when the port cannot be had. */
function listenOn(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(error)
    server.once('error', failed)
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', failed)
      resolve()
    })
  })
}

class NodeListener implements Listener {
  readonly kind = 'node'
  readonly host: string
  readonly port: number
  readonly secure: boolean
  readonly #server: Server
  readonly #state: ListenerState
  #closed: Promise<void> | null = null

  constructor(server: Server, state: ListenerState, host: string, port: number, secure: boolean) {
    this.#server = server
    this.#state = state
    this.host = host
    this.port = port
    this.secure = secure
    server.on('error', state.onFault)
  }

  get requestsInFlight(): number {
    return this.#state.requestsInFlight
  }

  close(): Promise<void> {
    this.#closed ??= this.#drain()
    return this.#closed
  }

  async #drain(): Promise<void> {
    startDraining(this.#state)
    const ended = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeIdleConnections()
    const limit = setTimeout(() => this.#server.closeAllConnections(), this.#state.limits.drainMs)
    this.#state.onIdle = () => this.#server.closeIdleConnections()
    await ended
    clearTimeout(limit)
  }
}
