import type { ConfigNode } from './document.js'
import { option, optionSpec, type SpecValues } from './option.js'

const NO_QUEUE = { hint: 'records are written together with the rows around them, there is no queue' } as const

/**
 * The options of `env.error_handler`, `env.transform_error_handler` and `env.sink_error_handler`. None has a default here: what a stage
 * does not say is taken from `error_handler`, and only then from {@link ERROR_HANDLER_DEFAULTS}.
 *
 * @source SeaTunnel "Error Handling (Experimental)"
 */
export const ERROR_HANDLER_SPEC = optionSpec({
  options: {
    mode: option.enumeration('mode', ['DISABLE', 'LOG', 'ROUTE'], {
      doc:
        'What becomes of a row that fails: `DISABLE` (the default) fails the job, `LOG` logs and drops the row, `ROUTE` also writes a ' +
        'record of it to `sink`.',
    }),
    maxErrorRecords: option.long('max_error_records', {
      doc: 'The job fails when more rows of the stage fail than this. 0, the default, is no limit.',
      min: 0,
    }),
    maxErrorRatio: option.double('max_error_ratio', {
      doc: 'The job fails when a larger part of the rows read than this fails, 0.0 to 1.0. 0.0, the default, is no limit.',
      min: 0,
      max: 1,
    }),
    maxErrorRatioMinRecords: option.long('max_error_ratio_min_records', {
      doc: 'Rows that must be read before `max_error_ratio` is looked at. The default is 10000.',
      min: 0,
    }),
    queueCapacity: option.int('queue_capacity', {
      doc: 'Accepted and not used: records are written together with the rows around them, there is no queue.',
      min: 1,
      noEffect: NO_QUEUE,
    }),
    queueOverflowPolicy: option.enumeration('queue_overflow_policy', ['FAIL', 'DROP', 'BLOCK'], {
      doc: 'Accepted and not used; see `queue_capacity`.',
      noEffect: NO_QUEUE,
    }),
    includeOriginalData: option.boolean('include_original_data', {
      doc: 'Whether the record holds the row as it was before the step in which it failed. The default is `false`.',
    }),
    includeStacktrace: option.boolean('include_stacktrace', {
      doc: 'Accepted for compatibility; there is no Java stack, the column stays null.',
      noEffect: { hint: 'there is no Java stack; the column stays null', except: false },
    }),
    originalDataFormat: option.enumeration('original_data_format', ['TEXT', 'JSON'], {
      doc: 'How the row is written: `TEXT` (the default) as Java prints it, `JSON` as an object of its fields.',
    }),
    originalDataMaxLength: option.int('original_data_max_length', {
      doc: 'More characters of the row than this are cut off. The default is 8192.',
      min: 1,
      max: 64 * 1024 * 1024,
    }),
    sink: option.node('sink', {
      doc:
        'For `ROUTE`: a sink, written as in the section `sink` with its `plugin_name`. `error_table` names the table of the records, ' +
        '`error_records` when absent.',
    }),
  },
})

/** What one of the three objects says; `null` for what it does not. */
export type ErrorHandlerOptions = SpecValues<typeof ERROR_HANDLER_SPEC>

/** How rows that fail in a stage are handled. */
export interface ErrorHandlerSettings {
  readonly mode: 'DISABLE' | 'LOG' | 'ROUTE'
  /** 0 for no limit. */
  readonly maxErrorRecords: number
  /** 0 for no limit. */
  readonly maxErrorRatio: number
  readonly maxErrorRatioMinRecords: number
  readonly includeOriginalData: boolean
  readonly originalDataFormat: 'TEXT' | 'JSON'
  /** In UTF-16 units. */
  readonly originalDataMaxLength: number
}

/** @source SeaTunnel "Error Handling (Experimental)", table of parameters */
export const ERROR_HANDLER_DEFAULTS: ErrorHandlerSettings = {
  mode: 'DISABLE',
  maxErrorRecords: 0,
  maxErrorRatio: 0,
  maxErrorRatioMinRecords: 10_000,
  includeOriginalData: false,
  originalDataFormat: 'TEXT',
  originalDataMaxLength: 8192,
}

/** The handler of one stage, and where its sink is written. */
export interface StageErrorHandler {
  readonly stage: 'TRANSFORM' | 'SINK'
  readonly settings: ErrorHandlerSettings
  /** `null` where there is none; records are then logged only. */
  readonly sink: { readonly node: ConfigNode; readonly path: string } | null
}

/** The handlers of both stages that are switched on: each option of a stage's object, else that of `error_handler`, else the default. */
export function stageErrorHandlers(env: {
  readonly errorHandler: ErrorHandlerOptions | null
  readonly transformErrorHandler: ErrorHandlerOptions | null
  readonly sinkErrorHandler: ErrorHandlerOptions | null
}): readonly StageErrorHandler[] {
  const stages = [
    ['TRANSFORM', 'transform_error_handler', env.transformErrorHandler],
    ['SINK', 'sink_error_handler', env.sinkErrorHandler],
  ] as const
  return stages.flatMap(([stage, key, own]) => {
    const settings = merged(own, env.errorHandler)
    if (settings.mode === 'DISABLE') return []
    const base = own?.sink == null ? 'error_handler' : key
    const node = own?.sink ?? env.errorHandler?.sink ?? null
    return [{ stage, settings, sink: node === null ? null : { node, path: `env.${base}.sink` } }]
  })
}

function merged(own: ErrorHandlerOptions | null, all: ErrorHandlerOptions | null): ErrorHandlerSettings {
  const pick = <K extends keyof ErrorHandlerSettings>(key: K): ErrorHandlerSettings[K] =>
    (own?.[key] ?? all?.[key] ?? ERROR_HANDLER_DEFAULTS[key]) as ErrorHandlerSettings[K]
  return {
    mode: pick('mode'),
    maxErrorRecords: pick('maxErrorRecords'),
    maxErrorRatio: pick('maxErrorRatio'),
    maxErrorRatioMinRecords: pick('maxErrorRatioMinRecords'),
    includeOriginalData: pick('includeOriginalData'),
    originalDataFormat: pick('originalDataFormat'),
    originalDataMaxLength: pick('originalDataMaxLength'),
  }
}
