import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type CliResult, type CliSurroundings, cli, withFolder } from '../../test/support/cli.js'
import { freePort } from '../../test/support/free-port.js'
import {
  clientLines,
  RECORDED_COMMANDS,
  recordedCauses,
  SKIP_RECORDED,
  sharedRecording,
} from '../../test/support/shared-recordings.js'
import { type SeenRequest, StubNode, stubJob, withStub } from '../../test/support/stub-node.js'
import { type ListedJob, seatunnelJobTable } from './job-table.js'
import type { RemoteJob } from './node-api.js'
import { javaJson } from './raw-metrics.js'

const OK_JOB = `
env { job.name = "cli_ok", job.mode = "BATCH" }
source { FakeSource { result_table_name = "fake", row.num = 3, schema { fields { id = bigint, name = string } } } }
sink { Console { source_table_name = "fake" } }
`
const STREAM_JOB = OK_JOB.replace('cli_ok', 'cli_stream')
  .replace('"BATCH"', '"STREAMING", checkpoint.interval = 2000')
  .replace('row.num = 3', 'row.num = 5')
/** The job whose states are recorded. */
const STREAM_ID = '1176708178428035073'
const OK_ID = '1176708159117459457'

/** Runs the client against a stub. */
function client(node: StubNode, argv: readonly string[], surroundings: CliSurroundings = {}): Promise<CliResult> {
  const variables = [['ST_DOCKER_MEMBER_LIST', `127.0.0.1:${node.port}`] as const, ...(surroundings.variables ?? [])]
  return cli(['seatunnel', ...argv], { ...surroundings, variables })
}

/** Makes a stub take jobs: each is as `ended` says as soon as it is handed in. */
function takeJobs(node: StubNode, ended: Partial<RemoteJob> = {}): void {
  node.answers.set('POST /api/v1/jobs', ({ query, body }: SeenRequest) => {
    const jobId = query.get('jobId') ?? '1'
    const env: unknown = JSON.parse(body).env
    const jobName =
      query.get('jobName') ?? (env as { 'job.name'?: string } | undefined)?.['job.name'] ?? 'SeaTunnel_Job'
    node.jobs = [stubJob({ ...ended, jobId, jobName })]
    return [200, { jobId, jobName, warnings: [] }]
  })
}

/** The lines of standard output that are no log lines, as one text. */
function plainText(text: string): string {
  const lines = text.split('\n').filter((line) => !/^\d{4}-\d\d-\d\d \d\d:.* - /.test(line))
  return lines
    .join('\n')
    .replace(/\nMembers \[1\][\s\S]*?\n}\n\n/, '')
    .trim()
}

interface Case {
  readonly argv: (write: (name: string, text: string) => string) => readonly string[]
  readonly setup?: (node: StubNode) => void
}

const state = (status: RemoteJob['status'], finishedAtMs: number | null): ((node: StubNode) => void) => {
  return (node) => {
    const job = stubJob({
      jobId: STREAM_ID,
      jobName: 'cli_stream',
      status,
      createdAtMs: 1_795_313_892_032,
      finishedAtMs,
    })
    node.jobs = [job]
  }
}
const stopped = (status: RemoteJob['status']) => (node: StubNode) => {
  state('RUNNING', null)(node)
  node.answers.set(`POST /api/v1/jobs/${STREAM_ID}/stop`, () => {
    state(status, 1_795_313_906_361)(node)
    return [200, {}]
  })
}
const unknown = ['POST /api/v1/jobs/1/stop', [404, { code: 'JOB_NOT_FOUND', message: "there is no job '1'" }]] as const

