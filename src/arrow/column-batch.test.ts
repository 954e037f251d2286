import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MillraceError } from '../core/error.js'
import type { DataType, KernelSchema } from '../core/schema.js'
import { LAYOUT_VERSION, STEP_FLAG, STEP_STATUS } from '../native/backend.js'
import { kernelBackend } from '../native/load.js'
import { ColumnBatch, columnOf } from './column-batch.js'
import type { ColumnBuffers } from './column-buffers.js'
import { type BatchFrame, copyFrames } from './frame.js'
import { loadArrow } from './library.js'

const arrow = await loadArrow()

/** Every type with what goes in; what comes out, where that differs, is the second list. */
const CASES: readonly (readonly [type: DataType, given: readonly unknown[], read?: readonly unknown[]])[] = [
  [{ kind: 'STRING' }, ['ä', null, '', '\u{1f600}']],
  [{ kind: 'STRING' }, [1, true, 2n], ['1', 'true', '2']],
  [{ kind: 'BOOLEAN' }, [true, false, null, true, true, false, null, true, false, true]],
  [{ kind: 'TINYINT' }, [-128, null, 127]],
  [{ kind: 'SMALLINT' }, [-32768, 32767, null]],
  [{ kind: 'INT' }, [-2147483648, null, 2147483647]],
  [{ kind: 'INT' }, [5n], [5]],
  [{ kind: 'BIGINT' }, [-(2n ** 63n), 2n ** 63n - 1n, null]],
  [{ kind: 'BIGINT' }, [7], [7n]],
  [{ kind: 'FLOAT' }, [0.5, null, Number.NEGATIVE_INFINITY, -0]],
  [{ kind: 'DOUBLE' }, [1e300, Number.NaN, null, 5e-324]],
  [{ kind: 'DECIMAL', precision: 38, scale: 2 }, [`-${'9'.repeat(36)}.99`, '0.05', null, '-0.01']],
  [
    { kind: 'DECIMAL', precision: 5, scale: 2 },
    [1, '2.345', '-2.345', 3n, '1e2'],
    ['1.00', '2.35', '-2.35', '3.00', '100.00'],
  ],
  [{ kind: 'DECIMAL', precision: 3, scale: 0 }, ['-999', 0.5], ['-999', '1']],
  [{ kind: 'NULL' }, [null, undefined], [null, null]],
  [{ kind: 'BYTES' }, [Uint8Array.of(0, 255), null, new Uint8Array()]],
  [{ kind: 'DATE' }, ['2024-02-29', null, '1969-12-31', '0001-01-01', '9999-12-31', '+12024-01-01', '-0044-03-15']],
  [{ kind: 'DATE' }, [new Date(Date.UTC(2024, 1, 29, 23))], ['2024-02-29']],
  [{ kind: 'TIME' }, ['00:00:00', '23:59:59.999999999', null, '10:15:30.500']],
  [{ kind: 'TIME' }, ['10:15'], ['10:15:00']],
  [{ kind: 'TIMESTAMP' }, ['2024-02-29T10:15:30.123456', null, '1969-12-31T23:59:59.999', '0001-01-01T00:00:00']],
  [{ kind: 'TIMESTAMP' }, ['2024-02-29 10:15', new Date(-1)], ['2024-02-29T10:15:00', '1969-12-31T23:59:59.999']],
  [
    { kind: 'TIMESTAMP_TZ' },
    ['2024-02-29T10:15:30+05:30', null, '2024-02-29T10:15:30Z', '1969-12-31T23:59:59.500-08:00'],
  ],
  [{ kind: 'TIMESTAMP_TZ' }, [new Date(0)], ['1970-01-01T00:00:00Z']],
  [{ kind: 'ARRAY', element: { kind: 'INT' } }, [[1, null, 3], null, []]],
  [{ kind: 'ARRAY', element: { kind: 'ARRAY', element: { kind: 'STRING' } } }, [[['a'], null, []], [], null]],
  [{ kind: 'ARRAY', element: { kind: 'DOUBLE' } }, [Float64Array.of(1, 2)], [[1, 2]]],
  [
    { kind: 'MAP', key: { kind: 'STRING' }, value: { kind: 'BIGINT' } },
    [
      new Map([
        ['a', 1n],
        ['b', null],
      ]),
      null,
      new Map(),
    ],
  ],
  [{ kind: 'MAP', key: { kind: 'INT' }, value: { kind: 'STRING' } }, [{ 1: 'a' }], [new Map([[1, 'a']])]],
  [
    {
      kind: 'ROW',
      fields: [
        { name: 'a', type: { kind: 'INT' } },
        { name: 'b', type: { kind: 'ARRAY', element: { kind: 'DATE' } } },
      ],
    },
    [{ a: 1, b: ['2024-01-01'] }, null, { a: null, b: null }],
  ],
  [{ kind: 'ROW', fields: [{ name: 'a', type: { kind: 'INT' } }] }, [[3], {}], [{ a: 3 }, { a: null }]],
  [{ kind: 'FLOAT_VECTOR' }, [Float32Array.of(0.5, -1), null, new Float32Array()]],
  [{ kind: 'FLOAT_VECTOR' }, [[0.5, 1]], [Float32Array.of(0.5, 1)]],
  [{ kind: 'BINARY_VECTOR' }, [Uint8Array.of(1), null]],
  [{ kind: 'FLOAT16_VECTOR' }, [Uint8Array.of(0, 60), null]],
  [{ kind: 'BFLOAT16_VECTOR' }, [Uint8Array.of(128, 63), null]],
  [
    { kind: 'SPARSE_FLOAT_VECTOR' },
    [
      new Map([
        [1, 0.5],
        [900, -2],
      ]),
      null,
      new Map(),
    ],
  ],
]

