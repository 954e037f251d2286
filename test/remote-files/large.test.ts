import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { ROOT } from '../conventions/layers.js'
import { temporaryFolder } from '../support/served-node.js'
import { ftpBlock, missingFtp, startFtp } from './ftp-server.js'
import { missingS3, s3Block, startS3 } from './s3-server.js'
import type { TestServer } from './server.js'
import { missingSftp, sftpBlock, startSftp } from './sftp-server.js'

const IS_LONG = process.env.MILLRACE_TEST === 'long'
/** Two hundred megabytes and as many files as a job may list; a hundredth of it in every run. */
const ROWS = IS_LONG ? 2_000_000 : 20_000
const FILES = IS_LONG ? 2000 : 20
const MIB = 1024 * 1024
/** What a process may need whatever the size of the data: code, and the buffers of its workers. */
const LIMIT_BYTES = 350 * MIB

interface RemoteSystem {
  readonly name: string
  readonly missing: string | false
  readonly start: () => Promise<TestServer>
  readonly block: (server: TestServer) => string
  /** Folder that jobs may write into. */
  readonly root: (server: TestServer) => string
}

const SYSTEMS: readonly RemoteSystem[] = [
  { name: 'S3File', missing: missingS3(), start: startS3, block: ({ port }) => s3Block(port), root: () => '' },
  {
    name: 'FtpFile',
    missing: missingFtp(),
    start: startFtp,
    block: ({ port }) => ftpBlock(port),
    root: () => '/files',
  },
  {
    name: 'SftpFile',
    missing: missingSftp(),
    start: startSftp,
    block: (server) => sftpBlock(server),
    root: ({ folder }) => join(folder, 'files'),
  },
]

/** Runs a job in a process of its own and gives the largest resident memory that it had, in bytes. */
async function peakOf(folder: string, job: string): Promise<number> {
  const file = join(folder, 'job.conf')
  writeFileSync(file, job)
  const child = spawn(join(ROOT, 'bin', 'millrace'), ['run', file], { stdio: ['ignore', 'pipe', 'pipe'], cwd: folder })
  const said: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => void said.push(String(chunk)))
  const ended = once(child, 'exit')
  let peakBytes = 0
  for (;;) {
    if (child.exitCode !== null) break
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
      peakBytes = Math.max(peakBytes, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024)
    } catch {}
    await Promise.race([ended, pause(5)])
  }
  assert.equal(child.exitCode, 0, said.join('').slice(-2000))
  return peakBytes
}

const FIELDS = 'schema { fields { id = bigint, name = string } }'

function rowsAre(count: number): string {
  return `Assert { rules { row_rules = [{ rule_type = MIN_ROW, rule_value = ${count} }, { rule_type = MAX_ROW, rule_value = ${count} }] } }`
}

async function started(test: TestContext, system: RemoteSystem): Promise<{ options: string; root: string }> {
  const server = await system.start()
  test.after(() => server.stop())
  return { options: system.block(server), root: system.root(server) }
}

for (const system of SYSTEMS) {
  describe(`${system.name} with much data`, { skip: system.missing, timeout: 600_000 }, () => {
    it('writes and reads it in bounded memory', async (test) => {
      const { options, root } = await started(test, system)
      const folder = temporaryFolder(test)
      const format = 'file_format_type = csv'
      const written = await peakOf(
        folder,
        `env { job.mode = BATCH }
        source { FakeSource { row.num = ${ROWS}, string.length = 90, ${FIELDS} } }
        sink { ${system.name} { ${options}
          path = "${root}/large", tmp_path = "${root}/large-tmp", ${format} } }`,
      )
      const read = await peakOf(
        folder,
        `env { job.mode = BATCH }
        source { ${system.name} { ${options}
          path = "${root}/large", ${format}, ${FIELDS} } }
        sink { ${rowsAre(ROWS)} }`,
      )
      test.diagnostic(`${ROWS} rows: ${written / MIB} MiB to write, ${read / MIB} MiB to read`)
      assert.ok(written < LIMIT_BYTES && read < LIMIT_BYTES, `${written} and ${read} bytes`)
    })

    it('writes and reads many files', async (test) => {
      const { options, root } = await started(test, system)
      const folder = temporaryFolder(test)
      const format = 'file_format_type = csv'
      await peakOf(
        folder,
        `env { job.mode = BATCH }
        source { FakeSource { row.num = ${FILES * 10}, ${FIELDS} } }
        sink { ${system.name} { ${options}
          path = "${root}/many", tmp_path = "${root}/many-tmp", batch_size = 10, ${format} } }`,
      )
      const read = await peakOf(
        folder,
        `env { job.mode = BATCH }
        source { ${system.name} { ${options}
          path = "${root}/many", ${format}, ${FIELDS} } }
        sink { ${rowsAre(FILES * 10)} }`,
      )
      assert.ok(read < LIMIT_BYTES, `${read} bytes`)
    })
  })
}
