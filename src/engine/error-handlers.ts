import type { ConfigObject } from '../config/document.js'
import type { StageErrorHandler } from '../config/error-handler-options.js'
import type { PluginBlock } from '../config/job-document.js'
import { tablePathOf } from '../config/table-schema.js'
import { SINK_KEYS, validateObject } from '../config/validate.js'
import { asMillraceErrors, MillraceError, MillraceErrors } from '../core/error.js'
import { type CatalogTable, type DataType, kernelSchema } from '../core/schema.js'
import {
  type KernelBackend,
  LAYOUT_VERSION,
  type ProgramContext,
  type ProgramErrorHandler,
  type ProgramOnError,
  type ProgramSink,
} from '../native/backend.js'
import type { PlannedErrorHandler, PlannedSink, SinkTarget } from '../plan/physical-plan.js'
import { computedColumn } from '../spi/catalog.js'
import type { PlanContext } from '../spi/context.js'
import type { PluginRegistry } from '../spi/registry.js'
import type { Sink, SinkEncoder } from '../spi/sink.js'

/** Columns of error records. @source SeaTunnel "Error Handling (Experimental)", section "Error Table Structure" */
const RECORD_COLUMNS: readonly (readonly [name: string, kind: 'STRING' | 'BIGINT' | 'TIMESTAMP'])[] = [
  ['error_stage', 'STRING'],
  ['plugin_type', 'STRING'],
  ['plugin_name', 'STRING'],
  ['source_table_path', 'STRING'],
  ['job_id', 'BIGINT'],
  ['error_message', 'STRING'],
  ['exception_class', 'STRING'],
  ['stacktrace', 'STRING'],
  ['original_data', 'STRING'],
  ['occur_time', 'TIMESTAMP'],
]

/** Table of the records where `error_table` names none. */
const TABLE_DEFAULT = 'error_records'

/** What a program writes for the log: one JSON object per line. */
const LOG_SINK: ProgramSink = { input: 0, codec: 'json', options: {}, partitionBy: [], columns: null }

/** A sink of error records; handlers that inherit it share it. */
interface ErrorSink {
  readonly path: string
  readonly block: PluginBlock
  readonly table: CatalogTable
  options: unknown
  /** Index into the plan's sinks, and the sink, once it was created. */
  created: { readonly index: number; readonly sink: Sink } | null
}

/** What the planner hands in. */
export interface ErrorHandlerRequest {
  readonly handlers: readonly StageErrorHandler[]
  readonly jobId: string
  readonly backend: KernelBackend
  readonly program: ProgramContext
  readonly registry: PluginRegistry
}

/** The error handlers of a job: their sinks, what programs are told of them, and what is run. */
export class ErrorHandlers {
  readonly #request: ErrorHandlerRequest
  /** By the path under which they are written. */
  readonly #sinks = new Map<string, ErrorSink>()

  constructor(request: ErrorHandlerRequest) {
    this.#request = request
  }

  /** Checks the options of the error sinks. What is wrong is given, not thrown. */
  async check(): Promise<{ readonly faults: readonly MillraceError[]; readonly warnings: readonly MillraceError[] }> {
    const faults: MillraceError[] = []
    const warnings: MillraceError[] = []
    const checked = new Set<string>()
    for (const { settings, sink, stage } of this.#request.handlers) {
      if (settings.mode !== 'ROUTE') continue
      if (sink === null) {
        const message = `rows that fail in the stage ${stage} are only logged: there is no sink to route them to`
        warnings.push(
          new MillraceError('OPTION_INVALID', message, { path: 'env', hint: 'add sink { plugin_name = … }' }),
        )
      } else if (!checked.has(sink.path)) {
        checked.add(sink.path)
        try {
          warnings.push(...(await this.#checkSink(sink.path, sink.node)))
        } catch (thrown) {
          faults.push(...located(thrown, sink.path, sink.node.position))
        }
      }
    }
    return { faults, warnings }
  }

  async #checkSink(
    path: string,
    node: NonNullable<StageErrorHandler['sink']>['node'],
  ): Promise<readonly MillraceError[]> {
    if (node.kind !== 'object') {
      throw new MillraceError('OPTION_TYPE', "option 'sink' must be an object", {
        hint: 'write it as { plugin_name = … }',
      })
    }
    const name = node.entries.get('plugin_name')
    if (name?.kind !== 'string' || name.value === '') {
      throw new MillraceError('PLUGIN_NAME_MISSING', 'the error sink has no plugin_name', {
        hint: 'for example LocalFile',
      })
    }
    const factory = await this.#request.registry.load('sink', name.value)
    const validated = validateObject(factory.spec, node, path, new Set([...SINK_KEYS, 'error_table']))
    if (validated.values === null) throw new MillraceErrors(validated.faults)
    const block: PluginBlock = {
      kind: 'sink',
      index: 0,
      pluginName: name.value,
      position: node.position,
      options: node,
      output: null,
      inputs: [],
    }
    this.#sinks.set(path, { path, block, table: recordTable(node), options: validated.values, created: null })
    return validated.warnings
  }

  /**
   * Creates the error sinks; they stand in the plan behind the `first` sinks of the job.
   *
   * @throws MillraceErrors with the path and place of the sink.
   */
  async createSinks(first: number, contextOf: (block: PluginBlock) => PlanContext): Promise<readonly Sink[]> {
    const sinks: Sink[] = []
    for (const errorSink of this.#sinks.values()) {
      const { block, table, path, options } = errorSink
      try {
        const factory = await this.#request.registry.load('sink', block.pluginName)
        const sink = await factory.create(options as Parameters<typeof factory.create>[0], [table], contextOf(block))
        errorSink.created = { index: first + sinks.length, sink }
        sinks.push(sink)
        this.#compile(table, sink)
      } catch (thrown) {
        throw new MillraceErrors(located(thrown, path, block.position))
      }
    }
    return sinks
  }

  /** Faults of the encoder show now, as the sink's own. */
  #compile(table: CatalogTable, { tables }: Sink): void {
    const { backend, program: context } = this.#request
    const schema = kernelSchema(table)
    const input = { codec: 'json', schema, options: { fileSchema: { columns: schema.columns } } }
    const written = programSink(tables[0]?.encoder)
    backend.compile({ layoutVersion: LAYOUT_VERSION, context, input, ...written }).close()
  }

