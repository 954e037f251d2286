import { isAbsolute } from 'node:path'
import { parseDataType } from '../../config/data-type.js'
import { MillraceError } from '../../core/error.js'
import { type CatalogTable, type Column, dataTypeText, tablePathText } from '../../core/schema.js'
import { LocalFileSystem } from '../../files/local-file-system.js'
import { overwriteColumns } from '../../spi/catalog.js'
import type { FilePolicy } from '../../spi/context.js'
import type { JsonObject } from '../../spi/json.js'
import { transformFactory } from '../../spi/transform.js'
import { type DynamicConfig, DynamicProcessor } from './processor.js'
import { Sandbox, type SandboxLimits } from './sandbox-client.js'
import { spec } from './spec.js'

/** Bytes of a source file at most. */
const SOURCE_LIMIT_BYTES = 4 * 1024 * 1024
/** Rows of a batch at most: a time limit holds for one batch. */
const BATCH_ROWS = 4096

/** Computes columns with the user's own JavaScript. */
export const transform = transformFactory({
  spec,
  async lower(options, table, context) {
    const { compileLanguage: language, batchTimeLimitMs: timeMs, memoryLimitMb: memoryMb } = options
    if (language !== 'JAVASCRIPT') {
      throw new MillraceError(
        'UNIMPLEMENTED',
        `compile_language '${language}' needs a JVM, which Millrace does without`,
        {
          hint: 'compile_language = JAVASCRIPT has the same two functions, getInlineOutputColumns and getInlineOutputFieldValues',
        },
      )
    }
    if (context.allowsUserCode === false) {
      throw new MillraceError('SCRIPT_FAILED', 'jobs that come this way may not bring code of their own')
    }
    const isFile = options.compilePattern === 'ABSOLUTE_PATH'
    const source = isFile
      ? await readSource(options.absolutePath ?? '', context.filePolicy ?? null)
      : (options.sourceCode ?? '')
    refuseImport(source)
    const file = isFile ? (options.absolutePath ?? '') : 'source_code.js'
    const limits = { timeMs, memoryMb }
    const columns = await outputColumns({ source, file, limits }, table)
    const { table: output, origins } = overwriteColumns(table, columns)
    const config: DynamicConfig = { source, file, limits, origins }
    return { table: output, processor: { config: config as unknown as JsonObject, batchRows: BATCH_ROWS } }
  },
  createProcessor: (config, context) => DynamicProcessor.create(config as unknown as DynamicConfig, context),
})

/** Code in a file that the job may read. */
async function readSource(path: string, policy: FilePolicy | null): Promise<string> {
  if (!isAbsolute(path) && policy?.packaged === undefined)
    throw new MillraceError('OPTION_INVALID', `'absolute_path' is not absolute: '${path}'`)
  const fileSystem = new LocalFileSystem(policy)
  const file = await fileSystem.openForReading(fileSystem.resolve(path))
  try {
    if (file.sizeBytes > SOURCE_LIMIT_BYTES) {
      throw new MillraceError('VALUE_TOO_LARGE', `the code in '${path}' is longer than '${SOURCE_LIMIT_BYTES}' bytes`)
    }
    const bytes = new Uint8Array(file.sizeBytes)
    const length = await file.read(bytes, 0)
    return Buffer.from(bytes.subarray(0, length)).toString('utf8')
  } finally {
    await file.close()
  }
}

/** An import would be answered by the outer realm: the word may not be there at all. */
function refuseImport(source: string): void {
  if (!/\bimport\b/.test(source)) return
  throw new MillraceError('SCRIPT_FAILED', "the user code has the word 'import', which is not allowed", {
    hint: 'code cannot load anything; write the word differently in comments and texts',
  })
}

/** The columns that the user's code declares for a table. */
async function outputColumns(
  code: { readonly source: string; readonly file: string; readonly limits: SandboxLimits },
  table: CatalogTable,
): Promise<readonly Column[]> {
  const sandbox = new Sandbox({ source: code.source, file: code.file }, code.limits)
  try {
    const described = {
      path: tablePathText(table.path),
      columns: table.columns.map(({ name, type, nullable, comment }) => ({
        name,
        type: dataTypeText(type),
        nullable,
        comment,
      })),
      primaryKey: table.primaryKey?.columnNames ?? [],
    }
    const reply = await sandbox.ask({ kind: 'columns', table: JSON.stringify(described) }, new AbortController().signal)
    const { columns, error } = JSON.parse(reply.kind === 'columns' ? reply.text : '{}') as {
      readonly columns?: readonly {
        readonly name: string
        readonly type: string
        readonly nullable: boolean
        readonly comment: string | null
      }[]
      readonly error?: string
    }
    if (columns === undefined) throw new MillraceError('SCRIPT_FAILED', `getInlineOutputColumns failed: ${error ?? ''}`)
    if (new Set(columns.map((column) => column.name)).size < columns.length) {
      throw new MillraceError('SCRIPT_FAILED', 'getInlineOutputColumns gives two columns of one name')
    }
    return columns.map(({ name, type, nullable, comment }) => {
      return { name, type: parseDataType(type, name), nullable, length: null, scale: null, defaultValue: null, comment }
    })
  } finally {
    await sandbox.close()
  }
}
