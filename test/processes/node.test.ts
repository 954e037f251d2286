import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { freePort } from '../support/free-port.js'
import { isAlive, SKIP_PROCESSES, withBench } from './node-process.js'

const BATCH_JOB = `
env { job.mode = "BATCH", job.name = "small" }
source { FakeSource { row.num = 3, schema { fields { id = bigint } } } }
sink { Assert { rules { row_rules = [{ rule_type = MAX_ROW, rule_value = 3 }] } } }
`
const ENDLESS_JOB = BATCH_JOB.replace('BATCH', 'STREAMING", checkpoint.interval = "200').replace('small', 'endless')
const FAILING_JOB = BATCH_JOB.replace('MAX_ROW, rule_value = 3', 'MIN_ROW, rule_value = 100')

describe('a node', { skip: SKIP_PROCESSES }, () => {
  it('runs jobs of the client, answers its questions, and ends at SIGTERM with 0', () =>
    withBench(async (bench) => {
      const { script, variables } = await bench.serve()
      const ok = await bench.run('seatunnel.sh', ['-c', bench.write('a job.conf', BATCH_JOB)], { variables })
      assert.equal(ok.code, 0, ok.err)
      assert.match(ok.out, /end with state FINISHED[\s\S]*\nTotal Read Count {10}: {19}3\n/)
      const failed = await bench.run('seatunnel.sh', ['-c', bench.write('f.conf', FAILING_JOB)], { variables })
      assert.equal(failed.code, 1)
      assert.match(failed.err, /ErrorCode:\[ASSERT-01\]/)
      const list = await bench.run('seatunnel.sh', ['-l'], { variables })
      assert.match(list.out, /^\d+ +small +FAILED[\s\S]*^\d+ +small +FINISHED/m)
      const [, id] = /^(\d+) +small +FINISHED/m.exec(list.out) ?? []
      const state = await bench.run('seatunnel.sh', ['-j', id ?? ''], { variables })
      assert.match(state.out, new RegExp(`^\\{"jobId":${id},"jobName":"small","jobStatus":"FINISHED",`, 'm'))
      const metrics = await bench.run('seatunnel.sh', ['--metrics', id ?? ''], { variables })
      assert.match(metrics.out, /"metric" : "SourceReceivedCount",\n {4}"value" : 3,\n/)
      const log = await bench.run('millrace', ['logs', id ?? ''], { variables })
      assert.match(log.out, /turned from state RUNNING to FINISHED/)
      script.child.kill('SIGTERM')
      const { code, out } = await script.ended
      assert.equal(code, 0)
      assert.match(out, /node is stopped by signal SIGTERM/)
    }))

  it('keeps what it stores to its user', () =>
    withBench(async (bench) => {
      await bench.serve()
      for (const folder of ['data', 'logs']) assert.equal(statSync(join(bench.folder, folder)).mode & 0o077, 0, folder)
      for (const file of readdirSync(join(bench.folder, 'logs'))) {
        assert.equal(statSync(join(bench.folder, 'logs', file)).mode & 0o077, 0, file)
      }
    }))

  it('stops a job with a savepoint and goes on from it', () =>
    withBench(async (bench) => {
      const { variables } = await bench.serve()
      const file = bench.write('endless.conf', ENDLESS_JOB)
      const started = await bench.run('seatunnel.sh', ['-c', file, '--async', '--set-job-id', '77'], { variables })
      assert.equal(started.code, 0, started.err)
      await reaches(() => bench.run('millrace', ['job', '77', '--json'], { variables }), 'RUNNING')
      const saved = await bench.run('seatunnel.sh', ['-s', '77'], { variables })
      assert.equal(saved.code, 0, saved.err)
      await reaches(() => bench.run('millrace', ['job', '77', '--json'], { variables }), 'SAVEPOINT_DONE')
      const again = await bench.run('seatunnel.sh', ['-c', file, '--set-job-id', '77', '--async'], { variables })
      assert.equal(again.code, 1)
      assert.match(again.err, /The job id 77 has already been submitted and is not starting with a savepoint\./)
      const resumed = await bench.run('seatunnel.sh', ['-c', file, '-r', '77', '--async'], { variables })
      assert.equal(resumed.code, 0, resumed.err)
      await reaches(() => bench.run('millrace', ['job', '77', '--json'], { variables }), 'RUNNING')
      assert.equal((await bench.run('seatunnel.sh', ['-can', '77', '1'], { variables })).code, 0)
      await reaches(() => bench.run('millrace', ['job', '77', '--json'], { variables }), 'CANCELED')
    }))

  it('cancels the job of a client that is interrupted', () =>
    withBench(async (bench) => {
      const { variables } = await bench.serve()
      const argv = ['-c', bench.write('endless.conf', ENDLESS_JOB), '--set-job-id', '78']
      const client = bench.start('seatunnel.sh', argv, { variables })
      await reaches(() => bench.run('millrace', ['job', '78', '--json'], { variables }), 'RUNNING')
      client.child.kill('SIGINT')
      const { code, out } = await client.ended
      assert.equal(code, 130)
      assert.match(out, /Task will be closed due to client shutdown\.[\s\S]*end with state CANCELED/)
    }))

  it('that is killed and started again goes on with its jobs; a client that waits finds them', () =>
    withBench(async (bench) => {
      const port = await freePort()
      const { script, variables } = await bench.serve(['--port', String(port)])
      const argv = ['-c', bench.write('endless.conf', ENDLESS_JOB), '--set-job-id', '79']
      const client = bench.start('seatunnel.sh', argv, { variables })
      await reaches(() => bench.run('millrace', ['job', '79', '--json'], { variables }), 'RUNNING')
      script.child.kill('SIGKILL')
      await script.ended
      await client.wrote(/Connection to the node is lost/)
      await bench.serve(['--port', String(port)])
      await client.wrote(/Connected to the node again/)
      await reaches(() => bench.run('millrace', ['job', '79', '--json'], { variables }), 'RUNNING')
      assert.equal((await bench.run('millrace', ['stop', '79'], { variables })).code, 0)
      const { code, out } = await client.ended
      assert.equal(code, 0)
      assert.match(out, /end with state CANCELED/)
    }))

  it('refuses a port and a data folder that another node has', () =>
    withBench(async (bench) => {
      const { port } = await bench.serve()
      const other = ['--data', join(bench.folder, 'other'), '--http-port', 'off', '--flink-port', 'off']
      const samePort = await bench.run('millrace', ['serve', ...other, '--port', String(port)])
      assert.equal(samePort.code, 1)
      assert.match(samePort.err, /error\[LISTEN_FAILED\]/)
      const own = ['--data', join(bench.folder, 'data'), '--http-port', 'off', '--flink-port', 'off', '--port', '0']
      const sameFolder = await bench.run('millrace', ['serve', ...own])
      assert.equal(sameFolder.code, 1)
      assert.match(sameFolder.err, /error\[NODE_LOCKED\]/)
    }))

  it('takes the next port when the file lets it', () =>
    withBench(async (bench) => {
      const { port } = await bench.serve()
      const network = `{port: {port: ${port}, auto-increment: true}, rest-api: {enabled: true}}`
      const file = bench.write('hazelcast.yaml', `hazelcast: {network: ${network}}`)
      const other = [
        '--data',
        join(bench.folder, 'other'),
        '--http-port',
        'off',
        '--flink-port',
        'off',
        '--hazelcast',
        file,
      ]
      const second = bench.start('millrace', ['serve', ...other])
      const [, next] = await second.wrote(/REST API v1 .*http:\/\/127\.0\.0\.1:(\d+)/)
      assert.ok(Number(next) > port, next)
    }))

  it('is not opened to other machines without a password', () =>
    withBench(async (bench) => {
      const argv = ['serve', '--host', '0.0.0.0', '--port', '0', '--http-port', 'off', '--flink-port', 'off']
      const { code, err } = await bench.run('millrace', argv)
      assert.equal(code, 1)
      assert.match(err, /error\[HTTP_SETTINGS\]: REST API v1 would be open to other machines[\s\S]*hint: .*--insecure/)
    }))

  it('opens with --insecure and says what is open and how to close it', () =>
    withBench(async (bench) => {
      const argv = [
        'serve',
        '--host',
        '0.0.0.0',
        '--port',
        '0',
        '--http-port',
        'off',
        '--flink-port',
        'off',
        '--insecure',
        '--allow-root',
      ]
      const node = bench.start('millrace', argv)
      await node.wrote(/REST API v1 is OPEN TO OTHER MACHINES .* WITHOUT A PASSWORD/)
      await node.wrote(/to close it: start it without '--host'/)
    }))

  it('knows its users and what they may do', () =>
    withBench(async (bench) => {
      const users = join(bench.folder, 'users')
      const make = (name: string, role: string) =>
        bench.run('millrace', ['users', 'set', name, '--role', role, '--file', users], {
          variables: { MILLRACE_PASSWORD: `${name}s-word` },
        })
      assert.equal((await make('alice', 'submit')).code, 0)
      assert.equal((await make('grafana', 'read')).code, 0)
      assert.doesNotMatch(readFileSync(users, 'utf8'), /word/)
      const { variables } = await bench.serve(['--users', users])
      const as = (argv: readonly string[], more: Readonly<Record<string, string>>) =>
        bench.run('millrace', argv, { variables: { ...variables, ...more } })
      const file = bench.write('job.conf', BATCH_JOB)
      assert.match((await as(['jobs'], {})).err, /hint: give --user with MILLRACE_PASSWORD/)
      const alice = { MILLRACE_USER: 'alice', MILLRACE_PASSWORD: 'alices-word' }
      assert.equal((await as(['submit', file, '--wait'], alice)).code, 0)
      const reader = { MILLRACE_USER: 'grafana', MILLRACE_PASSWORD: 'grafanas-word' }
      assert.equal((await as(['jobs'], reader)).code, 0)
      assert.equal((await as(['jobs'], { MILLRACE_TOKEN: 'grafana.grafanas-word' })).code, 0)
      const client = await bench.run('seatunnel.sh', ['-c', file], { variables: { ...variables, ...alice } })
      assert.equal(client.code, 0, client.err)
      assert.equal((await as(['submit', file], reader)).code, 1)
    }))
})

