import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A TCP proxy that cuts connections. */
export interface CuttingProxy {
  readonly port: number
  /** Connections that were cut so far. */
  readonly cuts: number
  /** Cuts the next connections, each after so many bytes from the server. */
  cutAfter(...bytes: number[]): void
  close(): void
}

/** Stands in front of a server and passes bytes on, until a connection is to be cut. */
export async function startProxy(targetPort: number): Promise<CuttingProxy> {
  const pending: number[] = []
  const sockets = new Set<Socket>()
  let cuts = 0
  const server = createServer((client) => {
    const upstream = connect({ port: targetPort, host: '127.0.0.1' })
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    }
    let passed = 0
    client.pipe(upstream)
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.end())
    upstream.on('data', (chunk: Buffer) => {
      passed += chunk.length
      const [limit] = pending
      if (limit !== undefined && passed > limit) {
        pending.shift()
        cuts += 1
        upstream.destroy()
        client.resetAndDestroy()
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
    cutAfter: (...bytes) => void pending.push(...bytes),
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
