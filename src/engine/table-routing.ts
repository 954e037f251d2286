import type { ConfigObject } from '../config/document.js'
import type { JobDocument, PluginBlock } from '../config/job-document.js'
import { COMMON_KEYS, validateObject } from '../config/validate.js'
import { asMillraceErrors, MillraceError, MillraceErrors } from '../core/error.js'
import { type CatalogTable, tablePathText } from '../core/schema.js'
import type { KernelBackend } from '../native/backend.js'
import { blockPath } from '../plan/logical-dag.js'
import type { PluginRegistry } from '../spi/registry.js'
import type { PluginSpec } from '../spi/spec.js'
import { ownOptions, TABLE_OPTION_KEYS, type TableOptionValues, tableEntries } from '../spi/table-options.js'

/** A transform's options for one table, and the block that they are written in. */
export interface TableStep {
  readonly options: unknown
  /** The whole block, or an entry of its `table_transform` in the shape of a block. */
  readonly block: PluginBlock
  /** Runs a piece of planning; faults that say where they are in the block get the entry's path and place. */
  run<T>(step: () => Promise<T>): Promise<T>
}

interface Entry extends TableStep {
  readonly tablePath: string
  readonly object: ConfigObject
}

/**
 * Which options of a transform hold for which of its input tables: an entry of `table_transform` with exactly the table's path;
 * else the top-level options where `table_match_regex` matches the whole path; else none, and the table passes untouched.
 *
 * @source SeaTunnel `AbstractMultiCatalogTransform`
 */
export class TableRouter {
  readonly #block: PluginBlock
  readonly #spec: PluginSpec
  readonly #values: TableOptionValues
  readonly #backend: KernelBackend
  readonly #entries: readonly Entry[]
  readonly #met = new Set<string>()

  /** @param values the validated options of the block. */
  constructor(block: PluginBlock, spec: PluginSpec, values: unknown, backend: KernelBackend) {
    this.#block = block
    this.#spec = spec
    this.#values = values as TableOptionValues
    this.#backend = backend
    const objects = tableEntries(block.options)
    this.#entries = (this.#values.tableTransform ?? []).map((options, index) =>
      entryOf(block, options, objects[index] ?? block.options, index),
    )
    requireDistinct(this.#entries, this.#values)
  }

  /**
   * What is done to a table, one after the other; nothing when it passes.
   *
   * @throws MillraceErrors `OPTION_INVALID` for a pattern that does not parse; `OPTION_*` when the top-level options hold for the
   *   table and lack something.
   */
  stepsFor(table: CatalogTable): readonly TableStep[] {
    const path = tablePathText(table.path)
    const entries = this.#entries.filter((entry) => entry.tablePath === path)
    if (entries.length > 0) {
      this.#met.add(path)
      return this.#values.ruleMatchMode === 'ALL_MATCH' ? entries : entries.slice(0, 1)
    }
    if (!this.#isMatched(path)) return []
    this.#requireTopLevel(path)
    return [{ options: this.#values, block: this.#block, run: (step) => step() }]
  }

  /** Entries whose table has not come by. */
  unmatched(): readonly MillraceError[] {
    return this.#entries
      .filter((entry) => !this.#met.has(entry.tablePath))
      .map(({ tablePath, object, block }) => {
        const message = `no input table of '${block.pluginName}' is called '${tablePath}'`
        return new MillraceError('JOB_DEFINITION', message, { position: object.position, path: blockPath(block) })
      })
  }

  #isMatched(path: string): boolean {
    const { tableMatchRegex } = this.#values
    if (tableMatchRegex === '.*') return true
    try {
      return this.#backend.findPattern(tableMatchRegex, path).isWhole
    } catch (thrown) {
      const position = this.#block.options.entries.get('table_match_regex')?.position
      throw atPlace(thrown, `${blockPath(this.#block)}.table_match_regex`, position ?? this.#block.position)
    }
  }

  /** Beside `table_transform` the block may lack options, as long as no table needs them. */
  #requireTopLevel(path: string): void {
    if (this.#values.tableTransform === null) return
    const keys = new Set([...COMMON_KEYS, ...TABLE_OPTION_KEYS])
    const { faults } = validateObject(ownOptions(this.#spec), this.#block.options, blockPath(this.#block), keys)
    if (faults.length === 0) return
    const hint = `the table '${path}' has no entry in table_transform: give it one, or a table_match_regex that leaves it out`
    throw new MillraceErrors(
      faults.map((fault) => new MillraceError(fault.code, fault.message, { ...fault.details, hint })),
    )
  }
}

function entryOf(block: PluginBlock, options: { readonly tablePath: string }, object: ConfigObject, index: number) {
  const path = `${blockPath(block)}.table_transform[${index}]`
  const own: PluginBlock = { ...block, options: object, position: object.position }
  return {
    tablePath: options.tablePath,
    object,
    options,
    block: own,
    async run<T>(step: () => Promise<T>): Promise<T> {
      try {
        return await step()
      } catch (thrown) {
        throw inEntry(thrown, blockPath(block), path, object)
      }
    },
  }
}

function requireDistinct(entries: readonly Entry[], { ruleMatchMode }: TableOptionValues): void {
  if (ruleMatchMode !== null) return
  const seen = new Set<string>()
  const faults = entries.flatMap(({ tablePath, object, block }) => {
    const isRepeated = seen.has(tablePath)
    seen.add(tablePath)
    if (!isRepeated) return []
    return [
      new MillraceError('OPTION_INVALID', `table_transform has several entries for the table '${tablePath}'`, {
        path: `${blockPath(block)}.table_transform`,
        position: object.entries.get('table_path')?.position ?? object.position,
        hint: 'keep one, or set rule_match_mode to FIRST_MATCH or ALL_MATCH',
      }),
    ]
  })
  if (faults.length > 0) throw new MillraceErrors(faults)
}

/** Faults of an entry are told as if it were the block: their paths begin with the block's and go on inside the entry. */
function inEntry(thrown: unknown, blockText: string, entryText: string, entry: ConfigObject): MillraceErrors {
  return new MillraceErrors(
    asMillraceErrors(thrown).map((error) => {
      const { path = blockText, position = entry.position } = error.details
      const inside = path.startsWith(blockText) ? entryText + path.slice(blockText.length) : path
      return moved(error, inside, position)
    }),
  )
}

function atPlace(thrown: unknown, path: string, position: ConfigObject['position']): MillraceErrors {
  return new MillraceErrors(asMillraceErrors(thrown).map((error) => moved(error, path, position)))
}

function moved(error: MillraceError, path: string, position: ConfigObject['position']): MillraceError {
  const code = error.code === 'JOB_FAILED' ? 'PLUGIN_CREATE' : error.code
  const result = new MillraceError(code, error.message, { ...error.details, path, position })
  if (error.stack !== undefined) result.stack = error.stack
  return result
}

/** Keys of row metadata that the transforms of a job read, as far as their options are valid. */
export async function metadataKeysOf(
  document: JobDocument,
  optionsOf: (block: PluginBlock) => unknown,
  registry: PluginRegistry,
): Promise<ReadonlySet<string>> {
  const keys = new Set<string>()
  for (const block of document.transform) {
    const values = optionsOf(block) as TableOptionValues | undefined
    if (values === undefined) continue
    const factory = await registry.load('transform', block.pluginName)
    for (const options of [values, ...(values.tableTransform ?? [])]) {
      for (const key of factory.metadataKeys?.(options as never) ?? []) keys.add(key)
    }
  }
  return keys
}
