import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { ENDPOINT_GROUPS } from '../../src/config/node-config.js'
import { MillraceError, MillraceErrors } from '../../src/core/error.js'
import type { AuditEntry } from '../../src/rest/audit.js'
import { seatunnelV1 } from '../../src/rest/dialects/seatunnel-v1/dialect.js'
import { WIRE_PROFILES } from '../../src/rest/profile.js'
import { FakeNode, fakeLogs, fakeServices, jobView } from './fake-node.js'
import { type Ask, asking, v1, v2 } from './seatunnel-client.js'

const MAPS = '/hazelcast/rest/maps'
const JOB = '{"env":{"job.mode":"BATCH"},"source":[{"plugin_name":"FakeSource"}],"sink":[{"plugin_name":"Console"}]}'

/** Both APIs over one node. */
function both(node = new FakeNode()): readonly (readonly [api: string, base: string, ask: Ask, node: FakeNode])[] {
  const services = fakeServices(node)
  return [
    ['v1', MAPS, v1(services), node],
    ['v2', '', v2(services), node],
  ]
}

const failure = (message: string) => `{"status":"fail","message":${JSON.stringify(message)}}`

describe('submit-job', () => {
  const refused: readonly (readonly [what: string, query: string, body: string, status: number, message: string])[] = [
    ['an empty body', '', '', 400, 'Request body is empty.'],
    ['what is no JSON', '', '{"env": {', 400, 'Invalid JSON format in request body.'],
    ['a comment', '', `{ # c\n${JOB.slice(1)}`, 400, 'Invalid JSON format in request body.'],
    [
      'a list',
      '',
      `[${JOB}]`,
      400,
      'Cannot deserialize value of type `java.util.LinkedHashMap<java.lang.String,java.lang.Object>` from Array value (token `JsonToken.START_ARRAY`)\n at [Source: UNKNOWN; byte offset: #UNKNOWN]',
    ],
    ['null', '', 'null', 500, 'objectMap is marked non-null but is null'],
    [
      'a start from a savepoint without an id',
      '?isStartWithSavePoint=true',
      JOB,
      400,
      'Please provide jobId when start with save point.',
    ],
    ['an id that is no number', '?jobId=abc', JOB, 400, 'For input string: "abc"'],
    ['a missing env', '', '{"source":[{}],"sink":[{}]}', 500, "No configuration setting found for key 'env'"],
    [
      'an empty source',
      '',
      '{"env":{},"source":[],"sink":[{}]}',
      400,
      'Miss <Source> config! Please check the config file.',
    ],
    [
      'an empty sink',
      '',
      '{"env":{},"source":[{}],"sink":[]}',
      400,
      'Miss <Sink> config! Please check the config file.',
    ],
  ]
  for (const [what, query, body, status, message] of refused) {
    it(`refuses ${what}`, async () => {
      for (const [, base, ask, node] of both()) {
        const answer = await ask('POST', `${base}/submit-job${query}`, body)
        assert.equal(answer.status, status)
        const { status: word, message: text } = JSON.parse(answer.body)
        assert.deepEqual([word, text], ['fail', message])
        assert.equal(node.submissions.length, 0)
      }
    })
  }

  it('answers id and name, and hands the text over as it came', async () => {
    for (const [, base, ask, node] of both()) {
      node.submissions.length = 0
      const answer = await ask('POST', `${base}/submit-job?jobId=-5&jobName=a%20b%2Bc+d`, JOB)
      assert.equal(answer.body, '{"jobId":"-5","jobName":"a b+c d"}')
      const [submission] = node.submissions
      assert.deepEqual([submission?.text, submission?.format, submission?.origin], [JOB, 'json', 'rest'])
    }
  })

  it('takes the last of two members with one name', async () => {
    const [[, base, ask, node]] = both() as [readonly [string, string, Ask, FakeNode]]
    await ask('POST', `${base}/submit-job`, JOB.replace('"env":{', '"env":{"job.name":"a","job.name":"b",'))
    const text = node.submissions[0]?.text ?? ''
    assert.deepEqual(JSON.parse(text).env, { 'job.name': 'b', 'job.mode': 'BATCH' })
    assert.equal(text.split('job.name').length, 2)
  })

  it('refuses an empty parameter on v1 and takes it for none on v2', async () => {
    const [one, two] = both()
    assert.equal(
      (await one?.[2]('POST', `${MAPS}/submit-job?jobName=`, JOB))?.body,
      failure('Invalid Params format in Params.'),
    )
    assert.equal((await two?.[2]('POST', '/submit-job?jobName=&jobId=', JOB))?.status, 200)
  })

  it('answers a job that runs already with its id and the name that was asked for', async () => {
    const node = new FakeNode()
    node.views.push(jobView({ jobId: '42', jobName: 'first' }))
    for (const [, base, ask] of both(node)) {
      const answer = await ask('POST', `${base}/submit-job?jobId=42&jobName=dup`, JOB)
      assert.equal(answer.body, '{"jobId":"42","jobName":"dup"}')
    }
  })

  it('reads hocon and sql in the default profile, and only JSON in the old ones', async () => {
    const services = fakeServices(new FakeNode())
    const hocon = 'env { job.mode = BATCH }'
    assert.equal((await v2(services)('POST', '/submit-job?format=hocon', hocon)).status, 200)
    assert.equal((await v2(services, '2.3.9')('POST', '/submit-job?format=hocon', hocon)).status, 400)
  })

  it('has a number for an id in 2.3.4, where the id counts for savepoints only', async () => {
    const node = new FakeNode()
    const ask = v1(fakeServices(node), '2.3.4')
    assert.equal(
      (await ask('POST', `${MAPS}/submit-job?jobId=abc`, JOB)).body,
      '{"jobId":701,"jobName":"SeaTunnel_Job"}',
    )
    const restored = await ask('POST', `${MAPS}/submit-job?jobId=70019&isStartWithSavePoint=true`, JOB)
    assert.equal(restored.body, '{"jobId":70019,"jobName":"SeaTunnel_Job"}')
  })
})

