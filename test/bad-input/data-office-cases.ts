import { zipArchive } from '../../src/files/testing.js'
import type { BadDataFile } from './data-files.js'

const XML =
  'file_format_type = xml\nxml_row_tag = r\nxml_use_attr_format = false\nschema { fields { id = int, v = $TYPE } }'

/** A document with one bad row behind `row` good ones. */
function badDocument(
  name: string,
  type: string,
  document: string,
  code: BadDataFile['code'],
  place: { readonly row?: number; readonly field?: string } = {},
): BadDataFile {
  return {
    name: `xml: ${name}`,
    files: { 'a.xml': document },
    source: XML.replace('$TYPE', `"${type}"`),
    code,
    ...place,
    fragment: '',
  }
}

const GOOD = '<r><id>1</id></r>'

/** Documents that are not well-formed, or not of their schema. */
export const XML_DATA_CASES: readonly BadDataFile[] = [
  badDocument('no XML at all', 'string', 'id,v\n1,x\n', 'FILE_CORRUPT', { row: 0 }),
  badDocument('no root', 'string', '<?xml version="1.0"?>\n', 'FILE_CORRUPT', { row: 0 }),
  badDocument('cut behind a row', 'string', `<rs>${GOOD}`, 'FILE_CORRUPT', { row: 1 }),
  badDocument('cut in a row', 'string', `<rs>${GOOD}<r><id>2`, 'FILE_CORRUPT', { row: 1 }),
  badDocument('cut in a tag', 'string', `<rs>${GOOD}<r`, 'FILE_CORRUPT', { row: 1 }),
  badDocument('a wrong end', 'string', `<rs>${GOOD}<r><id>2</di></r></rs>`, 'FILE_CORRUPT', { row: 1 }),
  badDocument('another root', 'string', `<rs>${GOOD}</rs><ts></ts>`, 'FILE_CORRUPT', { row: 1 }),
  badDocument('an unknown entity', 'string', `<rs><r><v>&x;</v></r></rs>`, 'FILE_CORRUPT', { row: 0 }),
  badDocument(
    'an external entity',
    'string',
    '<!DOCTYPE rs [<!ENTITY x SYSTEM "file:///etc/hostname">]><rs><r><v>&x;</v></r></rs>',
    'FILE_CORRUPT',
    { row: 0 },
  ),
  badDocument(
    'entities of entities',
    'string',
    '<!DOCTYPE rs [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><rs><r><v>&b;</v></r></rs>',
    'FILE_CORRUPT',
    { row: 0 },
  ),
  badDocument('elements in elements without end', 'string', '<a>'.repeat(100_000), 'FILE_CORRUPT'),
  badDocument('a text as int', 'int', `<rs>${GOOD}<r><v>one</v></r></rs>`, 'VALUE_MALFORMED', { row: 1, field: 'v' }),
  badDocument('a number over int', 'int', '<rs><r><v>2147483648</v></r></rs>', 'VALUE_MALFORMED', {
    row: 0,
    field: 'v',
  }),
  badDocument('a bad date', 'date', '<rs><r><v>2024-02-30</v></r></rs>', 'DATE_FORMAT_UNSUPPORTED', { field: 'v' }),
  badDocument('a bad timestamp', 'timestamp', '<rs><r><v>now</v></r></rs>', 'DATETIME_FORMAT_UNSUPPORTED', {
    field: 'v',
  }),
  badDocument('a list that is none', 'array<int>', '<rs><r><v>[1</v></r></rs>', 'VALUE_MALFORMED', { field: 'v' }),
  {
    name: 'xml: bytes that are not UTF-8',
    files: { 'a.xml': Buffer.from('<rs><r><v>\xff</v></r></rs>', 'latin1') },
    source: XML.replace('$TYPE', 'string'),
    code: 'ENCODING_INVALID',
    row: 0,
    fragment: '',
  },
]

const EXCEL = 'file_format_type = excel\nschema { fields { id = int, v = string } }'

