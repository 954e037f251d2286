import assert from 'node:assert/strict'
import type { JobStatus } from '../../../src/node/api.js'
import type { RawAnswer, RawConnection } from '../../rest/raw-client.js'
import { compareAnswers, type Difference, inOurWords } from './compare.js'
import type { ContractNode } from './contract-node.js'
import type { RecordedCase, RecordedRequest } from './recordings.js'

/** Nothing that a story waits for takes longer than this. */
const DEADLINE_MS = 60_000

/** Plays recorded cases against nodes and keeps what differs. */
export class Player {
  /** What differs, by case. */
  readonly played = new Map<string, readonly Difference[]>()
  /** Our ids by recorded ones. */
  readonly ids = new Map<string, string>()
  isSettled = false
  #node: ContractNode | null = null

  constructor(readonly cases: ReadonlyMap<string, RecordedCase>) {}

  /** The node that the next cases are played against. */
  use(node: ContractNode): void {
    this.#node = node
  }

  get #own(): ContractNode {
    assert.ok(this.#node !== null)
    return this.#node
  }

  /** Names of cases that were not played. */
  get missing(): readonly string[] {
    return [...this.cases.keys()].filter((name) => !this.played.has(name))
  }

  /** Plays all cases whose names fit and that were not played, in the order of the recording. */
  async all(pattern: RegExp): Promise<void> {
    for (const name of this.cases.keys()) if (pattern.test(name) && !this.played.has(name)) await this.one(name)
  }

  /** Plays cases in the given order; those that this version does not have are left out. */
  async some(...names: readonly string[]): Promise<void> {
    for (const name of names) if (this.cases.has(name)) await this.one(name)
  }

