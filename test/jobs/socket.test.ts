import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { temporaryFolder } from '../../src/files/testing.js'
import { contents, runJob } from '../local-file/job.js'
import { prepareJob } from './harness.js'

/** A server on a free port of this machine. */
async function listen(test: TestContext, serve: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer(serve)
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => sockets.add(socket.on('error', () => undefined)))
  test.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  return address.port
}

function job(folder: string, port: number, mode: 'BATCH' | 'STREAMING', parallelism = 1): string {
  return `
env { job.mode = ${mode}, parallelism = ${parallelism}, checkpoint.interval = 50 }
source { Socket { host = "127.0.0.1", port = ${port} } }
sink { LocalFile { path = "${folder}/out", tmp_path = "${folder}/tmp", file_format_type = json } }`
}

function lines(folder: string): readonly string[] {
  return contents(`${folder}/out`).flatMap(([, text]) => text.split('\n'))
}

function contentsOf(folder: string): string {
  return existsSync(folder)
    ? contents(folder)
        .flatMap(([, text]) => text)
        .join('\n')
    : ''
}

/** Lets other work go on until a condition holds. */
async function settled(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise<void>((resolve) => setImmediate(resolve))
}

describe('the Socket source', () => {
  for (const parallelism of [1, 3]) {
    it(`ends a batch job with what comes first, though the server goes on, with ${parallelism} subtasks`, async (test) => {
      const folder = temporaryFolder(test)
      const port = await listen(test, (socket) => socket.write('hello\r\nwo,"rld"\n\nrest'))
      const outcome = await runJob(job(folder, port, 'BATCH', parallelism))
      assert.deepEqual([outcome.status, outcome.errors], ['FINISHED', []])
      assert.deepEqual(lines(folder), ['{"value":"hello"}', '{"value":"wo,\\"rld\\""}', '{"value":"rest"}'])
    })
  }

  it('goes on in a streaming job until it is canceled, and cuts lines that come in pieces', async (test) => {
    const folder = temporaryFolder(test)
    const out = `${folder}/out`
    const port = await listen(test, (socket) => {
      socket.write('one\nt')
      void settled(() => contentsOf(out).includes('one')).then(() => socket.write('wo\nthree'))
    })
    const prepared = await prepareJob(job(folder, port, 'STREAMING'))
    const ended = prepared.run()
    await settled(() => contentsOf(out).includes('two'))
    prepared.cancel()
    assert.equal((await ended).status, 'CANCELED')
    assert.doesNotMatch(contentsOf(out), /three|"t"|"wo"/)
  })

  it('fails with the address when nothing listens', async (test) => {
    const folder = temporaryFolder(test)
    const port = await listen(test, () => undefined)
    const outcome = await runJob(job(folder, port === 1 ? 2 : 1, 'BATCH'))
    assert.equal(outcome.status, 'FAILED')
    assert.equal(outcome.errors[0]?.code, 'CONNECTION_FAILED')
    assert.match(outcome.errors[0]?.message ?? '', /connecting to '127\.0\.0\.1:\d+' failed/)
  })

  it('refuses addresses that jobs must not reach', async (test) => {
    const folder = temporaryFolder(test)
    await assert.rejects(runJob(job(folder, 80, 'BATCH').replace('127.0.0.1', '169.254.169.254')), /local link/)
  })
})
