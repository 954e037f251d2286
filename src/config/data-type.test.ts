import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MillraceError } from '../core/error.js'
import { dataTypeText } from '../core/schema.js'
import { parseDataType } from './data-type.js'

describe('type texts', () => {
  for (const [text, printed] of [
    ['string', 'STRING'],
    ['BOOLEAN', 'BOOLEAN'],
    [' Tiny Int ', 'TINYINT'],
    ['byte', 'TINYINT'],
    ['smallint', 'SMALLINT'],
    ['short', 'SMALLINT'],
    ['int', 'INT'],
    ['bigint', 'BIGINT'],
    ['long', 'BIGINT'],
    ['float', 'FLOAT'],
    ['double', 'DOUBLE'],
    ['null', 'NULL'],
    ['bytes', 'BYTES'],
    ['date', 'DATE'],
    ['time', 'TIME'],
    ['timestamp', 'TIMESTAMP'],
    ['timestamp_tz', 'TIMESTAMP_TZ'],
    ['float_vector', 'FLOAT_VECTOR'],
    ['float16_vector', 'FLOAT16_VECTOR'],
    ['bfloat16_vector', 'BFLOAT16_VECTOR'],
    ['binary_vector', 'BINARY_VECTOR'],
    ['sparse_float_vector', 'SPARSE_FLOAT_VECTOR'],
    ['decimal(10, 2)', 'Decimal(10, 2)'],
    ['DECIMAL ( 38 , 18 )', 'Decimal(38, 18)'],
    ['decimal(76,76)', 'Decimal(76, 76)'],
    ['array<int>', 'ARRAY<INT>'],
    ['array < array < string > >', 'ARRAY<ARRAY<STRING>>'],
    ['array<decimal(4, 2)>', 'ARRAY<Decimal(4, 2)>'],
    ['map<string, int>', 'Map<STRING, INT>'],
    ['map<decimal(3, 1), map<string, array<date>>>', 'Map<Decimal(3, 1), Map<STRING, ARRAY<DATE>>>'],
    ['{ Name = string, b.c = "decimal(3, 1)" }', 'ROW<Name STRING,b.c Decimal(3, 1)>'],
    ['{"a": "int", "b": {"c": "map<string, int>"}}', 'ROW<a INT,b ROW<c Map<STRING, INT>>>'],
    ['map<string, {a = int, b = string}>', 'Map<STRING, ROW<a INT,b STRING>>'],
    ['array<{"A": "int"}>', 'ARRAY<ROW<A INT>>'],
    ['{}', 'ROW<>'],
  ] as const) {
    it(`'${text}' is ${printed}`, () => assert.equal(dataTypeText(parseDataType(text, 'f')), printed))
  }
})

describe('wrong type texts', () => {
  for (const [text, code, hint] of [
    ['', 'TYPE_UNSUPPORTED', 'use a type such as string'],
    ['integer', 'TYPE_UNSUPPORTED', "did you mean 'int'?"],
    ['VARCHAR(10)', 'TYPE_UNSUPPORTED', "did you mean 'string'?"],
    ['stirng', 'TYPE_UNSUPPORTED', "did you mean 'string'?"],
    ['multiple_row', 'TYPE_UNSUPPORTED', 'use a type such as'],
    ['row', 'TYPE_UNSUPPORTED', ''],
    ['map', 'TYPE_UNSUPPORTED', 'map<key type, value type>'],
    ['map<string>', 'TYPE_UNSUPPORTED', 'a map has two types'],
    ['mapping<string, int>', 'TYPE_UNSUPPORTED', 'map<key type'],
    ['array<>', 'TYPE_UNSUPPORTED', 'array<type>'],
    ['array<int>>', 'TYPE_UNSUPPORTED', ''],
    ['decimal', 'SCHEMA_INVALID', 'write decimal(10, 2)'],
    ['decimal(10)', 'SCHEMA_INVALID', 'write decimal(10, 2)'],
    ['decimal(10, -2)', 'SCHEMA_INVALID', 'write decimal(10, 2)'],
    ['decimal(1000000000, 0)', 'SCHEMA_INVALID', ''],
    ['decimal(77, 0)', 'SCHEMA_INVALID', 'from 1 to 76'],
    ['{ a = ', 'TYPE_UNSUPPORTED', 'the row type cannot be read'],
    [`${'map<string, '.repeat(50)}int${'>'.repeat(50)}`, 'SCHEMA_INVALID', 'fewer levels'],
  ] as const) {
    it(`'${text.slice(0, 40)}' is ${code}`, () => {
      assert.throws(
        () => parseDataType(text, 'f'),
        (error) => error instanceof MillraceError && error.code === code && (error.details.hint ?? '').includes(hint),
      )
    })
  }

  it('are named together with the field', () => {
    assert.throws(
      () => parseDataType('foo', 'amount'),
      /^MillraceError: 'SeaTunnel' unsupported data type 'foo' of 'amount'$/,
    )
  })
})
