import { after, before, describe } from 'node:test'
import { S3FileSystem } from '../../src/files/s3-file-system.js'
import { describeFileSystem } from './file-system-cases.js'
import { missingS3, s3Settings, startS3 } from './s3-server.js'
import type { TestServer } from './server.js'

describe('files of an S3 bucket', { skip: missingS3() }, () => {
  let server: TestServer
  before(async () => {
    server = await startS3()
  })
  after(() => server.stop())

  describeFileSystem({ open: () => new S3FileSystem(s3Settings(server.port)), root: () => '/files' })
})
