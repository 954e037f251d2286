import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { describe, it } from 'node:test'
import type { CatalogTable } from '../core/schema.js'
import type { KernelBackend } from '../native/backend.js'
import type { FileFormat, PlannedWrite } from '../spi/format.js'
import { optionSpec } from '../spi/option.js'
import type { CommitInfo, Segment, Sink, SinkWriter } from '../spi/sink.js'
import { planFileSink } from './file-sink.js'
import { LocalFileSystem } from './local-file-system.js'
import { FILE_SINK_OPTIONS } from './options.js'
import { putFile, temporaryFolder, testContext, testTable, validOptions } from './testing.js'
import { FileSinkWriter, type TableWriteSettings } from './writer.js'

const SPEC = optionSpec({ options: FILE_SINK_OPTIONS })
const TABLE = testTable({ id: 'INT', day: 'STRING', Name: 'STRING' })
const files = new LocalFileSystem()

/** Lines with a delimiter in front; completed files end with what the pieces say when `isAssembled`. */
function testFormat(changes: Partial<PlannedWrite> = {}): FileFormat {
  return {
    name: 'text',
    summary: 'for tests',
    extension: 'txt',
    needsSchema: true,
    isText: true,
    planWrite: (_table, options) => ({
      codec: 'lines',
      options: {},
      suffix: '.txt',
      header: options.enableHeaderWrite ? Buffer.from('header\n') : Buffer.alloc(0),
      leadingBytes: 1,
      isAssembled: false,
      streamCodec: 'none',
      ...changes,
    }),
  }
}

interface Planned {
  readonly sink: Sink
  writer(worker: number, subtask?: number, table?: number): SinkWriter
  checkpoint: { id: number }
}

async function plan(
  options: object,
  settings: {
    readonly tables?: readonly CatalogTable[]
    readonly format?: FileFormat
    readonly backend?: KernelBackend
  } = {},
): Promise<Planned> {
  const { tables = [TABLE], format = testFormat(), backend } = settings
  const context = testContext({
    kind: 'sink',
    options,
    formats: [format],
    ...(backend === undefined ? {} : { backend }),
  })
  const sink = await planFileSink(files, validOptions(SPEC, context), tables, context)
  const checkpoint = { id: 1 }
  const writers = new Map<string, SinkWriter>()
  return {
    sink,
    checkpoint,
    writer(worker, subtask = 0, table = 0) {
      const key = `${worker}/${subtask}/${table}`
      const config = sink.tables[table]?.writerConfig as TableWriteSettings
      const known =
        writers.get(key) ?? new FileSinkWriter(files, config, { subtask, checkpointId: () => checkpoint.id })
      writers.set(key, known)
      return known
    },
  }
}

function segment(text: string, changes: Partial<Segment> = {}): Segment {
  const bytes = [Buffer.from(text)]
  return { partition: [], fileIndex: 0, firstRow: 0, rows: 1, bytes, metadata: new Uint8Array(0), ...changes }
}

/** Places segments on the given writers in order, runs the writes in reverse, and prepares. */
async function write(steps: readonly (readonly [writer: SinkWriter, segment: Segment])[]): Promise<CommitInfo> {
  let state: Parameters<SinkWriter['place']>[1] = steps[0]?.[0].initialState ?? null
  const writes: (() => Promise<void>)[] = []
  for (const [writer, placed] of steps) {
    const result = await writer.place(placed, state)
    state = result.state
    if (result.write !== null) writes.unshift(result.write)
  }
  for (const run of writes) await run()
  const writers = [...new Set(steps.map(([writer]) => writer))]
  const prepared = await Promise.all(writers.map((writer) => writer.prepareCommit()))
  return { table: 0, subtask: 0, prepared, state, rows: steps.length }
}

/** Files below a folder with their contents. */
function tree(folder: string): Record<string, string> {
  if (!existsSync(folder)) return {}
  const found: Record<string, string> = {}
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) {
      const path = `${entry.parentPath}/${entry.name}`
      found[path.slice(folder.length + 1)] = readFileSync(path, 'utf8')
    }
  }
  return found
}

/** The same with transaction ids and uuids made equal. */
function named(folder: string): Record<string, string> {
  const entries = Object.entries(tree(folder)).map(([name, content]) => {
    return [name.replace(/T_42_[0-9a-f]{10}/g, 'T').replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'U'), content]
  })
  return Object.fromEntries(entries.sort(([left = ''], [right = '']) => (left < right ? -1 : 1)))
}

