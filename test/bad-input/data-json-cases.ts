import type { BadDataFile } from './data-files.js'

const JSON_SOURCE = 'file_format_type = json\nschema { fields { id = int, v = $TYPE } }'

/** A file of JSON lines with one bad line behind `row` good ones. */
function badLine(
  name: string,
  type: string,
  line: string,
  row: number,
  code: BadDataFile['code'],
  field?: string,
): BadDataFile {
  const rows = Array.from({ length: row }, (_, id) => `{"id": ${id}}`)
  return {
    name: `json: ${name}`,
    files: { 'a.json': [...rows, line, '{"id": 99}'].join('\n') },
    source: JSON_SOURCE.replace('$TYPE', `"${type}"`),
    code,
    row,
    ...(field === undefined ? {} : { field }),
    fragment: '',
  }
}

/** JSON lines and documents that are no JSON, or not of their schema. */
export const JSON_DATA_CASES: readonly BadDataFile[] = [
  badLine('a line that is no JSON', 'string', 'nonsense', 0, 'RECORD_MALFORMED'),
  badLine('a line without its end', 'string', '{"id": 1, "v": "x"', 1, 'RECORD_MALFORMED'),
  badLine('a text without its end', 'string', '{"id": 1, "v": "x', 2, 'RECORD_MALFORMED'),
  badLine('a comma too many', 'string', '{"id": 1,, "v": "x"}', 1, 'RECORD_MALFORMED'),
  badLine('a name without quotes that is no word', 'string', '{1d: 1}', 1, 'RECORD_MALFORMED'),
  badLine('a number in place of a row', 'string', '5', 3, 'RECORD_MALFORMED'),
  badLine('two values on a line', 'string', '{"id": 1} x', 1, 'RECORD_MALFORMED'),
  badLine('a bad escape', 'string', '{"id": 1, "v": "\\q"}', 1, 'RECORD_MALFORMED'),
  badLine('a bad unicode escape', 'string', '{"id": 1, "v": "\\u12G4"}', 1, 'RECORD_MALFORMED'),
  badLine('lists in lists without end', 'string', `{"id": 1, "v": ${'['.repeat(100_000)}`, 1, 'RECORD_MALFORMED'),
  badLine('a text as int', 'int', '{"id": 1, "v": "one"}', 1, 'VALUE_MALFORMED', 'v'),
  badLine('a number over int', 'int', '{"id": 1, "v": 2147483648}', 2, 'VALUE_MALFORMED', 'v'),
  badLine('a number over bigint', 'bigint', '{"id": 1, "v": 9223372036854775808}', 2, 'VALUE_MALFORMED', 'v'),
  badLine('a text as double', 'double', '{"id": 1, "v": "wide"}', 1, 'VALUE_MALFORMED', 'v'),
  badLine('a bad date', 'date', '{"id": 1, "v": "2024-02-30"}', 1, 'DATE_FORMAT_UNSUPPORTED', 'v'),
  badLine('a bad time', 'time', '{"id": 1, "v": "25:00:00"}', 1, 'VALUE_MALFORMED', 'v'),
  badLine(
    'a bad timestamp',
    'timestamp',
    '{"id": 1, "v": "2024-01-31 99:00:00"}',
    1,
    'DATETIME_FORMAT_UNSUPPORTED',
    'v',
  ),
  badLine('a text as decimal', 'decimal(10, 2)', '{"id": 1, "v": "much"}', 1, 'VALUE_MALFORMED', 'v'),
  badLine('an object as array', 'array<int>', '{"id": 1, "v": {"a": 1}}', 1, 'VALUE_MALFORMED', 'v'),
  badLine('a list as map', 'map<string, int>', '{"id": 1, "v": [1]}', 1, 'VALUE_MALFORMED', 'v'),
  badLine('a text in an array of ints', 'array<int>', '{"id": 1, "v": [1, "x"]}', 1, 'VALUE_MALFORMED', 'v'),
  {
    name: 'json: bytes that are not UTF-8',
    files: { 'a.json': Buffer.from('{"id": 1, "v": "\xff"}', 'latin1') },
    source: JSON_SOURCE.replace('$TYPE', 'string'),
    code: 'ENCODING_INVALID',
    row: 0,
    fragment: '',
  },
  {
    name: 'json: a document that ends too early',
    files: { 'a.json': '[{"id": 1}, {"id": 2}' },
    source: JSON_SOURCE.replace('$TYPE', 'string'),
    code: 'RECORD_MALFORMED',
    fragment: '',
  },
  {
    name: 'json: a document with a row that is none',
    files: { 'a.json': '[{"id": 1}, 2, {"id": 3}]' },
    source: JSON_SOURCE.replace('$TYPE', 'string'),
    code: 'RECORD_MALFORMED',
    row: 1,
    fragment: '',
  },
  {
    name: 'json: text behind a document',
    files: { 'a.json': '[{"id": 1}] x' },
    source: JSON_SOURCE.replace('$TYPE', 'string'),
    code: 'RECORD_MALFORMED',
    fragment: '',
  },
]
