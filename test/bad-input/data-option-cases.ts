import { HERE } from './build-case.js'
import type { BadDataFile } from './data-files.js'

const SCHEMA = 'schema { fields { id = int, name = string } }'
const GOOD = { 'a.csv': '1,x\n2,y' }

/** A csv source over good data with one more option. */
function source(
  name: string,
  option: string,
  code: BadDataFile['code'],
  fragment: string,
  files: BadDataFile['files'] = GOOD,
): BadDataFile {
  return { name: `source: ${name}`, files, source: `file_format_type = csv\n${SCHEMA}\n${option}`, code, fragment }
}

/** A sink with one more option. */
function sink(name: string, option: string, code: BadDataFile['code'], fragment: string): BadDataFile {
  return {
    name: `sink: ${name}`,
    files: GOOD,
    source: `file_format_type = csv\n${SCHEMA}`,
    sink: option,
    code,
    fragment,
  }
}

/** Option values that are wrong by themselves or for what is there. */
export const OPTION_VALUE_CASES: readonly BadDataFile[] = [
  source('a path that is not there', `path = ${HERE}"$IN/missing"`, 'FILE_LIST_FAILED', 'missing'),
  source('a zero byte in the path', `path = ${HERE}"$IN/\\u0000"`, 'FILE_LIST_FAILED', ''),
  source('a file in place of a folder', `path = ${HERE}"$IN/a.csv/b"`, 'FILE_LIST_FAILED', 'a.csv'),
  source('a pattern that does not parse', `file_filter_pattern = ${HERE}"("`, 'OPTION_INVALID', '('),
  source('an encoding that is not known', `encoding = ${HERE}"KLINGON-8"`, 'ENCODING_UNSUPPORTED', 'KLINGON-8'),
  source('a codec that is not known', `compress_codec = ${HERE}rar`, 'OPTION_TYPE', 'Expected one of'),
  source('an archive that is not known', `archive_compress_codec = ${HERE}rar`, 'OPTION_TYPE', 'Expected one of'),
  source('a negative number of lines', `skip_header_row_number = ${HERE}-1`, 'OPTION_INVALID', '-1'),
  source('a text for a number', `skip_header_row_number = ${HERE}many`, 'OPTION_TYPE', 'skip_header_row_number'),
  source('a text for a truth value', `csv_use_header_line = ${HERE}maybe`, 'OPTION_TYPE', 'maybe'),
  source('a column that is not there', `read_columns = ${HERE}[id, nmae]`, 'OPTION_INVALID', 'nmae'),
  source('a quote of two characters', 'quote_char = "ab"', 'OPTION_INVALID', "'quote' must be one"),
  source('an escape of two characters', 'escape_char = "ab"', 'OPTION_INVALID', "'escape' must be one"),
  source('a delimiter for many texts', `field_delimiter = ${HERE}"\\\\d"`, 'UNIMPLEMENTED', 'regular expression'),
  source('an empty delimiter', 'field_delimiter = ""', 'OPTION_INVALID', "'fieldDelimiter' must not be empty"),
  source('a time that is none', `file_filter_modified_start = ${HERE}"soon"`, 'OPTION_INVALID', 'soon'),
  source('0 bytes to unpack', `archive_max_bytes = ${HERE}0`, 'OPTION_INVALID', 'archive_max_bytes'),
  source('a parallelism of 0', `parallelism = ${HERE}0`, 'OPTION_INVALID', 'parallelism'),
  source('a parallelism that is a word', `parallelism = ${HERE}two`, 'OPTION_INVALID', 'parallelism'),
  {
    name: 'source: a format that is not known',
    files: GOOD,
    source: `file_format_type = ${HERE}yaml\n${SCHEMA}`,
    code: 'OPTION_TYPE',
    fragment: 'Expected one of',
  },
  {
    name: 'source: a format that this build does not have',
    files: GOOD,
    source: `file_format_type = ${HERE}pdf\n${SCHEMA}`,
    code: 'UNIMPLEMENTED',
    fragment: 'pdf',
  },
  {
    name: 'source: parquet in an empty folder',
    files: {},
    source: `path = ${HERE}"$IN"\nfile_format_type = parquet`,
    code: 'FILE_LIST_EMPTY',
    fragment: 'there is no file',
  },
  {
    name: 'source: parquet with a pattern that nothing matches',
    files: { 'a.parquet': 'x' },
    source: `path = ${HERE}"$IN"\nfile_format_type = parquet\nfile_filter_pattern = "b.*"`,
    code: 'FILE_LIST_EMPTY',
    fragment: 'there is no file',
  },
  {
    name: 'source: a schema that is a text',
    files: GOOD,
    source: `file_format_type = csv\nschema = ${HERE}"id int"`,
    code: 'OPTION_TYPE',
    fragment: 'schema',
  },
  {
    name: 'source: a type that is not known',
    files: GOOD,
    source: `file_format_type = csv\nschema { fields { id = ${HERE}integral } }`,
    code: 'TYPE_UNSUPPORTED',
    fragment: 'integral',
  },
  sink('a format that is not known', `file_format_type = ${HERE}yaml`, 'OPTION_TYPE', 'Expected one of'),
  sink('a format that is only read', `file_format_type = ${HERE}markdown`, 'UNIMPLEMENTED', 'markdown'),
  sink('files of no rows', `batch_size = ${HERE}0`, 'OPTION_INVALID', 'batch_size'),
  sink('a codec that is not known', `compress_codec = ${HERE}rar`, 'OPTION_TYPE', 'Expected one of'),
  sink('a codec that csv does not have', `compress_codec = ${HERE}snappy`, 'OPTION_CHOICE', 'snappy'),
  sink('a partition that is not there', `partition_by = ${HERE}[day]`, 'OPTION_INVALID', 'day'),
  sink('a column that is not there', `sink_columns = ${HERE}[id, day]`, 'OPTION_INVALID', 'day'),
  sink('a name without its transaction', `file_name_expression = ${HERE}"fixed"`, 'OPTION_INVALID', 'transactionId'),
  sink('a pattern of dates that is none', 'date_format = "jjjj"', 'OPTION_INVALID', 'jjjj'),
  sink('a quote mode that is not known', `csv_string_quote_mode = ${HERE}SOMETIMES`, 'OPTION_TYPE', 'Expected one of'),
  sink('a save mode that is not known', `data_save_mode = ${HERE}KEEP`, 'OPTION_TYPE', 'Expected one of'),
  sink('an encoding that is not known', `encoding = ${HERE}"KLINGON-8"`, 'ENCODING_UNSUPPORTED', 'KLINGON-8'),
  sink('a folder that must be there', 'schema_save_mode = ERROR_WHEN_SCHEMA_NOT_EXIST', 'SINK_TABLE_NOT_EXIST', 'out'),
]
