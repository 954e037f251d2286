import { once } from 'node:events'
import { connect, createServer, isIPv4, type Server, type Socket } from 'node:net'
import type { Client } from 'basic-ftp'
import { MillraceError } from '../../core/error.js'
import { guardedLookup, refuseForbiddenHost } from '../egress.js'
import type { FtpSettings } from './settings.js'

/** A connection for data that was agreed on with the server, before the command that uses it. */
export interface DataConnection {
  /** The socket; in active mode the server opens it after the command. */
  socket(): Promise<Socket>
  close(): void
}

/** Agrees on a connection for data in the mode that the settings name. */
export async function openDataConnection(client: Client, settings: FtpSettings): Promise<DataConnection> {
  return settings.connectionMode === 'PASSIVE_LOCAL' ? openPassive(client, settings) : openActive(client, settings)
}

/** The server listens, this machine connects. */
async function openPassive(client: Client, settings: FtpSettings): Promise<DataConnection> {
  const { host, port } = await passiveAddress(client, settings)
  refuseForbiddenHost(host)
  const socket = connect({ host, port, lookup: guardedLookup })
  const opened = opening(socket, settings.timeoutMs)
  // The failure is taken up by `socket`; until then it must not count as unhandled.
  opened.catch(() => undefined)
  return { socket: () => opened, close: () => void socket.destroy() }
}

async function passiveAddress(client: Client, settings: FtpSettings): Promise<{ host: string; port: number }> {
  const control = client.ftp.socket.remoteAddress ?? settings.host
  try {
    const { message } = await client.send('EPSV')
    const port = Number(/\|{3}(\d+)\|/.exec(message)?.[1])
    if (port > 0) return { host: control, port }
  } catch (thrown) {
    if (client.closed || !isIPv4(control.replace(/^::ffff:/i, ''))) throw thrown
  }
  const { message } = await client.send('PASV')
  const numbers = /(\d+),(\d+),(\d+),(\d+),(\d+),(\d+)/.exec(message)?.slice(1).map(Number)
  if (numbers === undefined) throw new Error(`the server's answer to PASV names no port`)
  const [a, b, c, d, high = 0, low = 0] = numbers
  return { host: settings.verifiesRemote ? control : `${a}.${b}.${c}.${d}`, port: high * 256 + low }
}

function opening(socket: Socket, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(timeout('the connection for data was not opened')), timeoutMs)
    socket.once('connect', () => {
      clearTimeout(timer)
      resolve(socket)
    })
    socket.once('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
  })
}

/** This machine listens, the server connects. */
async function openActive(client: Client, settings: FtpSettings): Promise<DataConnection> {
  const control = client.ftp.socket
  const address = (control.localAddress ?? '').replace(/^::ffff:/i, '')
  const server = createServer()
  server.listen(0, address)
  await once(server, 'listening')
  const bound = server.address()
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0
  const accepted = accepting(server, settings, control.remoteAddress ?? '')
  accepted.catch(() => undefined)
  try {
    if (isIPv4(address)) {
      await client.send(`PORT ${[...address.split('.'), port >> 8, port & 0xff].join(',')}`)
    } else {
      await client.send(`EPRT |2|${address}|${port}|`)
    }
  } catch (thrown) {
    server.close()
    throw thrown
  }
  return { socket: () => accepted, close: () => void server.close() }
}

function accepting(server: Server, settings: FtpSettings, peer: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      server.close()
      reject(timeout('the server did not open the connection for data'))
    }, settings.timeoutMs)
    server.once('connection', (socket) => {
      clearTimeout(timer)
      server.close()
      if (settings.verifiesRemote && socket.remoteAddress !== peer) {
        socket.destroy()
        const message = `'${socket.remoteAddress ?? ''}' opened the connection for data instead of '${peer}'`
        const hint = "set 'remote_verification_enabled' to false if the server sends from another address"
        reject(new MillraceError('FILE_READ_FAILED', message, { hint }))
        return
      }
      resolve(socket)
    })
    server.once('close', () => {
      clearTimeout(timer)
      reject(Object.assign(new Error('the connection for data was closed'), { code: 'ECONNRESET' }))
    })
  })
}

function timeout(message: string): Error {
  return Object.assign(new Error(message), { code: 'ETIMEDOUT' })
}