const CASES: Readonly<Record<string, Case>> = {
  'cluster-ok': { argv: (write) => ['-c', write('ok.conf', OK_JOB)], setup: (node) => takeJobs(node) },
  'cluster-fail': {
    argv: (write) => ['-c', write('failf.conf', OK_JOB.replace('job.name = "cli_ok", ', ''))],
    setup: (node) => {
      const text = 'row :SeaTunnelRow{tableId=fake, kind=+I, fields=[1, a]} fail rule: AssertFieldRule'
      takeJobs(node, { status: 'FAILED', failure: { text, errors: [{ code: 'ASSERTION_FAILED', message: text }] } })
    },
  },
  'cluster-async': {
    argv: (write) => ['-c', write('stream.conf', STREAM_JOB), '--async'],
    setup: (node) => takeJobs(node, { status: 'RUNNING', finishedAtMs: null }),
  },
  'cluster-set-job-id': {
    argv: (write) => ['-c', write('ok.conf', OK_JOB), '--set-job-id', '4242'],
    setup: (node) => {
      const message = 'The job id 4242 has already been submitted and is not starting with a savepoint.'
      node.answers.set('POST /api/v1/jobs', () => [409, { status: 'fail', message, code: 'JOB_EXISTS' }])
    },
  },
  'restore-async': {
    argv: (write) => ['-c', write('stream.conf', STREAM_JOB), '-r', STREAM_ID, '--async'],
    setup: (node) => takeJobs(node, { status: 'RUNNING', finishedAtMs: null }),
  },
  'restore-no-config': { argv: () => ['-r', STREAM_ID] },
  'unknown-option': { argv: () => ['--nope'] },
  cancel: { argv: () => ['-can', STREAM_ID], setup: stopped('CANCELED') },
  'cancel-unknown': { argv: () => ['-can', '1'], setup: (node) => void node.answers.set(unknown[0], () => unknown[1]) },
  'cancel-two': {
    argv: () => ['-can', STREAM_ID, '1'],
    setup: (node) => {
      stopped('CANCELED')(node)
      node.answers.set(unknown[0], () => unknown[1])
    },
  },
  savepoint: { argv: () => ['-s', STREAM_ID], setup: stopped('SAVEPOINT_DONE') },
  'savepoint-unknown': {
    argv: () => ['-s', '1'],
    setup: (node) => void node.answers.set(unknown[0], () => unknown[1]),
  },
  'job-id-running': { argv: () => ['-j', STREAM_ID], setup: state('RUNNING', null) },
  'job-id-finished': {
    argv: () => ['-j', OK_ID],
    setup: (node) => {
      node.jobs = [stubJob()]
    },
  },
  'job-id-canceled': {
    argv: () => ['-j', STREAM_ID],
    setup: (node) => {
      const times = { createdAtMs: 1_795_313_908_652, finishedAtMs: 1_795_313_909_638 }
      node.jobs = [stubJob({ jobId: STREAM_ID, jobName: 'cli_stream', status: 'CANCELED', ...times })]
    },
  },
  'job-id-savepointed': { argv: () => ['-j', STREAM_ID], setup: state('SAVEPOINT_DONE', 1_795_313_906_361) },
  'job-id-unknown': { argv: () => ['-j', '1'] },
  'job-id-not-number': { argv: () => ['-j', 'abc'] },
  'metrics-unknown': { argv: () => ['--metrics', '1'] },
  'no-cluster': { argv: () => ['-l', '-cn', 'wrongname'] },
}

