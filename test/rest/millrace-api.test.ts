import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { MillraceError, MillraceErrors } from '../../src/core/error.js'
import type { JobEvent, NodeService } from '../../src/node/api.js'
import { millraceDialect } from '../../src/rest/dialects/millrace/dialect.js'
import { eventStream } from '../../src/rest/dialects/millrace/event-stream.js'
import { jobLines } from '../../src/rest/dialects/millrace/job-lines.js'
import { lastLines } from '../../src/rest/dialects/millrace/log-answers.js'
import { ROOT } from '../conventions/layers.js'
import { FakeNode, fakeLogs, fakeServices, jobView } from './fake-node.js'
import { asking } from './seatunnel-client.js'

const API = '/api/v1'

function ask(node: NodeService, more = {}) {
  return asking(
    millraceDialect(() => '{"openapi":"3.1.0"}'),
    fakeServices(node, more),
  )
}

/** A node with one running and one ended job. */
function busyNode(): FakeNode {
  const node = new FakeNode()
  const error = new MillraceError('ASSERTION_FAILED', 'row num :5 fail rule', { path: 'sink[0]', row: 4, hint: 'look' })
  node.views.push(
    jobView({ jobId: '1' }),
    jobView({ jobId: '2', status: 'FAILED', failure: { text: 'broken', errors: [error] } }),
  )
  return node
}

describe('jobs', () => {
  it('are listed, running ones first', async () => {
    const { jobs, total } = JSON.parse((await ask(busyNode())('GET', `${API}/jobs`)).body)
    assert.deepEqual([jobs.map((job: { jobId: string }) => job.jobId), total], [['1', '2'], 2])
  })

  it('are listed by state, of the ended ones the last', async () => {
    const list = async (query: string) =>
      JSON.parse((await ask(busyNode())('GET', `${API}/jobs${query}`)).body).jobs.map(
        (job: { jobId: string }) => job.jobId,
      )
    assert.deepEqual(await list('?status=failed'), ['2'])
    assert.deepEqual(await list('?limit=1'), ['1', '2'])
    assert.deepEqual(await list('?limit=0'), ['1'])
    assert.deepEqual(await list('?status=NOPE'), [])
  })

  it('tell everything that is known of one', async () => {
    const job = JSON.parse((await ask(busyNode())('GET', `${API}/jobs/2`)).body)
    assert.deepEqual([job.status, job.envOptions['job.mode'], job.flow.sinks[0].rows], ['FAILED', 'BATCH', 5])
    assert.deepEqual(job.failure, {
      text: 'broken',
      errors: [
        {
          code: 'ASSERTION_FAILED',
          message: 'row num :5 fail rule',
          where: 'sink[0]',
          hint: 'look',
          path: 'sink[0]',
          position: null,
          row: 4,
          field: null,
        },
      ],
    })
  })

  for (const path of ['/jobs/9', '/jobs/abc', '/jobs/9/timeline', '/jobs/9/log', '/jobs/9/checkpoints']) {
    it(`are not there at ${path}`, async () => {
      const answer = await ask(busyNode())('GET', `${API}${path}`)
      const { status, code, hint } = JSON.parse(answer.body)
      assert.deepEqual([answer.status, status, code], [404, 'fail', 'JOB_NOT_FOUND'])
      assert.ok(hint === null || typeof hint === 'string')
    })
  }

  it('are waited for', async () => {
    const answer = await ask(busyNode())('GET', `${API}/jobs/2/wait?timeoutMs=0`)
    assert.equal(JSON.parse(answer.body).status, 'FAILED')
  })
})

