import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { RawAnswer } from '../../rest/raw-client.js'
import { type ContractNode, startContractNode } from './contract-node.js'
import { SHARED } from './recordings.js'

const FILE = SHARED === null ? '' : join(SHARED, 'seeds/seatunnel-rest-api.txt')

/** One endpoint of the page: its path, the body that it shows, the answer that it shows. */
interface Sample {
  readonly method: string
  readonly path: string
  readonly body: string | null
  readonly answer: string
}

/** The samples of the page, character for character. */
function samples(): readonly Sample[] {
  if (!existsSync(FILE)) return []
  const page = readFileSync(FILE, 'utf8')
  return page
    .split('<details>')
    .slice(1)
    .map((section) => {
      const [, method = '', path = ''] = /<code>(\w+)<\/code> <code><b>([^<]+)<\/b>/.exec(section) ?? []
      const block = (heading: string) =>
        new RegExp(`#### ${heading}\\s+\`\`\`json\\n([\\s\\S]*?)\`\`\``).exec(section)?.[1] ?? null
      return { method, path, body: block('Body'), answer: block('Responses') ?? '' }
    })
}

/** Members of a sample that an answer lacks, at any depth; values of the sample are only drawn. */
function lacks(sample: unknown, actual: unknown, place = ''): string[] {
  if (Array.isArray(sample)) return sample.length === 0 ? [] : lacks(sample[0], (actual as unknown[])[0], `${place}[]`)
  if (typeof sample !== 'object' || sample === null) return []
  return Object.entries(sample).flatMap(([key, value]) => {
    const own = (actual as Record<string, unknown> | undefined)?.[key]
    return own === undefined ? [`${place}.${key}`] : lacks(value, own, `${place}.${key}`)
  })
}

describe('the samples of the page of REST', { skip: existsSync(FILE) ? false : 'the page is not here' }, () => {
  const page = samples()
  let node: ContractNode
  before(async () => {
    node = await startContractNode('2.3.4', 'node')
  })
  after(async () => {
    await node.stop()
  })

  const sample = (name: string): Sample => {
    const found = page.find(({ path }) => path.includes(name))
    assert.ok(found !== undefined, name)
    return found
  }
  const ask = async (method: string, path: string, body: string | null): Promise<RawAnswer> => {
    const connection = await node.open('v1')
    try {
      const length = body === null ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`
      connection.send(`${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${length}\r\n`)
      if (body !== null) connection.send(Buffer.from(body))
      const answer = await connection.answer()
      assert.ok(answer !== null)
      return answer
    } finally {
      connection.socket.destroy()
    }
  }
  const submitted = async (body: string): Promise<string> => {
    const { path } = sample('submit-job')
    const answer = await ask('POST', path, body)
    return /"jobId":(\d+)/.exec(answer.body)?.[1] ?? ''
  }

  it('are seven', () => assert.equal(page.length, 7))

  it('submit-job takes its body and answers a number and a name', async () => {
    const { method, path, body } = sample('submit-job')
    const answer = await ask(method, path, body)
    assert.equal(answer.status, 200)
    assert.match(answer.body, /^\{"jobId":\d{15,},"jobName":"SeaTunnel_Job"\}$/)
    const jobId = /\d{15,}/.exec(answer.body)?.[0] ?? ''
    const ended = await node.node.waitForEnd(jobId)
    assert.equal(ended?.status, 'FINISHED')
    assert.equal(ended?.flow.sinks[0]?.rows, 100)
  })

  it('encrypt-config gives exactly its answer', async () => {
    const { method, path, body, answer } = sample('encrypt-config')
    const { body: actual } = await ask(method, path, body)
    // The page breaks and indents the lines of what is one line.
    assert.equal(actual, JSON.stringify(JSON.parse(answer)))
  })

  it('stop-job takes its body without the comment, which no JSON has', async () => {
    const { method, path, body } = sample('stop-job')
    const literal = await ask(method, path, body)
    assert.equal(literal.body, '{"status":"fail","message":"Invalid JSON format in request body."}')
    const answer = await ask(method, path, (body ?? '').replace(/ #.*/, ''))
    // Its answer is drawn as a number; the original sends a text.
    assert.equal(answer.body, '{"jobId":"733584788375666689"}')
  })

  it('running-jobs and running-job have the members that are drawn', async () => {
    const body = (sample('submit-job').body ?? '').replace('"batch"', '"streaming"')
    const jobId = await submitted(body)
    const one = JSON.parse((await ask('GET', sample('running-job/').path.replace(':jobId', jobId), null)).body)
    const all = JSON.parse((await ask('GET', sample('running-jobs').path, null)).body)
    // Metrics are drawn with small first letters, which 2.3.3 was the last to send.
    const drawn = (answer: string) =>
      answer.replace('sourceReceivedCount', 'SourceReceivedCount').replace('sinkWriteCount', 'SinkWriteCount')
    assert.deepEqual(lacks(JSON.parse(drawn(sample('running-job/').answer)), one), [])
    assert.deepEqual(lacks(JSON.parse(drawn(sample('running-jobs').answer)), all), [])
    assert.deepEqual(Object.keys(one), Object.keys(JSON.parse(sample('running-job/').answer)))
    await node.node.stop(jobId, { withSavepoint: false, user: null })
    await node.node.waitForEnd(jobId)
  })

  it('finished-jobs has the members that are drawn, for every state that is named', async () => {
    await node.node.waitForEnd(await submitted(sample('submit-job').body ?? ''))
    const { path, answer } = sample('finished-jobs')
    for (const state of ['FINISHED', 'CANCELED', 'FAILED', 'UNKNOWABLE']) {
      const { status, body } = await ask('GET', path.replace(':state', state), null)
      assert.equal(status, 200)
      const [job] = JSON.parse(body)
      if (state === 'FINISHED') assert.deepEqual(Object.keys(job), Object.keys(JSON.parse(answer)[0]))
    }
  })

  it('system-monitoring-information has its members in their order', async () => {
    const { path, answer } = sample('system-monitoring-information')
    const [health] = JSON.parse((await ask('GET', path, null)).body)
    assert.deepEqual(Object.keys(health), Object.keys(JSON.parse(answer)[0]))
    assert.ok(Object.values(health).every((value) => typeof value === 'string'))
  })
})
