import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * A port that is free now and that the system gives to nobody: a client that tries a port of the system's own range again and again
 * may be connected to itself.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 30_000)
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    await new Promise((resolve) => server.close(resolve))
    if (isFree) return port
  }
}
