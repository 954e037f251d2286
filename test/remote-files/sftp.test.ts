import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { SftpFileSystem } from '../../src/files/sftp-file-system.js'
import { describeFaults } from './fault-cases.js'
import { describeFileSystem } from './file-system-cases.js'
import { describeJobs } from './job-cases.js'
import type { TestServer } from './server.js'
import { knownHostsLine, missingSftp, sftpBlock, sftpSettings, startSftp } from './sftp-server.js'

describe('files of an SFTP server', { skip: missingSftp() }, () => {
  let server: TestServer
  before(async () => {
    server = await startSftp()
  })
  after(() => server.stop())

  const open = (port = server.port): SftpFileSystem => new SftpFileSystem(sftpSettings(server, { port }))
  describeFileSystem({ open: () => open(), root: () => `${server.folder}/root/files` })
  describeJobs({
    name: 'SftpFile',
    options: () => sftpBlock(server),
    open: () => open(),
    root: () => `${server.folder}/root/jobs`,
  })
  describeFaults({ serverPort: () => server.port, open, root: () => `${server.folder}/root/faults` })

  it('refuses a login without the right key or password', async () => {
    const stranger = readFileSync(`${server.folder}/stranger`, 'utf8')
    for (const change of [{ privateKey: stranger }, { privateKey: null, password: 'wrong-canary' }]) {
      const fileSystem = new SftpFileSystem(sftpSettings(server, change))
      await assert.rejects(fileSystem.stat('/'), (thrown: Error) => {
        assert.match(thrown.message, /refuses the login/)
        assert.doesNotMatch(`${thrown.message} ${thrown.stack}`, /canary/)
        return true
      })
    }
  })

  it('takes only the host key that it is told', async () => {
    const known = knownHostsLine(server)
    const wrong = known.replace(/AAAA\S+/, (key) => `${key.slice(0, -8)}AAAAAAAA`)
    const accepted = [{ knownHosts: known }, { knownHosts: `# note\nother ssh-rsa AAAA\n${known}` }]
    const refused = [
      { knownHosts: '' },
      { knownHosts: wrong },
      { knownHosts: known.replace('[127.0.0.1]', '[127.0.0.2]') },
      { hostKeyFingerprint: `SHA256:${'A'.repeat(43)}` },
    ]
    for (const change of accepted) {
      const fileSystem = new SftpFileSystem(sftpSettings(server, change))
      assert.equal((await fileSystem.stat(server.folder))?.isDirectory, true)
      await fileSystem.close()
    }
    for (const change of refused) {
      const fileSystem = new SftpFileSystem(sftpSettings(server, change))
      await assert.rejects(fileSystem.stat('/'), {
        message: /host key 'SHA256:.{43}' of '127.0.0.1:.*not the expected/,
      })
    }
  })
})
