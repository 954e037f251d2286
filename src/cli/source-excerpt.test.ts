import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { withFolder } from '../../test/support/cli.js'
import { MillraceError } from '../core/error.js'
import { errorText } from './error-report.js'
import { hideSecrets, SourceLines } from './source-excerpt.js'

describe('secrets in a line', () => {
  const cases: readonly (readonly [name: string, text: string, hidden: string])[] = [
    ['HOCON', 'password = abc', 'password = ******'],
    ['quoted with blanks', 'user = x, password : "a b, c" next = 1', 'user = x, password : ****** next = 1'],
    ['JSON', '{"secret_key": "abc", "n": 1}', '{"secret_key": ******, "n": 1}'],
    ['SQL options', "'password'='abc',", "'password'=******,"],
    ['a text that goes on in the next line', 'token = """abc', 'token = ******'],
    [
      'URLs',
      'url = "jdbc:mysql://me:abc@h/d?password=def&a=1"',
      'url = "jdbc:mysql://me:******@h/d?password=******&a=1"',
    ],
    ['nothing secret', 'row.num = 3', 'row.num = 3'],
  ]
  for (const [name, text, hidden] of cases) {
    it(`are hidden: ${name}`, () => assert.equal(hideSecrets({ text, column: 1 }).text, hidden))
  }

  const columns: readonly (readonly [name: string, text: string, at: string, hiddenAt: string])[] = [
    ['behind the value', 'password = averylongsecret, bad = 1', 'bad', 'bad'],
    ['before the value', 'bad = 1, password = s', 'bad', 'bad'],
    ['inside the value', 'password = "abcdef"', 'cdef', '******'],
  ]
  for (const [name, text, at, hiddenAt] of columns) {
    it(`leave the column on its place: ${name}`, () => {
      const hidden = hideSecrets({ text, column: text.indexOf(at) + 1 })
      assert.equal(hidden.column, hidden.text.indexOf(hiddenAt) + 1)
    })
  }
})

describe('an excerpt', () => {
  const of = (text: string, line: number, column: number) =>
    withFolder(async (write) => new SourceLines().excerpt({ file: write('job.conf', text), line, column }))

  it('is the line of the place', async () =>
    assert.deepEqual(await of('a\r\nbcd\ne', 2, 2), { text: 'bcd', column: 2 }))
  it('has blanks for tabs', async () => assert.deepEqual(await of('\ta', 1, 2), { text: ' a', column: 2 }))
  it('is absent behind the end', async () => assert.equal(await of('a', 5, 1), null))
  it('is absent for an empty line', async () => assert.equal(await of('a\n\nb', 2, 1), null))
  it('is absent without the file', () => {
    assert.equal(new SourceLines().excerpt({ file: 'no such file', line: 1, column: 1 }), null)
  })
  it('cuts a long line around the place', async () => {
    const found = await of(`${'a'.repeat(500)}X${'b'.repeat(500)}`, 1, 501)
    assert.ok(found !== null && found.text.length <= 122)
    assert.equal(found.text[found.column - 1], 'X')
  })
})

describe('an error as text', () => {
  it('has code, place, line, caret and hint', () =>
    withFolder(async (write) => {
      const file = write('job.conf', 'a = 1\nbb = x\n')
      const error = new MillraceError('OPTION_TYPE', "option 'bb' must be a number", {
        path: 'env.bb',
        position: { file, line: 2, column: 6 },
        hint: 'write digits',
      })
      assert.equal(
        errorText(error, { lines: new SourceLines(), number: [1, 2] }),
        [
          "(1/2) error[OPTION_TYPE]: option 'bb' must be a number",
          `  --> ${file}:2:6 (env.bb)`,
          '    |',
          '  2 | bb = x',
          '    |      ^',
          '  hint: write digits',
        ].join('\n'),
      )
    }))

  it('names field and row of data, rows from 1', () => {
    const error = new MillraceError('VALUE_MALFORMED', 'bad value', { field: 'a', row: 2 })
    assert.equal(errorText(error), "error[VALUE_MALFORMED]: bad value\n  at field 'a', row 3")
  })

  it('is colored when asked', () => {
    const text = errorText(new MillraceError('JOB_FAILED', 'm'), { isColored: true })
    assert.equal(text, '\u001b[1;31merror[JOB_FAILED]\u001b[0m: m')
  })
})
