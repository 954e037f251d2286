import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { describe, it } from 'node:test'
import { putFile, temporaryFolder } from '../../src/files/testing.js'
import { contents, missingCodec, runJob } from '../local-file/job.js'
import { missingPython, runPython } from './python.js'

const SCHEMA = `schema { fields {
  id = bigint, name = string, price = double, flag = boolean, day = date, at = timestamp, clock = time } }`

type Row = readonly (string | number | boolean | null)[]

/** Rows as Python is told them: moments are marked by `d:`, `m:` and `t:`. */
const ROWS: readonly Row[] = [
  [1, 'plain', 1234.5678, true, 'd:2024-02-29', 'm:2024-02-29T10:15:30', 't:10:15:30'],
  [-2147483648, 'é 你好 😀 <&> "q"', -0.001, false, 'd:1900-03-01', 'm:1900-03-01T00:00:01', 't:00:00:00'],
  [9007199254740991, ' blanks and\nlines ', 1e15, true, 'd:9999-12-31', 'm:9999-12-31T23:59:59', 't:23:59:59'],
  [null, null, null, null, null, null, null],
  [0, '_x0041_', 0, false, 'd:1970-01-01', 'm:1970-01-01T12:00:00', 't:12:00:00'],
]
const NAMES: readonly string[] = ['id', 'name', 'price', 'flag', 'day', 'at', 'clock']

/** What a json sink makes of the rows. */
function expected(rows: readonly Row[]): readonly object[] {
  const texts = rows.map((row) =>
    row.map((value) => (typeof value === 'string' ? value.replace(/^[dmt]:/, '') : value)),
  )
  return texts.map((row) => Object.fromEntries(NAMES.map((name, index) => [name, row[index]])))
}

async function copy(source: string, sink: string, folder: string): Promise<void> {
  const outcome = await runJob(
    `env { job.mode = BATCH }
source { LocalFile { ${source} } }
sink { LocalFile { ${sink}, tmp_path = "${folder}/tmp" } }`,
  )
  assert.deepEqual([outcome.status, outcome.errors.map((error) => error.message)], ['FINISHED', []])
}

/** The objects that a job reads from a file. */
async function objects(folder: string, source: string): Promise<readonly object[]> {
  await copy(`${source}, ${SCHEMA}`, `path = "${folder}/json", file_format_type = json`, folder)
  const lines = contents(`${folder}/json`).flatMap(([, text]) => text.split('\n'))
  return lines.map((line) => JSON.parse(line) as object)
}

/** Writes the rows as json, so that a job can read them typed. */
function putRows(folder: string, rows: readonly Row[]): string {
  const lines = expected(rows).map((row) => JSON.stringify(row))
  putFile(`${folder}/in/a.json`, lines.join('\n'))
  return `path = "${folder}/in", file_format_type = json, ${SCHEMA}`
}

/** The path of the only file in a folder. */
function onlyFile(folder: string): string {
  const [name = '', ...others] = readdirSync(folder)
  assert.deepEqual(others, [])
  return `${folder}/${name}`
}

const skip = missingPython() || missingCodec('excel')

describe('workbooks of other programs', { skip }, () => {
  for (const [program, command, file] of [
    ['openpyxl', 'write-xlsx', 'a.xlsx'],
    ['xlwt', 'write-xls', 'a.xls'],
  ] as const) {
    it(`are read as ${program} writes them`, async (test) => {
      const folder = temporaryFolder(test)
      // A row without any cell is not in the file, and openpyxl writes no escapes.
      const rows = ROWS.filter((row) => row[1] !== '_x0041_' && row[1] !== null)
      putFile(`${folder}/in/.keep`, '')
      runPython('office_files.py', [command, `${folder}/in/${file}`], JSON.stringify(rows))
      const options = 'file_format_type = excel, sheet_name = Data, skip_header_row_number = 1'
      assert.deepEqual(await objects(folder, `path = "${folder}/in", ${options}`), expected(rows))
    })
  }

  it('are written so that openpyxl reads them', async (test) => {
    const folder = temporaryFolder(test)
    const sink = `path = "${folder}/xlsx", file_format_type = excel, sheet_name = Data, sheet_max_rows = 4`
    await copy(putRows(folder, ROWS), sink, folder)
    const file = onlyFile(`${folder}/xlsx`)
    const sheets = ['Data', 'Data_2'].map((name) => {
      return JSON.parse(runPython('office_files.py', ['read-xlsx', file, name])) as Row[]
    })
    for (const sheet of sheets) assert.deepEqual(sheet[0], NAMES)
    const found = sheets.flatMap((sheet) => sheet.slice(1))
    assert.equal(found.length, ROWS.length)
    for (const [index, row] of ROWS.entries()) {
      // Dates are moments for openpyxl, and times are those of 1970-01-01. Rows end with their last value.
      const moments = row.map((value, column) => {
        if (typeof value !== 'string') return value
        if (column === 1) return value.replace('_x0041_', '_x005F_x0041_')
        return value.replace(/^d:(.*)$/, 'm:$1T00:00:00').replace(/^t:/, 'm:1970-01-01T')
      })
      assert.deepEqual(found[index]?.concat(Array(7).fill(null)).slice(0, 7), moments)
    }
  })
})

describe('XML documents of other programs', { skip }, () => {
  for (const style of ['elements', 'attributes'] as const) {
    it(`are read as xml.etree writes them: ${style}`, async (test) => {
      const folder = temporaryFolder(test)
      const rows = ROWS.filter((row) => row[1] !== null)
      putFile(`${folder}/in/.keep`, '')
      runPython('office_files.py', ['write-xml', `${folder}/in/a.xml`, style], JSON.stringify(rows))
      const options = `file_format_type = xml, xml_row_tag = row, xml_use_attr_format = ${style === 'attributes'}`
      assert.deepEqual(await objects(folder, `path = "${folder}/in", ${options}`), expected(rows))
    })

    it(`are written so that xml.etree reads them: ${style}`, async (test) => {
      const folder = temporaryFolder(test)
      const options = `file_format_type = xml, xml_root_tag = rs, xml_row_tag = r, xml_use_attr_format = ${style === 'attributes'}`
      await copy(putRows(folder, ROWS), `path = "${folder}/xml", ${options}`, folder)
      const file = onlyFile(`${folder}/xml`)
      const [root, ...found] = JSON.parse(runPython('office_files.py', ['read-xml', file])) as Row[]
      assert.deepEqual(root, ['rs'])
      assert.deepEqual(
        found.map((row) => [row[0], row[1], row[2], row[4]]),
        ROWS.map((row) => ['r', ...[row[0], row[1], row[3]].map((value) => (value === null ? '' : String(value)))]),
      )
    })
  }
})
