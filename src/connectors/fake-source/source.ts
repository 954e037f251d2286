import type { ConfigObject } from '../../config/document.js'
import type { OptionValues } from '../../config/option.js'
import { readCatalogTable } from '../../config/table-schema.js'
import { readContext } from '../../config/validate.js'
import { ABSENT } from '../../config/value-type.js'
import { MillraceError, MillraceErrors } from '../../core/error.js'
import { type CatalogTable, tablePathText } from '../../core/schema.js'
import type { PlanContext } from '../../spi/context.js'
import { exactJson, type Json, type JsonObject } from '../../spi/json.js'
import {
  type MorselInput,
  type Source,
  type SourceReader,
  type SourceTable,
  type Split,
  sourceFactory,
} from '../../spi/source.js'
import { spec, type TABLE_OPTIONS } from './spec.js'

type TableOptions = OptionValues<typeof TABLE_OPTIONS>

/** Rows of one morsel. */
const MORSEL_ROWS = 65_536

/** Makes rows in the kernels; a split is a range of row numbers. */
export const source = sourceFactory({
  spec,
  async create(options, context): Promise<Source> {
    const configs: readonly TableOptions[] = options.tablesConfigs ?? [options]
    const tables = configs.map((config) => planTable(config, context))
    requireDistinct(tables)
    return {
      tables,
      key: { options: tables.map(({ decoder }) => decoder.options) },
      isBounded: context.jobMode === 'BATCH',
      enumerator: {
        enumerate: async () =>
          Array.from({ length: context.parallelism }, (_, subtask) =>
            configs.flatMap((config, table) =>
              splitsOf(config, table, subtask, context.morselRowsLimit ?? MORSEL_ROWS),
            ),
          ),
      },
      readerConfig: {},
    }
  },
  createReader: async (): Promise<SourceReader> => ({
    open: async (split, subtask, morsel) => openMorsel(split, subtask, morsel),
    close: async () => undefined,
  }),
})

function planTable(config: TableOptions, context: PlanContext): SourceTable {
  const table = readTable(config, context)
  requireBounds(config)
  return { table, decoder: { codec: 'fake', options: kernelOptions(config, table, context) } }
}

function readTable(config: TableOptions, { block }: PlanContext): CatalogTable {
  const { schema } = config
  if (schema === null || schema.kind !== 'object') {
    throw new MillraceError('OPTION_REQUIRED', "There are unconfigured options, the options('schema') are required.", {
      hint: 'name the columns: schema { fields { name = "string" } }',
      ...(schema === null ? {} : { position: schema.position }),
    })
  }
  const faults: MillraceError[] = []
  const context = readContext(`${block.kind}[${block.index}].schema`, 'schema', faults, [])
  const table = readCatalogTable(schema as ConfigObject, context, { output: block.output, catalogName: 'FakeSource' })
  if (table === ABSENT || faults.length > 0) throw new MillraceErrors(faults)
  return table
}

/** @source SeaTunnel `FakeConfig` (texts) */
function requireBounds(config: TableOptions): void {
  const bounds = [
    ['tinyint', config.tinyintMin, config.tinyintMax],
    ['smallint', config.smallintMin, config.smallintMax],
    ['int', config.intMin, config.intMax],
    ['bigint', config.bigintMin, config.bigintMax],
    ['float', config.floatMin, config.floatMax],
    ['double', config.doubleMin, config.doubleMax],
    ['vector.float', config.vectorFloatMin, config.vectorFloatMax],
  ] as const
  const wrong = bounds.flatMap(([type, min, max]) => {
    if (min <= max) return []
    const message = `${type}.min '${min}' should be smaller than or equal to ${type}.max '${max}'`
    return [new MillraceError('OPTION_INVALID', message, { hint: 'exchange the two bounds' })]
  })
  if (wrong.length > 0) throw new MillraceErrors(wrong)
}

