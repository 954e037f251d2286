import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { type CliResult, recording, withFolder } from '../../test/support/cli.js'
import { packageRoot } from '../native/load.js'

const BIN = join(packageRoot(), 'bin')
const isBuilt = existsSync(join(packageRoot(), 'dist', 'bundle', 'main.js'))
const skip = isBuilt ? false : 'the bundle is not built'

const JOB = `
env { job.name = "${'$'}{jn}", job.mode = "MODE" }
source { FakeSource { row.num = 3, schema { fields { id = bigint } } } }
sink { Assert { rules { row_rules = [{ rule_type = MAX_ROW, rule_value = 3 }] } } }
`

interface SpawnOptions {
  readonly path?: string
  /** `SEATUNNEL_HOME`. */
  readonly home?: string
  /** Sent when the text appears in the output. */
  readonly signalAt?: readonly [signal: NodeJS.Signals, text: string]
}

/** Runs a script of `bin` in a process of its own. */
function start(name: string, argv: readonly string[], { path, home, signalAt }: SpawnOptions = {}): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...(home === undefined ? {} : { SEATUNNEL_HOME: home }) }
    const child = spawn(path ?? join(BIN, name), argv, { stdio: ['ignore', 'pipe', 'pipe'], env })
    let [out, err, isSignaled] = ['', '', false]
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
      if (signalAt === undefined || isSignaled || !out.includes(signalAt[1])) return
      isSignaled = true
      child.kill(signalAt[0])
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? -1, out, err }))
  })
}

describe('the scripts of bin', { skip }, () => {
  it('seatunnel.sh -h prints the recorded usage and exits with 234', async () => {
    const { code, out, err } = recording('help-client-h')
    assert.deepEqual(await start('seatunnel.sh', ['-h']), { code, out, err })
  })

  it('seatunnel.sh runs a job; blanks and quotes in arguments arrive, options for a JVM do not', () =>
    withFolder(async (write) => {
      const file = write('a job.conf', JOB.replace('MODE', 'BATCH'))
      const argv = ['-DJvmOption=-Xmx1g -Xms1g', '-c', file, '-i', 'jn=two  "words"', '-m', 'local']
      const { code, out } = await start('seatunnel.sh', argv)
      assert.equal(code, 0)
      assert.match(out, /job name: two {2}"words"\n/)
      assert.match(out, /\nTotal Read Count {10}: {19}3\n/)
    }))

  it('seatunnel.sh cancels its job at Ctrl-C and exits with 130', () =>
    withFolder(async (write) => {
      const file = write('job.conf', JOB.replace('MODE', 'STREAMING'))
      const argv = ['-c', file, '-m', 'local', '-i', 'jn=endless', '-cj']
      const { code, out } = await start('seatunnel.sh', argv, { signalAt: ['SIGINT', 'Submit job finished'] })
      assert.equal(code, 130)
      assert.match(out, /run shutdown hook because get close signal/)
      assert.match(out, /end with state CANCELED/)
    }))

  it('seatunnel-connector.sh exits with 0 after its usage, as a filter behind it makes the original do', async () => {
    const { code, out } = await start('seatunnel-connector.sh', ['--help'])
    assert.deepEqual([code, out], [0, recording('help-connector').out])
  })

  it('seatunnel-cluster.sh -h prints the recorded usage and exits with 234', async () => {
    const { code, out, err } = recording('help-server')
    assert.deepEqual(await start('seatunnel-cluster.sh', ['-h']), { code, out, err })
  })

  it('seatunnel-cluster.sh names a file that is not there, as the original does', async () => {
    const result = await start('seatunnel-cluster.sh', ['-DJvmOption=-Dhazelcast.config=/no/such.yaml'])
    assert.deepEqual(result, { code: 1, out: '', err: 'Error: File /no/such.yaml does not exist.\n' })
  })

  it('stop-seatunnel-cluster.sh says that no node of the name runs, and exits with 0', async () => {
    const out = 'no_such is not running. Please check the correct name of the running cluster.\n'
    assert.deepEqual(await start('stop-seatunnel-cluster.sh', ['-cn', 'no_such']), { code: 0, out, err: '' })
  })

  it('install-plugin.sh has nothing to install', () =>
    withFolder(async (write) => {
      const home = dirname(write('any', ''))
      mkdirSync(join(home, 'config'))
      write('config/plugin_config', '--connectors--\n# more\n\nconnector-fake\nconnector-cdc')
      const { code, out } = await start('install-plugin.sh', ['2.3.9'], { home })
      const line = (name: string): string => `install connector :  ${name} (built in, nothing to do)\n`
      assert.deepEqual([code, out], [0, line('connector-fake') + line('connector-cdc')])
    }))

  it('run jobs without the code of a node', () => {
    const has = (bundle: string): boolean =>
      readFileSync(join(packageRoot(), 'dist', 'bundle', bundle), 'utf8').includes('us_listen_socket_close')
    assert.deepEqual([has('main.js'), has('serve.js')], [false, true])
  })

  it('millrace runs through a link from another folder', () =>
    withFolder(async (write) => {
      const link = join(dirname(write('any', '')), 'millrace')
      symlinkSync(join(BIN, 'millrace'), link)
      const { code, out } = await start('millrace', ['--version'], { path: link })
      assert.equal(code, 0)
      assert.match(out, /^millrace \d+\.\d+\.\d+/)
    }))

  it('millrace gives a faulty job exit code 1 and nothing on standard output', () =>
    withFolder(async (write) => {
      const { code, out, err } = await start('millrace', ['run', write('job.conf', 'env {')])
      assert.deepEqual([code, out], [1, ''])
      assert.match(err, /error\[CONFIG_SYNTAX\]/)
    }))
})
