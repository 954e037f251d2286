import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { asMillraceErrors, type MillraceError } from '../../src/core/error.js'
import { putFile, temporaryFolder } from '../../src/files/testing.js'
import { contents } from '../local-file/job.js'
import { csvRows, csvSink, csvSource, finishJob, prepareJob, runJob } from './harness.js'

function job(folder: string, code: string, options = ''): string {
  return `
source { ${csvSource(`${folder}/in`)} }
transform { DynamicCompile {
  compile_language = JAVASCRIPT
  ${options}
  source_code = """${code}"""
} }
sink { ${csvSink(folder)} }`
}

function lines(folder: string): readonly string[] {
  return contents(`${folder}/out`).flatMap(([, text]) => text.split('\n'))
}

async function planningFaults(text: string): Promise<readonly MillraceError[]> {
  return asMillraceErrors(
    await prepareJob(text).then(
      () => assert.fail('it was planned'),
      (error: unknown) => error,
    ),
  )
}

const ONE_COLUMN = "function getInlineOutputColumns(table) { return [{ name: 'x', type: 'string' }] }\n"
const row = (body: string): string => `${ONE_COLUMN}function getInlineOutputFieldValues(row) { ${body} }`

describe('DynamicCompile', () => {
  for (const workers of [1, 3]) {
    it(`computes columns row by row, new ones and ones that are there, with ${workers} workers`, async (test) => {
      const folder = temporaryFolder(test)
      putFile(`${folder}/in/a.csv`, csvRows(70_000))
      await finishJob(
        job(
          folder,
          `
          function getInlineOutputColumns(table) {
            return [{ name: 'note', type: table.columns[1].type }, { name: 'id', type: 'int' }]
          }
          function getInlineOutputFieldValues(row) {
            return [row.getField(1) + '/' + row.kind + '/' + row.arity, Number(row.getField('id')) + 1]
          }`,
        ),
        workers,
      )
      const expected = Array.from({ length: 70_000 }, (_, id) => `${id + 1},name ${id},name ${id}/INSERT/2`)
      assert.ok(lines(folder).join('\n') === expected.join('\n'), 'the rows differ')
    })
  }

  it('computes columns batch by batch, from typed arrays', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, `${csvRows(10_000)}\n,last`)
    await finishJob(
      job(
        folder,
        `
        const getInlineOutputColumns = () => [{ name: 'double', type: 'bigint' }, { name: 'size', type: 'int' }, { name: 'gone', type: 'boolean' }]
        const processBatch = (batch) => {
          const ids = batch.numbers('id')
          return [
            ids.map((id) => id * 2n),
            batch.column('name').map((name) => name.length),
            Array.from(ids, (_, row) => batch.isNull('id', row)),
          ]
        }`,
      ),
    )
    assert.deepEqual([lines(folder)[7], lines(folder).at(-1)], ['7,name 7,14,6,false', ',last,0,4,true'])
  })

  it('takes every type in its JavaScript form', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, '1,a')
    const types = {
      a: ['decimal(10,2)', "'1.5'"],
      b: ['date', 'new Date(Date.UTC(2024, 1, 29))'],
      c: ['timestamp', "'2024-02-29T10:15:30'"],
      d: ['array<int>', '[1, 2]'],
      e: ['map<string,int>', "new Map([['k', 1]])"],
      f: ['double', '2'],
      g: ['boolean', 'true'],
      h: ['time', "'10:15'"],
      i: ['string', 'null'],
    }
    const columns = Object.entries(types).map(([name, [type]]) => `{ name: '${name}', type: '${type}' }`)
    const values = Object.values(types).map(([, value]) => value)
    await finishJob(`
source { ${csvSource(`${folder}/in`)} }
transform { DynamicCompile { compile_language = JAVASCRIPT, source_code = """
  function getInlineOutputColumns() { return [${columns}] }
  function getInlineOutputFieldValues(row) { return [${values}] }
""" } }
sink { LocalFile { path = "${folder}/out", tmp_path = "${folder}/tmp", file_format_type = json } }`)
    const { id, name, ...computed } = JSON.parse(lines(folder)[0] ?? '')
    assert.deepEqual(
      [id, name, computed.a, computed.b, computed.d, computed.e, computed.f, computed.g],
      [1, 'a', 1.5, '2024-02-29', [1, 2], { k: 1 }, 2, true],
    )
  })

  it('reads the code from a file', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, csvRows(1))
    putFile(`${folder}/code.js`, row("return ['from a file']"))
    await finishJob(
      job(folder, '', `compile_pattern = ABSOLUTE_PATH, absolute_path = "${folder}/code.js"`).replace(
        'source_code = """"""',
        '',
      ),
    )
    assert.deepEqual(lines(folder), ['0,name 0,from a file'])
  })

  it('has nothing but the language, and no way to load or make code', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, csvRows(1))
    const names = [
      'require',
      'process',
      'fetch',
      'setTimeout',
      'console',
      'Buffer',
      'module',
      'TextDecoder',
      'millrace',
    ]
    await finishJob(
      job(
        folder,
        row(`
        const there = [${names.map((name) => `'${name}'`)}].filter((name) => name in globalThis)
        let made = 'made'
        try { Function('return 1')() } catch (error) { made = error.name }
        const chain = []
        for (const value of [row, row.getField, globalThis, [], row.getFields()]) {
          try { value.constructor.constructor('return process')() ; chain.push('escaped') } catch (error) { chain.push(error.name) }
        }
        return [there.concat(made, chain).join(' ')]`),
      ),
    )
    assert.deepEqual(lines(folder), ['0,name 0,EvalError EvalError EvalError EvalError EvalError EvalError'])
  })

  it('of which the first failing row counts', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, csvRows(20_000))
    const outcome = await runJob(
      job(
        folder,
        row(
          "if (row.getField('id') === 9000n || row.getField('id') > 15000n) throw new Error('at ' + row.getField('id')); return ['']",
        ),
      ),
    )
    assert.deepEqual([outcome.status, outcome.errors[0]?.code], ['FAILED', 'SCRIPT_FAILED'])
    assert.match(outcome.errors[0]?.message ?? '', /Error: at 9000/)
    assert.deepEqual(contents(`${folder}/out`), [])
  })

  for (const [name, code, message] of [
    ['a value of another type', row('return [{}]'), /'x' cannot be kept/],
    ['a wrong number of values', row('return []'), /an array of 1 values/],
    ['a field that is not there', row("return [row.getField('nope')]"), /no field 'nope'/],
    ['columns of a wrong length', `${ONE_COLUMN} const processBatch = () => [[]]`, /1 arrays of \d values/],
    ['a thrown thing without a text', row('throw Object.create(null)'), /no text/],
  ] as const) {
    it(`fails on ${name}`, async (test) => {
      const folder = temporaryFolder(test)
      putFile(`${folder}/in/a.csv`, csvRows(3))
      const outcome = await runJob(job(folder, code))
      assert.deepEqual([outcome.status, outcome.errors[0]?.code], ['FAILED', 'SCRIPT_FAILED'])
      assert.match(outcome.errors[0]?.message ?? '', message)
    })
  }

  it('ends an endless loop within its time', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, csvRows(3))
    const outcome = await runJob(job(folder, row('for (;;) {}'), 'batch_time_limit_ms = 300'))
    assert.deepEqual([outcome.status, outcome.errors[0]?.code], ['FAILED', 'SCRIPT_LIMIT'])
    assert.match(outcome.errors[0]?.message ?? '', /longer than '300' ms/)
  })

  it('ends code that keeps too much', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, csvRows(3))
    const outcome = await runJob(
      job(folder, row("const all = []; for (;;) all.push({ a: 'x' + all.length })"), 'memory_limit_mb = 24'),
    )
    assert.deepEqual([outcome.status, outcome.errors[0]?.code], ['FAILED', 'SCRIPT_LIMIT'])
    assert.match(outcome.errors[0]?.message ?? '', /more than '24' MB/)
  })

  it('can be canceled in the middle of an endless loop', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.csv`, csvRows(3))
    const prepared = await prepareJob(job(folder, row('for (;;) {}'), 'batch_time_limit_ms = 600000'))
    const ended = prepared.run()
    await new Promise((resolve) => setImmediate(resolve))
    prepared.cancel()
    const outcome = await ended
    assert.deepEqual([outcome.status, outcome.errors], ['CANCELED', []])
  })

  for (const [name, code, options, expected] of [
    ['GROOVY', '', 'compile_language = GROOVY', 'UNIMPLEMENTED'],
    ['JAVA', '', 'compile_language = JAVA', 'UNIMPLEMENTED'],
    ['code that does not compile', 'function (', '', 'SCRIPT_FAILED'],
    ['code without functions', 'const a = 1', '', 'SCRIPT_FAILED'],
    [
      'code that gives no columns',
      'function getInlineOutputColumns() { return 1 }\nfunction processBatch() {}',
      '',
      'SCRIPT_FAILED',
    ],
    ['code without values', ONE_COLUMN, '', 'SCRIPT_FAILED'],
    [
      'a type that is none',
      `function getInlineOutputColumns() { return [{ name: 'x', type: 'text' }] }\nfunction processBatch() {}`,
      '',
      'TYPE_UNSUPPORTED',
    ],
    [
      'two columns of one name',
      `function getInlineOutputColumns() { return [{ name: 'x', type: 'int' }, { name: 'x', type: 'int' }] }\nfunction processBatch() {}`,
      '',
      'SCRIPT_FAILED',
    ],
    ['code that loads something', row("return [import('fs')]"), '', 'SCRIPT_FAILED'],
    ['code that never ends', 'for (;;) {}', 'batch_time_limit_ms = 200', 'SCRIPT_LIMIT'],
    ['a path that is not absolute', '', 'compile_pattern = ABSOLUTE_PATH, absolute_path = "code.js"', 'OPTION_INVALID'],
    [
      'a file that is not there',
      '',
      'compile_pattern = ABSOLUTE_PATH, absolute_path = "/nowhere/code.js"',
      'FILE_READ_FAILED',
    ],
  ] as const) {
    it(`refuses ${name} while the job is planned`, async (test) => {
      const folder = temporaryFolder(test)
      putFile(`${folder}/in/a.csv`, csvRows(3))
      const faults = await planningFaults(job(folder, code, options))
      assert.deepEqual(
        faults.map((fault) => fault.code),
        [expected],
      )
      if (expected === 'UNIMPLEMENTED') assert.match(faults[0]?.details.hint ?? '', /JAVASCRIPT/)
    })
  }
})
