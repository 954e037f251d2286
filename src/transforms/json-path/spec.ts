import { nodeText } from '../../config/document.js'
import { ABSENT, option, types, type ValueType } from '../../config/option.js'
import { transformSpec } from '../../spi/spec.js'

/** What happens to a value that cannot be had. `ROUTE_TO_TABLE` is accepted and fails, as in the original. */
export const ON_ERROR = ['FAIL', 'SKIP', 'SKIP_ROW', 'ROUTE_TO_TABLE'] as const

/** A text, or a list of texts; gives a list in either case. A text is never split. */
const textOrTexts: ValueType<readonly string[]> = {
  describe: () => ({ name: 'list', element: types.string.describe() }),
  read(node, context) {
    if (node.kind !== 'list')
      return node.kind === 'object' ? types.list(types.string).read(node, context) : [nodeText(node)]
    const texts = node.items.map((item, index) => types.string.read(item, context.child(index)))
    return texts.some((text) => text === ABSENT) ? ABSENT : texts.filter((text) => text !== ABSENT)
  },
}

/** Options of one entry of `columns`; what must not be empty is looked at by the transform, which has codes for it. */
const column = {
  options: {
    srcField: option.string('src_field', { doc: 'Field with the JSON: a string, bytes, an array, a map or a row.' }),
    path: option.of('path', textOrTexts, { doc: 'The JSONPath, or a list of them.' }),
    destField: option.of('dest_field', textOrTexts, { doc: 'Field for what was found, or one for each path.' }),
    destType: option.of('dest_type', textOrTexts, {
      doc: 'Its type, or one for each path; `string` when it is left out.',
      example: 'dest_type = "decimal(10, 2)"',
    }),
    onError: option.enumeration('column_error_handle_way', ON_ERROR, {
      doc:
        'What happens when the path leads to nothing or the value is not of its type: `FAIL` the job, `SKIP` gives null, ' +
        '`SKIP_ROW` drops the row. Without it `row_error_handle_way` holds.',
    }),
  },
}

/** Options of JsonPath. @source SeaTunnel `JsonPathTransformConfig` */
export const spec = transformSpec('JsonPath', {
  summary: 'Takes values out of JSON in a field into fields of their own.',
  options: {
    columns: option.objectList('columns', column, { default: [], doc: 'What is taken out. Required.' }),
    rowOnError: option.enumeration('row_error_handle_way', ['FAIL', 'SKIP', 'ROUTE_TO_TABLE'], {
      default: 'FAIL',
      doc: 'What happens to errors of columns that do not say it themselves: `FAIL` the job, or `SKIP` the row.',
    }),
  },
  example: 'JsonPath { columns = [{ src_field = "data", path = "$.user.name", dest_field = "name" }] }',
  examples: [
    {
      title: 'several values, one of them optional',
      block: `JsonPath {
  columns = [
    { src_field = data, path = ["$.user.name", "$.tags.length()"], dest_field = [name, tags], dest_type = [string, int] }
    { src_field = data, path = "$.user.age", dest_field = age, dest_type = int, column_error_handle_way = SKIP }
  ]
}`,
      input: {
        fields: 'data = string',
        rows: [['{"user":{"name":"Ann","age":41},"tags":["a","b"]}'], ['{"user":{"name":"Bob"},"tags":[]}'], [null]],
      },
      output: {
        fields: 'data = string, name = string, tags = int, age = int',
        rows: [
          ['{"user":{"name":"Ann","age":41},"tags":["a","b"]}', 'Ann', 2, 41],
          ['{"user":{"name":"Bob"},"tags":[]}', 'Bob', 0, null],
          [null, null, null, null],
        ],
      },
    },
    {
      title: 'a nested row is an array of its fields',
      block: 'JsonPath { columns = [{ src_field = who, path = "$[1]", dest_field = age, dest_type = int }] }',
      input: { fields: 'who = { name = string, age = int }', rows: [[['Ann', 41]]] },
      output: {
        fields: 'who = { name = string, age = int }, age = int',
        rows: [[{ name: 'Ann', age: 41 }, 41]],
      },
    },
  ],
})
