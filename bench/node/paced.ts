import { Agent, request } from 'node:http'
import { type LoadResult, socketLoad } from './load.js'

/** What a server is asked, so many times a second whatever it answers. */
export interface PacedLoad {
  readonly port: number
  /** Asked in turn. */
  readonly paths: readonly string[]
  readonly perSecond: number
  readonly seconds: number
}

/** Milliseconds between two rounds of requests. */
const ROUND_MS = 20

/** Asks as people with open dashboards do: at a pace of their own, not as fast as it goes. */
export async function paced({ port, paths, perSecond, seconds }: PacedLoad): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const latencies: number[] = []
  let [sent, failures] = [0, 0]
  const one = (path: string): Promise<void> =>
    new Promise((resolve) => {
      const startedMs = performance.now()
      const asked = request({ host: '127.0.0.1', port, path, agent }, (response) => {
        if (response.statusCode !== 200) failures += 1
        response.resume().on('end', () => {
          latencies.push(performance.now() - startedMs)
          resolve()
        })
      })
      asked.on('error', () => {
        failures += 1
        resolve()
      })
      asked.end()
    })
  const startedMs = performance.now()
  const open: Promise<void>[] = []
  while (performance.now() - startedMs < seconds * 1000) {
    const due = Math.floor(((performance.now() - startedMs) * perSecond) / 1000)
    for (; sent < due; sent += 1) open.push(one(paths[sent % paths.length] ?? '/'))
    await new Promise((resolve) => setTimeout(resolve, ROUND_MS))
  }
  await Promise.all(open)
  agent.destroy()
  return socketLoad(latencies, seconds, failures)
}
