import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type CliResult, type CliSurroundings, cli, withFolder } from '../../test/support/cli.js'
import { type StubNode, stubJob, withStub } from '../../test/support/stub-node.js'

const JOB = `
env { job.mode = "BATCH" }
source { FakeSource { row.num = "${'$'}{rows}", schema { fields { id = bigint } } } }
sink { Console {} }
`

/** Runs a command against a stub. */
function millrace(node: StubNode, argv: readonly string[], surroundings: CliSurroundings = {}): Promise<CliResult> {
  return cli([...argv, '--node', `http://127.0.0.1:${node.port}/`], surroundings)
}

const running = stubJob({ jobId: '7', jobName: 'stream', status: 'RUNNING', finishedAtMs: null, restarts: 2 })

describe('millrace jobs', () => {
  it('lists jobs, newest first', () =>
    withStub(async (node) => {
      node.jobs = [stubJob({ startedAtMs: 1_795_313_887_697 }), { ...running, createdAtMs: running.createdAtMs + 1000 }]
      const { code, out } = await millrace(node, ['jobs'])
      assert.equal(code, 0)
      const [head, first, second] = out.split('\n')
      assert.match(head ?? '', /^ID +NAME +STATUS +SUBMITTED +RAN +READ {2}WRITTEN {2}ROWS\/S {2}RESTARTS$/)
      assert.match(first ?? '', /^7 +stream +RUNNING +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +.* 3 +3 +3 +2$/)
      assert.match(second ?? '', /^1176708159117459457 +cli_ok +FINISHED +.* 1\.0 s +3 +3 +0$/)
    }))

  for (const [option, ids] of [
    [['--running'], ['7']],
    [['--state', 'finished'], ['1176708159117459457']],
    [['--state', 'FAILED'], []],
  ] as const) {
    it(`filters with ${option.join(' ')}`, () =>
      withStub(async (node) => {
        node.jobs = [stubJob(), running]
        const { out } = await millrace(node, ['jobs', ...option, '--json'])
        assert.deepEqual(
          JSON.parse(out).map(({ jobId }: { jobId: string }) => jobId),
          ids,
        )
      }))
  }

  it('says how many more there are than it shows', () =>
    withStub(async (node) => {
      node.jobs = Array.from({ length: 103 }, (_, index) => stubJob({ jobId: String(index), createdAtMs: index }))
      const { out } = await millrace(node, ['jobs'])
      assert.match(out, /^102 [\s\S]*^3 .*\nand 3 more; --limit 0 shows all\n$/m)
      assert.equal((await millrace(node, ['jobs', '--limit', '0'])).out.split('\n').length, 105)
      assert.equal((await millrace(node, ['jobs', '--limit', '2'])).out.split('\n').length, 5)
      assert.equal((await millrace(node, ['jobs', '--limit', 'x'])).code, 234)
    }))

  it('says that there are none', () =>
    withStub(async (node) => {
      assert.deepEqual(await millrace(node, ['jobs']), { code: 0, out: 'There are no jobs.\n', err: '' })
    }))
})

describe('millrace job', () => {
  it('shows a job, its checkpoints and what happened to it', () =>
    withStub(async (node) => {
      node.jobs = [running]
      const event = { atMs: 1_795_313_887_423, kind: 'state', text: 'job is CREATED', status: 'CREATED', data: {} }
      node.answers.set('GET /api/v1/jobs/7/timeline', () => [200, { events: [event] }])
      const checkpoints = { triggered: 3, completed: 2, failed: 1, restored: 0, history: [] }
      node.answers.set('GET /api/v1/jobs/7/checkpoints', () => [200, checkpoints])
      const { code, out } = await millrace(node, ['job', '7'])
      assert.equal(code, 0)
      for (const line of [
        /^job {10}stream \(7\)$/m,
        /^state {8}RUNNING$/m,
        /^sources {6}FakeSource$/m,
        /^read {9}3 rows, 3 rows\/s$/m,
        /^restarts {5}2$/m,
        /^checkpoints {2}2 of 3, 1 failed$/m,
        /^ {2}\d{4}-.* {2}state {7}job is CREATED$/m,
      ]) {
        assert.match(out, line)
      }
      const json = JSON.parse((await millrace(node, ['job', '7', '--json'])).out)
      assert.deepEqual([json.jobId, json.timeline.length, json.checkpoints.completed], ['7', 1, 2])
    }))

  it('that the node does not know is an error', () =>
    withStub(async (node) => {
      const { code, out, err } = await millrace(node, ['job', '1'])
      assert.deepEqual([code, out], [1, ''])
      assert.match(err, /error\[JOB_NOT_FOUND\]: the node does not know job '1'\n {2}hint: "millrace jobs"/)
    }))
})

