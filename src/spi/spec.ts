import type { OptionFields, OptionSpec, OptionValues } from '../config/option.js'
import type { RowKind } from '../core/row-kind.js'
import type { Json } from './json.js'
import { withTableOptions } from './table-options.js'

/** What kind of plug-in a spec declares. */
export type PluginKind = 'source' | 'transform' | 'sink' | 'format'

/** Rows in an example. */
export interface ExampleRows {
  /** Names and types as in a `schema` block: `id = int, name = string`. */
  readonly fields: string
  /** One list per row, in the order of the fields, in the form in which the format json writes values. */
  readonly rows: readonly (readonly Json[])[]
  /** Change kinds of the rows; all are inserts when absent. */
  readonly kinds?: readonly RowKind[]
  /** Path of the table; `fake` when absent. */
  readonly table?: string
}

/** A block of a job file and what it does. */
export interface PluginExample {
  /** What it shows, in a few words that go on behind a colon. */
  readonly title: string
  /** A block that works; tests run it through validation. */
  readonly block: string
  /** For transforms: rows that come in. Tests run a job over them. */
  readonly input?: ExampleRows
  /** The rows that leave. Their kinds and their table are not compared. */
  readonly output?: ExampleRows
}

/** The declared surface of a plug-in: everything that help, documentation, JSON Schema and validation are made from. */
export interface PluginSpec<F extends OptionFields = OptionFields> extends OptionSpec<F> {
  /** The name in job files; matched without regard to case. */
  readonly name: string
  readonly kind: PluginKind
  /** One sentence: what it does. */
  readonly summary: string
  /** A block of a job file that works; tests run it through validation. */
  readonly example: string
  /** Further examples for the documentation. */
  readonly examples?: readonly PluginExample[]
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
