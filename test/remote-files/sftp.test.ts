import { after, before, describe } from 'node:test'
import { SftpFileSystem } from '../../src/files/sftp-file-system.js'
import { describeFileSystem } from './file-system-cases.js'
import type { TestServer } from './server.js'
import { missingSftp, sftpSettings, startSftp } from './sftp-server.js'

describe('files of an SFTP server', { skip: missingSftp() }, () => {
  let server: TestServer
  before(async () => {
    server = await startSftp()
  })
  after(() => server.stop())

  describeFileSystem({
    open: () => new SftpFileSystem(sftpSettings(server)),
    root: () => `${server.folder}/root/files`,
  })
})
