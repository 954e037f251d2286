import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type KernelBackend, LAYOUT_VERSION, STEP_FLAG, STEP_STATUS } from '../../src/native/backend.js'
import { loadBackend } from '../../src/native/load.js'
import { missingPython, runPython } from './python.js'

type Type = { readonly kind: string } & Readonly<Record<string, unknown>>

const plain = (kind: string): Type => ({ kind })
const array = (element: Type): Type => ({ kind: 'ARRAY', element })
const map = (key: Type, value: Type): Type => ({ kind: 'MAP', key, value })
const row = (fields: Readonly<Record<string, Type>>): Type => ({
  kind: 'ROW',
  fields: Object.entries(fields).map(([name, type]) => ({ name, type })),
})

/** Kinds of protobuf that are plain values, in the order of their numbers, with their columns. */
const SCALARS: Readonly<Record<string, string>> = {
  double: 'DOUBLE',
  float: 'FLOAT',
  int32: 'INT',
  int64: 'BIGINT',
  uint32: 'INT',
  uint64: 'BIGINT',
  sint32: 'INT',
  sint64: 'BIGINT',
  fixed32: 'INT',
  fixed64: 'BIGINT',
  sfixed32: 'INT',
  sfixed64: 'BIGINT',
  bool: 'BOOLEAN',
  string: 'STRING',
  bytes: 'BYTES',
}

/** The message that `messages.py` builds from descriptors. */
const PROTO = `syntax = "proto3";
package interop;
message Outer {
  enum Kind { NEW = 0; OLD = 1; GONE = -5; }
  message Inner { string a = 1; sint32 b = 2; Inner deeper = 3; }
${Object.keys(SCALARS)
  .map((kind, index) => `  ${kind} one_${kind} = ${1 + index}; repeated ${kind} many_${kind} = ${101 + index};`)
  .join('\n')}
  Kind kind = 201;
  repeated Kind kinds = 202;
  Inner inner = 203;
  repeated Inner inners = 204;
  map<string, double> pairs = 205;
  map<sint64, Inner> by_number = 206;
  repeated int32 unpacked = 207 [packed = false];
}`

const INNER = row({
  a: plain('STRING'),
  b: plain('INT'),
  deeper: row({ a: plain('STRING'), b: plain('INT') }),
})

interface Format {
  readonly columns: Readonly<Record<string, Type>>
  readonly options: object
}

const FORMATS: Readonly<Record<string, Format>> = {
  avro: {
    columns: {
      flag: plain('BOOLEAN'),
      medium: plain('INT'),
      big: plain('BIGINT'),
      single: plain('FLOAT'),
      number: plain('DOUBLE'),
      name: plain('STRING'),
      raw: plain('BYTES'),
      price: { kind: 'DECIMAL', precision: 20, scale: 3 },
      day: plain('DATE'),
      at: plain('TIMESTAMP'),
      list: array(plain('BIGINT')),
      pairs: map(plain('STRING'), plain('STRING')),
      inner: row({ a: plain('STRING'), b: plain('INT') }),
    },
    options: {},
  },
  protobuf: {
    columns: {
      ...Object.fromEntries(
        Object.entries(SCALARS).flatMap(([kind, type]) => [
          [`one_${kind}`, plain(type)],
          [`many_${kind}`, array(plain(type))],
        ]),
      ),
      kind: plain('STRING'),
      kinds: array(plain('STRING')),
      inner: INNER,
      inners: array(INNER),
      pairs: map(plain('STRING'), plain('DOUBLE')),
      by_number: map(plain('BIGINT'), INNER),
      unpacked: array(plain('INT')),
    },
    options: { protobufSchema: PROTO, protobufMessageName: 'Outer' },
  },
}

interface Side {
  readonly codec: string
  readonly options: object
}

/** Puts bytes of one codec into another one, through a program of the kernels. */
function convert(backend: KernelBackend, columns: Format['columns'], from: Side, to: Side, input: Buffer): Buffer {
  const fields = Object.entries(columns).map(([name, type]) => ({ name, type, nullable: true }))
  const program = backend.compile({
    layoutVersion: LAYOUT_VERSION,
    context: { zone: 'UTC', nowMicros: 0, seed: 0, valueLimitBytes: 1 << 20, subtask: 0 },
    input: { ...from, schema: { table: 't', columns: fields } as never },
    nodes: [],
    sinks: [{ input: 0, ...to, partitionBy: [], columns: null }],
  })
  const bytes = new Uint8Array(new SharedArrayBuffer(input.length))
  bytes.set(input)
  const output = new Uint8Array(new SharedArrayBuffer(1 << 22))
  const pieces: Buffer[] = []
  program.begin('{}')
  for (let start = 0; ; ) {
    const report = program.step(
      bytes.subarray(start),
      STEP_FLAG.startOfFile | STEP_FLAG.endOfFile,
      bytes.length - start,
      output,
    )
    for (const { offset, length } of report.parts) pieces.push(Buffer.from(output.slice(offset, offset + length)))
    start += report.consumed
    if (report.status === STEP_STATUS.done) break
    assert.notEqual(report.status, STEP_STATUS.needInput)
  }
  program.close()
  return Buffer.concat(pieces)
}

for (const kind of ['native', 'wasm'] as const) {
  describe(`messages of other programs and the ${kind} kernels`, { skip: missingPython() }, () => {
    const backend = loadBackend(kind)
    for (const [codec, { columns, options }] of Object.entries(FORMATS)) {
      const messages: Side = { codec, options }
      const json: Side = { codec: 'json', options: {} }

      it(`${codec} messages are read`, () => {
        const input = Buffer.from(runPython('messages.py', ['write', codec]), 'base64')
        const lines = convert(backend, columns, messages, json, input)
        assert.equal(runPython('messages.py', ['check-rows', codec], lines.toString()).trim(), '')
      })

      it(`${codec} messages are written`, () => {
        const lines = Buffer.from(runPython('messages.py', ['rows', codec]))
        const written = convert(backend, columns, json, messages, lines)
        assert.equal(runPython('messages.py', ['check-messages', codec], written.toString('base64')).trim(), '')
      })
    }
  })
}