describe('seatunnel.sh with a node', { skip: SKIP_RECORDED }, () => {
  for (const [name, { argv, setup }] of Object.entries(CASES)) {
    it(`answers like '${name}': exit code, log lines, text, causes`, () =>
      withStub((node) =>
        withFolder(async (write) => {
          const recorded = sharedRecording(name)
          setup?.(node)
          const { code, out, err } = await client(node, argv(write))
          assert.equal(code, recorded.code, err)
          assert.deepEqual(clientLines(out), clientLines(recorded.out))
          // The original writes to standard error from two threads at once.
          assert.deepEqual(new Set(clientLines(err)), new Set(clientLines(recorded.err)))
          if (name.startsWith('job-id-')) assert.equal(plainText(out), plainText(recorded.out))
          if (name !== 'cluster-fail') {
            const causes = recordedCauses(recorded.err)
            for (const cause of causes) assert.ok(err.includes(cause), `${cause}\n${err}`)
          }
        }),
      ))
  }

  it('prints metrics of one job and of all in the recorded layout', () =>
    withStub(async (node) => {
      for (const [name, argv] of [
        ['metrics-finished', ['--metrics', OK_ID]],
        ['metrics-running', ['--metrics', STREAM_ID]],
        ['running-job-metrics', ['--get_running_job_metrics']],
      ] as const) {
        node.jobs = [stubJob(), stubJob({ jobId: STREAM_ID, status: 'RUNNING', finishedAtMs: null })]
        const recorded = plainText(sharedRecording(name).out)
        assert.equal(javaJson(JSON.parse(recorded)), recorded)
        const { code, out } = await client(node, argv)
        assert.equal(code, 0)
        const [ours, theirs] = [plainText(out), recorded].map((text) => metricsShape(JSON.parse(text)))
        assert.deepEqual(ours, theirs)
        assert.equal(javaJson(JSON.parse(plainText(out))), plainText(out))
      }
    }))

  for (const name of ['list', 'list-end']) {
    it(`prints the table of '${name}' byte for byte`, () => {
      const recorded = sharedRecording(name).out.split('\n')
      const from = recorded.findIndex((line) => line.startsWith('Job ID'))
      const lines = recorded.slice(from).filter((line) => !/^\d{4}-.* - /.test(line) && line !== '')
      const jobs = lines.slice(2).map((line): ListedJob => {
        const [jobId = '', jobName = '', status = '', ...times] = line.trim().split(/ {2,}/)
        const [createdAtMs = 0, finishedAtMs = null] = times.map((text) => new Date(text).getTime())
        return { jobId, jobName, status: status as RemoteJob['status'], createdAtMs, finishedAtMs }
      })
      assert.ok(jobs.length > 10)
      assert.equal(seatunnelJobTable([...jobs].reverse()), `${lines.join('\n')}\n`)
    })
  }

  it('covers every recording of a client that talks to a node', async () => {
    const { readdirSync } = await import('node:fs')
    const others =
      /^(?:local|check|help|connector|encrypt|decrypt|server|beside)|^(?:bad-master|missing-file|no-arguments|unknown-option-with-config)$/
    const here = [
      ...Object.keys(CASES),
      'metrics-finished',
      'metrics-running',
      'running-job-metrics',
      'list',
      'list-end',
    ]
    const names = readdirSync(RECORDED_COMMANDS ?? '').map((file) => file.replace(/\.txt$/, ''))
    assert.deepEqual(names.filter((each) => !others.test(each)).sort(), here.sort())
  })
})

/** Names, and for each the names inside its first measurement. */
function metricsShape(value: Readonly<Record<string, unknown>>): unknown {
  const shapes = Object.entries(value).map(([name, inner]) => {
    if (!Array.isArray(inner)) return ['JOB', metricsShape((inner as { metrics: Record<string, unknown> }).metrics)]
    const [{ tags, metric, ...rest }] = inner
    return [name, metric, Object.keys(tags), Object.keys(rest), inner.length]
  })
  // One job of ours against two recorded ones.
  return [...new Set(shapes.map((each) => JSON.stringify(each)))].sort()
}

