import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CatalogTable } from '../core/schema.js'
import { fillPlaceholders } from './placeholders.js'

const column = (name: string) =>
  ({
    name,
    type: { kind: 'STRING' },
    nullable: true,
    length: null,
    scale: null,
    defaultValue: null,
    comment: null,
  }) as const

const TABLE: CatalogTable = {
  catalogName: 'test',
  path: { database: 'shop', schema: 'public', table: 'orders' },
  columns: [column('id'), column('item'), column('code')],
  primaryKey: { name: null, columnNames: ['id', 'item'] },
  constraintKeys: [{ name: 'u', type: 'UNIQUE_KEY', columns: [{ columnName: 'code', sortType: 'ASC' }] }],
  partitionKeys: [],
  comment: null,
}
const BARE: CatalogTable = {
  ...TABLE,
  path: { database: null, schema: null, table: 'orders' },
  primaryKey: null,
  constraintKeys: [],
}

describe('fillPlaceholders', () => {
  const texts: readonly [title: string, written: string, table: CatalogTable, filled: string][] = [
    ['the parts of the path', '${database_name}/${schema_name}/${table_name}', TABLE, 'shop/public/orders'],
    ['the full names', '${schema_full_name} ${table_full_name}', TABLE, 'shop.public shop.public.orders'],
    ['keys and fields with commas', '${primary_key};${unique_key};${field_names}', TABLE, 'id,item;code;id,item,code'],
    ['missing parts as nothing', '[${database_name}][${schema_name}]', BARE, '[][]'],
    ['missing parts as their default', '${schema_name:dbo}.${table_name:t}', BARE, 'dbo.orders'],
    ['missing keys as they are written', '${primary_key} ${unique_key}', BARE, '${primary_key} ${unique_key}'],
    ['missing keys as their default', '${primary_key:id}', BARE, 'id'],
    ['the full names of what is there', '${table_full_name}', BARE, 'orders'],
    [
      'nothing else',
      '${transactionId}_${now} $table_name ${other}',
      TABLE,
      '${transactionId}_${now} $table_name ${other}',
    ],
  ]
  for (const [title, written, table, filled] of texts) {
    it(`fills in ${title}`, () => assert.deepEqual(fillPlaceholders({ path: written }, table), { path: filled }))
  }

  it('makes a list of a key that stands alone', () => {
    const options = {
      a: ['${primary_key}'],
      b: ['${field_names}'],
      c: ['${unique_key}'],
      d: ['${primary_key}', 'x'],
      e: ['${table_name}'],
    }
    assert.deepEqual(fillPlaceholders(options, TABLE), {
      a: ['id', 'item'],
      b: ['id', 'item', 'code'],
      c: ['code'],
      d: ['${primary_key}', 'x'],
      e: ['${table_name}'],
    })
    assert.deepEqual(fillPlaceholders({ a: ['${primary_key}'] }, BARE), { a: ['${primary_key}'] })
  })

  it('leaves nested values alone and the given options unchanged', () => {
    const options = { nested: { a: '${table_name}' }, count: 3, none: null, text: '${table_name}' }
    assert.deepEqual(fillPlaceholders(options, TABLE), {
      nested: { a: '${table_name}' },
      count: 3,
      none: null,
      text: 'orders',
    })
    assert.equal(options.text, '${table_name}')
  })

  it('lets the caller escape what is filled in, and only that', () => {
    const table = { ...TABLE, path: { ...TABLE.path, table: '../x' } }
    const escaped = fillPlaceholders({ path: '/a/../${table_name}', other: '${table_name}' }, table, (value, name) =>
      name === 'path' ? value.replaceAll('/', '%2F') : value,
    )
    assert.deepEqual(escaped, { path: '/a/../..%2Fx', other: '../x' })
  })
})