describe('millrace submit', () => {
  const accept = (node: StubNode): void => {
    node.answers.set('POST /api/v1/jobs', ({ query }) => {
      const jobId = query.get('jobId') ?? ''
      node.jobs = [stubJob({ jobId })]
      return [200, { jobId, jobName: 'named', warnings: [{ code: 'OPTION_UNKNOWN', message: 'odd', path: 'sink[0]' }] }]
    })
  }

  it('hands a job in with its variables and prints the id', () =>
    withStub((node) =>
      withFolder(async (write) => {
        accept(node)
        const file = write('job.conf', JOB)
        const { code, out, err } = await millrace(node, ['submit', file, '-i', 'rows=2', '-n', 'named', '--id', '42'])
        assert.deepEqual([code, out], [0, '42\n'])
        assert.match(err, /warning\[OPTION_UNKNOWN\]: odd\n {2}--> .*job\.conf:4:/)
        const [sent] = node.seen
        assert.deepEqual([sent?.query.get('jobName'), sent?.query.get('isStartWithSavePoint')], ['named', null])
        assert.equal(JSON.parse(sent?.body ?? '').source[0]['row.num'], '2')
      }),
    ))

  it('hands a job in that goes on behind a savepoint', () =>
    withStub((node) =>
      withFolder(async (write) => {
        accept(node)
        const from = ['--from', 'file:/sp/savepoint-1']
        const job = write('job.conf', JOB)
        for (const [options, missing, claim] of [
          [from, null, null],
          [[...from, '--allow-missing-state'], 'true', null],
          [[...from, '--claim'], null, 'true'],
        ] as const) {
          assert.equal((await millrace(node, ['submit', job, '--id', '42', ...options])).code, 0)
          const query = node.seen.at(-1)?.query
          assert.deepEqual(
            ['restoreFrom', 'allowMissingState', 'claim'].map((name) => query?.get(name)),
            ['file:/sp/savepoint-1', missing, claim],
          )
        }
      }),
    ))

  it('waits for the end when asked to', () =>
    withStub((node) =>
      withFolder(async (write) => {
        accept(node)
        const { code, out } = await millrace(node, ['submit', write('job.conf', JOB), '--wait', '--id', '42'])
        assert.deepEqual([code, out], [0, 'cli_ok (42) FINISHED: read 3 rows, wrote 3 rows\n'])
      }),
    ))

  it('gives exit code 1 and the causes when the job fails', () =>
    withStub((node) =>
      withFolder(async (write) => {
        accept(node)
        const failure = { text: 'it broke', errors: [{ code: 'FILE_READ_FAILED', message: 'it broke', row: 4 }] }
        node.answers.set('GET /api/v1/jobs/42', () => [200, stubJob({ jobId: '42', status: 'FAILED', failure })])
        const argv = ['submit', write('job.conf', JOB), '--wait', '--id', '42']
        const { code, out, err } = await millrace(node, argv)
        assert.deepEqual([code, out], [1, 'cli_ok (42) FAILED: read 3 rows, wrote 3 rows\n'])
        assert.match(err, /error\[FILE_READ_FAILED\]: it broke\n {2}at row 5\n/)
        const json = JSON.parse((await millrace(node, [...argv, '--json'])).out)
        assert.deepEqual([json.type, json.status, json.errors[0].code], ['result', 'FAILED', 'FILE_READ_FAILED'])
      }),
    ))

  it('does not bother the node with a file that is no job', () =>
    withStub((node) =>
      withFolder(async (write) => {
        const { code, err } = await millrace(node, ['submit', write('job.conf', 'env {')])
        assert.equal(code, 1)
        assert.match(err, /error\[CONFIG_SYNTAX\]/)
        assert.deepEqual(node.seen, [])
      }),
    ))

  it('resumes a job from its state', () =>
    withStub((node) =>
      withFolder(async (write) => {
        accept(node)
        const { out } = await millrace(node, ['resume', '42', write('job.conf', JOB), '--json'])
        assert.deepEqual(JSON.parse(out), { jobId: '42', jobName: 'named' })
        assert.equal(node.seen[0]?.query.get('isStartWithSavePoint'), 'true')
      }),
    ))
})

