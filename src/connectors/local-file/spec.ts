import { FILE_SINK_OPTIONS, FILE_SOURCE_OPTIONS, FILE_SOURCE_RULES } from '../../files/options.js'
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
  rules: FILE_SOURCE_RULES,
  example: `LocalFile {
  path = "/data/orders"
  file_format_type = "csv"
  skip_header_row_number = 1
  schema { fields { id = bigint, name = string, price = "decimal(10, 2)" } }
}`,
  examples: [
    {
      title: 'some of the files below a folder, with columns from their paths',
      block: `LocalFile {
  path = "/data/events"
  file_format_type = "parquet"
  file_filter_pattern = "part-.*"
  read_partitions = ["day=2024-01-31"]
  read_columns = ["id", "kind"]
}`,
    },
    {
      title: 'several tables',
      block: `LocalFile {
  tables_configs = [
    { path = "/data/users", file_format_type = json, schema { table = "shop.users", fields { id = bigint, name = string } } }
    { path = "/data/orders.parquet", file_format_type = parquet, schema { table = "shop.orders" } }
  ]
}`,
    },
  ],
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
  examples: [
    {
      title: 'a folder per table and day, emptied before the job',
      block: `LocalFile {
  path = "/data/out/\${database_name:none}/\${table_name}"
  tmp_path = "/data/tmp"
  file_format_type = "csv"
  enable_header_write = true
  partition_by = ["day"]
  partition_dir_expression = "\${k0}=\${v0}"
  file_name_expression = "\${transactionId}_\${now}"
  data_save_mode = "DROP_DATA"
}`,
    },
  ],
})