function requireDistinct(tables: readonly SourceTable[]): void {
  const seen = new Set<string>()
  for (const { table } of tables) {
    const path = tablePathText(table.path)
    if (seen.has(path))
      throw new MillraceError('OPTION_INVALID', `table: ${path} is duplicate`, {
        hint: 'give every table its own schema.table',
      })
    seen.add(path)
  }
}

/** The options of the kernel `fake`; members that a table does not set are left out. */
function kernelOptions(config: TableOptions, table: CatalogTable, { program }: PlanContext): JsonObject {
  const { schema, rows, rowNum, splitNum, splitReadIntervalMs, autoIncrementEnabled, ...rest } = config
  const plain: Record<string, Json> = {}
  for (const [name, value] of Object.entries(rest)) {
    if (value === null || name.endsWith('Mode') || name === 'tablesConfigs') continue
    plain[name] = typeof value === 'bigint' ? String(value) : (value as Json)
  }
  return {
    ...plain,
    columns: table.columns.map(({ name, defaultValue, length, scale }) => ({
      name,
      defaultValue: jsonOf(defaultValue),
      length,
      scale,
    })),
    autoIncrementColumns: autoIncrementEnabled ? [...(table.primaryKey?.columnNames.slice(0, 1) ?? [])] : [],
    rowsPerReader: rowNum,
    rows: rows === null ? null : exactJson(rows),
    localNowMicros: localMicros(program.nowMicros, program.zone),
  }
}

/** Plain JSON: integers that a double cannot hold become texts, which the kernels read digit by digit. */
function jsonOf(value: unknown): Json {
  return JSON.parse(
    JSON.stringify(value ?? null, (_, member: unknown) => (typeof member === 'bigint' ? String(member) : member)),
  ) as Json
}

/** Microseconds of the wall clock in a zone at an instant. */
function localMicros(utcMicros: number, zone: string): number {
  const ms = Math.floor(utcMicros / 1000)
  // The zone tables of JavaScript take 15 ms to load, which is worth sparing at a start.
  if (zone === 'UTC' || zone === 'Etc/UTC') return Math.floor(ms / 1000) * 1_000_000
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(ms)
  const part = (type: string): number => Number(parts.find((entry) => entry.type === type)?.value)
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')) * 1000
}

/** `row.num` is per reader and cut into `split.num` splits; given rows come whole in every split. */
function splitsOf(config: TableOptions, table: number, subtask: number, morselRows: number): readonly Split[] {
  const { rowNum, splitNum, splitReadIntervalMs, rows } = config
  const perSplit = Math.ceil(rowNum / splitNum)
  return Array.from({ length: splitNum }, (_, index): Split => {
    const from = Math.min(rowNum, index * perSplit)
    const count = rows === null ? Math.min(perSplit, rowNum - from) : null
    return {
      id: `${table}_${subtask}_${index}`,
      table,
      morsels: count === null ? 1 : Math.ceil(count / morselRows),
      delayMs: index === 0 ? 0 : splitReadIntervalMs,
      ...(count === null ? {} : { expectedRows: count }),
      payload: { split: index, from, rows: count, morselRows },
    }
  })
}

interface Range {
  readonly split: number
  readonly from: number
  /** `null` for the rows of the `rows` option. */
  readonly rows: number | null
  readonly morselRows: number
}

function openMorsel(split: Split, subtask: number, morsel: number): MorselInput {
  const { split: index, from, rows, morselRows } = split.payload as unknown as Range
  const first = from + morsel * morselRows
  const range = rows === null ? {} : { from: first, rows: Math.min(morselRows, from + rows - first) }
  return {
    arguments: JSON.stringify({ split: index, subtask, ...range }),
    flags: 0,
    limitBytes: Number.MAX_SAFE_INTEGER,
    read: async () => 0,
    readRanges: async () => undefined,
    next: async () => null,
    close: async () => undefined,
  }
}