describe('millrace stop and savepoint', () => {
  const stop = (node: StubNode, status: 'CANCELED' | 'SAVEPOINT_DONE' | 'FAILED'): void => {
    node.jobs = [running]
    node.answers.set('POST /api/v1/jobs/7/stop', () => {
      node.jobs = [stubJob({ jobId: '7', status })]
      return [200, { jobId: '7' }]
    })
  }

  for (const [options, status, body] of [
    [[], 'CANCELED', { withSavepoint: false, force: false }],
    [['--savepoint'], 'SAVEPOINT_DONE', { withSavepoint: true, force: false }],
    [['--force'], 'CANCELED', { withSavepoint: false, force: true }],
    [
      ['--savepoint', '--drain', '--directory', '/sp'],
      'SAVEPOINT_DONE',
      { withSavepoint: true, force: false, directory: '/sp', drain: true },
    ],
  ] as const) {
    it(`stop ${options.join(' ')} waits for the end`, () =>
      withStub(async (node) => {
        stop(node, status)
        const { code, out } = await millrace(node, ['stop', '7', ...options])
        assert.deepEqual([code, out], [0, `job 7 ${status}\n`])
        assert.deepEqual(JSON.parse(node.seen[0]?.body ?? ''), body)
      }))
  }

  it('options of a savepoint go with one only', () =>
    withStub((node) =>
      withFolder(async (write) => {
        for (const argv of [
          ['stop', '7', '--drain'],
          ['stop', '7', '--directory', '/sp'],
          ['submit', write('job.conf', JOB), '--claim'],
          ['submit', write('job.conf', JOB), '--allow-missing-state'],
        ]) {
          const { code, err } = await millrace(node, argv)
          assert.deepEqual([code, / go(?:es)? with '--(?:savepoint|from)'/.test(err)], [234, true], argv.join(' '))
        }
        assert.equal(node.seen.length, 0)
      }),
    ))

  it('stop --no-wait ends when the request is durable', () =>
    withStub(async (node) => {
      stop(node, 'CANCELED')
      const { out } = await millrace(node, ['stop', '7', '--no-wait', '--json'])
      assert.deepEqual(JSON.parse(out), { jobId: '7', status: 'CANCELING' })
      assert.equal(node.seen.length, 1)
    }))

  it('stop of a job that fails meanwhile is a failure', () =>
    withStub(async (node) => {
      stop(node, 'FAILED')
      assert.equal((await millrace(node, ['stop', '7'])).code, 1)
    }))

  it('savepoint tells what was kept', () =>
    withStub(async (node) => {
      const savepoint = { id: 3, kind: 'savepoint', status: 'COMPLETED', sizeBytes: 120, failure: null }
      node.answers.set('POST /api/v1/jobs/7/savepoint', () => [200, savepoint])
      const { code, out } = await millrace(node, ['savepoint', '7'])
      assert.deepEqual([code, out], [0, 'savepoint 3 of job 7 COMPLETED, 120 bytes\n'])
      const kept = { ...savepoint, location: 'file:/sp/savepoint-1' }
      node.answers.set('POST /api/v1/jobs/7/savepoint', () => [200, kept])
      const told = await millrace(node, ['savepoint', '7', '--directory', '/sp'])
      assert.equal(told.out, 'savepoint 3 of job 7 COMPLETED, 120 bytes, file:/sp/savepoint-1\n')
      assert.deepEqual(JSON.parse(node.seen.at(-1)?.body ?? ''), { directory: '/sp' })
    }))

  it('rescale tells what the job goes on with, and refuses what is no number', () =>
    withStub(async (node) => {
      const job = {
        jobId: '7',
        jobName: 'orders',
        status: 'RUNNING',
        dag: { vertices: [{ parallelism: 4 }], edges: [] },
      }
      node.answers.set('POST /api/v1/jobs/7/rescale', () => [200, job])
      const told = await millrace(node, ['rescale', '7', '--parallelism', '4'])
      assert.deepEqual([told.code, told.out], [0, 'job 7 RUNNING, parallelism 4\n'])
      const json = await millrace(node, ['rescale', '7', '--parallelism', '4', '--json'])
      assert.deepEqual(JSON.parse(json.out), { jobId: '7', status: 'RUNNING', parallelism: 4 })
      for (const wrong of [[], ['--parallelism', '0'], ['--parallelism', 'x'], ['--parallelism', '10000']]) {
        const { code, err } = await millrace(node, ['rescale', '7', ...wrong])
        assert.deepEqual([code, err.includes("'--parallelism' is a whole number")], [234, true], wrong.join())
      }
    }))

  it('savepoint that failed is a failure', () =>
    withStub(async (node) => {
      const savepoint = { id: 3, kind: 'savepoint', status: 'FAILED', sizeBytes: 0, failure: 'disk full' }
      node.answers.set('POST /api/v1/jobs/7/savepoint', () => [200, savepoint])
      const { code, err } = await millrace(node, ['savepoint', '7'])
      assert.equal(code, 1)
      assert.match(err, /the savepoint failed: disk full/)
    }))
})

