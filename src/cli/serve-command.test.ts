import assert from 'node:assert/strict'
import { basename, dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { type CliResult, type CliSurroundings, cli, recording, withFolder } from '../../test/support/cli.js'
import { MillraceError } from '../core/error.js'
import type { ServeRequest } from './serve-request.js'

/** What a node that ends at once was started with, and what the command line gave. */
async function started(
  argv: readonly string[],
  surroundings: CliSurroundings = {},
): Promise<CliResult & { readonly request: ServeRequest | null; readonly log: readonly string[] }> {
  let request: ServeRequest | null = null
  const log: string[] = []
  const result = await cli(argv, {
    ...surroundings,
    serve: async (asked) => {
      request = asked
      return {
        exposure: ['listens on 127.0.0.1:5801'],
        stopAsked: Promise.resolve('a test'),
        log: (_level, message) => void log.push(message.replace(/\d+ ms/, 'N ms')),
        close: async () => void log.push('closed'),
      }
    },
  })
  return { ...result, request, log }
}

describe('millrace serve', () => {
  it('runs a node until it is stopped and says so in its log', async () => {
    const { code, out, err, log } = await started(['serve', '--data', '/nowhere/data'])
    assert.deepEqual({ code, out, err }, { code: 0, out: '', err: '' })
    assert.deepEqual(log, [
      'listens on 127.0.0.1:5801',
      'node is ready after N ms, data in /nowhere/data',
      'node is stopped by a test; running jobs resume at the next start',
      'closed',
    ])
  })

  it('stops at a signal', async () => {
    const log: string[] = []
    let stop: (signal: string) => void = () => {}
    const { code } = await cli(['serve'], {
      onSignal: (handler) => {
        stop = handler
      },
      serve: async () => ({
        exposure: [],
        stopAsked: new Promise<string>(() => {}),
        log: (_level, message) => {
          log.push(message)
          if (message.startsWith('node is ready')) stop('SIGTERM')
        },
        close: async () => void log.push('closed'),
      }),
    })
    assert.equal(code, 0)
    assert.deepEqual(log.slice(1), [
      'node is stopped by signal SIGTERM; running jobs resume at the next start',
      'closed',
    ])
  })

  it('takes its settings from the packaged files and the command line over them', async () => {
    const argv = ['--port', '0', '--http-port', '0', '-cn', 'mine', '--profile', '2.3.4', '--host', '0.0.0.0']
    const flags = ['--insecure', '--allow-root', '--users', 'u', '--logs', 'l', '-Da.b=c']
    const { request } = await started(['serve', ...argv, ...flags], { workingFolder: '/srv/folder' })
    assert.ok(request !== null)
    const { config, files, properties, variables: _variables, logProperties, now: _now, ...rest } = request
    assert.deepEqual(
      [files.seatunnel, files.hazelcast].map((file) => basename(file ?? '')),
      ['seatunnel.yaml', 'hazelcast.yaml'],
    )
    assert.deepEqual(rest, {
      role: 'master_and_worker',
      dataFolder: '/srv/folder/millrace-data',
      logsFolder: '/srv/folder/l',
      host: '0.0.0.0',
      profile: '2.3.4',
      usersFile: '/srv/folder/u',
      isInsecure: true,
      isRootAllowed: true,
      version: '0.0.0-test',
    })
    assert.match(logProperties ?? '', /rootLogger\.level = INFO/)
    assert.deepEqual([...properties], [['a.b', 'c']])
    const { port, portAutoIncrement, clusterName, restApiEnabled } = config.hazelcast
    assert.deepEqual([port, portAutoIncrement, clusterName, restApiEnabled], [0, false, 'mine', true])
    assert.deepEqual([config.engine.httpEnabled, config.engine.httpPort], [true, 0])
  })

  it('serves the API of Flink with its dashboard', async () => {
    const { request } = await started(['serve', '--flink-dashboard', 'web'], { workingFolder: '/srv/folder' })
    assert.equal(request?.config.millrace.flinkDashboard, '/srv/folder/web')
    const { request: without } = await started(['serve'])
    assert.equal(without?.config.millrace.flinkDashboard, null)
  })

  it('keeps its state in the home that is named', async () => {
    const variables = [['SEATUNNEL_HOME', '/opt/seatunnel']] as const
    const { request } = await started(['serve', '--http-port', 'off'], { variables })
    assert.deepEqual([request?.dataFolder, request?.logsFolder], ['/opt/seatunnel/data', '/opt/seatunnel/logs'])
    assert.equal(request?.config.engine.httpEnabled, false)
  })

  const flinkPorts: readonly (readonly [argv: readonly string[], enabled: boolean | null, port: number])[] = [
    [[], null, 8081],
    [['--flink-port', '0'], true, 0],
    [['--flink-port', 'off'], false, 8081],
  ]
  for (const [argv, enabled, port] of flinkPorts) {
    it(`knows where Flink's API is, given '${argv.join(' ')}'`, async () => {
      const { request } = await started(['serve', ...argv])
      const millrace = request?.config.millrace
      assert.deepEqual([millrace?.flinkEnabled ?? null, millrace?.flinkPort], [enabled, port])
    })
  }

  it('takes folders, profile and members from variables', async () => {
    const variables = [
      ['MILLRACE_DATA', '/d'],
      ['MILLRACE_LOGS', '/l'],
      ['MILLRACE_USERS', '/u'],
      ['MILLRACE_PROFILE', '2.3.9'],
      ['MILLRACE_HOST', '10.0.0.1'],
      ['ST_DOCKER_MEMBER_LIST', 'a:1,b:2'],
    ] as const
    const { request } = await started(['serve'], { variables })
    assert.deepEqual(
      [request?.dataFolder, request?.logsFolder, request?.usersFile, request?.profile, request?.host],
      ['/d', '/l', '/u', '2.3.9', '10.0.0.1'],
    )
    assert.deepEqual(request?.config.hazelcast.memberList, ['a:1', 'b:2'])
  })

  it('says that a role of the original is none of one node', async () => {
    const { log } = await started(['serve', '--role', 'worker'])
    const line = "one node does what masters and workers do together; 'worker' chooses its files only"
    assert.ok(log.includes(line), log.join('\n'))
  })

  const refused: readonly (readonly [argv: readonly string[], message: RegExp])[] = [
    [['--port', 'x'], /'--port' is a port from 0 to 65535, not 'x'/],
    [['--port', '65536'], /'--port' is a port/],
    [['--http-port', '-1'], /'--http-port' is a port/],
    [['--flink-port', 'no'], /'--flink-port' is a port/],
    [['--role', 'boss'], /'--role' is one of master, worker, master_and_worker, not 'boss'/],
    [['--profile', '2.3'], /'--profile' is one of default, 2\.3\.4, 2\.3\.9, not '2\.3'/],
    [['--prot', '1'], /unknown option '--prot': did you mean '--port'\?/],
    [['job.conf'], /unexpected argument 'job\.conf'/],
  ]
  for (const [argv, message] of refused) {
    it(`refuses '${argv.join(' ')}'`, async () => {
      const { code, err, request } = await started(['serve', ...argv])
      assert.equal(code, 234)
      assert.match(err, message)
      assert.equal(request, null)
    })
  }

  it('reports every fault of a file and does not start', () =>
    withFolder(async (write) => {
      const file = write('seatunnel.yaml', 'seatunnel:\n  engine:\n    http:\n      port: x\n    backup-count: -1\n')
      const { code, err, request } = await started(['serve', '--config', file])
      assert.equal(code, 1)
      assert.match(err, /\(1\/2\) error\[OPTION_TYPE\][\s\S]*\(2\/2\) error\[OPTION_INVALID\]/)
      assert.equal(request, null)
    }))

  it('warns of keys that are not known and starts', () =>
    withFolder(async (write) => {
      const file = write('seatunnel.yaml', 'seatunnel:\n  engine:\n    htpp:\n      port: 1\n')
      const { code, err } = await started(['serve', '--config', file])
      assert.equal(code, 0)
      assert.match(err, /warning\[OPTION_UNKNOWN\]/)
    }))

  it('fails when the node does not start', async () => {
    const { code, err } = await cli(['serve'], {
      serve: () => Promise.reject(new MillraceError('CONNECTION_FAILED', "port '5801' is taken")),
    })
    assert.equal(code, 1)
    assert.match(err, /error\[CONNECTION_FAILED\]: port '5801' is taken/)
  })
})

describe('seatunnel-cluster.sh', () => {
  const cases: readonly (readonly [argv: readonly string[], code: number, out: RegExp, err: RegExp])[] = [
    [[], 0, /^start master_and_worker node\n$/, /^$/],
    [['-r', 'master'], 0, /^start master node\n$/, /^$/],
    [['-cn', 'x', '--role', 'worker'], 0, /^start worker node\n$/, /^$/],
    [['-DJvmOption=-Xmx1g', '--http-port', '0'], 0, /^start master_and_worker node\n$/, /^$/],
    [['-r', 'boss'], 1, /^$/, /^Unknown node role: boss\n$/],
    [['-h'], 234, /^Usage: seatunnel\.sh \[options\]/, /^$/],
    [['-r'], 234, /^Usage/, /Expected a value after parameter -r/],
    [['--nope'], 234, /^Usage/, /Was passed main parameter '--nope'/],
    [['nope'], 234, /^Usage/, /Was passed main parameter 'nope'/],
  ]
  for (const [argv, code, out, err] of cases) {
    it(`answers '${argv.join(' ')}' with ${code}`, async () => {
      const result = await started(['seatunnel-cluster', ...argv])
      assert.equal(result.code, code)
      assert.match(result.out, out)
      assert.match(result.err, err)
      assert.equal(result.request !== null, code === 0)
    })
  }

  it('prints the recorded usage', async () => {
    const { code, out } = recording('help-server')
    assert.deepEqual(await cli(['seatunnel-cluster', '--help']), { code, out, err: '' })
  })

  it('is what the main class of the original on the command line means', async () => {
    const serverClass = 'org.apache.seatunnel.core.starter.seatunnel.SeaTunnelServer'
    const named = await started([serverClass, '-cn', 'x'])
    assert.equal(named.out, 'start master_and_worker node\n')
    assert.equal(named.request?.config.hazelcast.clusterName, 'x')
    const served = await started([serverClass, 'serve', '-cn', 'x'])
    assert.equal(served.out, '')
    assert.equal(served.request?.config.hazelcast.clusterName, 'x')
  })

  it('says like the original which file is not there', () =>
    withFolder(async (write) => {
      const file = join(dirname(write('any', '')), 'none.yaml')
      for (const variable of ['HAZELCAST_CONFIG', 'SEATUNNEL_CONFIG']) {
        const { code, out, err } = await started(['seatunnel-cluster'], { variables: [[variable, file]] })
        assert.deepEqual([code, out, err], [1, '', `Error: File ${file} does not exist.\n`])
      }
    }))
})
