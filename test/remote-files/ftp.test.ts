import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { FtpFileSystem } from '../../src/files/ftp-file-system.js'
import { FTP_CONNECTION_MODES } from '../../src/protocols/ftp/settings.js'
import { describeFaults } from './fault-cases.js'
import { describeFileSystem } from './file-system-cases.js'
import { FTP_LOGIN, ftpBlock, ftpSettings, missingFtp, startFtp } from './ftp-server.js'
import { failJob } from './job.js'
import { describeJobs } from './job-cases.js'
import type { TestServer } from './server.js'

describe('files of an FTP server', { skip: missingFtp() }, () => {
  let server: TestServer
  before(async () => {
    server = await startFtp()
  })
  after(() => server.stop())

  const open = (port = server.port): FtpFileSystem => new FtpFileSystem(ftpSettings(port))
  for (const connectionMode of FTP_CONNECTION_MODES) {
    describe(`with ${connectionMode}`, () => {
      describeFileSystem({
        open: () => new FtpFileSystem(ftpSettings(server.port, { connectionMode })),
        root: () => `/files/${connectionMode}`,
      })
      describeJobs({
        name: 'FtpFile',
        options: () => ftpBlock(server.port, connectionMode),
        open: () => open(),
        root: () => `/files/jobs-${connectionMode}`,
      })
    })
  }
  describeFaults({ serverPort: () => server.port, open, root: () => '/files/faults' })

  it('says that the login is refused, and shows no password', async () => {
    const block = ftpBlock(server.port).replace(FTP_LOGIN.password, 'wrong-canary')
    const source = `FtpFile { ${block} path = "/files", file_format_type = csv, schema { fields { id = bigint } } }`
    const said = await failJob(`env { job.mode = BATCH }\n source { ${source} }\n sink { Console {} }`)
    assert.match(said, /FILE_LIST_FAILED .*127\.0\.0\.1.*refuses the login.*'password'/)
    assert.doesNotMatch(said, /canary/)
  })
})
