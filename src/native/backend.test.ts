import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { MillraceError } from '../core/error.js'
import type { KernelBackend, KernelProgram, ProgramContext, ProgramDocument } from './backend.js'
import { LAYOUT_VERSION, STEP_FLAG, STEP_STATUS } from './backend.js'
import { loadBackend } from './load.js'

const CONTEXT: ProgramContext = { zone: 'UTC', nowMicros: 0, seed: 7, valueLimitBytes: 1 << 20, subtask: 0 }
const SCHEMA = {
  table: 'db.t',
  columns: [
    { name: 'id', type: { kind: 'BIGINT' }, nullable: true },
    { name: 'name', type: { kind: 'STRING' }, nullable: true },
  ],
} as const

function csvProgram(change: Partial<ProgramDocument> = {}): ProgramDocument {
  return {
    layoutVersion: LAYOUT_VERSION,
    context: CONTEXT,
    input: { codec: 'csv', schema: SCHEMA, options: {} },
    nodes: [],
    sinks: [{ input: 0, codec: 'csv', options: {}, partitionBy: [], columns: null }],
    ...change,
  }
}

const bytes = (text: string): Uint8Array => {
  const encoded = new TextEncoder().encode(text)
  const shared = new Uint8Array(new SharedArrayBuffer(encoded.length))
  shared.set(encoded)
  return shared
}

/** Runs one whole file through a program, presenting `chunk` more bytes whenever it asks. */
function runFile(program: KernelProgram, text: string, chunk: number, outputBytes = 1 << 16): string {
  const input = bytes(text)
  const output = new Uint8Array(new SharedArrayBuffer(outputBytes))
  let result = ''
  let start = 0
  let end = Math.min(chunk, input.length)
  program.begin('{}')
  for (;;) {
    const isEnd = end === input.length
    const flags = STEP_FLAG.startOfFile | (isEnd ? STEP_FLAG.endOfFile : 0)
    const report = program.step(input.subarray(start, end), flags, input.length + 1 - start, output)
    for (const part of report.parts)
      result += Buffer.from(output.subarray(part.offset, part.offset + part.length)).toString()
    start += report.consumed
    if (report.status === STEP_STATUS.done) return result
    const isStuck = report.status === STEP_STATUS.outputFull && report.parts.length === 0
    assert.ok(!isStuck, 'a row does not fit the output')
    if (report.status === STEP_STATUS.needInput) {
      assert.ok(!isEnd, 'a whole file is enough')
      end = Math.min(end + chunk, input.length)
    }
  }
}

function code(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    assert.ok(error instanceof MillraceError, String(error))
    return error.code
  }
  return 'none'
}

