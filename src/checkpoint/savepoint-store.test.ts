import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { memorySavepoints } from './checkpoint-storage.js'
import { LocalSavepoints, StoredSavepoints } from './savepoint-place.js'
import { SavepointStore } from './savepoint-store.js'
import { MemoryCheckpointStorage } from './storage.js'
import { testRecord } from './testing.js'

function temporaryFolder(test: { after(remove: () => void): void }): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-savepoint-')))
  test.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A store whose own folder is `own`, with a folder `shared` that others may use too. */
function storeAt(folder: string): SavepointStore {
  const policy = { allowed: [`${folder}/shared`], forbidden: [`${folder}/shared/node`] }
  return new SavepointStore([new LocalSavepoints(`${folder}/own`, policy)], `${folder}/own`)
}

/** The folder of a savepoint's address. */
const pathOf = (address: string): string => fileURLToPath(address.replace(/^file:\/(?!\/)/, 'file:///'))

describe('a savepoint', () => {
  it('is a folder of its own, in the one that is asked for or the default one', async (test) => {
    const folder = temporaryFolder(test)
    const store = storeAt(folder)
    const record = testRecord(7)
    for (const directory of [null, `${folder}/shared/a b`, `file://${folder}/shared/c%23d`, `file:${folder}/shared/`]) {
      const address = await store.write(directory, record, 5)
      const parent =
        directory === null ? `${folder}/own` : decodeURI(directory.replace(/^file:(\/\/)?/, '')).replace('%23', '#')
      assert.match(address, /^file:\/[^/]/)
      assert.match(pathOf(address), /\/savepoint-[0-9a-f]{6}-[0-9a-f]{12}$/)
      assert.equal(join(pathOf(address), '..'), resolve(parent))
      assert.deepEqual(await store.read(address), record)
      assert.deepEqual(await store.read(pathOf(address)), record)
      assert.deepEqual(readdirSync(pathOf(address)).sort(), ['_metadata', 'record'])
      const manifest = JSON.parse(readFileSync(join(pathOf(address), '_metadata'), 'utf8'))
      assert.deepEqual([manifest.jobId, manifest.checkpointId, manifest.takenAtMs], [record.jobId, 7, 5])
    }
    const again = await store.write(null, record, 5)
    assert.equal(readdirSync(`${folder}/own`).length, 2)
    await store.dispose(again)
    assert.equal(readdirSync(`${folder}/own`).length, 1)
    await assert.rejects(store.read(again), { code: 'SAVEPOINT_LOCATION', message: /there is no savepoint at/ })
  })

  it('is not said to be missing where its place cannot be looked at', async () => {
    class BrokenStorage extends MemoryCheckpointStorage {
      override list(): Promise<never> {
        return Promise.reject(new Error('the bucket does not answer'))
      }
    }
    const store = new SavepointStore([new StoredSavepoints(new BrokenStorage(), ['memory:/'])], 'memory:/')
    await assert.rejects(store.read('memory:/savepoint-000000-000000000000'), {
      code: 'SAVEPOINT_LOCATION',
      message: /^'memory:\/savepoint-000000-000000000000' cannot be looked at: the bucket does not answer$/,
    })
  })

  it('is none below a file', async (test) => {
    const folder = temporaryFolder(test)
    mkdirSync(`${folder}/own`)
    writeFileSync(`${folder}/own/file`, '')
    await assert.rejects(storeAt(folder).read(`${folder}/own/file`), {
      code: 'SAVEPOINT_LOCATION',
      message: /there is no savepoint at/,
    })
  })

  it('is refused outside of the folders that may be used, whatever the way there', async (test) => {
    const folder = temporaryFolder(test)
    const store = storeAt(folder)
    const outside = new SavepointStore([new LocalSavepoints(null, null)], `${folder}/outside`)
    const foreign = await outside.write(null, testRecord(7), 1)
    for (const made of ['own', 'shared']) mkdirSync(`${folder}/${made}`)
    symlinkSync(`${folder}/outside`, `${folder}/shared/link`)
    symlinkSync(pathOf(foreign), `${folder}/own/savepoint-000000-000000000000`)
    const places = [
      `${folder}/outside`,
      `${folder}/own/../outside`,
      `${folder}/ownother`,
      `file://${folder}/shared/..%2Foutside`,
      `file://${folder}/shared/%2e%2e/outside`,
      `${folder}/shared/link`,
      `${folder}/shared/node/x`,
      `${folder}/own/savepoint-000000-000000000000`,
      'file://host/path',
      '/proc/self',
      '/',
      'relative/path',
      '../own',
      '',
      'foo://x/y',
      's3://bucket/x',
      'http://127.0.0.1/x',
      'millrace:/jobs/1',
      `${folder}/own\0`,
      'x'.repeat(10_000),
    ]
    for (const place of places) {
      const refusal = { code: 'SAVEPOINT_LOCATION' }
      assert.throws(() => store.requireDirectory(place), refusal, place)
      await assert.rejects(store.write(place, testRecord(7), 1), refusal, place)
      await assert.rejects(store.read(place), refusal, place)
      await assert.rejects(store.dispose(place), refusal, place)
    }
    assert.deepEqual(await outside.read(foreign), testRecord(7))
  })

  it('is nothing but what this program wrote, and nothing else is ever removed', async (test) => {
    const folder = temporaryFolder(test)
    const store = storeAt(folder)
    const address = await store.write(null, testRecord(7), 1)
    const path = pathOf(address)
    const manifest = readFileSync(`${path}/_metadata`, 'utf8')
    const cases: readonly (readonly [name: string, files: Readonly<Record<string, string>>])[] = [
      ['an empty folder', {}],
      ['a folder of somebody else', { 'data.csv': '1,2\n' }],
      ['a savepoint of Flink', { _metadata: '\u0049\u0060\u0042\u0093binary' }],
      ['half a manifest', { _metadata: manifest.slice(0, 40), record: 'x' }],
      ['a manifest that is a list', { _metadata: '[]' }],
      ['a manifest that is null', { _metadata: 'null' }],
      ['another version', { _metadata: manifest.replace('"version": 1', '"version": 2'), record: 'x' }],
      ['a name that leads elsewhere', { _metadata: manifest.replace('"record",', '"../../victim",') }],
      ['a large file of that name', { _metadata: manifest.padEnd(100_000) }],
    ]
    for (const [name, files] of cases) {
      const place = `${folder}/own/${name}`
      mkdirSync(place)
      for (const [file, text] of Object.entries(files)) writeFileSync(`${place}/${file}`, text)
      await assert.rejects(store.read(place), { code: 'SAVEPOINT_LOCATION' }, name)
      await assert.rejects(store.dispose(place), { code: 'SAVEPOINT_LOCATION' }, name)
      assert.deepEqual(readdirSync(place).sort(), Object.keys(files).sort(), name)
    }
    const record = readFileSync(`${path}/record`)
    for (const [name, bytes] of [
      ['a byte is wrong', Buffer.from(record).fill(1, 70, 71)],
      ['a byte is missing', record.subarray(1)],
      ['nothing is left', Buffer.alloc(0)],
    ] as const) {
      writeFileSync(`${path}/record`, bytes)
      await assert.rejects(store.read(address), { code: 'CHECKPOINT_CORRUPT' }, name)
    }
    rmSync(`${path}/record`)
    await assert.rejects(store.read(address), { code: 'CHECKPOINT_CORRUPT', message: /has no record/ })
    // A link in the place of a file is no file of ours.
    writeFileSync(`${folder}/victim`, record)
    rmSync(`${path}/_metadata`)
    symlinkSync(`${folder}/victim`, `${path}/_metadata`)
    await assert.rejects(store.dispose(address), { code: 'SAVEPOINT_LOCATION' })
    assert.ok(existsSync(`${folder}/victim`))
  })

  it('leaves what somebody else put beside it', async (test) => {
    const folder = temporaryFolder(test)
    const store = storeAt(folder)
    const address = await store.write(null, testRecord(7), 1)
    writeFileSync(`${pathOf(address)}/notes`, 'mine')
    await store.dispose(address)
    assert.deepEqual(readdirSync(pathOf(address)), ['notes'])
  })

  it('is whole or not there, wherever the process dies', async (test) => {
    const folder = temporaryFolder(test)
    const child = fileURLToPath(new URL('./savepoint-kill-child.js', import.meta.url))
    const store = new SavepointStore([new LocalSavepoints(null, null)], folder)
    let deaths = 0
    for (let calls = 1; ; calls += 1) {
      const place = `${folder}/${calls}`
      const { signal, stdout } = spawnSync(process.execPath, [child, place, String(calls)], { encoding: 'utf8' })
      const [name] = existsSync(place) ? readdirSync(place) : []
      if (signal === null) {
        assert.deepEqual(await store.read(stdout), testRecord(7))
        break
      }
      deaths += 1
      if (name === undefined) continue
      const isWhole = existsSync(`${place}/${name}/_metadata`)
      if (isWhole) assert.deepEqual(await store.read(`${place}/${name}`), testRecord(7))
      else await assert.rejects(store.read(`${place}/${name}`), { code: 'SAVEPOINT_LOCATION' })
    }
    assert.ok(deaths >= 8, `${deaths} deaths are fewer than there are calls`)
  })

  it('that cannot be written leaves nothing', async (test) => {
    const folder = temporaryFolder(test)
    const store = storeAt(folder)
    mkdirSync(`${folder}/shared`)
    writeFileSync(`${folder}/shared/file`, '')
    await assert.rejects(store.write(`${folder}/shared/file/x`, testRecord(7), 1), { code: 'CHECKPOINT_FAILED' })
    assert.deepEqual(readdirSync(`${folder}/shared`), ['file'])
  })

  it('can be in a storage without folders', async () => {
    const storage = new MemoryCheckpointStorage()
    const store = new SavepointStore(
      [new StoredSavepoints(storage, ['s3://states/', 's3a://states/'])],
      's3://states/own',
    )
    const address = await store.write(null, testRecord(7), 1)
    assert.match(address, /^s3:\/\/states\/own\/savepoint-/)
    assert.deepEqual(await store.read(address.replace('s3:', 's3a:')), testRecord(7))
    assert.equal(store.canonical(`${address.replace('s3:', 's3a:')}/`), address)
    for (const place of ['s3://other/x', 's3://states/../x', 's3://statesother/x'])
      await assert.rejects(store.write(place, testRecord(7), 1), { code: 'SAVEPOINT_LOCATION' }, place)
    assert.match(await store.write('s3a://states', testRecord(7), 1), /^s3:\/\/states\/savepoint-/)
    await store.dispose(address)
    await assert.rejects(store.read(address), { code: 'SAVEPOINT_LOCATION' })
    const memory = memorySavepoints()
    assert.deepEqual(await memory.read(await memory.write(null, testRecord(7), 1)), testRecord(7))
  })
})
