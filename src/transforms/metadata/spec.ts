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
})
