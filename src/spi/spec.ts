import type { OptionFields, OptionSpec, OptionValues } from '../config/option.js'
import { withTableOptions } from './table-options.js'

/** What kind of plug-in a spec declares. */
export type PluginKind = 'source' | 'transform' | 'sink' | 'format'

/** The declared surface of a plug-in: everything that help, documentation, JSON Schema and validation are made from. */
export interface PluginSpec<F extends OptionFields = OptionFields> extends OptionSpec<F> {
  /** The name in job files; matched without regard to case. */
  readonly name: string
  readonly kind: PluginKind
  /** One sentence: what it does. */
  readonly summary: string
  /** A block of a job file that works; tests run it through validation. */
  readonly example: string
}

/** What a spec declares beside name and kind. */
export type SpecBody<F extends OptionFields> = Omit<PluginSpec<F>, 'name' | 'kind'>

/** Declares a source's options. */
export const sourceSpec = <const F extends OptionFields>(name: string, body: SpecBody<F>): PluginSpec<F> => ({
  name,
  kind: 'source',
  ...body,
})

/** Declares a transform's options. Those that choose its tables are added: see {@link withTableOptions}. */
export const transformSpec = <const F extends OptionFields>(name: string, body: SpecBody<F>): PluginSpec<F> => ({
  name,
  kind: 'transform',
  ...body,
  ...withTableOptions(body),
})

/** Declares a sink's options. */
export const sinkSpec = <const F extends OptionFields>(name: string, body: SpecBody<F>): PluginSpec<F> => ({
  name,
  kind: 'sink',
  ...body,
})

/** The typed options of a spec. */
export type SpecOptions<S extends PluginSpec> = OptionValues<S['options']>