describe('a submission', () => {
  it('is the text of a file with its language in the query', async () => {
    const node = new FakeNode()
    const text = 'env { job.mode = BATCH }'
    const answer = await ask(node)('POST', `${API}/jobs?format=hocon&jobId=5&jobName=n&isStartWithSavePoint=true`, text)
    assert.deepEqual(JSON.parse(answer.body), { jobId: '5', jobName: 'n', isDuplicate: false, warnings: [] })
    const [submission] = node.submissions
    assert.deepEqual(
      [submission?.text, submission?.format, submission?.isStartWithSavepoint, submission?.origin],
      [text, 'hocon', true, 'rest'],
    )
  })

  it('answers with every fault', async () => {
    const node = new FakeNode()
    const position = { file: 'job.conf', line: 3, column: 7 }
    node.refusal = new MillraceErrors([
      new MillraceError('OPTION_REQUIRED', 'first', { path: 'source[0].a', position, hint: 'add a' }),
      new MillraceError('OPTION_TYPE', 'second'),
    ])
    const answer = await ask(node)('POST', `${API}/jobs?format=hocon`, 'x')
    const body = JSON.parse(answer.body)
    assert.equal(answer.status, 400)
    assert.deepEqual(Object.keys(body).slice(0, 5), ['status', 'message', 'code', 'where', 'hint'])
    assert.deepEqual([body.message, body.where], ['first', 'source[0].a at line 3, column 7'])
    assert.deepEqual(
      body.errors.map((error: { code: string }) => error.code),
      ['OPTION_REQUIRED', 'OPTION_TYPE'],
    )
  })

  for (const query of ['?format=xml', '?jobId=abc', '?jobId=99999999999999999999']) {
    it(`is refused with ${query}`, async () => {
      const answer = await ask(new FakeNode())('POST', `${API}/jobs${query}`, '{}')
      assert.deepEqual([answer.status, JSON.parse(answer.body).code], [400, 'REQUEST_MALFORMED'])
    })
  }
})

describe('a stop', () => {
  it('says how', async () => {
    const node = busyNode()
    const answer = await ask(node)('POST', `${API}/jobs/1/stop`, '{"withSavepoint":true,"force":true}')
    assert.equal(answer.body, '{"jobId":"1"}')
    assert.deepEqual(node.stops, [{ jobId: '1', request: { withSavepoint: true, force: true, user: null } }])
  })

  it('may be without a body', async () => {
    const node = busyNode()
    await ask(node)('POST', `${API}/jobs/1/stop`)
    assert.equal(node.stops[0]?.request.withSavepoint, false)
  })

  it('of an unknown job is 404, and a faulty body 400', async () => {
    assert.equal((await ask(busyNode())('POST', `${API}/jobs/9/stop`, '{}')).status, 404)
    assert.equal((await ask(busyNode())('POST', `${API}/jobs/1/stop`, '[]')).status, 400)
    assert.equal((await ask(busyNode())('POST', `${API}/jobs/1/stop`, '{')).status, 400)
  })
})

describe('logs', () => {
  const logs = fakeLogs({ 'job-1.log': 'a\nb\nc\n', 'seatunnel-engine-server.log': 'node\n' })

  it('are those of a job and of the node, from their end', async () => {
    const read = async (path: string) => (await ask(busyNode(), { logs })('GET', `${API}${path}`)).body
    assert.equal(await read('/jobs/1/log?tail=2'), 'b\nc\n')
    assert.equal(await read('/logs'), 'node\n')
    assert.equal(await read('/log-files/job-1.log?tail=1'), 'c\n')
    assert.equal(JSON.parse(await read('/log-files')).files.length, 2)
  })

  it('of a job without a file are its lines in the log of the node', async () => {
    const text = '[] a\n[1] b\n  more of b\n[12] c\n[1] d\n[] e\n'
    const services = { logs: fakeLogs({ 'seatunnel-engine-server.log': text }) }
    assert.equal((await ask(busyNode(), services)('GET', `${API}/jobs/1/log`)).body, '[1] b\n  more of b\n[1] d\n')
    assert.equal((await ask(busyNode(), services)('GET', `${API}/jobs/1/log?tail=1`)).body, '[1] d\n')
    assert.equal((await ask(busyNode(), services)('GET', `${API}/jobs/2/log`)).body, '')
  })

  it('of a job that are followed come line by line, however they were cut', async () => {
    async function* pieces() {
      yield Buffer.from('[1] a\n[2')
      yield Buffer.from('] b\n[1] ')
      yield Buffer.from('\xc3', 'latin1')
      yield Buffer.from('\xbc\n', 'latin1')
    }
    const lines: string[] = []
    for await (const line of jobLines(pieces(), '1')) lines.push(line)
    assert.deepEqual(lines, ['[1] a\n', '[1] ü\n'])
  })

  it('are refused for names that are none and numbers that are none', async () => {
    assert.equal((await ask(busyNode(), { logs })('GET', `${API}/log-files/..%2fx`)).status, 404)
    assert.equal((await ask(busyNode(), { logs })('GET', `${API}/logs?tail=-1`)).status, 400)
  })

  const cases: readonly (readonly [text: string, count: number, last: string])[] = [
    ['', 5, ''],
    ['a', 1, 'a'],
    ['a\n', 1, 'a\n'],
    ['a\nb', 1, 'b'],
    ['a\nb\n', 2, 'a\nb\n'],
    ['a\nb\n', 9, 'a\nb\n'],
    ['a\n\n\n', 2, '\n\n'],
    ['a\nb\n', 0, ''],
  ]
  for (const [text, count, last] of cases) {
    it(`end with ${count} lines of ${JSON.stringify(text)}`, () =>
      assert.equal(Buffer.from(lastLines(Buffer.from(text), count)).toString(), last))
  }
})