describe('a job that is handed to a node', () => {
  it('is sent with its variables filled in and its secrets encrypted', () =>
    withStub((node) =>
      withFolder(async (write) => {
        takeJobs(node)
        const job = OK_JOB.replace('"cli_ok"', '"${jn}"').replace(
          'row.num = 3',
          'row.num = ${rows}, password = "c2VjcmV0"',
        )
        const file = write('var.conf', job.replace('job.mode', 'shade.identifier = base64, job.mode'))
        const { code, out } = await client(node, ['-c', file, '-i', 'jn=a b "c",rows=2', '-n', 'named'])
        assert.equal(code, 0)
        assert.match(out, /job name: named\n/)
        const sent = node.seen.find(({ method }) => method === 'POST')
        assert.equal(sent?.query.get('format'), 'json')
        assert.equal(sent?.query.get('jobName'), 'named')
        const document = JSON.parse(sent?.body ?? '')
        assert.equal(document.env['job.name'], 'a b "c"')
        assert.equal(document.source[0]['row.num'], '2')
        assert.equal(document.source[0].password, 'c2VjcmV0')
        assert.doesNotMatch(out, /c2VjcmV0/)
      }),
    ))

  it('shows the place in the file of what the node finds', () =>
    withStub((node) =>
      withFolder(async (write) => {
        const errors = [
          {
            code: 'OPTION_TYPE',
            message: 'one',
            path: 'source[0].row.num',
            position: { file: 'x', line: 99, column: 1 },
          },
          { code: 'OPTION_REQUIRED', message: 'two', path: 'sink[0].path' },
          { code: 'JOB_FAILED', message: 'three' },
        ]
        node.answers.set('POST /api/v1/jobs', () => [400, { status: 'fail', message: 'one', errors }])
        const file = write('bad.conf', OK_JOB)
        const { code, err } = await client(node, ['-c', file])
        assert.equal(code, 1)
        assert.ok(err.includes(`(1/3) error[OPTION_TYPE]: one\n  --> ${file}:3:51 (source[0].row.num)\n`), err)
        assert.ok(err.includes(`(2/3) error[OPTION_REQUIRED]: two\n  --> ${file}:4:`), err)
        assert.ok(err.includes('(3/3) error[JOB_FAILED]: three\n'), err)
      }),
    ))

  it('is spoken of while it waits for slots, and its progress is shown', () =>
    withStub((node) =>
      withFolder(async (write) => {
        const config = 'seatunnel:\n  engine:\n    print-job-metrics-info-interval: 1\n'
        const variables = [['SEATUNNEL_CONFIG', write('seatunnel.yaml', config)]] as const
        takeJobs(node, { status: 'PENDING', startedAtMs: null, finishedAtMs: null, pendingReason: 'no free slot' })
        const job = (): RemoteJob => node.jobs[0] ?? stubJob()
        let looks = 0
        let startedMs = 0
        const look = (): readonly [number, unknown] => {
          looks += 1
          if (looks < 3) return [200, job()]
          startedMs ||= Date.now()
          // Long enough for one block of progress.
          if (Date.now() - startedMs < 1300) return [200, { ...job(), status: 'RUNNING', startedAtMs: 1 }]
          return [200, { ...job(), status: 'FINISHED', startedAtMs: 1, finishedAtMs: 2 }]
        }
        node.answers.set('GET /api/v1/jobs/7', look)
        const { code, out } = await client(node, ['-c', write('ok.conf', OK_JOB), '--set-job-id', '7'], { variables })
        assert.equal(code, 0)
        const pending =
          /Job Id : 7 enter pending queue, current status:PENDING ,please wait task schedule \(no free slot\)\n/g
        assert.equal(out.match(pending)?.length, 1)
        assert.match(out, /Job ID: 7 has been scheduled and entered the next state\. Current status: RUNNING\n/)
        assert.match(out, / {11}Job Progress Information\n\*+\nJob Id {20}: {19}7\nRead Count So Far/)
      }),
    ))

  for (const [option, isStopped] of [
    [[], true],
    [['-cj'], false],
  ] as const) {
    it(`is ${isStopped ? 'canceled' : 'left alone'} at a signal ${option.length === 0 ? 'without' : 'with'} -cj`, () =>
      withStub((node) =>
        withFolder(async (write) => {
          takeJobs(node, { status: 'RUNNING', finishedAtMs: null })
          let interrupt: (signal: string) => void = () => {}
          node.answers.set('GET /api/v1/jobs/7', () => {
            interrupt('SIGINT')
            interrupt = () => {}
            return [200, node.jobs[0]]
          })
          node.answers.set('POST /api/v1/jobs/7/stop', () => {
            node.jobs = [stubJob({ jobId: '7', status: 'CANCELED' })]
            return [200, {}]
          })
          const onSignal = (handler: (signal: string) => void): void => {
            interrupt = handler
          }
          const argv = ['-c', write('ok.conf', OK_JOB), '--set-job-id', '7', ...option]
          const { code, out } = await client(node, argv, { onSignal })
          assert.equal(code, 130)
          assert.match(out, /run shutdown hook because get close signal/)
          assert.equal(/Task will be closed due to client shutdown\./.test(out), isStopped)
          assert.equal(/end with state CANCELED/.test(out), isStopped)
          assert.equal(
            node.seen.some(({ path }) => path.endsWith('/stop')),
            isStopped,
          )
        }),
      ))
  }
})