describe('what the node refuses', () => {
  const cases: readonly (readonly [what: string, error: MillraceError, status: number, start: string])[] = [
    [
      'an unknown source',
      new MillraceError('PLUGIN_NOT_FOUND', 'no such plug-in', { path: 'source[0]' }),
      500,
      "Plugin PluginIdentifier{engineType='seatunnel', pluginType='source', pluginName='FakeSource'} not found.",
    ],
    [
      'a missing option',
      new MillraceError('OPTION_REQUIRED', "There are unconfigured options, the options('schema') are required.", {
        path: 'source[0].schema',
        hint: 'add schema',
      }),
      500,
      "ErrorCode:[API-06], ErrorDescription:[Factory initialize failed] - Unable to create a source for identifier 'FakeSource'. ErrorCode:[API-02], ErrorDescription:[Option item validate failed] - There are unconfigured options, the options('schema') are required.",
    ],
    [
      'a value that is not encrypted',
      new MillraceError('SHADE', 'Illegal base64 character 20'),
      400,
      'Illegal base64 character 20',
    ],
    [
      'an id of an ended job',
      new MillraceError('JOB_EXISTS', 'known'),
      500,
      'org.apache.seatunnel.engine.common.exception.JobException: org.apache.seatunnel.engine.common.exception.JobException: The job id 7 has already been submitted and is not starting with a savepoint.',
    ],
  ]
  for (const [what, error, status, message] of cases) {
    it(`is told in the original's words: ${what}`, async () => {
      const node = new FakeNode()
      node.refusal = new MillraceErrors([error])
      for (const [, base, ask] of both(node)) {
        const answer = await ask('POST', `${base}/submit-job?jobId=7`, JOB)
        const body = JSON.parse(answer.body)
        assert.deepEqual([answer.status, body.status, body.message], [status, 'fail', message])
        assert.deepEqual([body.code, body.hint], [error.code, error.details.hint ?? null])
      }
      const old = await v2(fakeServices(node), '2.3.9')('POST', '/submit-job?jobId=7', JOB)
      assert.deepEqual(Object.keys(JSON.parse(old.body)), ['status', 'message'])
    })
  }
})