describe('events', () => {
  const event: JobEvent = { atMs: 1, kind: 'state', text: 'it runs', status: 'RUNNING', data: {} }

  it('come as they happen, of one job or of all', async () => {
    const listeners = new Set<(jobId: string, event: object) => void>()
    const feed = (listener: (jobId: string, event: object) => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    }
    const controller = new AbortController()
    const stream = eventStream(feed, '1', controller.signal)
    assert.match((await stream.next()).value ?? '', /^:/)
    const next = stream.next()
    for (const listener of listeners) {
      listener('2', { other: true })
      listener('1', { jobId: '1', ...event })
    }
    assert.equal((await next).value, `data: ${JSON.stringify({ jobId: '1', ...event })}\n\n`)
    const last = stream.next()
    controller.abort()
    assert.equal((await last).done, true)
    assert.equal(listeners.size, 0)
  })

  it('that nobody takes are dropped and counted', async () => {
    let listener: (jobId: string, event: object) => void = () => undefined
    const stream = eventStream(
      (each) => {
        listener = each
        return () => undefined
      },
      null,
      new AbortController().signal,
    )
    await stream.next()
    for (let count = 0; count < 1003; count += 1) listener('1', { count })
    assert.equal((await stream.next()).value, 'event: gap\ndata: {"dropped":3}\n\n')
    assert.equal((await stream.next()).value, 'data: {"count":3}\n\n')
    await stream.return(undefined)
  })
})

describe('the node', () => {
  it('tells itself and its numbers', async () => {
    const body = JSON.parse((await ask(busyNode())('GET', `${API}/node`)).body)
    assert.deepEqual([body.version, body.clusterName, body.overview.running], ['2.3.9-SNAPSHOT', 'seatunnel', 1])
  })

  it('takes tags and log levels', async () => {
    const node = new FakeNode()
    const put = ask(node)
    assert.equal((await put('PUT', `${API}/tags`, '{"a":1}')).body, '{"a":"1"}')
    assert.deepEqual([...node.tags], [['a', '1']])
    assert.equal(
      (await put('PUT', `${API}/log-levels`, '{"logger":"x","level":"warn"}')).body,
      '{"root":"INFO","x":"WARN"}',
    )
    assert.equal((await put('PUT', `${API}/log-levels`, '{"logger":"x","level":"LOUD"}')).status, 400)
  })

  it('answers probes', async () => {
    let ready = true
    const probe = ask(new FakeNode(), { isReady: () => ready })
    assert.equal((await probe('GET', '/healthz')).status, 200)
    assert.equal((await probe('GET', '/readyz')).status, 200)
    ready = false
    assert.equal((await probe('GET', '/readyz')).status, 503)
  })

  it('says which methods a path has', async () => {
    const answer = await ask(new FakeNode())('DELETE', `${API}/jobs`)
    assert.equal(answer.status, 405)
    assert.equal((await ask(new FakeNode())('GET', `${API}/nope`)).status, 404)
    assert.equal((await ask(new FakeNode())('GET', '/openapi.json')).body, '{"openapi":"3.1.0"}')
  })
})

describe('the page of REST', () => {
  it('has every route of the native API and no other', () => {
    const text = readFileSync(join(ROOT, 'docs/rest.md'), 'utf8')
    const rows = [...text.matchAll(/^\| (GET|POST|PUT) \| `([^`]+)` \|/gm)].map(
      ([, method, path]) => `${method} ${path}`,
    )
    const routes = millraceDialect(() => '').routes.map(({ methods, pattern }) => `${methods[0]} ${pattern}`)
    assert.deepEqual(rows.toSorted(), routes.toSorted())
  })
})