describe('seatunnel-cluster.sh and stop-seatunnel-cluster.sh', { skip: SKIP_PROCESSES }, () => {
  it('start a node of a home in the background and stop it by its name', () =>
    withBench(async (bench) => {
      const home = join(bench.folder, 'home')
      mkdirSync(join(home, 'config'), { recursive: true })
      const network = '{port: {port: 0}, rest-api: {enabled: true, endpoint-groups: {DATA: {enabled: true}}}}'
      writeFileSync(
        join(home, 'config', 'hazelcast.yaml'),
        `hazelcast: {cluster-name: "\${name}", network: ${network}}`,
      )
      writeFileSync(join(home, 'config', 'seatunnel.yaml'), 'seatunnel: {engine: {http: {enable-http: false}}}')
      writeFileSync(join(home, 'config', 'seatunnel-env.sh'), 'export MILLRACE_DATA="$SEATUNNEL_HOME/state"\n')
      const variables = { SEATUNNEL_HOME: home }
      const name = `test-${process.pid}`
      const argv = ['-d', '-cn', name, '-DJvmOption=-Xmx1g -Dname=other']
      const started = await bench.run('seatunnel-cluster.sh', argv, { variables })
      assert.deepEqual(started, { code: 0, out: 'start master_and_worker node\n', err: '' })
      const pid = nodeOf(name)
      assert.ok(pid !== null)
      try {
        // The log is written behind what the node does.
        const output = await contains(join(home, 'logs', 'seatunnel-server.out'), /node is ready/)
        assert.ok(existsSync(join(home, 'state')))
        const [, port] = /REST API v1 .*http:\/\/127\.0\.0\.1:(\d+)/.exec(output) ?? []
        const member = { ...variables, ST_DOCKER_MEMBER_LIST: `127.0.0.1:${port}` }
        assert.equal((await bench.run('seatunnel.sh', ['-l', '-cn', name], { variables: member })).code, 0)
        const wrong = await bench.run('seatunnel.sh', ['-l'], { variables: member })
        assert.equal(wrong.code, 1)
        assert.match(wrong.err, /Unable to connect to any cluster\./)
        const other = await bench.run('stop-seatunnel-cluster.sh', ['-cn', `${name}x`], { variables })
        assert.match(other.out, /x is not running\. Please check the correct name of the running cluster\.\n/)
        assert.ok(isAlive(pid))
        const stopped = await bench.run('stop-seatunnel-cluster.sh', ['-cn', name], { variables })
        assert.deepEqual(stopped, { code: 0, out: '', err: '' })
        assert.ok(!isAlive(pid))
      } finally {
        if (isAlive(pid)) process.kill(pid, 'SIGKILL')
      }
    }))

  it('say at once why a node in the background does not start', () =>
    withBench(async (bench) => {
      const { port } = await bench.serve()
      const home = join(bench.folder, 'home')
      mkdirSync(home)
      const variables = { SEATUNNEL_HOME: home }
      const argv = ['-d', '--port', String(port), '--http-port', 'off', '--flink-port', 'off']
      const { code, out, err } = await bench.run('seatunnel-cluster.sh', argv, { variables })
      assert.deepEqual([code, out], [1, 'start master_and_worker node\n'])
      assert.match(err, /the node did not start; from '.*seatunnel-server\.out':\n[\s\S]*error\[LISTEN_FAILED\]/)
    }))
})

/** The process that runs a node of a name, as existing scripts look for it. */
function nodeOf(name: string): number | null {
  for (const pid of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    try {
      const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
      const isServer = argv.includes('org.apache.seatunnel.core.starter.seatunnel.SeaTunnelServer')
      if (isServer && argv[argv.indexOf('-cn') + 1] === name) return Number(pid)
    } catch {
      // It ended since the folder was listed.
    }
  }
  return null
}

/** Waits until a file contains a pattern, at most thirty seconds; gives its text. */
async function contains(file: string, pattern: RegExp): Promise<string> {
  const endMs = Date.now() + 30_000
  for (;;) {
    const text = readFileSync(file, 'utf8')
    if (pattern.test(text)) return text
    assert.ok(Date.now() < endMs, `nothing like ${pattern} in:\n${text}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Asks until the job has a state, at most thirty seconds. */
async function reaches(
  ask: () => Promise<{ readonly out: string; readonly err: string }>,
  status: string,
): Promise<void> {
  const endMs = Date.now() + 30_000
  for (;;) {
    const { out, err } = await ask()
    const seen = out === '' ? err : JSON.parse(out).status
    if (seen === status) return
    assert.ok(Date.now() < endMs, `the job is ${seen}, not ${status}`)
  }
}