describe('submit-jobs and stop-jobs', () => {
  it('answer in the order of the list, without params too', async () => {
    for (const [, base, ask, node] of both()) {
      node.submissions.length = 0
      const body = `[1,${JOB.replace('{', '{"params":{"jobId":5,"jobName":"a&b"},')},${JOB}]`
      const answer = await ask('POST', `${base}/submit-jobs`, body)
      assert.equal(answer.body, '[{"jobId":"5","jobName":"a&b"},{"jobId":"702","jobName":"SeaTunnel_Job"}]')
      assert.equal(node.submissions[0]?.text.includes('params'), false)
    }
  })

  it('take ids as numbers and texts', async () => {
    for (const [, base, ask] of both()) {
      const answer = await ask('POST', `${base}/stop-jobs`, '[{"jobId":7},{"jobId":"7001000000000000001"}]')
      assert.equal(answer.body, '[{"jobId":7},{"jobId":7001000000000000001}]')
    }
  })
})

describe('stop-job', () => {
  const cases: readonly (readonly [body: string, status: number, answer: string])[] = [
    ['{}', 400, failure('jobId cannot be empty.')],
    ['{"jobId":null}', 400, failure('jobId cannot be empty.')],
    ['{"jobId":"abc"}', 400, failure('For input string: "abc"')],
    ['{"jobId":12345}', 200, '{"jobId":"12345"}'],
    ['{"jobId": 733584788375666689, "isStopWithSavePoint": true}', 200, '{"jobId":"733584788375666689"}'],
  ]
  for (const [body, status, expected] of cases) {
    it(`answers ${body} with ${status}`, async () => {
      for (const [, base, ask] of both()) {
        const answer = await ask('POST', `${base}/stop-job`, body)
        assert.deepEqual([answer.status, answer.body], [status, expected])
      }
    })
  }

  it('asks the node with all digits of the id', async () => {
    const node = new FakeNode()
    node.views.push(jobView())
    for (const [, base, ask] of both(node)) {
      node.stops.length = 0
      await ask('POST', `${base}/stop-job`, '{"jobId":733584788375666689,"isStopWithSavePoint":"true"}')
      const [stop] = node.stops
      assert.deepEqual([stop?.jobId, stop?.request.withSavepoint], ['733584788375666689', true])
    }
  })
})

describe('jobs', () => {
  it('are found by their id, and an unknown one has only that', async () => {
    for (const [, base, ask] of both()) {
      assert.equal((await ask('GET', `${base}/job-info/1`)).body, '{"jobId":"1"}')
      const bad = await ask('GET', `${base}/job-info/abc`)
      assert.deepEqual([bad.status, bad.body], [400, failure('For input string: "abc"')])
    }
  })

  it('are listed by state in any case, and an unknown state gives none', async () => {
    const node = new FakeNode()
    node.views.push(jobView({ status: 'FINISHED', jobId: '1' }), jobView({ status: 'FAILED', jobId: '2' }))
    for (const [, base, ask] of both(node)) {
      const all = JSON.parse((await ask('GET', `${base}/finished-jobs`)).body)
      assert.equal(all.length, 2)
      const [lower, upper] = [
        await ask('GET', `${base}/finished-jobs/finished`),
        await ask('GET', `${base}/finished-jobs/FINISHED`),
      ]
      assert.equal(lower.body, upper.body)
      assert.equal(JSON.parse(upper.body).length, 1)
      assert.equal((await ask('GET', `${base}/finished-jobs/nope`)).body, '[]')
    }
  })

  it('that ended are not shown as running by 2.3.4', async () => {
    const node = new FakeNode()
    node.views.push(jobView({ status: 'FINISHED', jobId: '1' }))
    const ask = v1(fakeServices(node), '2.3.4')
    assert.equal((await ask('GET', `${MAPS}/running-job/1`)).body, '{}')
    assert.equal((await ask('GET', `${MAPS}/job-info/1`)).status, 204)
    assert.equal((await ask('GET', `${MAPS}/running-job/abc`)).status, 500)
  })
})

