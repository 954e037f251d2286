import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CatalogTable } from '../../core/schema.js'
import type { FilePolicy, PlanContext } from '../../spi/context.js'
import { openRealm } from './realm.js'
import { transform } from './transform.js'

const TABLE: CatalogTable = {
  catalogName: 'c',
  path: { database: null, schema: null, table: 't' },
  columns: [
    { name: 'a', type: { kind: 'INT' }, nullable: true, length: null, scale: null, defaultValue: null, comment: null },
  ],
  primaryKey: null,
  constraintKeys: [],
  partitionKeys: [],
  comment: null,
}

const OPTIONS = {
  compileLanguage: 'JAVASCRIPT',
  compilePattern: 'SOURCE_CODE',
  sourceCode:
    "const getInlineOutputColumns = () => [{ name: 'b', type: 'int' }]; const processBatch = (b) => [b.numbers('a')]",
  absolutePath: null,
  batchTimeLimitMs: 10_000,
  memoryLimitMb: 64,
}

describe('user code', () => {
  it('is refused where jobs may not bring any', async () => {
    const context = { allowsUserCode: false } as PlanContext
    await assert.rejects(transform.lower(OPTIONS, TABLE, context), {
      code: 'SCRIPT_FAILED',
      message: /may not bring code/,
    })
    const lowered = await transform.lower(OPTIONS, TABLE, {} as PlanContext)
    assert.deepEqual(
      lowered.table.columns.map((column) => column.name),
      ['a', 'b'],
    )
  })

  it('in a file is read below the roots of the job only', async () => {
    const options = { ...OPTIONS, compilePattern: 'ABSOLUTE_PATH', absolutePath: '/etc/hostname' }
    const context = { filePolicy: { allowed: ['/nowhere'], forbidden: [] } as FilePolicy } as PlanContext
    await assert.rejects(transform.lower(options, TABLE, context), {
      code: 'FILE_READ_FAILED',
      message: /outside of the folders/,
    })
  })

  it('that bends the language bends only its own', () => {
    const inside = openRealm(
      `Array.prototype.push = () => 0; Object.prototype.toString = () => 'x'; JSON.stringify = () => { throw 1 }
       const getInlineOutputColumns = () => [{ name: 'b', type: 'int' }]
       const processBatch = () => []`,
      'code.js',
    )
    assert.deepEqual(JSON.parse(inside.columns('{}')), {
      columns: [{ name: 'b', type: 'int', nullable: true, comment: null }],
    })
    const ours: number[] = []
    ours.push(1)
    assert.deepEqual(ours, [1])
  })

  it('sees text as text, whatever is in it', () => {
    const inside = openRealm(
      `const getInlineOutputColumns = () => []
       const getInlineOutputFieldValues = (row) => [row.getField('a') + '|\u00e4\u20ac\u{1f600}\\ud800']`,
      'code.js',
    )
    const column = [{ name: 'a', type: { kind: 'STRING' } }]
    inside.open(JSON.stringify(column), JSON.stringify(column), 't')
    const given = Buffer.from('\ufeff\u00e4\u20ac\u{1f600}')
    const bytes = inside.allocate(16 + given.length)
    new Uint8Array(bytes, 16).set(given)
    new Int32Array(bytes, 0, 2).set([0, given.length])
    const layout = [
      {
        length: 1,
        validity: null,
        values: ['Uint8Array', 16, given.length],
        offsets: ['Int32Array', 0, 2],
        children: [],
      },
    ]
    const result = inside.process(JSON.stringify(layout), bytes, 1)
    const { rows, error, layout: made } = JSON.parse(result.text)
    const [[, start, length]] = JSON.parse(made).map((each: { readonly values: unknown }) => each.values)
    assert.deepEqual([rows, error], [1, null])
    assert.equal(
      Buffer.from(result.bytes, start, length).toString(),
      '\ufeff\u00e4\u20ac\u{1f600}|\u00e4\u20ac\u{1f600}\ufffd',
    )
  })
})
