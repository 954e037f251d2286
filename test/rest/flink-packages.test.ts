import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { temporaryFolder } from '../../src/files/testing.js'
import { uploadForm, type ZipSample, zip } from '../../src/node/packages/testing.js'
import type { TransportKind } from '../../src/rest/transport/listener.js'
import { type ContractNode, startContractNode } from '../contract/seatunnel/contract-node.js'

const FLINK = 'flink:\n  enabled: true\n  port: 0\n'
const BOUNDARY = '----millraceTestBoundary'
const ROWS = ['id,name', '1,one', '2,two', '3,three', ''].join('\n')

/** Copies the file of the package to `out`. */
const COPY = `# Copies its own file.
env { job.name = copy }
source { LocalFile {
  path = "data/in.csv", file_format_type = csv, skip_header_row_number = 1, field_delimiter = ","
  schema { fields { id = int, name = string } }
} }
transform { Sql { query = "select id, name from dual where id >= \${least:1}" } }
sink { LocalFile { path = "\${out}", file_format_type = csv } }
`
const ENDLESS = `
env { job.name = endless, job.mode = STREAMING, checkpoint.interval = 200 }
source { FakeSource { row.num = 10, split.num = 10, split.read-interval = 20, schema { fields { id = bigint } } } }
sink { Assert { rules { row_rules = [{ rule_type = MIN_ROW, rule_value = 0 }] } } }
`

interface JsonAnswer {
  readonly status: number
  readonly body: Record<string, unknown>
}

/** A node whose packages a test uploads and runs. */
class PackageNode {
  readonly served: ContractNode
  readonly #base: string

  private constructor(served: ContractNode) {
    this.served = served
    this.#base = `http://127.0.0.1:${served.rest.port('flink') ?? 0}`
  }

  static async start(test: TestContext, millrace = '', transport: TransportKind = 'uws'): Promise<PackageNode> {
    const served = await startContractNode('default', transport, { millrace: `${FLINK}${millrace}` })
    test.after(() => served.stop())
    return new PackageNode(served)
  }