describe('the paths of v1', () => {
  const services = fakeServices(new FakeNode(), { logs: fakeLogs({ 'job-1.log': 'line\n' }) })
  const cases: readonly (readonly [method: string, target: string, status: number | null, body: string | null])[] = [
    ['GET', '/running-jobsXYZ', 200, '[]'],
    ['GET', '/running-jobs/anything?x=1', 200, '[]'],
    ['GET', '/job-info/1/', 200, '{"jobId":"1"}'],
    ['GET', '/job-info/1?x=1', 200, '{"jobId":"1"}'],
    ['GET', '/running-job', 400, failure('For input string: "/hazelcast/rest/maps/running-job"')],
    ['GET', '/nope', 400, ''],
    ['GET', '/nope/x', 204, ''],
    ['POST', '/nope', 400, failure('Missing map name')],
    ['POST', '/nope/x', 200, ''],
    ['HEAD', '/running-jobs', 200, ''],
    ['DELETE', '/running-jobs', 200, ''],
    ['OPTIONS', '/running-jobs', null, null],
    ['PATCH', '/running-jobs', null, null],
    ['PUT', '/update-tags', 400, failure('Request body is empty.')],
    ['GET', '/log/job-1.log', 200, 'line\n'],
    ['GET', '/log/..%2fjob-1.log', 400, ''],
    ['GET', '/get-all-log-name', 200, '["job-1.log"]'],
    [
      'GET',
      '/logs/1?format=json',
      200,
      '[{"node":"127.0.0.1:5801","logLink":"http://127.0.0.1:5801/hazelcast/rest/maps/logs/job-1.log","logName":"job-1.log"}]',
    ],
  ]
  for (const [method, target, status, body] of cases) {
    it(`${method} ${target} is ${status ?? 'a closed connection'}`, async () => {
      const answer = await v1(services)(method, `${MAPS}${target}`)
      if (status === null) return assert.equal(answer.isClosed, true)
      assert.equal(answer.status, status)
      assert.equal(answer.body.replace(/,"code":.*/, '}'), body)
    })
  }

  it('are closed with their group', async () => {
    const gate = (more: object, isOn = true) => {
      const hazelcast = { restApiEnabled: isOn, endpointGroups: { ...ENDPOINT_GROUPS, ...more } }
      return asking(seatunnelV1({ profile: WIRE_PROFILES.default, hazelcast, now: () => 0 }), services)
    }
    assert.equal((await gate({})('GET', `${MAPS}/running-jobs`)).isClosed, true)
    assert.equal((await gate({ DATA: true })('GET', `${MAPS}/running-jobs`)).body, '[]')
    assert.equal((await gate({})('GET', '/hazelcast/health')).status, 200)
    assert.equal((await gate({})('POST', '/hazelcast/rest/log-level', 'seatunnel&&a&WARN')).isClosed, true)
    assert.equal((await gate({ DATA: true }, false)('GET', '/hazelcast/health')).isClosed, true)
    assert.equal((await gate({})('GET', '/hazelcast')).isClosed, true)
  })
})

describe('the paths of v2', () => {
  const ask = v2(fakeServices(new FakeNode()), 'default', '/seatunnel')
  const cases: readonly (readonly [method: string, target: string, status: number])[] = [
    ['GET', '/seatunnel', 302],
    ['GET', '/seatunnel/', 404],
    ['GET', '/seatunnel/running-jobs', 200],
    ['GET', '/seatunnel/running-jobs/summary', 200],
    ['HEAD', '/seatunnel/running-jobs', 200],
    ['OPTIONS', '/seatunnel/running-jobs', 200],
    ['PATCH', '/seatunnel/running-jobs', 501],
    ['DELETE', '/seatunnel/running-jobs', 405],
    ['GET', '/seatunnel/stop-job', 405],
    ['GET', '/seatunnelx/running-jobs', 404],
    ['GET', '/running-jobs', 404],
    ['GET', '/seatunnel/job-info/1/', 400],
    ['GET', '/seatunnel/job-info', 400],
    ['GET', '/seatunnel/log/..%2fx.log', 404],
    ['GET', '/seatunnel/__proto__', 404],
    ['GET', '/seatunnel/job-info/%ff', 400],
    ['GET', '/seatunnel/job%2Dinfo/%31', 200],
    ['GET', '/seatunnel/job-info/%2531', 400],
  ]
  for (const [method, target, status] of cases) {
    it(`${method} ${target} is ${status}`, async () => assert.equal((await ask(method, target)).status, status))
  }

  it('does not put a path into a page as it came', async () => {
    const answer = await ask('GET', '/seatunnel/<script>')
    assert.equal(answer.body.includes('<script>'), false)
  })
})

