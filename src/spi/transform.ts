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
}

/** What a transform plug-in exports. */
export interface TransformFactory<F extends OptionFields = OptionFields> {
  readonly spec: PluginSpec<F>
  /** @throws MillraceError or MillraceErrors when fields are missing or the options make no sense. */
  lower(options: OptionValues<F>, table: CatalogTable, context: PlanContext): Promise<LoweredTransform>
}

/** Declares a transform plug-in; only there so that option types are inferred. */
export function transformFactory<F extends OptionFields>(factory: TransformFactory<F>): TransformFactory {
  return factory as unknown as TransformFactory
}
