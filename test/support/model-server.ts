import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

/** A request that the server got. */
export interface ModelCall {
  readonly url: string
  readonly headers: IncomingHttpHeaders
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON a test sends.
  readonly body: any
}

/** What the server answers; `null` for never. */
export type ModelReply = {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
} | null

/** A model's HTTP interface on a free port of this machine, for one test. */
export class ModelServer {
  readonly calls: ModelCall[] = []
  readonly origin: string

  private constructor(origin: string) {
    this.origin = origin
  }

  /** @param reply gets every request and its number, from 0. A text is sent as it is, everything else as JSON. */
  static async start(test: TestContext, reply: (call: ModelCall, index: number) => ModelReply | Promise<ModelReply>) {
    const server = createServer(async (request, response) => {
      const pieces: Buffer[] = []
      for await (const piece of request) pieces.push(piece as Buffer)
      const text = Buffer.concat(pieces).toString('utf8')
      const call = { url: request.url ?? '', headers: request.headers, body: text === '' ? null : JSON.parse(text) }
      const index = started.calls.push(call) - 1
      send(response, await reply(call, index))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const started = new ModelServer(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    test.after(() => {
      server.closeAllConnections()
      server.close()
    })
    return started
  }
}

function send(response: ServerResponse, reply: ModelReply): void {
  if (reply === null) return
  const { status = 200, headers = {}, body } = reply
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(typeof body === 'string' ? body : JSON.stringify(body ?? {}))
}

/** The rows that a chat request asks about. */
export function rowsOf({ body }: ModelCall): readonly Readonly<Record<string, unknown>>[] {
  return JSON.parse(body.messages.at(-1).content)
}

/** An answer of a chat interface. */
export function chatAnswer(values: readonly unknown[]): ModelReply {
  return { body: { choices: [{ index: 0, message: { role: 'assistant', content: JSON.stringify(values) } }] } }
}
