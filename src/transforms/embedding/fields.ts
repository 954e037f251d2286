import type { ConfigNode } from '../../config/document.js'
import { MillraceError } from '../../core/error.js'
import type { CatalogTable } from '../../core/schema.js'
import { requireColumns } from '../../spi/catalog.js'
import { exactJson } from '../../spi/json.js'
import { modalityOf } from './media.js'
import type { VectorField } from './processor.js'

/** A vector column and what it is made from. */
export interface NamedField extends VectorField {
  readonly output: string
}

const FORMATS = ['text', 'url', 'binary'] as const

/**
 * Reads `vectorization_fields`.
 *
 * @throws MillraceError `OPTION_INVALID` for what is neither a column nor a description of one, `FIELD_NOT_FOUND`, `TYPE_UNSUPPORTED` for
 *   binary data in a column that is not BYTES.
 */
export function readFields(node: ConfigNode, table: CatalogTable): readonly NamedField[] {
  const value = exactJson(node)
  if (typeof value !== 'object' || value === null || Array.isArray(value) || Object.keys(value).length === 0) {
    throw new MillraceError('OPTION_INVALID', "'vectorization_fields' must be an object with at least one field")
  }
  const described = Object.entries(value).map(([output, item]) => ({ output, ...describe(output, item) }))
  requireColumns(
    table,
    described.map((each) => each.field),
    'Embedding',
  )
  return described.map(({ output, field, format, modality }) => {
    const column = table.columns.findIndex((each) => each.name === field)
    if (format === 'binary' && table.columns[column]?.type.kind !== 'BYTES') {
      throw new MillraceError('TYPE_UNSUPPORTED', `the field '${field}' is not BYTES, as the format binary needs`, {
        field,
      })
    }
    return { output, column, format, modality }
  })
}

function describe(output: string, item: unknown): { readonly field: string } & Omit<VectorField, 'column'> {
  if (typeof item === 'string') return { field: item, format: 'text', modality: { group: 'text', name: 'text' } }
  const {
    field,
    format = 'text',
    modality,
  } = (typeof item === 'object' && item !== null ? item : {}) as {
    readonly [key: string]: unknown
  }
  const known = FORMATS.find((each) => each === String(format).toLowerCase())
  if (typeof field !== 'string' || known === undefined) {
    const hint = 'write { field = image_url, modality = jpeg, format = url }'
    throw new MillraceError(
      'OPTION_INVALID',
      `'${output}' of 'vectorization_fields' names no field or an unknown format`,
      { hint },
    )
  }
  if (known === 'binary' && modality === undefined) {
    throw new MillraceError('OPTION_INVALID', `'${output}' of 'vectorization_fields' is binary and has no modality`)
  }
  const isText = known === 'text' && modality === undefined
  return {
    field,
    format: known,
    modality: isText ? { group: 'text', name: 'text' } : modality === undefined ? null : modalityOf(String(modality)),
  }
}