function schemaOf(types: readonly DataType[]): KernelSchema {
  return { table: 't', columns: types.map((type, index) => ({ name: `c${index}`, type, nullable: true })) }
}

/** What the kernels make of a frame when they read and write it. */
function throughKernels(schema: KernelSchema, frame: BatchFrame): readonly BatchFrame[] {
  const program = kernelBackend().compile({
    layoutVersion: LAYOUT_VERSION,
    context: { zone: 'UTC', nowMicros: 0, seed: 1, valueLimitBytes: 1 << 20, subtask: 0 },
    input: { codec: 'arrow', schema, options: {} },
    nodes: [],
    sinks: [{ input: 0, codec: 'arrow', options: {}, partitionBy: [], columns: null }],
  })
  const output = new Uint8Array(new SharedArrayBuffer(1 << 20))
  program.begin('')
  const report = program.step(frame.bytes, STEP_FLAG.endOfFile, frame.bytes.length, output)
  program.close()
  assert.equal(report.status, STEP_STATUS.done)
  return report.parts.flatMap(({ offset, length }) => copyFrames(output.subarray(offset, offset + length)))
}

function readAll(batch: ColumnBatch, column: number): readonly unknown[] {
  const read = batch.reader(column)
  return Array.from({ length: batch.rows }, (_, row) => read(row))
}

describe('a batch in TypeScript', () => {
  for (const [type, given, read = given] of CASES) {
    it(`keeps ${type.kind} ${given.length} through the kernels`, () => {
      const schema = schemaOf([type])
      const batch = ColumnBatch.of(arrow, schema, [columnOf('c0', type, given)], { rows: given.length, kinds: null })
      const [frame] = throughKernels(schema, batch.write(schema, [0]))
      assert.ok(frame !== undefined)
      assert.deepEqual(readAll(ColumnBatch.read(arrow, schema, frame), 0), read)
    })
  }

  it('keeps row kinds, copies columns and takes the first rows', () => {
    const input = schemaOf([{ kind: 'INT' }, { kind: 'STRING' }])
    const columns = [columnOf('a', { kind: 'INT' }, [1, 2, 3]), columnOf('b', { kind: 'STRING' }, ['x', null, 'z'])]
    const kinds = Int8Array.of(0, 3, 2)
    const batch = ColumnBatch.of(arrow, input, columns, { rows: 3, kinds })
    const output = schemaOf([{ kind: 'STRING' }, { kind: 'BOOLEAN' }, { kind: 'INT' }])
    const added = columnOf('c', { kind: 'BOOLEAN' }, [true, false])
    const [frame] = throughKernels(output, batch.write(output, [1, added, 0], 2))
    assert.ok(frame !== undefined)
    const back = ColumnBatch.read(arrow, output, frame)
    assert.deepEqual(
      [readAll(back, 0), readAll(back, 1), readAll(back, 2), back.kinds],
      [['x', null], [true, false], [1, 2], Int8Array.of(0, 3)],
    )
  })

  it('of no columns keeps its number of rows', () => {
    const schema = schemaOf([])
    const batch = ColumnBatch.of(arrow, schema, [], { rows: 5, kinds: null })
    assert.deepEqual(
      throughKernels(schema, batch.write(schema, [])).map(({ rows }) => rows),
      [5],
    )
  })

  it('of another table is refused', () => {
    const one = schemaOf([{ kind: 'INT' }])
    const batch = ColumnBatch.of(arrow, one, [columnOf('a', { kind: 'INT' }, [1])], { rows: 1, kinds: null })
    const three = schemaOf([{ kind: 'INT' }, { kind: 'INT' }, { kind: 'INT' }])
    assert.throws(() => ColumnBatch.read(arrow, three, batch.write(one, [0])), { code: 'PROGRAM_INVALID' })
  })
})