  async ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<JsonAnswer> {
    const isJson = body !== undefined && !Buffer.isBuffer(body) && typeof body !== 'string'
    const response = await fetch(`${this.#base}${path}`, {
      method,
      headers: isJson ? { 'content-type': 'application/json', ...headers } : headers,
      ...(body === undefined ? {} : { body: isJson ? JSON.stringify(body) : (body as string) }),
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }

  form(parts: Parameters<typeof uploadForm>[0], headers: Record<string, string> = {}): Promise<JsonAnswer> {
    const type = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` }
    return this.ask('POST', '/jars/upload', uploadForm(parts, BOUNDARY), { ...type, ...headers })
  }

  /** Uploads a package and gives its id. */
  async upload(samples: readonly ZipSample[] | string, fileName = 'job.jar'): Promise<string> {
    const content = typeof samples === 'string' ? samples : zip(samples)
    const { status, body } = await this.form([{ name: 'jarfile', fileName, content }])
    assert.deepEqual([status, body.status], [200, 'success'], JSON.stringify(body))
    return String(body.filename).split('/').at(-1) ?? ''
  }

  /** Runs a package and gives the id of the job. */
  async run(id: string, body: unknown = {}, query = ''): Promise<string> {
    const answer = await this.ask('POST', `/jars/${encodeURIComponent(id)}/run${query}`, body)
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    return String(answer.body.jobid)
  }

  /** The state of a job when it has ended. */
  async ended(flinkId: string): Promise<string> {
    const view = this.served.node.runningJobs().find(({ jobId, alias }) => (alias ?? hex(jobId)) === flinkId)
    if (view !== undefined) await this.served.node.waitForEnd(view.jobId)
    return String((await this.ask('GET', `/jobs/${flinkId}/status`)).body.status)
  }

  async cancel(flinkId: string): Promise<void> {
    await this.ask('PATCH', `/jobs/${flinkId}`)
    await this.ended(flinkId)
  }
}

const hex = (jobId: string): string => BigInt.asUintN(64, BigInt(jobId)).toString(16).padStart(32, '0')
const errorsOf = ({ body }: JsonAnswer): readonly string[] => body.errors as readonly string[]
const withData: readonly ZipSample[] = [
  { name: 'job.conf', content: COPY },
  { name: 'data/in.csv', content: ROWS },
]

describe('a job package over the REST API of Flink', () => {
  it('is uploaded, listed, planned, run with its files, and deleted', async (test) => {
    const node = await PackageNode.start(test)
    const out = join(temporaryFolder(test), 'out')
    const id = await node.upload(withData)
    const { body: list } = await node.ask('GET', '/jars')
    const files = list.files as readonly Record<string, unknown>[]
    assert.deepEqual(
      files.map((file) => [file.id, file.name, file.entry]),
      [[id, 'job.jar', [{ name: 'job.conf', description: 'Copies its own file.' }]]],
    )
    assert.match(String(list.address), /^http:\/\/127\.0\.0\.1:\d+$/)

    const query = `?entry-class=job.conf&parallelism=2&program-args=${encodeURIComponent(`--out ${out}`)}`
    const plan = (await node.ask('GET', `/jars/${id}/plan${query}`)).body.plan as Record<string, unknown>
    assert.deepEqual([plan.name, plan.type, (plan.nodes as unknown[]).length], ['copy', 'BATCH', 3])
    assert.equal(existsSync(out), false)

    const jobId = await node.run(id, { programArgsList: ['--out', out, '-Dleast=2'] })
    assert.deepEqual((await node.ask('DELETE', `/jars/${id}`)).body, {})
    assert.equal(await node.ended(jobId), 'FINISHED')
    const written = readdirSync(out).map((name) => readFileSync(join(out, name), 'utf8'))
    assert.deepEqual(written, ['2,two\n3,three'])
    assert.deepEqual((await node.ask('GET', '/jars')).body.files, [])
  })

  it('is run under the id that its client gives, once', async (test) => {
    const node = await PackageNode.start(test)
    const id = await node.upload(ENDLESS)
    for (const jobId of ['0123456789ABCDEF0123456789abcdef', `${'0'.repeat(16)}00000000000000ff`]) {
      const known = jobId.toLowerCase()
      assert.equal(await node.run(id, { jobId }), known)
      const again = await node.ask('POST', `/jars/${id}/run`, { jobId })
      assert.deepEqual(
        [again.status, errorsOf(again)],
        [409, [`Job ${known} has already been submitted.`, 'JOB_EXISTS']],
      )
      assert.equal((await node.ask('GET', `/jobs/${jobId}`)).body.jid, known)
      const { jobs } = (await node.ask('GET', '/jobs/overview')).body as { jobs: { jid: string }[] }
      assert.ok(jobs.some(({ jid }) => jid === known))
      await node.cancel(known)
      assert.equal((await node.ask('POST', `/jars/${id}/run`, { jobId })).status, 409)
    }
  })

  it('does not run under one id twice at a time', async (test) => {
    const node = await PackageNode.start(test)
    const id = await node.upload(ENDLESS)
    const jobId = 'a'.repeat(32)
    const answers = await Promise.all([1, 2, 3].map(() => node.ask('POST', `/jars/${id}/run`, { jobId })))
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 409, 409])
    await node.cancel(jobId)
  })

  it('honours what its client sets, shows the rest and says what has no effect', async (test) => {
    const node = await PackageNode.start(test)
    const id = await node.upload(ENDLESS)
    const flinkConfiguration = {
      'pipeline.name': 'named by Flink',
      'parallelism.default': '2',
      'execution.checkpointing.interval': '250 ms',
      'restart-strategy.type': 'fixed-delay',
      'restart-strategy.fixed-delay.attempts': 7,
      'taskmanager.memory.process.size': '1 gb',
      's3.secret-key': 'hush-hush',
    }
    const jobId = await node.run(id, { flinkConfiguration })
    const { body: job } = await node.ask('GET', `/jobs/${jobId}`)
    assert.equal(job.name, 'named by Flink')
    const config = (await node.ask('GET', `/jobs/${jobId}/config`)).body['execution-config'] as Record<string, unknown>
    assert.equal(config['job-parallelism'], 2)
    assert.equal(config['restart-strategy'], 'Restart with fixed delay (PT1S). #7 restart attempts.')
    const user = config['user-config'] as Record<string, string>
    assert.equal(user['checkpoint.interval'], '250')
    assert.equal(user['taskmanager.memory.process.size'], '1 gb')
    assert.equal(user['s3.secret-key'], '******')
    const shown = (await node.ask('GET', `/jobs/${jobId}/jobmanager/config`)).body as unknown as { key: string }[]
    assert.ok(shown.some(({ key }) => key === 'taskmanager.memory.process.size'))
    const [view] = node.served.node.runningJobs()
    const warnings = node.served.node.timeline(view?.jobId ?? '').filter(({ kind }) => kind === 'warning')
    assert.deepEqual(
      warnings.map(({ text }) => text),
      ["settings of the client have no effect here: 'taskmanager.memory.process.size', 's3.secret-key'"],
    )
    await node.cancel(jobId)
  })

  it('takes what the dashboard and older clients send', async (test) => {
    const node = await PackageNode.start(test)
    const out = temporaryFolder(test)
    const id = await node.upload(withData)
    const body = {
      entryClass: 'job.conf',
      parallelism: '2',
      programArgs: `--out "${out}/one two"`,
      savepointPath: null,
      allowNonRestoredState: null,
    }
    const query = '?entry-class=none&parallelism=&program-args=--out&savepointPath=--out'
    assert.equal(await node.ended(await node.run(id, body, query)), 'FINISHED')
    assert.equal(readdirSync(join(out, 'one two')).length, 1)
    const empty = { entryClass: '', parallelism: '', programArgsList: [], flinkConfiguration: null, unknownField: 1 }
    assert.equal(await node.ended(await node.run(id, empty, `?programArg=-i,out=${out}/b`)), 'FINISHED')
  })

  it('is refused with the place of what is wrong', async (test) => {
    const node = await PackageNode.start(test)
    const broken = await node.upload([{ name: 'config/job.conf', content: '\nsource {\n  Fake Source {' }])
    const wrong = await node.upload([{ name: 'job.conf', content: 'source { Nothing {} }\nsink { Console { a = } }' }])
    const missing = await node.upload([
      { name: 'job.conf', content: COPY.replace('in.csv', 'none.csv') },
      { name: 'data/in.csv', content: ROWS },
    ])
    for (const path of ['run', 'plan']) {
      const first = await node.ask('POST', `/jars/${broken}/${path}`, {})
      assert.equal(first.status, 400)
      assert.match(errorsOf(first)[0] ?? '', /^config\/job\.conf:\d+:\d+: /)
      const second = await node.ask('POST', `/jars/${wrong}/${path}`, {})
      assert.equal(second.status, 400)
      assert.match(errorsOf(second)[0] ?? '', /^job\.conf:/)
    }
    const answer = await node.ask('POST', `/jars/${missing}/run`, { programArgs: '--out /tmp/never' })
    assert.equal(answer.status, 400)
    assert.match(errorsOf(answer)[0] ?? '', /^job\.conf:4:\d+: listing 'data\/none\.csv' failed/)
    assert.equal((await node.ask('POST', `/jars/${missing}/plan`, {})).status, 200)
    assert.deepEqual((await node.ask('GET', '/jobs')).body.jobs, [])
  })

  it('is run as a whole or not at all while it is deleted', async (test) => {
    const node = await PackageNode.start(test)
    const out = temporaryFolder(test)
    for (let round = 0; round < 8; round += 1) {
      const id = await node.upload(withData)
      const body = { programArgsList: ['--out', `${out}/${round}`] }
      const runs = [1, 2].map(() => node.ask('POST', `/jars/${id}/run`, body))
      const [deleted, ...answers] = await Promise.all([node.ask('DELETE', `/jars/${id}`), ...runs])
      assert.equal(deleted?.status, 200)
      for (const { status, body: said } of answers) {
        if (status === 200) assert.equal(await node.ended(String(said.jobid)), 'FINISHED')
        else assert.deepEqual([status, said.errors], [404, [`Jar file ${id} does not exist`, 'REQUEST_MALFORMED']])
      }
    }
  })

  it('has an answer to every other fault', async (test) => {
    const node = await PackageNode.start(test)
    const id = await node.upload(withData)
    const java = await node.upload([{ name: 'A.class' }], 'flink.jar')
    const cases: readonly [path: string, body: unknown, status: number, message: RegExp][] = [
      [`/jars/${java}/run`, {}, 400, /^the package contains Java bytecode and no job configuration/],
      ['/jars/nope.jar/run', {}, 404, /^Jar file nope\.jar does not exist$/],
      ['/jars/nope.jar/plan', {}, 404, /^Jar file nope\.jar does not exist$/],
      ['/jars/..%2Fx.jar/plan', {}, 404, /^Not found: \/jars\/\.\.%2Fx\.jar\/plan$/],
      [`/jars/${id}/run`, { entryClass: 'None' }, 400, /^the package has no configuration 'None'/],
      [`/jars/${id}/run`, { parallelism: -3 }, 400, /^Parallelism must be at least one/],
      [`/jars/${id}/run`, { parallelism: 'many' }, 400, /expected format JarRunRequestBody/],
      [`/jars/${id}/run`, { parallelism: 5000 }, 400, /1024 at most/],
      [`/jars/${id}/run?parallelism=1&parallelism=2`, {}, 400, /^Expected only one value \[1, 2\]\.$/],
      [`/jars/${id}/run`, { programArgsList: ['nonsense'] }, 400, /^the program argument 'nonsense'/],
      [`/jars/${id}/run`, { programArgsList: { a: 1 } }, 400, /expected format JarRunRequestBody/],
      [`/jars/${id}/run`, { jobId: 'xyz' }, 400, /expected format JarRunRequestBody/],
      [`/jars/${id}/run`, { claimMode: 'NOPE' }, 400, /expected format JarRunRequestBody/],
      [`/jars/${id}/run`, [], 400, /expected format JarRunRequestBody/],
      [`/jars/${id}/plan`, '{"entryClass":', 400, /expected format JarPlanRequestBody/],
      ['/jobs', {}, 400, /^serialised Java job graphs cannot run here; upload a job package to \/jars\/upload$/],
      [`/jobs/${'0'.repeat(32)}/coordinators/a`, {}, 404, /not found/],
    ]
    for (const [path, body, status, message] of cases) {
      const answer = await node.ask('POST', path, body)
      assert.equal(answer.status, status, `${path} ${JSON.stringify(answer.body)}`)
      assert.match(errorsOf(answer)[0] ?? '', message)
      assert.doesNotMatch(JSON.stringify(answer.body), /millrace-contract/)
    }
    const deleted = await node.ask('DELETE', '/jars/nope.jar')
    assert.deepEqual([deleted.status, errorsOf(deleted)[0]], [400, 'File nope.jar does not exist.'])
  })

  it('goes on behind a savepoint that is named, and is refused behind what is none', async (test) => {
    const node = await PackageNode.start(test)
    const id = await node.upload(ENDLESS)
    const first = await node.run(id)
    const done = async (): Promise<string | null> => {
      const { 'request-id': triggerId } = (await node.ask('POST', `/jobs/${first}/stop`, {})).body
      for (;;) {
        const { body } = await node.ask('GET', `/jobs/${first}/savepoints/${triggerId}`)
        const operation = body.operation as { readonly location?: string } | null
        if (operation !== null) return operation.location ?? null
        await setImmediate()
      }
    }
    while (
      Number(((await node.ask('GET', `/jobs/${first}/checkpoints`)).body.counts as { completed: number }).completed) < 1
    )
      await setImmediate()
    const savepointPath = await done()
    assert.ok(savepointPath !== null)
    for (const body of [
      { savepointPath, restoreMode: 'NO_CLAIM' },
      { flinkConfiguration: { 'execution.state-recovery.path': savepointPath } },
      // The last one: a savepoint that is claimed is gone with its job.
      { savepointPath, claimMode: 'CLAIM', allowNonRestoredState: true },
    ]) {
      const jobId = await node.run(id, body)
      const { latest } = (await node.ask('GET', `/jobs/${jobId}/checkpoints`)).body as { latest: { restored: unknown } }
      assert.ok(latest.restored !== null, JSON.stringify(body))
      await node.cancel(jobId)
    }
    const known = node.served.node.endedJobs(null).length
    for (const path of ['/nonexistent/savepoint', 'millrace:/jobs/1/checkpoints/1', 'x'])
      assert.equal((await node.ask('POST', `/jars/${id}/run`, { savepointPath: path })).status, 400, path)
    assert.deepEqual([node.served.node.runningJobs().length, node.served.node.endedJobs(null).length], [0, known])
  })

  it('is canceled when its client stays away that is to stay with it', async (test) => {
    const node = await PackageNode.start(test)
    const id = await node.upload(ENDLESS)
    const attached = { 'execution.attached': 'true', 'execution.shutdown-on-attached-exit': 'true' }
    const jobId = await node.run(id, { flinkConfiguration: { ...attached, 'client.heartbeat.timeout': '30 s' } })
    const heard = await node.ask('PATCH', `/jobs/${jobId}/clientHeartbeat`, { expiredTimestamp: Date.now() - 1 })
    assert.equal(heard.status, 202)
    assert.equal(await node.ended(jobId), 'CANCELED')
    const other = await node.run(id)
    await node.ask('PATCH', `/jobs/${other}/clientHeartbeat`, { expiredTimestamp: 1 })
    assert.ok(node.served.node.runningJobs().length === 1)
    await node.cancel(other)
  })
})

describe('an upload', () => {
  const file = { name: 'jarfile', fileName: 'job.jar', content: zip(withData) }
  for (const { name, parts, status, answer } of [
    {
      name: 'the shape of the Java client',
      parts: [
        { name: 'request', content: '{}' },
        { ...file, name: 'file_0' },
      ],
      status: 200,
      answer: 'job.jar',
    },
    { name: 'a name with a folder', parts: [{ ...file, fileName: '../../evil.jar' }], status: 200, answer: 'evil.jar' },
    {
      name: 'a name of any language',
      parts: [{ ...file, fileName: 'bäckup job.jar' }],
      status: 200,
      answer: 'bäckup job.jar',
    },
    { name: 'what is no archive', parts: [{ ...file, content: 'junk' }], status: 200, answer: 'job.jar' },
    {
      name: 'no file',
      parts: [{ name: 'request', content: '{}' }],
      status: 400,
      answer: 'Exactly 1 file must be sent, received 0.',
    },
    {
      name: 'two files',
      parts: [file, { ...file, name: 'b' }],
      status: 400,
      answer: 'Exactly 1 file must be sent, received 2.',
    },
    {
      name: 'another kind of file',
      parts: [{ ...file, fileName: 'notes.txt' }],
      status: 400,
      answer: 'Only Jar files are allowed.',
    },
    {
      name: 'a further field',
      parts: [file, { name: 'comment', content: 'x' }],
      status: 400,
      answer: 'Received unknown attribute comment.',
    },
  ])
    it(`answers ${name} with ${status}`, async (test) => {
      const node = await PackageNode.start(test)
      const { status: got, body } = await node.form(parts)
      assert.equal(got, status)
      if (status === 200) assert.ok(String(body.filename).endsWith(`_${answer}`), String(body.filename))
      else assert.equal((body.errors as string[])[0], answer)
      const { files } = (await node.ask('GET', '/jars')).body as { files: { name: string }[] }
      assert.deepEqual(
        files.map((each) => each.name),
        status === 200 ? [answer] : [],
      )
    })

  for (const transport of ['uws', 'node'] as const)
    it(`comes in pieces of any size over ${transport}`, async (test) => {
      const node = await PackageNode.start(test, '', transport)
      const content = zip([
        { name: 'job.conf', content: COPY },
        { name: 'data', content: randomBytes(200_000) },
      ])
      const body = uploadForm(
        [
          { name: 'request', content: '{}' },
          { ...file, name: 'file_0', content },
        ],
        BOUNDARY,
      )
      const connection = await node.served.open('flink')
      const head = `POST /v1/jars/upload HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n`
      connection.send(Buffer.from(`${head}Content-Type: multipart/form-data; boundary=${BOUNDARY}\r\n\r\n`))
      for (let at = 0; at < body.length; at += 8192) {
        const piece = body.subarray(at, at + 8192)
        connection.send(Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]))
        await setImmediate()
      }
      connection.send(Buffer.from('0\r\n\r\n'))
      const answer = await connection.answer()
      connection.socket.destroy()
      assert.equal(answer?.status, 200, answer?.body)
      const [kept] = node.served.packages?.list() ?? []
      assert.deepEqual([kept?.bytes, kept?.entries.length], [content.length, 1])
    })

  it('beyond its limit is refused, and leaves nothing', async (test) => {
    const node = await PackageNode.start(test, 'packages:\n  max-file-size-mb: 1\n')
    const over = await node.form([{ ...file, content: randomBytes(1024 * 1024 + 1) }])
    assert.equal(over.status, 413)
    assert.match(errorsOf(over)[0] ?? '', /^the package is larger than 1048576 bytes/)
    assert.deepEqual((await node.ask('GET', '/jars')).body.files, [])
  })

  it('is taken from a page of the node and from no other', async (test) => {
    const node = await PackageNode.start(test)
    const own = `http://127.0.0.1:${node.served.rest.port('flink')}`
    assert.equal((await node.form([file], { origin: own })).status, 200)
    assert.equal((await node.form([file], { origin: 'http://evil.example' })).status, 403)
  })

  it('is refused as a body that is no form', async (test) => {
    const node = await PackageNode.start(test)
    for (const [type, body, message] of [
      ['application/json', '{}', 'Exactly 1 file must be sent, received 0.'],
      ['application/x-java-archive', zip(withData), 'Request did not match expected format EmptyRequestBody.'],
    ] as const) {
      const answer = await node.ask('POST', '/jars/upload', body, { 'content-type': type })
      assert.deepEqual([answer.status, errorsOf(answer)[0]], [400, message])
    }
    const empty = await node.ask('POST', '/jars/upload')
    assert.deepEqual([empty.status, errorsOf(empty)[0]], [400, 'Exactly 1 file must be sent, received 0.'])
  })
})

it('job packages are not there where they are turned off', async (test) => {
  const node = await PackageNode.start(test, '  submit: false\n')
  for (const [method, path, message] of [
    ['GET', '/jars', 'Unable to load requested file /jars.'],
    ['POST', '/jars/upload', 'Not found: /jars/upload'],
    ['POST', '/jars/a.jar/run', 'Not found: /jars/a.jar/run'],
    ['DELETE', '/jars/a.jar', 'Not found: /jars/a.jar'],
  ] as const) {
    const answer = await node.ask(method, path)
    assert.deepEqual([answer.status, errorsOf(answer)], [404, [message]])
  }
  const features = async (each: PackageNode) =>
    ((await each.ask('GET', '/config')).body.features as Record<string, boolean>)['web-submit']
  assert.equal(await features(node), false)
  assert.equal(await features(await PackageNode.start(test)), true)
})