describe('millrace logs', () => {
  it('shows the end of the log of a job or of the node', () =>
    withStub(async (node) => {
      node.answers.set('GET /api/v1/jobs/7/log', ({ query }) => [200, `job ${query.get('tail')}\n`])
      node.answers.set('GET /api/v1/logs', ({ query }) => [200, `node ${query.get('tail')} ${query.get('follow')}\n`])
      assert.equal((await millrace(node, ['logs', '7', '--tail', '5'])).out, 'job 5\n')
      assert.equal((await millrace(node, ['logs'])).out, 'node 100 null\n')
      assert.equal((await millrace(node, ['logs', '--follow'])).out, 'node 100 true\n')
    }))

  it('refuses a number of lines that is none', () =>
    withStub(async (node) => {
      const { code, err } = await millrace(node, ['logs', '--tail', 'x'])
      assert.equal(code, 234)
      assert.match(err, /'--tail' is a whole number from 0 to 100000, not 'x'/)
    }))
})

describe('millrace top', () => {
  it('prints once where there is no terminal', () =>
    withStub(async (node) => {
      node.jobs = [stubJob(), running]
      const { code, out } = await millrace(node, ['top'])
      assert.equal(code, 0)
      const lines = out.split('\n')
      assert.match(lines[0] ?? '', /^Millrace 0\.0\.0-test, cluster seatunnel at 127\.0\.0\.1:5801, up /)
      const overview = '1 running, 0 pending, 2 finished, 0 failed, 0 canceled, 0 with a savepoint; slots as needed'
      assert.equal(lines[1], overview)
      assert.match(lines[4] ?? '', /^7 +stream +RUNNING/)
      const json = JSON.parse((await millrace(node, ['top', '--json'])).out)
      assert.deepEqual([json.node.clusterName, json.jobs.length], ['seatunnel', 2])
    }))

  it('draws again on a terminal until a signal ends it, and leaves the screen as it was', () =>
    withStub(async (node) => {
      let end: (signal: string) => void = () => {}
      const onSignal = (handler: (signal: string) => void): void => {
        end = handler
      }
      node.answers.set('GET /api/v1/jobs', () => {
        if (node.seen.filter(({ path }) => path === '/api/v1/jobs').length === 2) end('SIGINT')
        return [200, { jobs: [running] }]
      })
      const { code, out } = await millrace(node, ['top', '--interval', '0.1'], { isTerminal: true, onSignal })
      assert.equal(code, 0)
      assert.equal(out.split('\u001b[H\u001b[J').length, 3)
      assert.ok(out.startsWith('\u001b[?1049h') && out.endsWith('\u001b[?25h'))
    }))

  it('refuses an interval that is none', () =>
    withStub(async (node) => {
      assert.equal((await millrace(node, ['top', '--interval', '0'])).code, 234)
    }))
})

