import { FILE_SINK_OPTIONS, FILE_SOURCE_OPTIONS } from '../../files/options.js'
import { option, optionSpec, requiredWhen } from '../../spi/option.js'
import { sinkSpec, sourceSpec } from '../../spi/spec.js'

/** Options of the LocalFile source. @source SeaTunnel `LocalFileSourceFactory` */
export const SOURCE_SPEC = sourceSpec('LocalFile', {
  summary: 'Reads files of this machine.',
  options: {
    ...FILE_SOURCE_OPTIONS,
    tablesConfigs: option.objectList('tables_configs', optionSpec({ options: FILE_SOURCE_OPTIONS }), {
      doc: 'Several tables, each with all options of its own.',
    }),
  },
  rules: [
    requiredWhen('fileFormat', 'XML', 'xmlRowTag', 'xmlUseAttrFormat'),
    requiredWhen(
      'fileFormat',
      ['TEXT', 'JSON', 'EXCEL', 'CSV', 'XML', 'CANAL_JSON', 'DEBEZIUM_JSON', 'MAXWELL_JSON'],
      'schema',
    ),
  ],
  example: `LocalFile {
  path = "/data/orders"
  file_format_type = "csv"
  skip_header_row_number = 1
  schema { fields { id = bigint, name = string, price = "decimal(10, 2)" } }
}`,
})

/** Options of the LocalFile sink. @source SeaTunnel `LocalFileSinkFactory` */
export const SINK_SPEC = sinkSpec('LocalFile', {
  summary: 'Writes files on this machine; every checkpoint makes its files visible at once.',
  options: FILE_SINK_OPTIONS,
  rules: [requiredWhen('fileFormat', 'XML', 'xmlUseAttrFormat')],
  example: `LocalFile {
  path = "/data/out/\${table_name}"
  file_format_type = "parquet"
  compress_codec = "zstd"
}`,
})
