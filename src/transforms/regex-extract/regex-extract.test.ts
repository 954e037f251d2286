import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fakeSource, planFaults, plannedTables, runTables } from '../../../test/tables/tables.js'

const MAILS = fakeSource([
  {
    path: 'mails',
    fields: 'mail = string, n = int',
    rows: [
      ['me@here', 12],
      ['nobody', 3],
      [null, null],
    ],
  },
])

describe('RegexExtract', () => {
  it('finds its pattern anywhere, in the text of any type', async (test) => {
    const extract =
      'RegexExtract { source_field = n, regex_pattern = "(?<=1)(.)", output_fields = [digit], default_values = ["-"] }'
    const [rows] = Object.values(await runTables(test, MAILS, extract)) as { digit: string }[][]
    assert.deepEqual(
      rows?.map(({ digit }) => digit),
      ['2', '-', '-'],
    )
  })

  it('gives nullable texts of length 200, in the place of fields of their name', async () => {
    const [table] = await plannedTables(
      MAILS,
      'RegexExtract { source_field = mail, regex_pattern = "(.*)@(.*)", output_fields = [n, host] }',
    )
    assert.deepEqual(
      table?.columns.map(({ name, type, nullable, length }) => [name, type.kind, nullable, length]),
      [
        ['mail', 'STRING', true, null],
        ['n', 'STRING', true, 200],
        ['host', 'STRING', true, 200],
      ],
    )
  })

  for (const [title, options, message] of [
    [
      'more groups than fields',
      'regex_pattern = "(a)(b)", output_fields = [x]',
      /^Regex group count \(2\) must equal output fields size \(1\)/,
    ],
    [
      'other defaults than fields',
      'regex_pattern = "(a)", output_fields = [x], default_values = [a, b]',
      /^Default values size \(2\)/,
    ],
    ['a broken pattern', 'regex_pattern = "(a", output_fields = [x]', /'\(a'/],
  ] as const) {
    it(`refuses ${title}`, async () => {
      const [fault] = await planFaults(MAILS, `RegexExtract { source_field = mail, ${options} }`)
      assert.equal(fault?.code, 'OPTION_INVALID')
      assert.match(fault.message, message)
    })
  }
})