describe('tags and the overview', () => {
  it('replace all tags; slots and workers count for matching ones only', async () => {
    const node = new FakeNode()
    const ask = v1(fakeServices(node))
    const done = await ask('POST', `${MAPS}/update-tags`, '{"team":"x","n":5,"nul":null}')
    assert.equal(done.body, '{"status":"success","message":"update node tags done."}')
    assert.deepEqual(
      [...node.tags],
      [
        ['team', 'x'],
        ['n', '5'],
        ['nul', ''],
      ],
    )
    const workers = async (query: string) => JSON.parse((await ask('GET', `${MAPS}/overview${query}`)).body).workers
    assert.deepEqual([await workers(''), await workers('?team=x&n=5'), await workers('?team=y')], ['1', '1', '0'])
    assert.equal((await ask('GET', `${MAPS}/overview?team=x&team=x`)).status, 500)
  })
})

describe('encrypt-config', () => {
  it('encrypts the secrets of sources and sinks and leaves the rest', async () => {
    const body = '{"env":{"shade.identifier":"base64"},"source":[{"password":"a","user":"b"}],"sink":[{"token":"t"}]}'
    const expected = (token: string) =>
      `{"env":{"shade.identifier":"base64"},"source":[{"password":"YQ==","user":"b"}],"sink":[{"token":"${token}"}]}`
    for (const [, base, ask] of both())
      assert.equal((await ask('POST', `${base}/encrypt-config`, body)).body, expected('dA=='))
    const old = v1(fakeServices(new FakeNode()), '2.3.4')
    assert.equal((await old('POST', `${MAPS}/encrypt-config`, body)).body, expected('t'))
  })
})

describe('what the cluster library answers', () => {
  const node = new FakeNode()
  let ended = 0
  const shutdown = () => {
    ended += 1
  }
  const services = fakeServices(node, { shutdown, isReady: () => ended === 0 })
  const cases: readonly (readonly [path: string, status: number, body: string])[] = [
    [
      '/hazelcast/health',
      200,
      '{"nodeState":"ACTIVE","clusterState":"ACTIVE","clusterSafe":true,"migrationQueueSize":0,"clusterSize":1}',
    ],
    ['/hazelcast/health/ready', 200, ''],
    ['/hazelcast/health/node-state', 200, '"ACTIVE"'],
    ['/hazelcast/health/other', 400, ''],
    ['/hazelcast/rest/instance', 200, '{"name":"main"}'],
    ['/hazelcast/rest/instance/metrics?x=1', 200, ''],
    ['/hazelcast/rest/license', 404, ''],
    ['/hazelcast/rest/log-level', 200, '{"root":"INFO"}'],
    ['/hazelcast/rest/queues/q', 400, ''],
  ]
  for (const [path, status, body] of cases) {
    it(`${path} is ${status}`, async () => {
      const answer = await v1(services)('GET', path)
      assert.deepEqual([answer.status, answer.body], [status, body])
    })
  }

  it('ends the node for who names the cluster', async () => {
    const path = '/hazelcast/rest/management/cluster/memberShutdown'
    assert.equal((await v1(services)('POST', path, 'other&')).status, 500)
    assert.equal((await v1(services)('POST', path, 'seatunnel&')).body, '{"status":"success"}')
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(ended, 1)
    assert.equal((await v1(services)('GET', '/hazelcast/health/ready')).status, 503)
  })

  it('sets log levels', async () => {
    const path = '/hazelcast/rest/log-level'
    assert.equal((await v1(services)('POST', path, 'seatunnel&&org.a&WARN')).body, '{"status":"SUCCESS"}')
    assert.equal((await v1(services)('POST', path, 'seatunnel&&org.a&LOUD')).status, 500)
    assert.equal((await v1(services, '2.3.9')('POST', path, 'x&&org.a&WARN')).body, '{"status":"fail"}')
  })
})