describe('a command that asks a node', () => {
  it('sends name and password, or a token', () =>
    withStub((node) =>
      withFolder(async (write) => {
        const basic = `Basic ${Buffer.from('alice:a:b').toString('base64')}`
        const cases: readonly (readonly [
          argv: readonly string[],
          variables: CliSurroundings['variables'],
          sent: string,
        ])[] = [
          [['--user', 'alice'], [['MILLRACE_PASSWORD', 'a:b']], basic],
          [['--user', 'alice', '--password-file', write('p', 'a:b\n')], [], basic],
          [[], [['MILLRACE_TOKEN', 't']], 'Bearer t'],
          [['--token-file', write('t', 'u\n')], [['MILLRACE_TOKEN', 't']], 'Bearer u'],
        ]
        for (const [argv, variables = [], sent] of cases) {
          await millrace(node, ['jobs', ...argv], { variables })
          assert.equal(node.seen.at(-1)?.authorization, sent)
        }
      }),
    ))

  it('refuses a user without a password', () =>
    withStub(async (node) => {
      const { code, err } = await millrace(node, ['jobs', '--user', 'alice'])
      assert.equal(code, 234)
      assert.match(err, /there is no password for user 'alice'/)
    }))

  it('says how to give credentials when the node asks for them', () =>
    withStub(async (node) => {
      node.answers.set('GET /api/v1/jobs', () => [401, { status: 'fail', message: 'who are you' }])
      const { code, err } = await millrace(node, ['jobs'])
      assert.equal(code, 1)
      assert.match(err, /refuses this user: who are you\n {2}hint: give --user with MILLRACE_PASSWORD/)
    }))

  it('says that something else than a node answers', () =>
    withStub(async (node) => {
      node.answers.set('GET /api/v1/jobs', () => [200, '<html>'])
      assert.match((await millrace(node, ['jobs'])).err, /is no JSON\n {2}hint: is this the address of a node\?/)
      node.answers.set('GET /api/v1/jobs', () => [200, { other: 1 }])
      assert.match((await millrace(node, ['jobs'])).err, /the answer of the node has no 'jobs'/)
      node.answers.set('GET /api/v1/jobs', () => [500, 'oops'])
      assert.match((await millrace(node, ['jobs'])).err, /refuses the request: it answers with status 500/)
    }))

  it('says that no node answers', async () => {
    const port = await withStub(async (node) => node.port)
    await withFolder(async (write) => {
      const text = 'hazelcast-client: {connection-strategy: {connection-retry: {cluster-connect-timeout-millis: 0}}}'
      const variables = [['HAZELCAST_CLIENT_CONFIG', write('hazelcast-client.yaml', text)]] as const
      const { code, err } = await cli(['jobs', '--node', `127.0.0.1:${port}`], { variables })
      assert.equal(code, 1)
      assert.match(err, /no node answers at 'http:\/\/127\.0\.0\.1:\d+'.*\n {2}hint: start one with "millrace serve"/)
    })
  })

  it('asks the next member when the first does not answer', () =>
    withStub(async (node) => {
      const closed = await withStub(async (other) => other.port)
      const variables = [['ST_DOCKER_MEMBER_LIST', `127.0.0.1:${closed},127.0.0.1:${node.port}`]] as const
      assert.equal((await cli(['jobs'], { variables })).code, 0)
    }))
})
