import { option, REPLICA_NO_EFFECT, requiredWhen } from '../spi/option.js'
import { ARCHIVE_CODECS } from './splits.js'

/** Every file format by the name in `file_format_type`. */
export const FILE_FORMATS = [
  'TEXT',
  'CSV',
  'JSON',
  'PARQUET',
  'ORC',
  'EXCEL',
  'XML',
  'BINARY',
  'CANAL_JSON',
  'DEBEZIUM_JSON',
  'MAXWELL_JSON',
  'MARKDOWN',
  'PDF',
  'WORD',
] as const

/** Codecs in `compress_codec`. */
export const COMPRESS_CODECS = ['none', 'lzo', 'snappy', 'lz4', 'gzip', 'brotli', 'zstd', 'zlib'] as const

/** What `schema_save_mode` may be for folders. */
export const SCHEMA_SAVE_MODES = [
  'RECREATE_SCHEMA',
  'CREATE_SCHEMA_WHEN_NOT_EXIST',
  'ERROR_WHEN_SCHEMA_NOT_EXIST',
  'IGNORE',
] as const

/** What `data_save_mode` may be for folders. */
export const DATA_SAVE_MODES = ['DROP_DATA', 'APPEND_DATA', 'ERROR_WHEN_DATA_EXISTS'] as const

/** Whether a source looks for files once or all the time. */
export const DISCOVERY_MODES = ['once', 'continuous'] as const
/** Which files a continuous source begins with. */
export const START_MODES = ['earliest', 'latest'] as const
/** Whether all files are read or those that a target lacks. */
export const SYNC_MODES = ['full', 'update'] as const
/** When a file below the target counts as the same. */
export const UPDATE_STRATEGIES = ['distcp', 'strict'] as const
/** What `strict` compares. */
export const COMPARE_MODES = ['len_mtime', 'checksum'] as const

const TEBIBYTE = 1024 ** 4

const shared = {
  fileFormat: option.enumeration('file_format_type', FILE_FORMATS, { doc: 'Format of the files.' }),
  encoding: option.string('encoding', {
    default: 'UTF-8',
    doc: 'Character encoding of text, csv, json and xml files; Java names are understood.',
  }),
  dateFormat: option.string('date_format', {
    default: 'yyyy-MM-dd',
    doc: 'Pattern of dates in text files that are written. Reading recognises the pattern by itself.',
  }),
  datetimeFormat: option.string('datetime_format', {
    default: 'yyyy-MM-dd HH:mm:ss',
    doc: 'Pattern of timestamps in text files that are written. Reading recognises the pattern by itself.',
  }),
  timeFormat: option.string('time_format', {
    default: 'HH:mm:ss',
    doc: 'Pattern of times in text files that are written. Reading recognises the pattern by itself.',
  }),
  compressCodec: option.enumeration('compress_codec', COMPRESS_CODECS, {
    default: 'none',
    doc: 'Compression: lzo for text, csv and json; orc takes zlib, snappy, lzo, lz4, zstd and parquet snappy, lz4, gzip, brotli, zstd when they are written; both find their codec by themselves when they are read.',
  }),
  sheetName: option.string('sheet_name', {
    doc: 'Sheet of a workbook: the first one when absent; Sheet1 in workbooks that are written. Sheets beyond the first get their number behind the name.',
  }),
} as const