describe('an uploaded job', () => {
  const form = (name: string, text: string, field = 'config_file') =>
    `--B\r\nContent-Disposition: form-data; name="${field}"; filename="${name}"\r\n\r\n${text}\r\n--B--\r\n`
  const upload = (node: FakeNode, body: string, query = '') => {
    const type = { 'content-type': 'multipart/form-data; boundary=B' }
    return v2(fakeServices(node))('POST', `/submit-job/upload${query}`, body, type)
  }

  for (const [name, format] of [
    ['job.json', 'json'],
    ['job.conf', 'hocon'],
    ['job.config', 'hocon'],
    ['job.sql', 'sql'],
    ['../../job', 'hocon'],
  ] as const) {
    it(`${name} is ${format}`, async () => {
      const node = new FakeNode()
      const answer = await upload(node, form(name, 'text'), '?jobId=5')
      assert.equal(answer.body, '{"jobId":"5","jobName":"SeaTunnel_Job"}')
      assert.deepEqual([node.submissions[0]?.text, node.submissions[0]?.format], ['text', format])
    })
  }

  it('is refused without its field, and by v1 and 2.3.9, where it is a job like any other', async () => {
    assert.equal((await upload(new FakeNode(), form('job.json', 'x', 'other'))).status, 400)
    const services = fakeServices(new FakeNode())
    const message = failure('Invalid JSON format in request body.')
    assert.equal((await v2(services, '2.3.9')('POST', '/submit-job/upload', form('job.json', JOB))).body, message)
  })
})

describe('what versions behind 2.3.9 have on v2', () => {
  const node = new FakeNode()
  node.views.push(
    jobView({ jobId: '1', status: 'PENDING', pendingReason: 'no free slots', slots: 3 }),
    jobView({ jobId: '9223372036854775807' }),
    ...['2', '3', '4'].map((jobId) => jobView({ jobId, status: 'FINISHED' })),
  )
  const checkpoint = { id: 7, kind: 'savepoint', status: 'COMPLETED', triggeredAtMs: 10, endedAtMs: 15 } as const
  node.checkpointsOf = {
    triggered: 2,
    completed: 1,
    failed: 0,
    restored: 0,
    history: [
      { ...checkpoint, sizeBytes: 5, failure: null },
      { ...checkpoint, id: 8, kind: 'periodic', status: 'IN_PROGRESS', endedAtMs: null, sizeBytes: 0, failure: null },
    ],
  }
  const get = async (path: string) => {
    const { status, body } = await v2(fakeServices(node))('GET', path)
    return { status, body: body.startsWith('<') ? body : JSON.parse(body), text: body }
  }

  it('gives lists in pages', async () => {
    const { body } = await get('/finished-jobs/FINISHED?page=2&rows=2')
    assert.deepEqual([body.total, body.data.map((job: { jobId: string }) => job.jobId)], [3, ['4']])
    assert.equal((await get('/running-jobs?page=1')).body.total, 2)
    assert.equal((await get('/finished-jobs/FAILED?page=1')).text, '{"data":[],"total":0}')
  })

  for (const [query, message] of [
    ['page=0', 'Page number must be greater than 0'],
    ['page=3&rows=2', 'Page number exceeds total pages'],
    ['page=x', "'page' must be a number, not 'x'"],
  ] as const) {
    it(`refuses ${query}`, async () => {
      const { status, text } = await get(`/finished-jobs?${query}`)
      assert.deepEqual([status, text], [400, failure(message)])
    })
  }

  it('says what waiting jobs wait for, with ids as numbers', async () => {
    const { body, text } = await get('/pending-jobs')
    assert.deepEqual([body.queueSummary.size, body.queueSummary.lackingTaskGroups], [1, 2])
    assert.deepEqual([body.pendingJobs[0].jobId, body.pendingJobs[0].failureMessage], [1, 'no free slots'])
    assert.match(text, /"blockingJobIds":\[9223372036854775807\]/)
    assert.deepEqual((await get('/pending-jobs?jobId=2')).body.pendingJobs, [])
    assert.equal((await get('/pending-jobs?limit=x')).status, 400)
  })

  it('tells the checkpoints of a job', async () => {
    const { body } = await get('/jobs/checkpoints/1')
    const [pipeline] = body.pipelines
    assert.deepEqual(pipeline.counts, { triggered: 2, completed: 1, failed: 0, inProgress: 1, restored: 0 })
    assert.deepEqual([pipeline.latestSavepoint.checkpointId, pipeline.latestSavepoint.durationMillis], [7, 5])
    const history = (await get('/jobs/checkpoints/history/1?status=completed')).body
    assert.deepEqual(
      history.map((each: { checkpoint: { checkpointId: number } }) => each.checkpoint.checkpointId),
      [7],
    )
    assert.equal((await get('/jobs/checkpoints/abc')).status, 400)
  })

  it('is not there in 2.3.9', async () => {
    const old = v2(fakeServices(node), '2.3.9')
    assert.equal((await old('GET', '/pending-jobs')).status, 404)
    assert.equal(JSON.parse((await old('GET', '/finished-jobs?page=1')).body).length, 3)
  })
})

