import { after, before, describe } from 'node:test'
import { FtpFileSystem } from '../../src/files/ftp-file-system.js'
import { FTP_CONNECTION_MODES } from '../../src/protocols/ftp/settings.js'
import { describeFileSystem } from './file-system-cases.js'
import { ftpSettings, missingFtp, startFtp } from './ftp-server.js'
import type { TestServer } from './server.js'

describe('files of an FTP server', { skip: missingFtp() }, () => {
  let server: TestServer
  before(async () => {
    server = await startFtp()
  })
  after(() => server.stop())

  for (const connectionMode of FTP_CONNECTION_MODES) {
    describe(`with ${connectionMode}`, () => {
      describeFileSystem({
        open: () => new FtpFileSystem(ftpSettings(server.port, { connectionMode })),
        root: () => `/${connectionMode}`,
      })
    })
  }
})
