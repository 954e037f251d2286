import type { OptionFields, OptionValues } from '../config/option.js'
import type { CatalogTable } from '../core/schema.js'
import type { PlanContext } from './context.js'
import type { JsonObject } from './json.js'
import type { PluginSpec } from './spec.js'

/** A transform lowered for one table. */
export interface LoweredTransform {
  /** The table as it leaves the transform. */
  readonly table: CatalogTable
  /** Kernel operators, applied one after the other. Empty when only the table's identity changes. */
  readonly operators: readonly { readonly name: string; readonly options: JsonObject }[]
  /** The table ends here: nothing behind the transform sees it. */
  readonly isDropped?: true
}

/** A table that a transform was applied to. */
export interface TransformedTable {
  readonly input: CatalogTable
  readonly output: CatalogTable
}

/** What a transform plug-in exports. */
export interface TransformFactory<F extends OptionFields = OptionFields> {
  readonly spec: PluginSpec<F>
  /** @throws MillraceError or MillraceErrors when fields are missing or the options make no sense. */
  lower(options: OptionValues<F>, table: CatalogTable, context: PlanContext): Promise<LoweredTransform>
  /**
   * Looks at all tables that the transform was applied to, after the last one.
   *
   * @throws MillraceError when they do not go together.
   */
  verify?(tables: readonly TransformedTable[]): void
  /** Keys of the metadata of rows that the transform reads (`FilePath`), which sources give when they are asked. */
  metadataKeys?(options: OptionValues<F>): readonly string[]
}

/** Declares a transform plug-in; only there so that option types are inferred. */
export function transformFactory<F extends OptionFields>(factory: TransformFactory<F>): TransformFactory {
  return factory as unknown as TransformFactory
}
