import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import type { FileSystem } from '../../src/files/file-system.js'
import { Attempts, CRASH_POINTS, texts } from '../restore/attempts.js'
import { readFile, writeFile } from './file-system-cases.js'
import { failJob, finishJob, prepareJob } from './job.js'

/** A connector under test. */
export interface TestedConnector {
  /** Name of the plug-in. */
  readonly name: string
  /** Options that say where the files are. */
  options(): string
  /** The same place, for looking at what a job did. */
  open(): FileSystem
  /** Folder that the cases may write in; without a trailing `/`. */
  root(): string
}

const SCHEMA = 'schema { fields { id = bigint, name = string } }'

/** What holds for jobs of every connector. */
export function describeJobs(tested: TestedConnector): void {
  const at = (name: string): string => `${tested.root()}/${name}`
  const source = (path: string, more = ''): string =>
    `${tested.name} { ${tested.options()} path = "${at(path)}", file_format_type = csv, ${SCHEMA} ${more} }`
  const sink = (path: string, more = ''): string =>
    `${tested.name} { ${tested.options()} path = "${at(path)}", tmp_path = "${at('tmp')}", file_format_type = csv ${more} }`
  const generate = (rows: number, more = ''): string =>
    `FakeSource { row.num = ${rows}, split.num = 3, schema { fields { id = bigint, name = "string", city = string } } ${more} }`

  const lines = async (path: string): Promise<readonly string[]> => {
    const fileSystem = tested.open()
    const texts: string[] = []
    for (const entry of await fileSystem.list(at(path))) {
      texts.push((await readFile(fileSystem, entry.path)).toString('utf8'))
    }
    await fileSystem.close()
    return texts.flatMap((text) => text.split('\n')).filter((line) => line !== '')
  }
  const put = async (files: Readonly<Record<string, string>>): Promise<void> => {
    const fileSystem = tested.open()
    for (const [path, text] of Object.entries(files)) await writeFile(fileSystem, at(path), Buffer.from(text))
    await fileSystem.close()
  }
  const paths = async (path: string): Promise<readonly string[]> => {
    const fileSystem = tested.open()
    const found = (await fileSystem.stat(at(path))) === null ? [] : await fileSystem.list(at(path))
    await fileSystem.close()
    return found.map((entry) => entry.path.slice(at(path).length + 1)).sort()
  }

  it('copies rows from files into files and leaves nothing else', async () => {
    const rows = Array.from({ length: 20_000 }, (_, index) => `${index},name ${index}`)
    await put({ 'copy/in/a.csv': rows.slice(0, 9_000).join('\n'), 'copy/in/x y/b.csv': rows.slice(9_000).join('\n') })
    await finishJob(`env { job.mode = BATCH }\n source { ${source('copy/in')} }\n sink { ${sink('copy/out')} }`)
    assert.deepEqual([...(await lines('copy/out'))].sort(), [...rows].sort())
    assert.deepEqual(await paths('tmp'), [])
  })

  it('gives every row once when a job is left at its checkpoints and goes on', async (test) => {
    const rows = Array.from({ length: 4_000 }, (_, index) => `${index},name ${index}`)
    const files = [0, 1_000, 2_000, 3_000].map((from) => [
      `left/in/${from}.csv`,
      rows.slice(from, from + 1_000).join('\n'),
    ])
    await put(Object.fromEntries(files))
    const attempts = new Attempts(
      `env { checkpoint.interval = 10, read_limit.rows_per_second = 16000 }
       source { ${source('left/in')} }\n sink { ${sink('left/out')} }`,
    )
    test.after(() => attempts.close())
    const outcome = await attempts.finish(CRASH_POINTS.map((point) => ({ checkpoint: 1, point })))
    assert.deepEqual([outcome.status, texts(outcome.errors)], ['FINISHED', []])
    assert.deepEqual([...(await lines('left/out'))].sort(), [...rows].sort())
    assert.deepEqual(await paths('tmp'), [])
  })

  it('writes parquet files with several workers and reads them back', async () => {
    const format = (block: string): string => block.replace('file_format_type = csv', 'file_format_type = parquet')
    await finishJob(
      `env { job.mode = BATCH }\n source { ${generate(30_000)} }\n sink { ${format(sink('parquet/out'))} }`,
    )
    const again = format(source('parquet/out')).replace(SCHEMA, '')
    await finishJob(`env { job.mode = BATCH }\n source { ${again} }\n sink { ${sink('parquet/text')} }`)
    assert.equal((await lines('parquet/text')).length, 30_000)
  })

  it('writes partitions, several files, and several tables', async () => {
    const more = ', partition_by = [name], batch_size = 3'
    const csv = Array.from({ length: 20 }, (_, index) => `${index},${index % 2 === 0 ? 'even a' : 'ödd'}`).join('\n')
    await put({ 'tables/in/one/a.csv': csv, 'tables/in/two/b.csv': '1,x' })
    const table = (name: string): string =>
      `{ path = "${at(`tables/in/${name}`)}", file_format_type = csv, schema { table = ${name}, fields { id = bigint, name = string } } }`
    await finishJob(`env { job.mode = BATCH }
      source { ${tested.name} { ${tested.options()} tables_configs = [ ${table('one')}, ${table('two')} ] } }
      sink { ${sink('tables/out/${table_name}', more)} }`)
    const found = await paths('tables/out')
    assert.equal(found.filter((path) => path.startsWith('one/name=even a/')).length, 4)
    assert.equal(found.filter((path) => path.startsWith('one/name=ödd/')).length, 4)
    assert.equal(found.filter((path) => path.startsWith('two/name=x/')).length, 1)
    const back = Array.from({ length: 20 }, (_, index) => String(index)).sort()
    assert.deepEqual([...(await lines('tables/out/one'))].sort(), back)
  })

  it('obeys the save modes', async () => {
    const job = (more: string): string =>
      `env { job.mode = BATCH }\n source { ${generate(3)} }\n sink { ${sink('modes/out', more)} }`
    assert.match(await failJob(job(', schema_save_mode = ERROR_WHEN_SCHEMA_NOT_EXIST')), /SINK_TABLE_NOT_EXIST/)
    await finishJob(job(''))
    await finishJob(job(', data_save_mode = APPEND_DATA'))
    assert.equal((await lines('modes/out')).length, 6)
    assert.match(await failJob(job(', data_save_mode = ERROR_WHEN_DATA_EXISTS')), /SINK_DATA_EXISTS/)
    await finishJob(job(', data_save_mode = DROP_DATA'))
    assert.equal((await lines('modes/out')).length, 3)
    await finishJob(job(', schema_save_mode = RECREATE_SCHEMA'))
    assert.equal((await lines('modes/out')).length, 3)
  })

  it('replaces a file of the same name', async () => {
    const more = ', is_enable_transaction = false, file_name_expression = fixed, single_file_mode = true'
    const job = (rows: number): string =>
      `env { job.mode = BATCH }\n source { ${generate(rows)} }\n sink { ${sink('same/out', more)} }`
    await finishJob(job(5))
    await finishJob(job(2))
    assert.deepEqual(await paths('same/out'), ['fixed.csv'])
    assert.equal((await lines('same/out')).length, 2)
  })

  it('writes an empty file where it is asked to', async () => {
    await finishJob(
      `env { job.mode = BATCH }\n source { ${generate(0)} }\n sink { ${sink('none/out', ', create_empty_file_when_no_data = true')} }`,
    )
    assert.equal((await paths('none/out')).length, 1)
    assert.deepEqual(await lines('none/out'), [])
  })

  it('leaves nothing behind when it fails', async () => {
    const bad = `${Array.from({ length: 5_000 }, (_, index) => `${index},x`).join('\n')}\nno number,x`
    await put({ 'fails/in/a.csv': bad })
    const said = await failJob(
      `env { job.mode = BATCH }\n source { ${source('fails/in')} }\n sink { ${sink('fails/out')} }`,
    )
    assert.match(said, /VALUE_MALFORMED/)
    assert.deepEqual(await paths('fails/out'), [])
    assert.deepEqual(await paths('tmp'), [])
  })

  it('names the path when there is nothing to read', async () => {
    const said = await failJob(
      `env { job.mode = BATCH }\n source { ${source('missing/in')} }\n sink { ${sink('missing/out')} }`,
    )
    assert.match(said, /FILE_LIST_FAILED .*missing\/in/)
  })

  it('reads many small files', async () => {
    const count = process.env.MILLRACE_TEST === 'long' ? 2_000 : 120
    const files = Array.from({ length: count }, (_, index) => [`many/in/${index % 7}/f${index}.csv`, `${index},x`])
    await put(Object.fromEntries(files))
    await finishJob(`env { job.mode = BATCH }\n source { ${source('many/in')} }\n sink { ${sink('many/out')} }`)
    assert.equal(new Set(await lines('many/out')).size, count)
  })

  it('picks up new files while it runs, each once', async () => {
    await put({ 'live/in/a.csv': '1,a' })
    const more = ', discovery_mode = continuous, scan_interval = 100'
    const job = await prepareJob(`env { job.mode = STREAMING, checkpoint.interval = 150 }
      source { ${source('live/in', more)} }
      sink { ${sink('live/out')} }`)
    const ended = job.run()
    try {
      await until(async () => (await count(lines('live/out'))) === 1)
      await put({ 'live/in/b.csv': '2,b', 'live/in/sub/c.csv': '3,c' })
      await until(async () => (await count(lines('live/out'))) === 3)
      await put({ 'live/in/d.csv': '4,d' })
      await until(async () => (await count(lines('live/out'))) === 4)
    } finally {
      job.cancel()
    }
    assert.equal((await ended).status, 'CANCELED')
    assert.deepEqual([...(await lines('live/out'))].sort(), ['1,a', '2,b', '3,c', '4,d'])
  })

  it('copies to this machine and back', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-remote-'))
    try {
      await put({ 'local/in/a.csv': '1,a\n2,b' })
      const local = `LocalFile { path = "${folder}/out", tmp_path = "${folder}/tmp", file_format_type = csv }`
      await finishJob(`env { job.mode = BATCH }\n source { ${source('local/in')} }\n sink { ${local} }`)
      const [name = ''] = readdirSync(`${folder}/out`)
      assert.equal(readFileSync(`${folder}/out/${name}`, 'utf8'), '1,a\n2,b')
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
}

async function count(found: Promise<readonly unknown[]>): Promise<number> {
  return (await found.catch(() => [])).length
}

const DEADLINE_MS = 30_000

/** Asks until something is so; fails when it is not so for long. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('what was waited for did not happen')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
