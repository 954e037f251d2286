import { parseDataType } from '../../config/data-type.js'
import type { OptionValues } from '../../config/option.js'
import { type ErrorCode, MillraceError } from '../../core/error.js'
import { type DataType, kernelSchema } from '../../core/schema.js'
import { analyzedColumns, EXTRACTED_TEXT, requireColumns, withColumns } from '../../spi/catalog.js'
import { transformFactory } from '../../spi/transform.js'
import { spec } from './spec.js'

type ColumnOptions = OptionValues<typeof spec.options>['columns'][number]

/** One output as the kernel knows it. */
interface KernelColumn {
  readonly srcField: string
  readonly path: string
  readonly destField: string
  readonly destType: DataType
  readonly onError: 'FAIL' | 'SKIP' | 'SKIP_ROW' | null
}

function requireTexts(texts: readonly string[] | null, code: ErrorCode, option: string): readonly string[] {
  if (texts !== null && texts.length > 0 && texts.every((text) => text.trim() !== '')) return texts
  throw new MillraceError(code, `an entry of columns has no ${option}`, { hint: `add ${option} = "…" to the entry` })
}

/** The outputs of one entry, which may name several paths side by side. */
function kernelColumns({ srcField, path, destField, destType, onError }: ColumnOptions): readonly KernelColumn[] {
  const paths = requireTexts(path, 'JSONPATH_PATH_EMPTY', 'path')
  const [source = ''] = requireTexts(srcField === null ? null : [srcField], 'JSONPATH_SRC_FIELD_EMPTY', 'src_field')
  const fields = requireTexts(destField, 'JSONPATH_DEST_FIELD_EMPTY', 'dest_field')
  const types = destType === null ? ['string'] : requireTexts(destType, 'JSONPATH_DEST_TYPE_EMPTY', 'dest_type')
  if (fields.length !== paths.length || types.length !== paths.length) {
    throw new MillraceError(
      'OPTION_INVALID',
      `an entry of columns has ${paths.length} paths, ${fields.length} dest_fields and ${types.length} dest_types`,
      { hint: 'give one dest_field and one dest_type for each path' },
    )
  }
  return paths.map((text, index) => ({
    srcField: source,
    path: text,
    destField: fields[index] ?? '',
    destType: parseDataType(types[index] ?? 'string', source),
    onError: onError === 'ROUTE_TO_TABLE' ? 'FAIL' : onError,
  }))
}

/** Adds or replaces fields by what JSONPaths find in others. */
export const transform = transformFactory({
  spec,
  async lower({ columns, rowOnError }, table, { backend, program }) {
    if (columns.length === 0) {
      throw new MillraceError('JSONPATH_COLUMNS_EMPTY', 'JsonPath has no columns', {
        hint: 'write columns = [{ src_field = "a", path = "$.b", dest_field = "c" }]',
      })
    }
    const outputs = columns.flatMap(kernelColumns)
    requireColumns(table, [...new Set(outputs.map((output) => output.srcField))], spec.name)
    const options = {
      columns: outputs.map((output) => ({ ...output, destType: output.destType as never })),
      rowOnError: rowOnError === 'SKIP' ? 'SKIP' : 'FAIL',
    }
    const analysis = backend.analyze(program, kernelSchema(table), { operator: 'json_path', input: 0, options })
    const added = analyzedColumns(table, analysis, ({ type }) =>
      type.kind === 'STRING' ? EXTRACTED_TEXT : { ...EXTRACTED_TEXT, defaultValue: null },
    )
    return { table: withColumns(table, added), operators: [{ name: 'json_path', options }] }
  },
})
