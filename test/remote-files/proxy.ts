import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A TCP proxy that cuts connections, or holds back what clients send. */
export interface CuttingProxy {
  readonly port: number
  /** Connections that were cut so far. */
  readonly cuts: number
  /** Cuts the next connections, each after so many bytes from the server; forgets what was asked before. */
  cutAfter(...bytes: number[]): void
  /** Whether something of a client is held back. */
  readonly isHolding: boolean
  /** Passes nothing on that clients send, until {@link release}. */
  hold(): void
  release(): void
  close(): void
}

/** Where an FTP server listens for data. */
const PASSIVE_PORT = /\|\|\|(\d+)\|/

/**
 * Stands in front of a server and passes bytes on, until a connection is to be cut. Where an FTP server names a port for data, a
 * further proxy stands in front of that one.
 */
export async function startProxy(
  targetPort: number,
  pending: number[] = [],
  onCut: () => void = () => undefined,
): Promise<CuttingProxy> {
  const sockets = new Set<Socket>()
  const inner: CuttingProxy[] = []
  const passing = new Map<Socket, Socket>()
  let cuts = 0
  let holds = false
  const cut = (): void => {
    cuts += 1
    onCut()
  }
  const server = createServer((client) => {
    const upstream = connect({ port: targetPort, host: '127.0.0.1' })
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    }
    let passed = 0
    passing.set(client, upstream)
    if (!holds) client.pipe(upstream)
    client.on('close', () => {
      passing.delete(client)
      upstream.destroy()
    })
    upstream.on('close', () => client.end())
    upstream.on('data', (chunk: Buffer) => {
      passed += chunk.length
      const [limit] = pending
      if (limit !== undefined && passed > limit) {
        pending.shift()
        cut()
        upstream.destroy()
        // A socket that is being ended cannot be reset, and the process would then never end.
        if (client.writableEnded) client.destroy()
        else client.resetAndDestroy()
        return
      }
      const dataPort = chunk.length < 200 ? PASSIVE_PORT.exec(chunk.toString('latin1'))?.[1] : undefined
      if (dataPort !== undefined) {
        upstream.pause()
        void startProxy(Number(dataPort), pending, cut).then((data) => {
          inner.push(data)
          client.write(chunk.toString('latin1').replace(PASSIVE_PORT, `|||${data.port}|`))
          upstream.resume()
        })
        return
      }
      if (!client.write(chunk)) {
        upstream.pause()
        client.once('drain', () => upstream.resume())
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the system gave no port')
  return {
    port: address.port,
    get cuts() {
      return cuts
    },
    cutAfter: (...bytes) => void pending.splice(0, pending.length, ...bytes),
    get isHolding() {
      return holds && [...passing.keys()].some((client) => client.readableLength > 0)
    },
    hold() {
      holds = true
      for (const [client, upstream] of passing) client.unpipe(upstream).pause()
    },
    release() {
      holds = false
      for (const [client, upstream] of passing) client.pipe(upstream)
    },
    close() {
      server.close()
      for (const data of inner) data.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