describe('a node that does not answer', () => {
  it('is tried for the time that the file names, then exit code 1', async () => {
    const port = await withStub(async (node) => node.port)
    await withFolder(async (write) => {
      const text =
        'hazelcast-client:\n  connection-strategy:\n    connection-retry:\n      cluster-connect-timeout-millis: 100\n'
      const variables = [
        ['HAZELCAST_CLIENT_CONFIG', write('hazelcast-client.yaml', text)],
        ['ST_DOCKER_MEMBER_LIST', `127.0.0.1:${port}`],
      ] as const
      const { code, err } = await cli(['seatunnel', '-l'], { variables })
      assert.equal(code, 1)
      assert.match(err, /Fatal Error/)
      assert.ok(err.includes(`error[CONNECTION_FAILED]: no node answers at 'http://127.0.0.1:${port}'`), err)
    })
  })

  it('any more is waited for; the job is found again when it is back', () =>
    withFolder(async (write) => {
      const port = await freePort()
      const first = await new StubNode().listen(port)
      const second = new StubNode()
      second.jobs = [stubJob({ jobId: '7' })]
      takeJobs(first, { status: 'RUNNING', finishedAtMs: null })
      first.answers.set('GET /api/v1/jobs/7', async () => {
        await Promise.all([first.close(), new Promise((resolve) => setImmediate(resolve))])
        return [200, {}]
      })
      const finished = client(first, ['-c', write('ok.conf', OK_JOB), '--set-job-id', '7'])
      await waitFor(() => first.seen.some(({ path }) => path === '/api/v1/jobs/7'))
      await waitFor(() =>
        second.listen(port).then(
          () => true,
          () => false,
        ),
      )
      try {
        const { code, out, err } = await finished
        assert.equal(code, 0, err)
        assert.match(err, /WARN .*Connection to the node is lost, trying to reach it again/)
        assert.match(out, /Connected to the node again/)
        assert.match(out, /end with state FINISHED/)
      } finally {
        await second.close()
      }
    }))

  it('any more for too long is given up with what may have become of the job', () =>
    withStub((node) =>
      withFolder(async (write) => {
        takeJobs(node, { status: 'RUNNING', finishedAtMs: null })
        node.answers.set('GET /api/v1/jobs/7', async () => {
          await node.close().catch(() => undefined)
          return [200, {}]
        })
        const variables = [['MILLRACE_RECONNECT_SECONDS', '0.2']] as const
        const { code, err } = await client(node, ['-c', write('ok.conf', OK_JOB), '--set-job-id', '7'], { variables })
        assert.equal(code, 1)
        assert.match(err, /error\[CONNECTION_FAILED\]: the node at .* does not answer any more/)
        assert.match(err, /hint: jobs that it runs go on or resume with it/)
      }),
    ))
})

/** Waits until something holds, at most ten seconds. */
async function waitFor(holds: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = Date.now() + 10_000
  while (!(await holds())) {
    assert.ok(Date.now() < endMs, 'it did not come to that within ten seconds')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