describe('a file sink', () => {
  it('shows nothing before the commit and whole files after it', async (test) => {
    const folder = temporaryFolder(test)
    const planned = await plan({ path: `${folder}/out`, tmp_path: `${folder}/tmp` })
    await planned.sink.committer.open()
    const [first, second] = [planned.writer(0), planned.writer(1)]
    const info = await write([
      [first, segment('\na\nb')],
      [second, segment('\nc', { firstRow: 2 })],
      [first, segment('\nd\ne', { firstRow: 3 })],
    ])
    assert.deepEqual(tree(`${folder}/out`), {})
    assert.deepEqual(named(`${folder}/tmp`), { 'seatunnel/42/U/T_0_1/NON_PARTITION/T_0_1_0.txt': 'a\nb\nc\nd\ne' })
    await planned.sink.committer.commit(1, [info], true)
    assert.deepEqual(named(`${folder}/out`), { 'T_0_1_0.txt': 'a\nb\nc\nd\ne' })
    assert.deepEqual(readdirSync(`${folder}/tmp/seatunnel`), [])
  })

  it('begins every file with the header and without a delimiter, in every part and partition', async (test) => {
    const folder = temporaryFolder(test)
    const planned = await plan({
      path: `${folder}/out`,
      tmp_path: `${folder}/tmp`,
      enable_header_write: true,
      partition_by: ['day'],
      batch_size: 2,
    })
    const writer = planned.writer(0)
    const info = await write([
      [writer, segment('\na\nb', { partition: ['1'] })],
      [writer, segment('\nc', { partition: ['1'], fileIndex: 1 })],
      [writer, segment('\nx', { partition: ['../2'] })],
      [writer, segment('\nd', { partition: ['1'], fileIndex: 1, firstRow: 1 })],
      [writer, segment('\nn', { partition: [''] })],
    ])
    await planned.sink.committer.commit(1, [info], true)
    assert.deepEqual(named(`${folder}/out`), {
      'day=..%2F2/T_0_1_0.txt': 'header\nx',
      'day=1/T_0_1_0.txt': 'header\na\nb',
      'day=1/T_0_1_1.txt': 'header\nc\nd',
      'day=__HIVE_DEFAULT_PARTITION__/T_0_1_0.txt': 'header\nn',
    })
    assert.equal(planned.sink.tables[0]?.rowsPerFile, 2)
    assert.deepEqual(planned.sink.tables[0]?.encoder, {
      codec: 'lines',
      options: {},
      partitionBy: ['day'],
      columns: ['id', 'Name'],
    })
  })

  it('makes new files with every checkpoint and keeps the old ones', async (test) => {
    const folder = temporaryFolder(test)
    const planned = await plan({ path: `${folder}/out`, tmp_path: `${folder}/tmp` })
    const writer = planned.writer(0)
    await planned.sink.committer.commit(1, [await write([[writer, segment('\na')]])], false)
    planned.checkpoint.id = 2
    await planned.sink.committer.commit(2, [await write([[writer, segment('\nb', { firstRow: 1 })]])], true)
    assert.deepEqual(named(`${folder}/out`), { 'T_0_1_0.txt': 'a', 'T_0_2_0.txt': 'b' })
  })

  it('never replaces a file of its own when names do not hold a transaction', async (test) => {
    const folder = temporaryFolder(test)
    const options = { path: `${folder}/out`, is_enable_transaction: false, file_name_expression: 'day_${now}' }
    const planned = await plan(options)
    const info = await write([[planned.writer(0), segment('\na')]])
    const other = await write([[planned.writer(0, 1), segment('\nb')]])
    await planned.sink.committer.commit(1, [info, { ...other, subtask: 1 }], false)
    planned.checkpoint.id = 2
    await planned.sink.committer.commit(2, [await write([[planned.writer(0), segment('\nc')]])], true)
    assert.deepEqual(named(`${folder}/out`), {
      'day_2024.01.31_0.txt': 'a',
      'day_2024.01.31_1.txt': 'b',
      'day_2024.01.31_2.txt': 'c',
    })
    assert.deepEqual(
      readdirSync(`${folder}/out`).filter((name) => name.startsWith('.')),
      [],
    )
  })

  it('replaces files of an earlier job with the same name', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/out/fixed_0.txt`, 'old and longer')
    const planned = await plan({ path: `${folder}/out`, is_enable_transaction: false, file_name_expression: 'fixed' })
    await planned.sink.committer.commit(1, [await write([[planned.writer(0), segment('\nnew')]])], true)
    assert.deepEqual(tree(`${folder}/out`), { 'fixed_0.txt': 'new' })
  })

  it('may commit the same files again', async (test) => {
    const folder = temporaryFolder(test)
    const planned = await plan({ path: `${folder}/out`, tmp_path: `${folder}/tmp` })
    const info = await write([[planned.writer(0), segment('\na')]])
    for (const _ of [1, 2, 3]) await planned.sink.committer.commit(1, [info], false)
    assert.deepEqual(named(`${folder}/out`), { 'T_0_1_0.txt': 'a' })
  })

  it('goes on with a commit that was broken off in the middle', async (test) => {
    const folder = temporaryFolder(test)
    const planned = await plan({ path: `${folder}/out`, tmp_path: `${folder}/tmp`, partition_by: ['day'] })
    const writer = planned.writer(0)
    const info = await write([
      [writer, segment('\na', { partition: ['1'] })],
      [writer, segment('\nb', { partition: ['2'] })],
    ])
    putFile(`${folder}/out/day=2`, 'a file where a folder must be')
    await assert.rejects(planned.sink.committer.commit(1, [info], true), { code: 'FILE_COMMIT_FAILED' })
    rmSync(`${folder}/out/day=2`)
    await planned.sink.committer.commit(1, [info], true)
    assert.deepEqual(named(`${folder}/out`), { 'day=1/T_0_1_0.txt': 'a', 'day=2/T_0_1_0.txt': 'b' })
  })

  it('fails when staged files are gone or were cut', async (test) => {
    const folder = temporaryFolder(test)
    const planned = await plan({ path: `${folder}/out`, tmp_path: `${folder}/tmp` })
    const info = await write([[planned.writer(0), segment('\nabc')]])
    const staged = Object.keys(tree(`${folder}/tmp`))[0] ?? ''
    putFile(`${folder}/tmp/${staged}`, 'ab')
    await assert.rejects(planned.sink.committer.commit(1, [info], true), {
      code: 'FILE_COMMIT_FAILED',
      message: /has '2' bytes of '3'/,
    })
    rmSync(`${folder}/tmp/${staged}`)
    await assert.rejects(planned.sink.committer.commit(1, [info], true), {
      code: 'FILE_COMMIT_FAILED',
      message: /is gone/,
    })
    assert.deepEqual(tree(`${folder}/out`), {})
  })

  for (const isTransaction of [true, false]) {
    it(`leaves nothing after an abort, transaction = ${isTransaction}`, async (test) => {
      const folder = temporaryFolder(test)
      const planned = await plan({
        path: `${folder}/out`,
        tmp_path: `${folder}/tmp`,
        is_enable_transaction: isTransaction,
      })
      await planned.sink.committer.open()
      await write([[planned.writer(0), segment('\na')]])
      await planned.sink.committer.abort()
      assert.deepEqual([tree(`${folder}/out`), tree(`${folder}/tmp`)], [{}, {}])
    })
  }

  it('makes no file without rows, unless it is asked to', async (test) => {
    const folder = temporaryFolder(test)
    const none = { table: 0, subtask: 0, prepared: [], state: null, rows: 0 }
    const silent = await plan({ path: `${folder}/a`, tmp_path: `${folder}/tmp` })
    await silent.sink.committer.commit(1, [none], true)
    assert.deepEqual(tree(`${folder}/a`), {})
    const options = {
      path: `${folder}/b`,
      tmp_path: `${folder}/tmp`,
      create_empty_file_when_no_data: true,
      enable_header_write: true,
    }
    const asked = await plan(options)
    await asked.sink.committer.commit(1, [{ ...none, prepared: [{ files: [] }] }], true)
    assert.deepEqual(named(`${folder}/b`), { 'T_0_1_0.txt': 'header\n' })
  })

  it('completes files from the metadata of their pieces in file order', async (test) => {
    const folder = temporaryFolder(test)
    const asked: unknown[] = []
    const backend = {
      assemble(request: {
        pieces: readonly { offset: number; metadata: Uint8Array }[]
        schema: { columns: readonly { name: string }[] }
      }) {
        asked.push(request.schema.columns.map((column) => column.name))
        return Buffer.from(
          request.pieces.map(({ offset, metadata }) => `<${offset}:${Buffer.from(metadata)}>`).join(''),
        )
      },
    } as unknown as KernelBackend
    const format = testFormat({ isAssembled: true, header: Buffer.from('HEAD'), leadingBytes: 0 })
    const planned = await plan(
      { path: `${folder}/out`, tmp_path: `${folder}/tmp`, sink_columns: ['name', 'id'] },
      { format, backend },
    )
    const info = await write([
      [planned.writer(0), segment('aaa', { metadata: Buffer.from('m1') })],
      [planned.writer(1), segment('bb', { metadata: Buffer.from('m2') })],
      [planned.writer(0), segment('c', { metadata: Buffer.from('m3') })],
    ])
    await planned.sink.committer.commit(1, [info], true)
    assert.deepEqual(named(`${folder}/out`), { 'T_0_1_0.txt': 'HEADaaabbc<4:m1><7:m2><9:m3>' })
    assert.deepEqual(asked, [['Name', 'id']])
  })

  it('writes the encoding that is asked for', async (test) => {
    const folder = temporaryFolder(test)
    const planned = await plan({
      path: `${folder}/out`,
      tmp_path: `${folder}/tmp`,
      encoding: 'UTF-16',
      enable_header_write: true,
    })
    const info = await write([
      [planned.writer(0), segment('\né')],
      [planned.writer(1), segment('\n你')],
    ])
    await planned.sink.committer.commit(1, [info], true)
    const [name = ''] = Object.keys(tree(`${folder}/out`))
    const bytes = readFileSync(`${folder}/out/${name}`)
    assert.equal(new TextDecoder('utf-16be').decode(bytes), 'header\né\n你')
    assert.equal(bytes.toString('hex', 0, 2), 'feff')
  })

  it('names files as it is told', async (test) => {
    const folder = temporaryFolder(test)
    const options = {
      path: `${folder}/\${table_name}`,
      tmp_path: `${folder}/tmp`,
      file_name_expression: 'x_${transactionId}_${now}_${uuid}',
      filename_time_format: 'yyyyMMdd',
      filename_extension: 'log',
      single_file_mode: true,
    }
    const planned = await plan(options, {
      format: testFormat({ suffix: '.gz.txt' }),
      tables: [testTable({ a: 'INT' }, '../evil')],
    })
    await planned.sink.committer.commit(1, [await write([[planned.writer(0), segment('\na')]])], true)
    assert.deepEqual(named(folder), { '..%2Fevil/x_T_0_1_20240131_U.gz.log': 'a' })
    assert.equal(planned.sink.tables[0]?.rowsPerFile, null)
  })

  it('keeps tables apart', async (test) => {
    const folder = temporaryFolder(test)
    const tables = [testTable({ a: 'INT' }, 'one'), testTable({ a: 'INT' }, 'two')]
    const planned = await plan({ path: `${folder}/out/\${table_name}`, tmp_path: `${folder}/tmp` }, { tables })
    const one = await write([[planned.writer(0, 0, 0), segment('\na')]])
    const two = await write([[planned.writer(0, 0, 1), segment('\nb')]])
    await planned.sink.committer.commit(1, [one, { ...two, table: 1 }], true)
    assert.deepEqual(named(`${folder}/out`), { 'one/T_0_1_0.txt': 'a', 'two/T_0_1_0.txt': 'b' })
  })

  const faulty: readonly [title: string, options: object, code: string, path: string, message: RegExp][] = [
    [
      'a name without transaction',
      { file_name_expression: 'x' },
      'OPTION_INVALID',
      'file_name_expression',
      /must contains/,
    ],
    [
      'a name with a slash',
      { file_name_expression: '../${transactionId}' },
      'OPTION_INVALID',
      'file_name_expression',
      /not a file name/,
    ],
    [
      'a time that makes a slash',
      { file_name_expression: '${transactionId}${now}', filename_time_format: 'yyyy/MM' },
      'OPTION_INVALID',
      'file_name_expression',
      /not a file name/,
    ],
    ['an unknown pattern', { filename_time_format: 'yyyy G' }, 'UNIMPLEMENTED', 'filename_time_format', /'G'/],
    ['a suffix with a slash', { filename_extension: '/x' }, 'OPTION_INVALID', 'filename_extension', /not a file name/],
    ['an unknown partition column', { partition_by: ['nope'] }, 'OPTION_INVALID', 'partition_by', /'nope'/],
    ['an unknown column', { sink_columns: ['id', 'nope'] }, 'OPTION_INVALID', 'sink_columns', /'nope'/],
    [
      'a partition column that is not written',
      { sink_columns: ['id'], partition_by: ['day'] },
      'OPTION_INVALID',
      'partition_by',
      /must in sink columns/,
    ],
    [
      'no column at all',
      { sink_columns: ['day'], partition_by: ['day'] },
      'OPTION_INVALID',
      'sink_columns',
      /can not be empty/,
    ],
    ['an unknown encoding', { encoding: 'klingon' }, 'ENCODING_UNSUPPORTED', 'encoding', /'klingon'/],
    [
      'a format that is not there',
      { file_format_type: 'orc' },
      'UNIMPLEMENTED',
      'file_format_type',
      /'orc' is not implemented/,
    ],
  ]
  for (const [title, options, code, key, message] of faulty) {
    it(`refuses ${title}, at its option`, async () => {
      const all = { path: '/tmp/never', file_format_type: 'text', ...options }
      await assert.rejects(
        plan(all),
        (thrown: {
          errors: readonly { code: string; message: string; details: { path: string; position: object } }[]
        }) => {
          assert.equal(thrown.errors.length, 1)
          assert.equal(thrown.errors[0]?.code, code)
          assert.equal(thrown.errors[0]?.details.path, `sink[0].${key}`)
          assert.deepEqual(thrown.errors[0]?.details.position, { file: 'job.conf', line: 3, column: 5 })
          assert.match(thrown.errors[0]?.message ?? '', message)
          return true
        },
      )
    })
  }
})

describe('save modes', () => {
  const EXISTING = { 'old.txt': 'old' }
  const cases: readonly [schema: string, data: string, exists: boolean, outcome: Record<string, string> | string][] = [
    ['CREATE_SCHEMA_WHEN_NOT_EXIST', 'APPEND_DATA', true, EXISTING],
    ['CREATE_SCHEMA_WHEN_NOT_EXIST', 'APPEND_DATA', false, {}],
    ['CREATE_SCHEMA_WHEN_NOT_EXIST', 'DROP_DATA', true, {}],
    ['CREATE_SCHEMA_WHEN_NOT_EXIST', 'ERROR_WHEN_DATA_EXISTS', true, 'SINK_DATA_EXISTS'],
    ['CREATE_SCHEMA_WHEN_NOT_EXIST', 'ERROR_WHEN_DATA_EXISTS', false, {}],
    ['RECREATE_SCHEMA', 'APPEND_DATA', true, {}],
    ['ERROR_WHEN_SCHEMA_NOT_EXIST', 'APPEND_DATA', true, EXISTING],
    ['ERROR_WHEN_SCHEMA_NOT_EXIST', 'APPEND_DATA', false, 'SINK_TABLE_NOT_EXIST'],
    ['IGNORE', 'DROP_DATA', true, {}],
    ['IGNORE', 'ERROR_WHEN_DATA_EXISTS', false, {}],
  ]
  for (const [schema, data, exists, outcome] of cases) {
    it(`${schema} with ${data} on ${exists ? 'a full folder' : 'no folder'}`, async (test) => {
      const path = `${temporaryFolder(test)}/out`
      if (exists) putFile(`${path}/old.txt`, 'old')
      const planned = await plan({ path, schema_save_mode: schema, data_save_mode: data })
      if (typeof outcome === 'string') await assert.rejects(planned.sink.committer.open(), { code: outcome })
      else {
        await planned.sink.committer.open()
        assert.deepEqual(tree(path), outcome)
        assert.equal(existsSync(path), exists || schema.startsWith('CREATE'))
      }
    })
  }

  it('wraps what the file system says', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/file`, '')
    const planned = await plan({ path: `${folder}/file/below` })
    await assert.rejects(planned.sink.committer.open(), { code: 'SAVE_MODE_FAILED' })
  })

  it('never empties the root of the file system', async () => {
    const planned = await plan({ path: '/', data_save_mode: 'DROP_DATA' })
    await assert.rejects(planned.sink.committer.open(), { code: 'SAVE_MODE_FAILED', message: /never emptied/ })
  })
})
