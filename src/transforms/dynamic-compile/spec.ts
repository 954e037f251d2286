import { option, requiredWhen } from '../../spi/option.js'
import { transformSpec } from '../../spi/spec.js'

/** Options of DynamicCompile. @source SeaTunnel `DynamicCompileTransformFactory` */
export const spec = transformSpec('DynamicCompile', {
  summary:
    'Computes columns with JavaScript of your own, in a thread without access to files, network or process. Write `getInlineOutputColumns(table)`, which names the new columns, and `getInlineOutputFieldValues(row)`, which gives their values; or, many times faster, `processBatch(batch)`.',
  options: {
    compileLanguage: option.enumeration('compile_language', ['JAVASCRIPT', 'GROOVY', 'JAVA', 'SCALA'], {
      required: true,
      doc: 'JAVASCRIPT. The languages of the JVM are known and refused.',
    }),
    compilePattern: option.enumeration('compile_pattern', ['SOURCE_CODE', 'ABSOLUTE_PATH'], {
      default: 'SOURCE_CODE',
      doc: 'Where the code is: in `source_code`, or in the file `absolute_path`.',
    }),
    sourceCode: option.string('source_code', {
      doc: '`getInlineOutputColumns` gets `{ path, columns: [{ name, type, nullable }] }` and returns `[{ name, type, nullable?, comment? }]` with types as in schemas; a column of an existing name replaces it. `getInlineOutputFieldValues` gets a row with `getField(name or index)`, `kind` and `tableId` and returns the values in the same order. `processBatch` gets a batch with `rows`, `column(name)` (values), `numbers(name)` (a typed array in which nulls are 0), `isNull(name, row)` and `kind(row)` and returns one array per column. Values: `bigint` for BIGINT, texts for DECIMAL, DATE, TIME and TIMESTAMP (a `Date` is taken too), `Uint8Array` for BYTES, arrays, `Map` for MAP, objects for ROW.',
    }),
    absolutePath: option.string('absolute_path', {
      doc: 'File with the code, below the folders that the job may read.',
    }),
    batchTimeLimitMs: option.int('batch_time_limit_ms', {
      default: 10_000,
      min: 1,
      doc: 'Milliseconds that the code may take for one batch, before the job fails. An addition of Millrace.',
    }),
    memoryLimitMb: option.int('memory_limit_mb', {
      default: 256,
      min: 16,
      max: 65_536,
      doc: 'Megabytes of objects that the code may hold per worker thread, before the job fails. An addition of Millrace.',
    }),
  },
  rules: [
    requiredWhen('compilePattern', 'SOURCE_CODE', 'sourceCode'),
    requiredWhen('compilePattern', 'ABSOLUTE_PATH', 'absolutePath'),
  ],
  example: `DynamicCompile {
  compile_language = JAVASCRIPT
  source_code = """
    function getInlineOutputColumns(table) {
      return [{ name: 'greeting', type: 'string' }, { name: 'age', type: 'int' }]
    }
    function getInlineOutputFieldValues(row) {
      return ['Hello ' + row.getField('name'), row.getField('age') === 20 ? 40 : row.getField('age')]
    }
  """
}`,
})
