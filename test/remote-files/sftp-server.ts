import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { SftpSettings } from '../../src/protocols/sftp/settings.js'
import { debianProgram } from '../support/debian.js'
import { startServer, type TestServer } from './server.js'

/** Why there can be no SFTP server here, else `false`. */
export function missingSftp(): string | false {
  const program = debianProgram('/usr/sbin/sshd', 'openssh-server')
  return typeof program === 'string' ? false : `no SFTP server: ${program.reason}`
}

/** Starts a server that takes the key in `<folder>/user`; the test's files lie in `<folder>/root`. */
export async function startSftp(): Promise<TestServer> {
  const program = debianProgram('/usr/sbin/sshd', 'openssh-server')
  if (typeof program !== 'string') throw new Error(program.reason)
  return startServer(async (folder, port) => {
    mkdirSync(join(folder, 'root'))
    // Where sshd puts the processes without rights; Debian makes it when the service starts.
    if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
    for (const name of ['host', 'user', 'stranger']) {
      spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', join(folder, name)])
    }
    writeFileSync(join(folder, 'authorized'), readFileSync(join(folder, 'user.pub')), { mode: 0o600 })
    const lines = [
      'ListenAddress 127.0.0.1',
      `Port ${port}`,
      `HostKey ${join(folder, 'host')}`,
      `AuthorizedKeysFile ${join(folder, 'authorized')}`,
      `PidFile ${join(folder, 'pid')}`,
      'PermitRootLogin yes',
      'PasswordAuthentication yes',
      'StrictModes no',
      'UsePAM no',
      'MaxStartups 100',
      'Subsystem sftp internal-sftp',
    ]
    writeFileSync(join(folder, 'config'), `${lines.join('\n')}\n`)
    return [program, '-D', '-e', '-f', join(folder, 'config')]
  })
}

/** Settings for the server. */
export function sftpSettings({ port, folder }: TestServer, changes: Partial<SftpSettings> = {}): SftpSettings {
  return {
    host: '127.0.0.1',
    port,
    user: userInfo().username,
    password: null,
    privateKey: readFileSync(join(folder, 'user'), 'utf8'),
    passphrase: null,
    knownHosts: null,
    hostKeyFingerprint: null,
    timeoutMs: 10_000,
    attempts: 4,
    ...changes,
  }
}

/** The server's host key as a line of `known_hosts`. */
export function knownHostsLine({ port, folder }: TestServer): string {
  const [type, key] = readFileSync(join(folder, 'host.pub'), 'utf8').split(' ')
  return `[127.0.0.1]:${port} ${type} ${key}\n`
}

/** The options of a block that say where the server is. */
export function sftpBlock(server: TestServer, port = server.port): string {
  const known = join(server.folder, `known-${port}`)
  writeFileSync(known, knownHostsLine({ ...server, port }))
  return `
    host = "127.0.0.1"
    port = ${port}
    user = "${userInfo().username}"
    private_key_path = "${join(server.folder, 'user')}"
    known_hosts_path = "${known}"
  `
}
