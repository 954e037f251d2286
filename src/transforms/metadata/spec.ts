import { option } from '../../config/option.js'
import { transformSpec } from '../../spi/spec.js'

/** Options of Metadata. @source SeaTunnel `MetadataTransformConfig` */
export const spec = transformSpec('Metadata', {
  summary: 'Adds fields with what is known of a row beside its values: its table, its change kind, its file.',
  options: {
    metadataFields: option.map('metadata_fields', {
      default: new Map(),
      doc:
        'Metadata to the new field that holds it. `Database`, `Table` and `RowKind` (`+I`) are known of every row; `FilePath`, ' +
        '`FileCreateTime`, `FileUpdateTime`, `FileSize` and `FileType` of rows from files; `EventTime`, `Delay`, `Partition`, ' +
        '`SourceTimestamp`, `BinlogFile`, `BinlogPos`, `BinlogRow` and `Gtid` of rows from change logs. Case counts.',
      example: 'metadata_fields { Database = source_db, Table = source_table, RowKind = op }',
    }),
  },
  example: 'Metadata { metadata_fields { Table = source_table, RowKind = op } }',
  examples: [
    {
      title: 'where a row is from and what happened to it',
      block: 'Metadata { metadata_fields { Database = source_db, Table = source_table, RowKind = op } }',
      input: {
        fields: 'id = int',
        rows: [[1], [1]],
        kinds: ['INSERT', 'DELETE'],
        table: 'shop.orders',
      },
      output: {
        fields: 'id = int, source_db = string, source_table = string, op = string',
        rows: [
          [1, 'shop', 'orders', '+I'],
          [1, 'shop', 'orders', '-D'],
        ],
      },
    },
    {
      title: 'the file of a row',
      block: 'Metadata { metadata_fields { FilePath = path, FileSize = size_bytes } }',
    },
  ],
})