  /** What takes rows that fail in a plug-in; `undefined` where they fail the job. */
  onError(stage: StageErrorHandler['stage'], plugin: string): ProgramOnError | undefined {
    const handler = this.#request.handlers.findIndex((each) => each.stage === stage)
    return handler < 0 ? undefined : { handler, plugin }
  }

  /** The handlers as programs are told of them, and where their sinks lead, in the order in which programs number them. */
  program(): { readonly documents: readonly ProgramErrorHandler[]; readonly targets: readonly SinkTarget[] } {
    const targets: SinkTarget[] = []
    const documents = this.#request.handlers.map((handler): ProgramErrorHandler => {
      const { stage, settings } = handler
      const sink = this.#sinkOf(handler)
      const created = sink?.created ?? null
      if (created !== null) targets.push({ sink: created.index, table: 0 })
      return {
        schema: kernelSchema(sink?.table ?? recordTable(null)),
        stage,
        jobId: this.#request.jobId,
        includeOriginalData: settings.includeOriginalData,
        originalDataFormat: settings.originalDataFormat,
        originalDataMaxLength: settings.originalDataMaxLength,
        ...programSink(created?.sink.tables[0]?.encoder),
        log: LOG_SINK,
      }
    })
    return { documents, targets }
  }

  #sinkOf({ settings, sink }: StageErrorHandler): ErrorSink | undefined {
    return settings.mode === 'ROUTE' && sink !== null ? this.#sinks.get(sink.path) : undefined
  }

  /** The handlers as the run sees them. */
  planned(): readonly PlannedErrorHandler[] {
    return this.#request.handlers.map(({ stage, settings }) => ({
      stage,
      maxRecords: settings.maxErrorRecords > 0 ? settings.maxErrorRecords : null,
      maxRatio: settings.maxErrorRatio > 0 ? settings.maxErrorRatio : null,
      maxRatioMinRows: settings.maxErrorRatioMinRecords,
    }))
  }

  /** The error sinks as workers see them, in the order of {@link createSinks}. */
  plannedSinks(): readonly PlannedSink[] {
    return [...this.#sinks.values()].map(({ block, created }) => ({
      plugin: block.pluginName,
      isForErrors: true,
      tables: (created?.sink.tables ?? []).map(({ rowsPerFile, writerConfig }) => ({
        table: '',
        rowsPerFile,
        writerConfig,
      })),
    }))
  }
}

/** The nodes and sinks of a program that write what an encoder gets; input 0 is the records. */
function programSink(encoder: SinkEncoder | undefined): Pick<ProgramErrorHandler, 'nodes' | 'sinks'> {
  if (encoder === undefined) return { nodes: [], sinks: [] }
  const { operator, codec, options, partitionBy, columns } = encoder
  const nodes = operator === undefined ? [] : [{ operator: operator.name, input: 0, options: operator.options }]
  return { nodes, sinks: [{ input: nodes.length, codec, options, partitionBy, columns }] }
}

/** The table of error records, under the name that the sink's `error_table` gives. */
function recordTable(sink: ConfigObject | null): CatalogTable {
  const node = sink?.entries.get('error_table')
  const name = node?.kind === 'string' && node.value !== '' ? node.value : TABLE_DEFAULT
  const columns = RECORD_COLUMNS.map(([column, kind]) => computedColumn(column, { kind } as DataType))
  return {
    catalogName: '',
    path: tablePathOf(name) ?? { database: null, schema: null, table: name },
    columns,
    primaryKey: null,
    constraintKeys: [],
    partitionKeys: [],
    comment: 'Records of rows that failed',
  }
}

/** Faults that say nothing of their place, or speak of a block of the section `sink`, are those of the error sink. */
function located(thrown: unknown, path: string, position: ConfigObject['position']): readonly MillraceError[] {
  return asMillraceErrors(thrown).map((error) => {
    const { details } = error
    const inside = details.path?.replace(/^sink\[0\]/, path) ?? path
    const code = error.code === 'JOB_FAILED' ? 'PLUGIN_CREATE' : error.code
    const result = new MillraceError(code, error.message, {
      ...details,
      path: inside,
      position: details.position ?? position,
    })
    if (error.stack !== undefined) result.stack = error.stack
    return result
  })
}