describe('a column of values', () => {
  const nested: DataType = { kind: 'ARRAY', element: { kind: 'TINYINT' } }
  const cases: readonly (readonly [type: DataType, values: readonly unknown[], row: number])[] = [
    [{ kind: 'STRING' }, ['a', {}], 1],
    [{ kind: 'BOOLEAN' }, [1], 0],
    [{ kind: 'TINYINT' }, [1, 128], 1],
    [{ kind: 'INT' }, [1.5], 0],
    [{ kind: 'INT' }, ['1'], 0],
    [{ kind: 'BIGINT' }, [2n ** 63n], 0],
    [{ kind: 'BIGINT' }, [2 ** 60], 0],
    [{ kind: 'DOUBLE' }, ['1'], 0],
    [{ kind: 'DECIMAL', precision: 3, scale: 1 }, ['99.9', '100'], 1],
    [{ kind: 'DECIMAL', precision: 3, scale: 1 }, ['.'], 0],
    [{ kind: 'DECIMAL', precision: 3, scale: 1 }, [Number.NaN], 0],
    [{ kind: 'BYTES' }, ['a'], 0],
    [{ kind: 'DATE' }, ['2023-02-29'], 0],
    [{ kind: 'DATE' }, [new Date(Number.NaN)], 0],
    [{ kind: 'TIME' }, ['24:00'], 0],
    [{ kind: 'TIMESTAMP' }, ['2024-01-01T10:00:00Z'], 0],
    [{ kind: 'TIMESTAMP_TZ' }, ['2024-01-01T10:00:00'], 0],
    [nested, [[1], null, [2, 3], [4, 999]], 3],
    [{ kind: 'MAP', key: { kind: 'INT' }, value: { kind: 'INT' } }, [new Map([[null, 1]])], 0],
    [{ kind: 'MAP', key: { kind: 'INT' }, value: { kind: 'INT' } }, [null, [1]], 1],
    [{ kind: 'ROW', fields: [{ name: 'a', type: { kind: 'INT' } }] }, [null, { a: 1 }, { a: 'x' }], 2],
    [{ kind: 'ROW', fields: [{ name: 'a', type: { kind: 'INT' } }] }, [[1, 2]], 0],
    [{ kind: 'FLOAT_VECTOR' }, [[1], ['x']], 1],
  ]
  for (const [type, values, row] of cases) {
    it(`refuses a value that is no ${type.kind}, at row ${row} of ${values.length}`, () => {
      assert.throws(
        () => columnOf('f', type, values),
        (error) =>
          error instanceof MillraceError &&
          error.code === 'VALUE_MALFORMED' &&
          error.details.row === row &&
          error.details.field === 'f',
      )
    })
  }

  it('gives the same day for every day of four centuries and back', () => {
    const dates = Array.from({ length: 146_097 }, (_, day) => new Date(Date.UTC(1900, 0, 1 + day)))
    const column: ColumnBuffers = columnOf('f', { kind: 'DATE' }, dates)
    const batch = ColumnBatch.of(arrow, schemaOf([{ kind: 'DATE' }]), [column], { rows: dates.length, kinds: null })
    const texts = readAll(batch, 0)
    assert.ok(texts.every((text, index) => text === dates[index]?.toISOString().slice(0, 10)))
    assert.deepEqual(columnOf('f', { kind: 'DATE' }, texts).values, column.values)
  })
})
