import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { seededRandom } from '../../src/checkpoint/testing.js'
import { putFile, temporaryFolder } from '../../src/files/testing.js'
import { csvRows, csvSource, linesBelow } from '../jobs/harness.js'

const CHILD = fileURLToPath(new URL('./kill-child.js', import.meta.url))
const ROWS = 60_000
/** Runs of a job; each is killed some ten times. */
const ROUNDS = process.env.MILLRACE_TEST === 'long' ? 25 : 1
/** Attempts beyond this one are left alone. */
const KILLS_LIMIT = 30
/** Longest life of an attempt that is killed, from the first look at its checkpoints on. */
const LIFE_MS = 150

interface Job {
  readonly title: string
  readonly source: (folder: string) => string
  readonly sink: string
}

const JOBS: readonly Job[] = [
  {
    title: 'csv files',
    source: (folder) => csvSource(`${folder}/in`),
    sink: 'file_format_type = csv, batch_size = 7000',
  },
  {
    title: 'a gzip file',
    source: (folder) => csvSource(`${folder}/gz`, ', archive_compress_codec = gz'),
    sink: 'file_format_type = csv, is_enable_transaction = false, file_name_expression = "part"',
  },
]

describe('a process that is killed, again and again', () => {
  for (const job of JOBS) {
    it(`loses no row and doubles none: ${job.title}`, async (test) => {
      for (let round = 0; round < ROUNDS; round += 1) await killAgainAndAgain(job, temporaryFolder(test))
    })
  }
})

async function killAgainAndAgain(job: Job, folder: string): Promise<void> {
  for (let file = 0; file < 6; file += 1) putFile(`${folder}/in/${file}.csv`, csvRows(ROWS / 6, (file * ROWS) / 6))
  putFile(`${folder}/gz/a.gz`, gzipSync(csvRows(ROWS)))
  const text = `env { checkpoint.interval = 10, read_limit.rows_per_second = 100000 }
source { ${job.source(folder)} }
sink { LocalFile { path = "${folder}/out", tmp_path = "${folder}/tmp", ${job.sink} } }`
  writeFileSync(`${folder}/job.conf`, text)
  const seed = Date.now() % 1_000_000
  const random = seededRandom(seed)
  for (let epoch = 1, end: number | string | null = null; end !== 0; epoch += 1) {
    end = await attempt(folder, epoch, epoch > KILLS_LIMIT ? null : random() * LIFE_MS)
    assert.ok(end === 'SIGKILL' || end === 0, `attempt ${epoch} of seed ${seed} ended with ${end}`)
  }
  assert.deepEqual(linesBelow(`${folder}/out`).sort(), csvRows(ROWS).split('\n').sort(), `seed ${seed}`)
  assert.deepEqual(linesBelow(`${folder}/tmp`), [])
  const hidden = readdirSync(`${folder}/out`).filter((name) => name.startsWith('.'))
  assert.deepEqual(hidden, [], 'nothing is left of the staging')
}

/** Runs an attempt and kills it some time after it began with its job; gives its exit code or the signal. */
async function attempt(folder: string, epoch: number, lifeMs: number | null): Promise<number | string | null> {
  const child = spawn(process.execPath, [CHILD, folder, String(epoch)], { stdio: ['ignore', 'ignore', 'inherit'] })
  const exit = once(child, 'exit') as Promise<[number | null, string | null]>
  if (lifeMs !== null) {
    // Starting takes most of a short life: the job begins when the attempt has said its number.
    const ended = exit.then(() => true)
    while (!(await Promise.race([ended, claimed(folder, epoch)]))) await sleep(5)
    await Promise.race([ended, sleep(lifeMs)])
    child.kill('SIGKILL')
  }
  const [code, signal] = await exit
  return signal ?? code
}

async function claimed(folder: string, epoch: number): Promise<boolean> {
  const text = await readFile(`${folder}/checkpoints/4711/epoch`, 'utf8').catch(() => '')
  return Number(text) === epoch
}