function badWorkbook(name: string, file: string, content: string | Uint8Array, code: BadDataFile['code']): BadDataFile {
  return { name: `excel: ${name}`, files: { [file]: content }, source: EXCEL, code, fragment: '' }
}

const RELATIONS = '<Relationships><Relationship Id="r1" Type="x/worksheet" Target="worksheets/s.xml"/></Relationships>'

/** A workbook of one sheet. */
function workbook(rows: string): Buffer {
  return zipArchive([
    { name: 'xl/workbook.xml', content: '<workbook><sheets><sheet name="One" r:id="r1"/></sheets></workbook>' },
    { name: 'xl/_rels/workbook.xml.rels', content: RELATIONS },
    { name: 'xl/worksheets/s.xml', content: `<worksheet><sheetData>${rows}</sheetData></worksheet>` },
  ])
}

const WORKBOOK = workbook('<row><c><v>1</v></c></row>')

/** A compound file that is all marks of free sectors. */
const HOLLOW_XLS = Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(2040, 0xff)])

/** Workbooks that are cut, flipped or something else. */
export const EXCEL_CASES: readonly BadDataFile[] = [
  badWorkbook('a text file', 'a.xlsx', 'id,v\n1,x\n', 'FILE_TYPE_INVALID'),
  badWorkbook('a text file as .xls', 'a.xls', 'id\tv\n', 'FILE_TYPE_INVALID'),
  badWorkbook('only the magic', 'a.xlsx', 'PK\u0003\u0004', 'FILE_CORRUPT'),
  badWorkbook('another archive', 'a.xlsx', zipArchive([{ name: 'a.csv', content: '1' }]), 'FILE_CORRUPT'),
  badWorkbook('cut in half', 'a.xlsx', WORKBOOK.subarray(0, WORKBOOK.length >> 1), 'FILE_CORRUPT'),
  badWorkbook('without its last bytes', 'a.xlsx', WORKBOOK.subarray(0, -22), 'FILE_CORRUPT'),
  badWorkbook('a row that is too far down', 'a.xlsx', workbook('<row r="9999999"/>'), 'FILE_CORRUPT'),
  badWorkbook(
    'a column that is too far right',
    'a.xlsx',
    workbook('<row><c r="ZZZZ1"><v>1</v></c></row>'),
    'FILE_CORRUPT',
  ),
  badWorkbook(
    'a shared text that is not there',
    'a.xlsx',
    workbook('<row><c t="s"><v>0</v></c></row>'),
    'FILE_CORRUPT',
  ),
  badWorkbook('a sheet that is no XML', 'a.xlsx', workbook('<row></c>'), 'FILE_CORRUPT'),
  badWorkbook('a text as int', 'a.xlsx', workbook('<row><c t="str"><v>x</v></c></row>'), 'VALUE_MALFORMED'),
  badWorkbook('the magic of .xls alone', 'a.xls', Buffer.from('d0cf11e0a1b11ae1', 'hex'), 'FILE_CORRUPT'),
  badWorkbook('an .xls of nothing', 'a.xls', HOLLOW_XLS, 'FILE_CORRUPT'),
  {
    name: 'excel: a sheet that is not there',
    files: { 'a.xlsx': WORKBOOK },
    source: `${EXCEL}\nsheet_name = Two`,
    code: 'OPTION_INVALID',
    fragment: 'Two',
  },
]

/** Binary and markdown files that are too much. */
export const OTHER_FILE_CASES: readonly BadDataFile[] = [
  {
    name: 'binary: parts over the limit',
    files: { 'a.bin': 'x' },
    source: 'file_format_type = binary\nbinary_chunk_size = 104857601',
    sink: 'file_format_type = binary',
    code: 'OPTION_INVALID',
    fragment: '104857601',
  },
  {
    name: 'markdown: quotes in quotes without end',
    files: { 'a.md': '>'.repeat(100_000) },
    source: 'file_format_type = markdown',
    code: 'VALUE_TOO_LARGE',
    fragment: '500',
  },
]
