import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { eventually, ServedNode, temporaryFolder } from '../support/served-node.js'

const IS_LONG = process.env.MILLRACE_TEST === 'long'
const ROWS = 1_000_000
const KILLS = IS_LONG ? 1000 : 50
/** Longest life of a node in milliseconds, counted from when it is ready. */
const LONGEST_LIFE_MS = 400
/** Of so many lives one ends while the node is still starting. */
const EARLY_DEATHS = 4

const RESCALE_KILLS = IS_LONG ? 60 : 8
/** Longest time from a request for another parallelism to the death of the node, in milliseconds. */
const LONGEST_CHANGE_MS = 150

/** Numbers from 0 to 1 that a seed decides. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

/** Files with the numbers of their rows. */
function writeInput(folder: string, files = 1): void {
  mkdirSync(folder)
  for (let file = 0; file < files; file += 1) {
    const lines = Array.from({ length: ROWS / files }, (_, line) => (file * ROWS) / files + line)
    writeFileSync(join(folder, `rows-${file}.csv`), lines.map((id) => `${id},row ${id}\n`).join(''))
  }
}

/** A file job whose output names every row that it got. */
function fileJob(folder: string, format: string, rowsPerSecond = 400_000): object {
  return {
    env: {
      'job.name': `kill-${format}`,
      'job.mode': 'BATCH',
      'checkpoint.interval': 50,
      'read_limit.rows_per_second': rowsPerSecond,
      'job.retry.times': 0,
    },
    source: [
      {
        plugin_name: 'LocalFile',
        path: join(folder, 'in'),
        file_format_type: 'csv',
        schema: { fields: { id: 'bigint', name: 'string' } },
      },
    ],
    sink: [
      {
        plugin_name: 'LocalFile',
        path: join(folder, 'out'),
        tmp_path: join(folder, 'tmp'),
        file_format_type: format,
        batch_size: 30_000,
      },
    ],
  }
}