describe('links to log files', () => {
  const services = fakeServices(new FakeNode(), { logs: fakeLogs({ 'job-1.log': '' }) })
  const link = async (ask: Ask, path: string) => {
    const { body } = await ask('GET', path, undefined, { host: 'localhost:9' })
    return JSON.parse(body)[0].logLink
  }

  it('have the name by which the node was asked', async () => {
    assert.equal(await link(v1(services), `${MAPS}/logs?format=json`), `http://localhost:9${MAPS}/logs/job-1.log`)
    assert.equal(await link(v2(services), '/logs?format=json'), 'http://localhost:9/logs/job-1.log')
  })

  it('have the one that the node gives itself in 2.3.9', async () => {
    assert.equal(await link(v2(services, '2.3.9'), '/logs?format=json'), 'http://127.0.0.1:8080/logs/job-1.log')
  })
})

describe('the audit log', () => {
  /** What is noted of one request. */
  const noted = async (method: string, path: string, body: string, node = new FakeNode()) => {
    const entries: AuditEntry[] = []
    await v2(fakeServices(node), 'default', '', (entry) => entries.push(entry))(method, path, body)
    return entries.map(({ route, jobId, configHash, status }) => [route, jobId, configHash, status])
  }
  const hash = createHash('sha256').update(JOB).digest('hex').slice(0, 16)

  it('has the id and a hash of every submission, never its text', async () => {
    assert.deepEqual(await noted('POST', '/submit-job?jobId=5', JOB), [['submitJob', '5', hash, 200]])
    const [[route, ids, hashes] = []] = await noted('POST', '/submit-jobs', `[${JOB},${JOB}]`)
    assert.deepEqual([route, ids, hashes], ['submitJobs', '701,702', `${hash},${hash}`])
  })

  it('has them of one that is refused too', async () => {
    const node = new FakeNode()
    node.refusal = new MillraceError('JOB_EXISTS', 'known')
    assert.deepEqual(await noted('POST', '/submit-job?jobId=5', JOB, node), [['submitJob', '5', hash, 500]])
  })

  it('has the id of a job that is stopped', async () => {
    assert.deepEqual(await noted('POST', '/stop-job', '{"jobId":7}'), [['stopJob', '7', null, 200]])
    assert.deepEqual(await noted('POST', '/stop-jobs', '[{"jobId":7},{"jobId":8}]'), [['stopJobs', '7,8', null, 200]])
  })
})