/** Options of one table of a file source. @source SeaTunnel `BaseSourceConfigOptions` and its later form */
export const FILE_SOURCE_OPTIONS = {
  path: option.string('path', { doc: 'A file, or a folder whose files are read at any depth.' }),
  fileFormat: shared.fileFormat,
  schema: option.node('schema', { doc: 'Columns of the files; needed for formats that do not hold their own.' }),
  readColumns: option.stringList('read_columns', { doc: 'Columns to read, in this order; all when absent.' }),
  fieldDelimiter: option.string('field_delimiter', {
    fallback: ['delimiter'],
    doc: 'Separates fields: \\u0001 for text and a comma for csv when absent. A regular expression that stands for one text, such as \\\\|, is that text.',
  }),
  rowDelimiter: option.string('row_delimiter', { default: '\n', doc: 'Separates rows of text files.' }),
  encoding: shared.encoding,
  skipHeaderRowNumber: option.long('skip_header_row_number', {
    default: 0,
    min: 0,
    doc: 'Lines of text and csv files, or rows of a sheet, to leave out at the beginning of every file.',
  }),
  dateFormat: shared.dateFormat,
  datetimeFormat: shared.datetimeFormat,
  timeFormat: shared.timeFormat,
  parsePartitionFromPath: option.boolean('parse_partition_from_path', {
    default: true,
    doc: 'Whether every key=value part of a path becomes a text column behind the others.',
  }),
  readPartitions: option.stringList('read_partitions', {
    doc: 'Only files whose path contains one of these key=value texts are read.',
  }),
  fileFilterPattern: option.string('file_filter_pattern', {
    doc: 'Regular expression that the whole name of a file must match; when it begins with the path, the whole path must.',
  }),
  modifiedStart: option.string('file_filter_modified_start', {
    doc: 'Only files changed at or after this local time, yyyy-MM-dd HH:mm:ss.',
  }),
  modifiedEnd: option.string('file_filter_modified_end', {
    doc: 'Only files changed before this local time, yyyy-MM-dd HH:mm:ss.',
  }),
  compressCodec: shared.compressCodec,
  archiveCodec: option.enumeration('archive_compress_codec', ARCHIVE_CODECS, {
    default: 'NONE',
    doc: 'How the files are packed; every entry with the suffix of the format is read.',
  }),
  archiveMaxBytes: option.long('archive_max_bytes', {
    default: TEBIBYTE,
    min: 1,
    doc: 'Largest size in bytes of one packed file after unpacking.',
  }),
  archiveMaxRatio: option.long('archive_max_ratio', {
    default: 1000,
    min: 1,
    doc: 'How many times larger than packed a file may become; the first 64 MiB are free.',
  }),
  filenameExtension: option.string('filename_extension', {
    doc: 'Suffix that the names of files must have, and entries of archives instead of the suffix of the format.',
  }),
  nullFormat: option.string('null_format', { doc: 'A field of exactly this text is null.' }),
  quoteChar: option.string('quote_char', { default: '"', doc: 'Quotes fields of csv files; one character.' }),
  escapeChar: option.string('escape_char', {
    doc: 'Takes the meaning from the next character in csv files; one character.',
  }),
  quotedNewlines: option.boolean('csv_quoted_newlines', {
    default: false,
    doc: 'Whether a line break inside quotes belongs to the field. Such a file is read by one worker.',
  }),
  csvUseHeaderLine: option.boolean('csv_use_header_line', {
    default: false,
    doc: 'Whether the first line of csv files names their columns.',
  }),
  sheetName: shared.sheetName,
  excelEngine: option.enumeration('excel_engine', ['POI', 'EasyExcel'], {
    default: 'POI',
    doc: 'Accepted for compatibility; both read the same.',
  }),
  xmlRowTag: option.string('xml_row_tag', {
    doc: 'Element that is a row, at any depth; its name as it is written in the files.',
  }),
  xmlUseAttrFormat: option.boolean('xml_use_attr_format', { doc: 'Whether the fields of a row are attributes.' }),
  binaryChunkSize: option.int('binary_chunk_size', {
    default: 1024,
    min: 1,
    doc: 'Bytes of one row of a binary file, at most 100 MiB and no more than a value may have.',
  }),
  binaryCompleteFileMode: option.boolean('binary_complete_file_mode', {
    default: false,
    doc: 'Whether a binary file is one row; it may not be larger than a value may be.',
  }),
  enableFileSplit: option.boolean('enable_file_split', {
    default: false,
    doc: 'Accepted for compatibility; large files are read by all workers anyway.',
  }),
  fileSplitSize: option.long('file_split_size', {
    default: 134_217_728,
    min: 1,
    doc: 'Accepted for compatibility; pieces are chosen by the reader.',
  }),
  recursiveFileScan: option.boolean('recursive_file_scan', {
    default: true,
    doc: 'Whether the folders in the folder are read too, at any depth.',
  }),
  sortByModificationTime: option.boolean('sort_files_by_modification_time', {
    default: false,
    doc: 'Whether files are read in the order of their last change, the latest first, instead of that of their paths. The columns then come from the latest file.',
  }),
  discoveryMode: option.enumeration('discovery_mode', DISCOVERY_MODES, {
    default: 'once',
    doc: 'Whether the path is looked at once, or again and again while a job with job.mode STREAMING runs. Every file is read once; it must appear under its name when it is complete.',
  }),
  scanIntervalMs: option.durationMs('scan_interval', {
    default: 10_000,
    min: 100,
    doc: 'Pause between two looks at the path with discovery_mode continuous, like 10s, 10S or PT10S; at least 100 ms.',
  }),
  startMode: option.enumeration('start_mode', START_MODES, {
    default: 'earliest',
    doc: 'Whether a continuous job reads the files that are there when it starts, or only those that come later.',
  }),
  syncMode: option.enumeration('sync_mode', SYNC_MODES, {
    default: 'full',
    doc: 'With update, only files are read that are missing below target_path or differ there; for binary files.',
  }),
  targetPath: option.string('target_path', {
    doc: 'Folder that sync_mode update compares with, mostly the path of the sink.',
  }),
  targetHadoopConf: option.map('target_hadoop_conf', {
    doc: 'Where target_path is: fs.defaultFS may be file:/// for this machine. Without, it is where the source is.',
  }),
  updateStrategy: option.enumeration('update_strategy', UPDATE_STRATEGIES, {
    default: 'distcp',
    doc: 'When a file counts as unchanged: distcp wants the same length and a target that is not older; strict goes by compare_mode.',
  }),
  compareMode: option.enumeration('compare_mode', COMPARE_MODES, {
    default: 'len_mtime',
    doc: 'What strict compares: length and time of the last change, or the bytes.',
  }),
  updateCompareParallelism: option.int('update_compare_parallelism', {
    default: 8,
    min: 1,
    max: 64,
    doc: 'Questions about files below target_path that are under way at a time.',
  }),
} as const

