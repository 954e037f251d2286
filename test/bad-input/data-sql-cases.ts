import { HERE } from './build-case.js'
import type { BadDataFile } from './data-files.js'

const SOURCE =
  'file_format_type = csv\nschema { fields { id = int, name = string, price = "decimal(10, 2)", day = date } }'
const FILES = {
  'a.csv': Array.from({ length: 10 }, (_, id) => `${id},name ${id},${id}.50,2024-01-0${(id % 9) + 1}`).join('\n'),
}

/** A query that cannot be planned; {@link HERE} marks the place. */
function planned(name: string, sql: string, code: BadDataFile['code'], fragment: string): BadDataFile {
  return { name: `sql: ${name}`, files: FILES, source: SOURCE, sql, code, fragment }
}

/** A query that fails at a row. */
function atRow(name: string, sql: string, row: number, fragment: string): BadDataFile {
  return { name: `sql: ${name}`, files: FILES, source: SOURCE, sql, code: 'EXPRESSION_FAILED', row, fragment }
}

/** Queries that are wrong, or whose expressions fail at a row. */
export const SQL_DATA_CASES: readonly BadDataFile[] = [
  planned('no query', `${HERE}`, 'SQL_SYNTAX', ''),
  planned('a word that is no query', `${HERE}fetch id from t`, 'SQL_SYNTAX', ''),
  planned('no table', `select id${HERE}`, 'SQL_INVALID', 'sub table'),
  planned('a bracket that is not closed', `select (id + 1 ${HERE}from t`, 'SQL_SYNTAX', ''),
  planned('a text that is not closed', `select ${HERE}'abc from t`, 'SQL_SYNTAX', ''),
  planned('text behind the query', `select id from t ${HERE}) x`, 'SQL_SYNTAX', ''),
  planned('an operator without its right side', `select id + ${HERE}from t`, 'SQL_SYNTAX', ''),
  planned('a field that is not there', `select id, ${HERE}nmae from t`, 'SQL_INVALID', 'nmae'),
  planned('a field that is not there in a condition', `select id from t where ${HERE}cost > 1`, 'SQL_INVALID', 'cost'),
  planned('a function that is not there', `select ${HERE}frobnicate(id) from t`, 'SQL_INVALID', 'FROBNICATE'),
  planned('a join', `select id from t ${HERE}join u on t.id = u.id`, 'SQL_INVALID', ''),
  planned('a group', `select id from t ${HERE}group by id`, 'SQL_INVALID', ''),
  planned('an order', `select id from t ${HERE}order by id`, 'SQL_INVALID', ''),
  planned('a limit', `select id from t ${HERE}limit 5`, 'SQL_INVALID', ''),
  planned('a between', `select id from t where id ${HERE}between 1 and 2`, 'SQL_INVALID', 'BETWEEN'),
  planned('a type that is not there', `select cast(id as ${HERE}goose) from t`, 'SQL_INVALID', 'GOOSE'),
  planned('a function with too few arguments', `select ${HERE}substring() from t`, 'SQL_INVALID', ''),
  planned('text minus text', `select name ${HERE}- name as x from t`, 'SQL_INVALID', ''),
  planned(
    'a fault behind characters of several bytes',
    `select 'ü€😀' as a, ${HERE}nmae from t`,
    'SQL_INVALID',
    'nmae',
  ),
  atRow('a division by zero', 'select 10 / (id - 4) as x from t', 4, ''),
  atRow('a remainder by zero', 'select mod(10, id - 7) as x from t', 7, ''),
  atRow('a division by zero in a condition', 'select id from t where 1 / (id - 2) = 0', 2, ''),
  atRow(
    'a division by zero in the branch that is taken',
    'select case when id = 3 then 1 / (id - 3) else 0 end as x from t',
    3,
    '',
  ),
  atRow('the first of two failing rows', 'select 1 / ((id - 5) * (id - 8)) as x from t', 5, ''),
  atRow('a text cast to a number', 'select cast(name as int) as x from t', 0, 'name 0'),
  atRow('a text cast to a date', 'select cast(name as date) as x from t', 0, 'DATE'),
  atRow('a failing row among those that a condition keeps', 'select 1 / (id - 6) as x from t where id > 5', 6, ''),
]
