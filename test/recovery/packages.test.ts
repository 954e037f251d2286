import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it, type TestContext } from 'node:test'
import { uploadForm, zip } from '../../src/node/packages/testing.js'
import { eventually, ServedNode, temporaryFolder } from '../support/served-node.js'

const ROWS = 300
/** Rows of a file: what is read is waited for behind each of them. */
const FILE_ROWS = 20
const BOUNDARY = '----millraceTestBoundary'
/** Reads its own file slowly enough to be killed on the way. */
const SLOW = (out: string): string => `
env { job.name = slow, checkpoint.interval = 50, read_limit.rows_per_second = 60 }
source { LocalFile { path = "data", file_format_type = text, schema { fields { line = string } } } }
sink { LocalFile { path = "${out}", file_format_type = text } }
`

/** A node in a process of its own, by its API of Flink. */
class FlinkProcess {
  readonly served: ServedNode

  constructor(served: ServedNode) {
    this.served = served
  }

  static async start(test: TestContext, folder: string): Promise<FlinkProcess> {
    return new FlinkProcess(await ServedNode.start(test, folder, { args: ['--flink-port', '0'] }))
  }

  async ask<T>(method: string, path: string, body?: Buffer | string, type = 'application/json'): Promise<T> {
    const url = `http://127.0.0.1:${this.served.port}/flink${path}`
    const answer = await fetch(url, {
      method,
      headers: { 'content-type': type },
      ...(body === undefined ? {} : { body }),
    })
    assert.equal(answer.status, 200, `${method} ${path}`)
    return (await answer.json()) as T
  }

  async upload(content: Buffer): Promise<string> {
    const form = uploadForm([{ name: 'jarfile', fileName: 'job.jar', content }], BOUNDARY)
    const type = `multipart/form-data; boundary=${BOUNDARY}`
    const { filename } = await this.ask<{ readonly filename: string }>('POST', '/jars/upload', form, type)
    return filename.split('/').at(-1) ?? ''
  }

  /** Why a package is not run, or its job failed. */
  async refusal(id: string): Promise<string> {
    const url = `http://127.0.0.1:${this.served.port}/flink`
    const body = '{"flinkConfiguration":{"restart-strategy":"none"}}'
    const answer = await fetch(`${url}/jars/${id}/run`, { method: 'POST', body })
    const text = await answer.text()
    if (answer.status === 400) return text
    const { jobid } = JSON.parse(text) as { readonly jobid: string }
    await eventually('the end', async () => ((await this.state(jobid)) === 'FAILED' ? true : null))
    return (await fetch(`${url}/jobs/${jobid}/exceptions`)).text()
  }

  async state(jobId: string): Promise<string> {
    return (await this.ask<{ readonly status: string }>('GET', `/jobs/${jobId}/status`)).status
  }
}

it('a job of a package that was deleted goes on with its files after the node was killed', async (test) => {
  const folder = temporaryFolder(test)
  const out = join(folder, 'out')
  const jobId = 'ab'.repeat(16)
  const line = (index: number) => `line ${index}`
  const rows = Array.from({ length: ROWS }, (_, index) => line(index))
  const dataFiles = Array.from({ length: ROWS / FILE_ROWS }, (_, file) => {
    const content = rows.slice(file * FILE_ROWS, (file + 1) * FILE_ROWS).join('\n')
    return { name: `data/in${file}.txt`, content }
  })
  const packed = zip([{ name: 'job.conf', content: SLOW(out) }, ...dataFiles])

  const first = await FlinkProcess.start(test, folder)
  const id = await first.upload(packed)
  const other = await first.upload(zip([{ name: 'job.conf', content: '# Another.' }]))
  assert.equal((await first.ask<{ jobid: string }>('POST', `/jars/${id}/run`, JSON.stringify({ jobId }))).jobid, jobId)
  await first.ask('DELETE', `/jars/${id}`)
  await eventually('a checkpoint', async () => {
    const { counts } = await first.ask<{ counts: { completed: number } }>('GET', `/jobs/${jobId}/checkpoints`)
    return counts.completed > 1 ? true : null
  })
  assert.equal(await first.state(jobId), 'RUNNING')
  await first.served.kill()

  const second = await FlinkProcess.start(test, folder)
  await eventually('the end', async () => ((await second.state(jobId)) === 'FINISHED' ? true : null))
  const lines = readdirSync(out).flatMap((name) => readFileSync(join(out, name), 'utf8').split('\n').filter(Boolean))
  assert.deepEqual(lines.toSorted(), Array.from({ length: ROWS }, (_, index) => line(index)).toSorted())

  const { files } = await second.ask<{ files: { id: string }[] }>('GET', '/jars')
  assert.deepEqual(
    files.map((file) => file.id),
    [other],
  )
  const packages = join(folder, 'data', 'packages')
  const left = (name: string): number => readdirSync(join(packages, name)).length
  await eventually('the files to be gone', () => (left('files') === 0 && left('contents') === 1 ? true : null))
  const { jobs } = await second.ask<{ jobs: { id: string }[] }>('GET', '/jobs')
  assert.deepEqual(
    jobs.map((job) => job.id),
    [jobId],
  )
  await second.served.kill('SIGTERM')
  const third = await FlinkProcess.start(test, folder)
  assert.equal(await third.state(jobId), 'FINISHED')
})

it('a package may not read what belongs to the node, nor other packages', async (test) => {
  const folder = temporaryFolder(test)
  const node = await FlinkProcess.start(test, folder)
  const data = join(folder, 'data')
  const secret = await node.upload(zip([{ name: 'job.conf', content: '# Secret.' }, { name: 'secret.txt' }]))
  const record = readdirSync(join(data, 'packages', 'records'))[0] ?? ''
  const held = readdirSync(join(data, 'packages', 'contents'))[0] ?? ''
  for (const path of [
    join(data, 'packages', 'records', record),
    join(data, 'packages', 'contents', held),
    join(data, 'jobs', 'data.mdb'),
    '../../records',
    '../../../jobs/data.mdb',
    'data/../../../contents',
  ]) {
    const job = SLOW(join(folder, 'never')).replace('path = "data"', `path = "${path}"`)
    const id = await node.upload(zip([{ name: 'job.conf', content: job }, { name: 'data/in.txt' }]))
    assert.match(await node.refusal(id), /belongs to the node|no such file/, path)
  }
  // What came with a package is not written either.
  for (const path of ['data', 'data/in.txt', 'new/../data/x']) {
    const job = SLOW(path).replace('path = "data", file', 'path = "data/in.txt", file')
    const id = await node.upload(zip([{ name: 'job.conf', content: job }, { name: 'data/in.txt' }]))
    const text = await node.refusal(id)
    assert.match(text, /only read|belongs to the node/, path)
  }
  assert.ok(secret.endsWith('job.jar'))
  assert.equal(existsSync(join(folder, 'never')), false)
})
