import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FtpSettings } from '../../src/protocols/ftp/settings.js'
import { debianProgram } from '../support/debian.js'
import { startServer, type TestServer } from './server.js'

/** The login that the server knows. */
export const FTP_LOGIN = { user: 'anonymous', password: 'canary@secret' } as const

/** A user that every system has, and whose home is there: the server looks. */
const DAEMON = { name: 'daemon', id: 1 } as const

/** Why there can be no FTP server here, else `false`. */
export function missingFtp(): string | false {
  const program = debianProgram('/usr/sbin/vsftpd', 'vsftpd')
  return typeof program === 'string' ? false : `no FTP server: ${program.reason}`
}

/** Starts a server whose files lie in `<folder>/root`; jobs may write below `/files`. */
export async function startFtp(): Promise<TestServer> {
  const program = debianProgram('/usr/sbin/vsftpd', 'vsftpd')
  if (typeof program !== 'string') throw new Error(program.reason)
  return startServer(async (folder, port) => {
    const isRoot = process.getuid?.() === 0
    for (const name of ['root', 'root/files', 'empty']) mkdirSync(join(folder, name), { mode: 0o755 })
    chmodSync(folder, 0o755)
    if (isRoot) chownSync(join(folder, 'root', 'files'), DAEMON.id, DAEMON.id)
    writeFileSync(join(folder, 'passwords'), `${FTP_LOGIN.password}\n`)
    const options = {
      listen: 'YES',
      listen_address: '127.0.0.1',
      listen_port: port,
      background: 'NO',
      local_enable: 'NO',
      anonymous_enable: 'YES',
      anon_root: join(folder, 'root'),
      anon_umask: '022',
      anon_world_readable_only: 'NO',
      anon_upload_enable: 'YES',
      anon_mkdir_write_enable: 'YES',
      anon_other_write_enable: 'YES',
      write_enable: 'YES',
      allow_writeable_chroot: 'YES',
      secure_email_list_enable: 'YES',
      email_password_file: join(folder, 'passwords'),
      secure_chroot_dir: join(folder, 'empty'),
      connect_from_port_20: 'NO',
      max_per_ip: 0,
      seccomp_sandbox: 'NO',
      isolate: 'NO',
      isolate_network: 'NO',
      ...(isRoot ? { ftp_username: DAEMON.name } : { run_as_launching_user: 'YES' }),
    }
    const lines = Object.entries(options).map(([name, value]) => `${name}=${value}`)
    writeFileSync(join(folder, 'vsftpd.conf'), `${lines.join('\n')}\n`)
    return [program, join(folder, 'vsftpd.conf')]
  })
}

/** Settings for the server. */
export function ftpSettings(port: number, changes: Partial<FtpSettings> = {}): FtpSettings {
  return {
    host: '127.0.0.1',
    port,
    ...FTP_LOGIN,
    connectionMode: 'PASSIVE_LOCAL',
    verifiesRemote: true,
    timeoutMs: 10_000,
    attempts: 4,
    ...changes,
  }
}

/** The options of a block that say where the server is. */
export function ftpBlock(port: number, mode = 'PASSIVE_LOCAL'): string {
  return `
    host = "127.0.0.1"
    port = ${port}
    user = "${FTP_LOGIN.user}"
    password = "${FTP_LOGIN.password}"
    connection_mode = "${mode}"
  `
}
