import type { ConfigObject } from '../config/document.js'
import { type Option, type OptionFields, type OptionSpec, option } from '../config/option.js'

/** How entries of `table_transform` that name the same table go together. */
export const RULE_MATCH_MODES = ['FIRST_MATCH', 'ALL_MATCH'] as const

/** The options that every transform has beside its own: they choose the tables it is applied to. */
export interface TableOptionValues {
  /** Java regular expression; the other options hold for tables whose whole path it matches. */
  readonly tableMatchRegex: string
  /** Options of single tables; `null` when there are none. */
  readonly tableTransform: readonly { readonly tablePath: string }[] | null
  readonly ruleMatchMode: (typeof RULE_MATCH_MODES)[number] | null
}

/** Keys of {@link TableOptionValues} in job files. */
export const TABLE_OPTION_KEYS = ['table_match_regex', 'table_transform', 'rule_match_mode'] as const

const TABLE_PATH: Option<string> = option.string('table_path', {
  required: true,
  doc: 'The table, as `database.table` or `database.schema.table`; compared as a whole.',
})

/**
 * A transform's surface with the options that choose its tables. With `table_transform` the required options may be left out at
 * the top: they are asked for when a table has no entry of its own.
 *
 * @source SeaTunnel `TransformCommonOptions`, `AbstractMultiCatalogTransform`
 */
export function withTableOptions<F extends OptionFields>(own: OptionSpec<F>): OptionSpec<F> {
  const entry = { ...own, options: { tablePath: TABLE_PATH, ...own.options } } as unknown as OptionSpec<OptionFields>
  const options = {
    ...own.options,
    tableMatchRegex: option.string('table_match_regex', {
      default: '.*',
      doc:
        'Java regular expression. The options above hold for the tables whose whole path it matches and that have no entry in ' +
        '`table_transform`; other tables pass untouched.',
    }),
    tableTransform: option.objectList('table_transform', entry, {
      doc: 'Options of single tables, in place of the options above.',
      example: 'table_transform = [{ table_path = "shop.orders", … }]',
    }),
    ruleMatchMode: option.enumeration('rule_match_mode', RULE_MATCH_MODES, {
      doc:
        'What entries for the same table do: the first one counts, or all are applied one after the other. Without it a table ' +
        'may have one entry only.',
    }),
  }
  return { ...own, options, carriedBy: 'tableTransform' } as unknown as OptionSpec<F>
}

/** The surface without the options of {@link withTableOptions}. */
export function ownOptions(spec: OptionSpec<OptionFields>): OptionSpec<OptionFields> {
  const { tableMatchRegex: _, tableTransform: __, ruleMatchMode: ___, ...options } = spec.options
  const { carriedBy: ____, ...rest } = spec
  return { ...rest, options }
}

/** The entries of `table_transform` as they are written, in their order. */
export function tableEntries(block: ConfigObject): readonly ConfigObject[] {
  const list = block.entries.get('table_transform')
  const items = list?.kind === 'list' ? list.items : list === undefined ? [] : [list]
  return items.map((item) => (item.kind === 'object' ? item : block))
}