for (const kind of ['native', 'wasm'] as const) {
  describe(`the ${kind} kernels`, () => {
    const backend: KernelBackend = loadBackend(kind)

    it('speak the layout of this host', () => {
      assert.equal(backend.kind, kind)
      assert.equal(backend.describe().layoutVersion, LAYOUT_VERSION)
    })

    it('give the same bytes however the input and the output are cut', () => {
      const text = '1,a\n2,"b ""quoted"", with comma"\r\n3,\n4,ü€😀\n5,last'
      const program = backend.compile(csvProgram())
      const whole = runFile(program, text, text.length)
      assert.equal(whole, '\n1,a\n2,"b ""quoted"", with comma"\n3,\n4,ü€😀\n5,last')
      for (const chunk of [1, 2, 3, 7, 20]) assert.equal(runFile(program, text, chunk), whole, `chunks of ${chunk}`)
      assert.equal(runFile(program, text, text.length, 256), whole, 'an output of 256 bytes')
      program.close()
    })

    it('ask for a larger output for a row that does not fit, and refuse one over the limit', () => {
      const program = backend.compile(csvProgram({ context: { ...CONTEXT, valueLimitBytes: 100 } }))
      program.begin('{}')
      const flags = STEP_FLAG.startOfFile | STEP_FLAG.endOfFile
      const report = program.step(bytes('1,abc\n'), flags, 100, new Uint8Array(8))
      assert.deepEqual([report.status, report.parts], [STEP_STATUS.outputFull, []])
      assert.equal(program.step(new Uint8Array(0), flags, 100, new Uint8Array(512)).status, STEP_STATUS.done)
      assert.equal(
        code(() => runFile(program, `1,${'x'.repeat(500)}`, 1000)),
        'VALUE_TOO_LARGE',
      )
      program.close()
    })

    it('carry code, row and field of an error', () => {
      const program = backend.compile(csvProgram())
      assert.throws(
        () => runFile(program, '1,a\n2,b\nx,c\n', 100),
        (error: MillraceError) => {
          assert.deepEqual([error.code, error.details.row, error.details.field], ['VALUE_MALFORMED', 2, 'id'])
          return true
        },
      )
      program.close()
    })

    it('answer a closed handle with a code, also when it is closed twice', () => {
      const program = backend.compile(csvProgram())
      program.close()
      assert.equal(
        code(() => program.close()),
        'HANDLE_CLOSED',
      )
      assert.equal(
        code(() => program.begin('{}')),
        'HANDLE_CLOSED',
      )
      assert.equal(
        code(() => program.memoryBytes()),
        'HANDLE_CLOSED',
      )
    })

    it('answer damaged batches with codes and keep the programs beside them', () => {
      const beside = backend.compile(csvProgram())
      const sink = { input: 0, codec: 'arrow', options: {}, partitionBy: [], columns: null }
      const writer = backend.compile(csvProgram({ sinks: [sink] }))
      const output = new Uint8Array(new SharedArrayBuffer(1 << 16))
      const flags = STEP_FLAG.startOfFile | STEP_FLAG.endOfFile
      writer.begin('{}')
      const part = writer.step(bytes('1,a\n2,\n'), flags, 100, output).parts[0]
      assert.ok(part !== undefined)
      const frame = output.slice(part.offset, part.offset + part.length)
      writer.close()
      const codes = new Set<string>()
      for (let at = 0; at < frame.length; at += 1) {
        const damaged = Uint8Array.from(frame)
        damaged[at] = 0xff
        const reader = backend.compile(csvProgram({ input: { codec: 'arrow', schema: SCHEMA, options: {} } }))
        reader.begin('{}')
        codes.add(code(() => reader.step(damaged, flags, frame.length, output)))
        reader.close()
      }
      assert.deepEqual([...codes].sort(), ['FILE_CORRUPT', 'PROGRAM_INVALID', 'none'])
      assert.equal(runFile(beside, '1,a\n', 10), '\n1,a')
      beside.close()
    })

    const badPrograms: readonly (readonly [string, Partial<ProgramDocument>, string])[] = [
      ['another layout version', { layoutVersion: 999 }, 'PROGRAM_INVALID'],
      ['an unknown codec', { input: { codec: 'nope', schema: SCHEMA, options: {} } }, 'UNIMPLEMENTED'],
      ['a format that cannot be read', { input: { codec: 'discard', schema: SCHEMA, options: {} } }, 'UNIMPLEMENTED'],
      ['an unknown operator', { nodes: [{ operator: 'nope', input: 0, options: {} }] }, 'UNIMPLEMENTED'],
      [
        'a node behind a later one',
        { nodes: [{ operator: 'project', input: 5, options: { columns: [] } }] },
        'PROGRAM_INVALID',
      ],
      [
        'a field that is not there',
        { nodes: [{ operator: 'project', input: 0, options: { columns: [{ from: 'x', name: 'x' }] } }] },
        'FIELD_NOT_FOUND',
      ],
      [
        'a partition field that is not there',
        { sinks: [{ input: 0, codec: 'csv', options: {}, partitionBy: ['x'], columns: null }] },
        'FIELD_NOT_FOUND',
      ],
    ]
    for (const [name, change, expected] of badPrograms) {
      it(`refuse a program with ${name}`, () => {
        assert.equal(
          code(() => backend.compile(csvProgram(change))),
          expected,
        )
      })
    }

    it('refuse arguments that are not of their shape', () => {
      const program = backend.compile(csvProgram({ input: { codec: 'fake', schema: SCHEMA, options: {} } }))
      assert.equal(
        code(() => program.begin('[1')),
        'PROGRAM_INVALID',
      )
      program.close()
    })

    it('survive a panic: the program is lost and everything else goes on', () => {
      const broken = backend.compile(csvProgram())
      assert.equal(
        code(() => broken.selfTestPanic()),
        'KERNEL_PANIC',
      )
      assert.equal(
        code(() => broken.begin('{}')),
        'HANDLE_CLOSED',
      )
      const healthy = backend.compile(csvProgram())
      assert.equal(runFile(healthy, '1,a', 10), '\n1,a')
      healthy.close()
    })

    it('hold rows that need their number until they are flushed, in pieces as asked', () => {
      const sinks = [{ input: 0, codec: 'csv', options: {}, partitionBy: ['name'], columns: ['id'] }]
      const program = backend.compile(csvProgram({ sinks }))
      assert.deepEqual(program.holdsRows, [true])
      assert.equal(runFile(program, '1,a\n2,b\n3,a\n4,a\n', 100), '')
      assert.deepEqual(program.held(0), [
        { keys: ['a'], rows: 3 },
        { keys: ['b'], rows: 1 },
      ])
      const output = new Uint8Array(512)
      const flush = (partition: number, rows: number): string => {
        const report = program.flush(0, partition, 0, rows, output)
        return report.parts
          .map((part) => Buffer.from(output.subarray(part.offset, part.offset + part.length)).toString())
          .join('')
      }
      assert.equal(flush(0, 2), '\n1\n3')
      assert.equal(flush(0, 9), '\n4')
      assert.equal(flush(1, 9), '\n2')
      program.close()
    })

    const failures: readonly (readonly [string, string, string, string, number])[] = [
      [
        'a failing expression before a malformed record',
        'select 10 / id as x from t',
        '1,a\n0,b\nx,c\n',
        'EXPRESSION_FAILED',
        1,
      ],
      [
        'a malformed record before a failing expression',
        'select 10 / id as x from t',
        '1,a\nx,b\n0,c\n',
        'VALUE_MALFORMED',
        1,
      ],
      [
        'a failing expression behind a filter',
        "select 10 / id as x from t where name <> 'a'",
        '0,a\n1,b\n0,c\n',
        'EXPRESSION_FAILED',
        2,
      ],
    ]
    for (const [name, query, text, expected, row] of failures) {
      it(`report the lowest failing row: ${name}`, () => {
        const nodes = [{ operator: 'sql', input: 0, options: { query } }]
        const sinks = [{ input: 1, codec: 'discard', options: {}, partitionBy: [], columns: null }]
        const program = backend.compile(csvProgram({ nodes, sinks }))
        assert.throws(
          () => runFile(program, text, 100),
          (error: MillraceError) => {
            assert.deepEqual([error.code, error.details.row], [expected, row])
            return true
          },
        )
        program.close()
      })
    }

    it('run one input through a tree of operators into several sinks', () => {
      const nodes = [
        { operator: 'sql', input: 0, options: { query: 'select upper(name) as n from t where id > 1' } },
        {
          operator: 'project',
          input: 0,
          options: {
            columns: [
              { from: 'name', name: 'name' },
              { from: 'id', name: 'id' },
            ],
          },
        },
      ]
      const sink = (input: number) => ({ input, codec: 'csv', options: {}, partitionBy: [], columns: null })
      const program = backend.compile(csvProgram({ nodes, sinks: [sink(1), sink(2), sink(0)] }))
      const output = new Uint8Array(4096)
      program.begin('{}')
      const text = bytes('1,a\n2,b\n')
      const { parts, status } = program.step(text, STEP_FLAG.startOfFile | STEP_FLAG.endOfFile, text.length, output)
      const written = parts.map(({ sink: index, rows, offset, length }) => [
        index,
        rows,
        Buffer.from(output.subarray(offset, offset + length)).toString(),
      ])
      assert.equal(status, STEP_STATUS.done)
      assert.deepEqual(written, [
        [0, 1, '\nB'],
        [1, 2, '\na,1\nb,2'],
        [2, 2, '\n1,a\n2,b'],
      ])
      program.close()
    })

    it('count model bytes where they are asked for, however the input and the output are cut', () => {
      const sink = { input: 0, codec: 'csv', options: {}, partitionBy: [], columns: null }
      const program = backend.compile(csvProgram({ sinks: [sink, sink], countBytes: true }))
      const text = bytes('1,a\n2,ü€😀\n3,\n'.repeat(500))
      for (const [chunk, outputBytes] of [
        [text.length, 1 << 16],
        [7, 256],
      ] as const) {
        const counted = [0, 0, 0]
        program.begin('{}')
        for (let start = 0, end = 0; ; ) {
          const flags = end === text.length ? STEP_FLAG.endOfFile | STEP_FLAG.startOfFile : STEP_FLAG.startOfFile
          const report = program.step(text.subarray(start, end), flags, text.length, new Uint8Array(outputBytes))
          for (const [index, more] of [report.modelBytesRead, ...report.sinkModelBytes].entries())
            counted[index] = (counted[index] ?? 0) + more
          start += report.consumed
          if (report.status === STEP_STATUS.done) break
          if (report.status === STEP_STATUS.needInput) end = Math.min(end + chunk, text.length)
        }
        const expected = 500 * (3 * 8 + 1 + 4)
        assert.deepEqual(counted, [expected, expected, expected], `chunks of ${chunk}`)
      }
      program.close()
      const plain = backend.compile(csvProgram())
      plain.begin('{}')
      const report = plain.step(text, STEP_FLAG.endOfFile, text.length, new Uint8Array(1 << 16))
      assert.deepEqual([report.modelBytesRead, report.sinkModelBytes], [0, []])
      plain.close()
    })

    it('compress and expand whole files, and refuse a damaged or cut one', () => {
      const text = new TextEncoder().encode('a line of text\n'.repeat(40_000))
      const packed = backend.compress('lzo', text)
      assert.ok(packed.length < text.length / 10)
      const expander = backend.openExpander('lzo')
      const pieces: Uint8Array[] = []
      for (let at = 0; at < packed.length; at += 1000) pieces.push(expander.push(packed.subarray(at, at + 1000)))
      expander.finish()
      assert.ok(Buffer.concat(pieces).equals(Buffer.from(text)))
      const cut = backend.openExpander('lzo')
      cut.push(packed.subarray(0, packed.length - 10))
      assert.equal(
        code(() => cut.finish()),
        'FILE_CORRUPT',
      )
      const wrong = backend.openExpander('lzo')
      assert.equal(
        code(() => wrong.push(text.subarray(0, 100))),
        'FILE_TYPE_INVALID',
      )
      assert.equal(
        code(() => backend.compress('nope', text)),
        'CODEC_UNAVAILABLE',
      )
    })

    it('say where rows end, for cutting an output', () => {
      const program = backend.compile(csvProgram())
      runFile(program, '1,a\n22,b\n', 100)
      assert.deepEqual([program.rowEnd(0, 0), program.rowEnd(0, 1)], [4, 9])
      assert.equal(
        code(() => program.rowEnd(0, 2)),
        'PROGRAM_INVALID',
      )
      program.close()
    })
  })
}

describe('the native addon', () => {
  it('survives being loaded first in a worker that exits', async () => {
    const entry = new URL('./load.js', import.meta.url).href
    const work = `import('${entry}').then(({ loadBackend }) => { loadBackend('native').describe() })`
    for (let round = 0; round < 3; round += 1) {
      const worker = new Worker(work, { eval: true })
      assert.equal(await new Promise((resolve) => worker.once('exit', resolve)), 0)
    }
    assert.equal(loadBackend('native').describe().layoutVersion, LAYOUT_VERSION)
  })
})

describe('the WASM module', () => {
  it('imports nothing, so that it runs in any host', () => {
    const file = fileURLToPath(new URL('../../native/millrace.wasm', import.meta.url))
    assert.deepEqual(WebAssembly.Module.imports(new WebAssembly.Module(readFileSync(file))), [])
  })
})