  /** Plays one case. */
  async one(name: string): Promise<void> {
    const recorded = this.cases.get(name)
    assert.ok(recorded !== undefined && !this.played.has(name), `'${name}' is no case to play`)
    const { request, response } = recorded
    if (request === undefined || response === undefined) return this.#dialogue(name, recorded)
    const { answer, isOpen } = await this.#ask(apiOf(name), request)
    if (answer !== null) this.#learnIds(response.body ?? '', answer.body)
    const isPassing = name.endsWith('-doing-savepoint')
    const comparison = { ids: this.ids, addresses: this.#own.addresses, isSettled: this.isSettled, isPassing }
    // A state that is over by now has the answer of the one behind it.
    const later = isPassing ? this.cases.get(name.replace('doing-savepoint', 'savepointed'))?.response : undefined
    const found = [response, ...(later === undefined ? [] : [later])].map((each) =>
      compareAnswers(each, answer, isOpen, comparison),
    )
    this.played.set(name, found.toSorted((one, other) => one.length - other.length)[0] ?? [])
  }

  /** Sends the request of a case without looking at the answer, for what the recording left out. @returns our job id. */
  async extra(name: string, recordedId: string | null = null): Promise<string> {
    const request = this.cases.get(name)?.request
    assert.ok(request !== undefined, `'${name}' has no request`)
    const { answer } = await this.#ask(apiOf(name), request)
    const { jobId } = JSON.parse(answer?.body ?? '{}') as { jobId?: string | number }
    const id = /"jobId":"?(-?\d+)/.exec(answer?.body ?? '')?.[1] ?? String(jobId)
    if (recordedId !== null) this.ids.set(recordedId, id)
    return id
  }

  /** Our id of the job that a case submitted. */
  idOf(name: string): string {
    const body = this.cases.get(name)?.response?.body ?? ''
    const recorded = /"jobId":"?(-?\d+)/.exec(body)?.[1] ?? ''
    return this.ids.get(recorded) ?? recorded
  }

  /** Waits until a job has come to a state; the last state that it can be in counts too. */
  async until(jobId: string, status: JobStatus): Promise<void> {
    await this.when(`job ${jobId} to be ${status}`, () => this.#own.node.job(jobId)?.status === status)
  }

  /** Waits until every job that has to end by itself has ended. */
  async untilIdle(except: readonly string[] = []): Promise<void> {
    for (const { jobId } of this.#own.node.runningJobs())
      if (!except.includes(jobId)) await this.#own.node.waitForEnd(jobId)
  }

  /** Waits until a job has read so many rows. */
  async hasRows(jobId: string, rows: number): Promise<void> {
    const read = () => this.#own.node.job(jobId)?.flow.sources.reduce((sum, { rows: count }) => sum + count, 0) ?? 0
    await this.when(`job ${jobId} to read ${rows} rows`, () => read() >= rows)
  }

  /** Waits until every running job has read so many rows. */
  async everyJobHasRows(rows: number): Promise<void> {
    for (const { jobId } of this.#own.node.runningJobs()) await this.hasRows(jobId, rows)
  }

  /** Stops a job and waits for its end. */
  async cancel(jobId: string): Promise<void> {
    await this.#own.node.stop(jobId, { withSavepoint: false, user: null }).catch(() => undefined)
    await this.#own.node.waitForEnd(jobId)
  }

  /** Stops every job. */
  async cancelAll(): Promise<void> {
    for (const { jobId } of this.#own.node.runningJobs()) await this.cancel(jobId)
  }

  /** Waits for a condition that events of jobs can make true. */
  async when(what: string, holds: () => boolean): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const end = Date.now() + DEADLINE_MS
      const look = (): void => {
        if (holds()) resolve()
        else if (Date.now() > end) reject(new Error(`waited in vain for ${what}`))
        else setTimeout(look, 5)
      }
      look()
    })
  }

  #learnIds(recorded: string, actual: string): void {
    const ids = (text: string) =>
      /^(?:\{|\[\{)"jobId":"?-?\d+"?(?:,"jobName":"[^"]*")?\}/.test(text)
        ? [...text.matchAll(/"jobId":"?(-?\d+)/g)].map(([, id = '']) => id)
        : []
    const own = ids(actual)
    for (const [index, id] of ids(recorded).entries()) if (own[index] !== undefined) this.ids.set(id, own[index])
  }

  async #ask(
    api: 'v1' | 'v2',
    request: RecordedRequest,
  ): Promise<{ readonly answer: RawAnswer | null; readonly isOpen: boolean }> {
    const connection = await this.#own.open(api)
    try {
      connection.send(
        requestBytes(request, (text) => inOurWords(text, { ids: this.ids, addresses: this.#own.addresses })),
      )
      const answer = await lastAnswer(connection, request.method === 'HEAD')
      await new Promise((resolve) => setImmediate(resolve))
      return { answer, isOpen: !connection.isClosed }
    } finally {
      connection.socket.destroy()
    }
  }

  /** Dialogues on one connection: two requests, a body that comes after its head, bytes as they are. */
  async #dialogue(name: string, { responses, exchange, sent, received }: RecordedCase): Promise<void> {
    const connection = await this.#own.open(apiOf(name))
    const differences: Difference[] = []
    const equal = (part: string, recorded: unknown, actual: unknown): void => {
      if (JSON.stringify(recorded) !== JSON.stringify(actual))
        differences.push({ part, recorded: JSON.stringify(recorded), actual: JSON.stringify(actual) })
    }
    try {
      for (const [status, body] of responses ?? []) {
        connection.send('GET /hazelcast/rest/maps/running-jobs HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
        const answer = await connection.answer()
        equal('answer', [status, body], [answer?.status, answer?.body])
      }
      if (exchange !== undefined) await this.#twoSteps(name, connection, exchange, equal)
      if (sent !== undefined) {
        connection.send(sent)
        const answer = await connection.answer()
        equal('status', statusOf(received ?? ''), answer?.status ?? 'closed')
      }
    } catch (error) {
      differences.push({ part: 'connection', recorded: 'an answer', actual: String(error).slice(0, 100) })
    } finally {
      connection.socket.destroy()
    }
    this.played.set(name, differences)
  }

  async #twoSteps(
    name: string,
    connection: RawConnection,
    exchange: NonNullable<RecordedCase['exchange']>,
    equal: (part: string, recorded: unknown, actual: unknown) => void,
  ): Promise<void> {
    const path = apiOf(name) === 'v1' ? '/hazelcast/rest/maps/submit-job' : '/submit-job'
    const body =
      '{"env":{"job.mode":"BATCH","job.name":"expect2"},"source":[{"plugin_name":"FakeSource","plugin_output":"fake",' +
      '"schema":{"fields":{"name":"string"}}}],"sink":[{"plugin_name":"Console","plugin_input":["fake"]}]}'
    connection.send(
      `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`,
    )
    await connection.until(() => connection.rest.includes('\r\n\r\n') || connection.isClosed)
    equal('head', exchange[0]?.[1], connection.rest)
    await connection.answer()
    connection.send(body)
    const answer = await connection.answer()
    equal('status', statusOf(exchange[1]?.[1] ?? ''), answer?.status ?? 'closed')
  }
}

function apiOf(name: string): 'v1' | 'v2' {
  return name.startsWith('v1-') ? 'v1' : 'v2'
}

function statusOf(text: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1])
}

/** The answer behind those that only say that one comes. */
async function lastAnswer(connection: RawConnection, withoutBody: boolean): Promise<RawAnswer | null> {
  for (;;) {
    const answer = await connection.answer(withoutBody)
    if (answer === null || answer.status >= 200) return answer
  }
}

/** A request as bytes; its length is that of the body in our words. */
function requestBytes({ method, path, headers, body }: RecordedRequest, translate: (text: string) => string): Buffer {
  const text = Buffer.from(translate(body ?? ''), 'utf8')
  const isChunked = headers['Transfer-Encoding'] === 'chunked'
  const lines = Object.entries(headers).map(([name, value]) =>
    name === 'Content-Length' ? `${name}: ${text.byteLength}` : `${name}: ${translate(value)}`,
  )
  const head = Buffer.from(`${method} ${translate(path)} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  if (!isChunked) return Buffer.concat([head, text])
  const half = Math.ceil(text.byteLength / 2)
  const chunk = (part: Buffer) =>
    Buffer.concat([Buffer.from(`${part.byteLength.toString(16)}\r\n`), part, Buffer.from('\r\n')])
  return Buffer.concat([head, chunk(text.subarray(0, half)), chunk(text.subarray(half)), Buffer.from('0\r\n\r\n')])
}