/** Options of a file sink. @source SeaTunnel `BaseSinkConfig` and its later form */
export const FILE_SINK_OPTIONS = {
  path: option.string('path', { required: true, doc: 'Folder the files are written to.' }),
  fileFormat: option.enumeration('file_format_type', FILE_FORMATS, { default: 'TEXT', doc: 'Format of the files.' }),
  tmpPath: option.string('tmp_path', {
    default: '/tmp/seatunnel',
    doc: 'Folder where files lie until they are complete; best on the same file system as the path.',
  }),
  customFilename: option.boolean('custom_filename', {
    default: false,
    doc: 'Accepted for compatibility; the options of file names count in any case.',
  }),
  fileNameExpression: option.string('file_name_expression', {
    default: '${transactionId}',
    doc: 'Name of files without part number and suffix; may hold ${transactionId}, ${now} and ${uuid}. Must hold ${transactionId} unless is_enable_transaction is false.',
  }),
  filenameTimeFormat: option.string('filename_time_format', {
    default: 'yyyy.MM.dd',
    doc: 'Pattern of ${now} in file names.',
  }),
  filenameExtension: option.string('filename_extension', {
    doc: 'Suffix of file names instead of that of the format.',
  }),
  fieldDelimiter: option.string('field_delimiter', {
    fallback: ['delimiter'],
    doc: 'Separates fields of text files: \\u0001 when absent. Csv files always have a comma.',
  }),
  rowDelimiter: option.string('row_delimiter', { default: '\n', doc: 'Stands between rows of text files.' }),
  havePartition: option.boolean('have_partition', {
    default: false,
    doc: 'Accepted for compatibility; partition_by decides.',
  }),
  partitionBy: option.stringList('partition_by', { doc: 'Columns whose values choose the folder of a row.' }),
  partitionDirExpression: option.string('partition_dir_expression', {
    doc: 'Folder of a partition, with ${k0} and ${v0} for the first column and so on; k=v/k=v over all columns when absent.',
  }),
  isPartitionFieldWriteInFile: option.boolean('is_partition_field_write_in_file', {
    default: false,
    doc: 'Whether partition columns are in the files too.',
  }),
  sinkColumns: option.stringList('sink_columns', { doc: 'Columns to write, in this order; all when absent.' }),
  isEnableTransaction: option.boolean('is_enable_transaction', {
    default: true,
    doc: 'Whether files are staged under tmp_path and moved by the checkpoint. Without, they are completed in a hidden folder of the path.',
  }),
  batchSize: option.int('batch_size', { default: 1_000_000, min: 1, doc: 'Rows after which a new file begins.' }),
  singleFileMode: option.boolean('single_file_mode', {
    default: false,
    doc: 'Whether a subtask writes one file per checkpoint, without a part number.',
  }),
  createEmptyFile: option.boolean('create_empty_file_when_no_data', {
    default: false,
    doc: 'Whether a job without rows leaves an empty file.',
  }),
  compressCodec: shared.compressCodec,
  enableHeaderWrite: option.boolean('enable_header_write', {
    default: false,
    doc: 'Whether text and csv files begin with the names of all columns of the table.',
  }),
  csvStringQuoteMode: option.enumeration('csv_string_quote_mode', ['MINIMAL', 'ALL', 'NONE'], {
    default: 'MINIMAL',
    doc: 'When texts in csv files are quoted.',
  }),
  encoding: shared.encoding,
  dateFormat: shared.dateFormat,
  datetimeFormat: shared.datetimeFormat,
  timeFormat: shared.timeFormat,
  maxRowsInMemory: option.int('max_rows_in_memory', {
    min: 1,
    doc: 'Accepted for compatibility; rows of a workbook are written as they come.',
  }),
  sheetName: shared.sheetName,
  sheetMaxRows: option.int('sheet_max_rows', {
    default: 1_048_576,
    min: 1,
    doc: 'Rows of one sheet, its header included; what is beyond goes into the next sheet of the same file.',
  }),
  xmlRootTag: option.string('xml_root_tag', { default: 'RECORDS', doc: 'Root element of xml files.' }),
  xmlRowTag: option.string('xml_row_tag', { default: 'RECORD', doc: 'Row element of xml files.' }),
  xmlUseAttrFormat: option.boolean('xml_use_attr_format', { doc: 'Whether the fields of a row are attributes.' }),
  timestampAsInt96: option.boolean('parquet_avro_write_timestamp_as_int96', {
    default: false,
    doc: 'Whether timestamps in parquet files are INT96.',
  }),
  fixedAsInt96: option.stringList('parquet_avro_write_fixed_as_int96', {
    default: [],
    doc: 'Columns of 12 bytes that are INT96 in parquet files.',
  }),
  mergeUpdateEvent: option.boolean('merge_update_event', {
    default: false,
    doc: 'Whether change files hold one entry for an update.',
  }),
  schemaSaveMode: option.enumeration('schema_save_mode', SCHEMA_SAVE_MODES, {
    default: 'CREATE_SCHEMA_WHEN_NOT_EXIST',
    doc: 'What happens with the folder before the job.',
  }),
  dataSaveMode: option.enumeration('data_save_mode', DATA_SAVE_MODES, {
    default: 'APPEND_DATA',
    doc: 'What happens with files that are in the folder before the job.',
  }),
  multiTableSinkReplica: option.int('multi_table_sink_replica', {
    default: 1,
    min: 1,
    doc: 'Accepted for compatibility; writers are spread over all cores anyway.',
    noEffect: REPLICA_NO_EFFECT,
  }),
} as const

/** Rules of every file source. @source SeaTunnel `BaseSourceConfigOptions` and its later form */
export const FILE_SOURCE_RULES = [
  requiredWhen('fileFormat', 'XML', 'xmlRowTag', 'xmlUseAttrFormat'),
  requiredWhen(
    'fileFormat',
    ['TEXT', 'JSON', 'EXCEL', 'CSV', 'XML', 'CANAL_JSON', 'DEBEZIUM_JSON', 'MAXWELL_JSON'],
    'schema',
  ),
] as const
