import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { RemoteJob } from '../../src/cli/node-api.js'

/** A job as a node tells it, FINISHED with three rows unless parts say otherwise. */
export function stubJob(parts: Partial<RemoteJob> = {}): RemoteJob {
  const flow = [{ vertex: 1, table: 'fake', rows: 3, bytes: 39 }]
  return {
    jobId: '1176708159117459457',
    jobName: 'cli_ok',
    status: 'FINISHED',
    mode: 'BATCH',
    createdAtMs: 1_795_313_887_423,
    startedAtMs: 1_795_313_887_450,
    finishedAtMs: 1_795_313_888_697,
    dag: {
      vertices: [
        {
          id: 1,
          kind: 'source',
          index: 0,
          pipeline: 1,
          name: 'pipeline-1 [Source[0]-FakeSource]',
          plugins: ['FakeSource'],
          tablePaths: ['fake'],
          parallelism: 1,
        },
        {
          id: 2,
          kind: 'sink',
          index: 0,
          pipeline: 1,
          name: 'pipeline-1 [Sink[0]-Console]',
          plugins: ['Console'],
          tablePaths: ['fake'],
          parallelism: 1,
        },
      ],
      edges: [{ pipeline: 1, from: 1, to: 2 }],
    },
    flow: {
      sources: flow,
      sinks: flow.map((each) => ({ ...each, vertex: 2 })),
      committedSinks: [],
      errorRows: 0,
      elapsedMs: 1000,
      blockedMs: 0,
      writeMs: 0,
    },
    failure: null,
    pendingReason: null,
    restarts: 0,
    ...parts,
  }
}

/** One request that a stub saw. */
export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly body: string
  readonly authorization: string | null
}

/** An answer of a stub: a status and a value of JSON, text as it is. */
export type StubAnswer = readonly [status: number, value: unknown]

/** How long the end of a job is waited for at most, in milliseconds. */
const WAIT_MS = 10

/** Stands for a node in tests of its clients: answers scripted requests, keeps what it saw. */
export class StubNode {
  readonly seen: SeenRequest[] = []
  /** Answers that go before those of the jobs, by `METHOD path`. */
  readonly answers = new Map<string, (request: SeenRequest) => StubAnswer | Promise<StubAnswer>>()
  jobs: readonly RemoteJob[] = []
  clusterName = 'seatunnel'
  readonly #server: Server = createServer((request, response) => void this.#answer(request, response))

  /** Listens on a port of loopback; on a free one for 0. */
  async listen(port = 0): Promise<this> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, '127.0.0.1', resolve)
    })
    return this
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Breaks every connection and frees the port. */
  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://node')
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const seen = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      body,
      authorization: request.headers.authorization ?? null,
    }
    this.seen.push(seen)
    const [status, value] = await this.#answerOf(seen)
    response.writeHead(status, { 'content-type': typeof value === 'string' ? 'text/plain' : 'application/json' })
    response.end(typeof value === 'string' ? value : JSON.stringify(value))
  }

  /** A wait for the end of a job is short: tests change the job between two looks. */
  async #answerOf(seen: SeenRequest): Promise<StubAnswer> {
    const waited = /^(.*)\/wait$/.exec(seen.path)?.[1]
    if (waited !== undefined) {
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS))
      return this.#answerOf({ ...seen, path: waited })
    }
    return this.answers.get(`${seen.method} ${seen.path}`)?.(seen) ?? this.#ordinary(seen)
  }

  #ordinary({ method, path }: SeenRequest): StubAnswer {
    if (path === '/api/v1/node') return [200, this.#node()]
    if (method === 'GET' && path === '/api/v1/jobs') return [200, { jobs: this.jobs }]
    const [, id] = /^\/api\/v1\/jobs\/([^/]+)$/.exec(path) ?? []
    const job = this.jobs.find(({ jobId }) => jobId === id)
    if (job !== undefined) return [200, job]
    return [404, { status: 'fail', message: `there is no job '${id}'`, code: 'JOB_NOT_FOUND' }]
  }

  #node(): object {
    return {
      version: '0.0.0-test',
      clusterName: this.clusterName,
      host: '127.0.0.1',
      port: 5801,
      uuid: '72b6dc72-c5e9-4c00-9223-ff66295a10de',
      startedAtMs: 1_795_313_000_000,
      overview: {
        totalSlots: 0,
        unassignedSlots: 0,
        isDynamicSlots: true,
        running: 1,
        pending: 0,
        finished: 2,
        failed: 0,
        canceled: 0,
        savepointed: 0,
      },
    }
  }
}

/** Runs work with a stub that is closed afterwards. */
export async function withStub<T>(work: (node: StubNode) => Promise<T>): Promise<T> {
  const node = await new StubNode().listen()
  try {
    return await work(node)
  } finally {
    await node.close()
  }
}