/** Files below a folder; empty when it is not there. */
function filesBelow(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((name) => join(folder, name))
      .filter((path) => statSync(path).isFile())
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Requires every number once in the output. */
function assertComplete(folder: string, note: string): void {
  const counts = new Uint8Array(ROWS)
  for (const file of filesBelow(join(folder, 'out'))) {
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      if (line === '') continue
      const id = Number(/^(?:\{"id":)?(\d+),/.exec(line)?.[1])
      assert.ok(id >= 0 && id < ROWS, `${note}: '${line}' in ${file} is no row`)
      counts[id] = (counts[id] ?? 0) + 1
    }
  }
  const lost = counts.indexOf(0)
  const doubled = counts.findIndex((count) => count > 1)
  assert.equal(lost, -1, `${note}: row ${lost} is lost, and ${counts.filter((count) => count === 0).length - 1} more`)
  assert.equal(
    doubled,
    -1,
    `${note}: row ${doubled} is doubled, and ${counts.filter((count) => count > 1).length - 1} more`,
  )
}

/** A job that has read something since its node started, or has ended. */
function runningJob(
  node: ServedNode,
  jobId: string,
): Promise<{ readonly status: string; readonly parallelism: number }> {
  return eventually('the job', async () => {
    const job = (await node.ask('GET', `/api/v1/jobs/${jobId}`)).json() as {
      readonly status: string
      readonly flow: { readonly sources: readonly { readonly rows: number }[] }
      readonly dag: { readonly vertices: readonly { readonly parallelism: number }[] }
    }
    const isThere = job.status === 'FINISHED' || (job.status === 'RUNNING' && (job.flow.sources[0]?.rows ?? 0) > 0)
    return isThere ? { status: job.status, parallelism: job.dag.vertices[0]?.parallelism ?? 0 } : null
  })
}

describe('a node that is killed', { timeout: IS_LONG ? 3_600_000 : 300_000 }, () => {
  it(`${KILLS} times at random points loses no row and doubles none`, async (test) => {
    const seed = Number(process.env.MILLRACE_SEED ?? Date.now() % 1_000_000)
    const random = randomOf(seed)
    let kills = 0
    for (let round = 0; kills < KILLS; round += 1) {
      const folder = temporaryFolder(test)
      writeInput(join(folder, 'in'))
      const format = round % 2 === 0 ? 'csv' : 'json'
      const note = `seed ${seed}, round ${round}, ${kills} kills before`
      let node = await ServedNode.start(test, folder)
      const jobId = await node.submit(fileJob(folder, format))
      for (;;) {
        const isLast = kills >= KILLS
        const lifeMs = random() * LONGEST_LIFE_MS
        if (!isLast) await new Promise((resolve) => setTimeout(resolve, lifeMs))
        const info = isLast ? await node.waitFor(jobId, ['FINISHED']) : await node.jobInfo(jobId)
        if (info.jobStatus === 'FINISHED') break
        assert.ok(
          ['RUNNING', 'SCHEDULED', 'PENDING'].includes(info.jobStatus ?? ''),
          `${note}: ${JSON.stringify(info)}`,
        )
        await node.kill()
        kills += 1
        if (random() < 1 / EARLY_DEATHS) kills += await ServedNode.startAndKill(folder, random() * 200)
        node = await ServedNode.start(test, folder)
      }
      await node.kill('SIGTERM')
      assertComplete(folder, note)
      assert.deepEqual(filesBelow(join(folder, 'tmp')), [], `${note}: staging was left`)
    }
    test.diagnostic(`seed ${seed}: ${kills} kills`)
  })

  it(`${RESCALE_KILLS} times while its job changes its parallelism loses no row and doubles none`, async (test) => {
    const seed = Number(process.env.MILLRACE_SEED ?? Date.now() % 1_000_000)
    const random = randomOf(seed)
    const folder = temporaryFolder(test)
    writeInput(join(folder, 'in'), 40)
    let node = await ServedNode.start(test, folder)
    const jobId = await node.submit(fileJob(folder, 'csv', 60_000))
    let before = 1
    const changes = new Set<string>()
    for (let kill = 0; kill < RESCALE_KILLS; kill += 1) {
      const note = `seed ${seed}, kill ${kill}`
      const { status, parallelism } = await runningJob(node, jobId)
      if (status === 'FINISHED') break
      before = parallelism
      const wanted = 1 + ((before + Math.floor(random() * 4)) % 5)
      // Nobody hears the answer of a node that is killed.
      node.ask('POST', `/api/v1/jobs/${jobId}/rescale`, { parallelism: wanted }).catch(() => undefined)
      await new Promise((resolve) => setTimeout(resolve, random() * LONGEST_CHANGE_MS))
      await node.kill()
      node = await ServedNode.start(test, folder)
      const now = (await runningJob(node, jobId)).parallelism
      assert.ok(now === before || now === wanted, `${note}: it had ${before}, was to have ${wanted} and has ${now}`)
      changes.add(now === before ? 'the old' : 'the new')
    }
    await node.waitFor(jobId, ['FINISHED'])
    await node.kill('SIGTERM')
    assertComplete(folder, `seed ${seed}`)
    assert.deepEqual(filesBelow(join(folder, 'tmp')), [], `seed ${seed}: staging was left`)
    test.diagnostic(`seed ${seed}: came back with ${[...changes].join(' and ')} parallelism`)
  })

  it('lists a finished job after its restart', async (test) => {
    const folder = temporaryFolder(test)
    const first = await ServedNode.start(test, folder)
    const job = {
      env: { 'job.mode': 'BATCH' },
      source: [{ plugin_name: 'FakeSource', 'row.num': 7, schema: { fields: { id: 'int' } } }],
      sink: [{ plugin_name: 'Console' }],
    }
    const jobId = await first.submit(job)
    await first.waitFor(jobId, ['FINISHED'])
    await first.kill()
    const second = await ServedNode.start(test, folder)
    const info = await second.jobInfo(jobId)
    assert.equal(info.jobStatus, 'FINISHED')
    assert.equal(info.metrics?.SinkWriteCount, '7')
  })

  it('is not the only one on its folder: a second node is refused', async (test) => {
    const folder = temporaryFolder(test)
    const first = await ServedNode.start(test, folder)
    await assert.rejects(ServedNode.start(test, folder), (error: Error) => {
      assert.match(error.message, /the node ended with 1/)
      assert.match(error.message, new RegExp(`${first.child.pid}`))
      return true
    })
    await first.kill()
    const third = await ServedNode.start(test, folder)
    assert.equal((await third.ask('GET', '/hazelcast/rest/maps/running-jobs')).text, '[]')
  })

  it('is not the only one on its port: a second node is refused', async (test) => {
    const first = await ServedNode.start(test, temporaryFolder(test))
    const second = ServedNode.start(test, temporaryFolder(test), { args: ['--port', String(first.port)] })
    await assert.rejects(second, /cannot listen on port \d+.*: process \d+ .* has it/)
  })

  it('stops at once when asked, with a job that runs on later', async (test) => {
    const folder = temporaryFolder(test)
    writeInput(join(folder, 'in'))
    const first = await ServedNode.start(test, folder)
    const jobId = await first.submit(fileJob(folder, 'csv'))
    await eventually('rows', async () => {
      const { metrics } = await first.jobInfo(jobId)
      return Number(metrics?.SourceReceivedCount ?? 0) > 0 ? true : null
    })
    assert.equal(await first.kill('SIGTERM'), 0)
    const second = await ServedNode.start(test, folder)
    await second.waitFor(jobId, ['FINISHED'])
    assertComplete(folder, 'after a graceful stop')
  })
})
