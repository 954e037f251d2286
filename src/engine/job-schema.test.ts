import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { matches, type Schema } from '../../test/support/json-schema.js'
import { toJson } from '../config/document.js'
import { parseJobFile } from '../config/job-document.js'
import { option, optionSpec } from '../config/option.js'
import { bundled, exactlyOneOf, requiredWhen } from '../config/option-rule.js'
import { describeOptions } from '../config/validate.js'
import { PLUGINS } from '../plugins.generated.js'
import { PluginRegistry } from '../spi/registry.js'
import { CatalogView, type PluginDescription } from './catalog-view.js'
import { jobSchema } from './job-schema.js'

const catalog = new CatalogView(new PluginRegistry(PLUGINS))

const SPEC = optionSpec({
  options: {
    path: option.string('path', { doc: 'A path.', required: true, fallback: ['old_path'] }),
    rowNum: option.int('row.num', { doc: 'Rows.', min: 1, max: 9 }),
    isOn: option.boolean('is_on', { doc: 'A switch.', default: true }),
    format: option.enumeration('format', ['TEXT', 'JSON'], { doc: 'A format.', default: 'TEXT' }),
    delimiter: option.string('delimiter', { doc: 'For TEXT.' }),
    waitMs: option.durationMs('wait', { doc: 'A time.' }),
    names: option.stringList('names', { doc: 'Names.' }),
    ratio: option.double('ratio', { doc: 'A ratio.' }),
    most: option.bigint('most', { doc: 'A bound.', default: 9_223_372_036_854_775_807n }),
    user: option.string('user', { doc: 'A user.' }),
    password: option.string('password', { doc: 'Its password.', secret: true }),
    first: option.string('first', { doc: 'One.' }),
    second: option.string('second', { doc: 'Or the other.' }),
  },
  rules: [bundled('user', 'password'), exactlyOneOf('first', 'second'), requiredWhen('format', 'TEXT', 'delimiter')],
})
const PLUGIN: PluginDescription = {
  name: 'My-Source',
  kind: 'source',
  summary: 's',
  example: 'e',
  examples: [],
  options: describeOptions(SPEC),
}
const SCHEMA = jobSchema([PLUGIN], { options: [], rules: [] }, new Set(['plugin_name', 'parallelism'])) as Schema
const GOOD = { plugin_name: 'my-source', path: 'p', delimiter: ',', first: 'x' }

/** Whether a source with these options is accepted. */
function accepts(options: object): boolean {
  return matches(SCHEMA, { source: [{ ...GOOD, ...options }], sink: [{ plugin_name: 'Any' }] })
}

describe('the schema of job files', () => {
  const cases: readonly (readonly [name: string, options: object, isAccepted: boolean])[] = [
    ['what is needed', {}, true],
    ['a name in letters of either case', { plugin_name: 'MY-SOURCE', 'row.num': 'x' }, false],
    ['a plug-in that it does not know, whatever its options', { plugin_name: 'Other', 'row.num': 'x' }, true],
    ['options that are not declared', { more: [1] }, true],
    ['a required option under its older name', { path: undefined, old_path: 'p' }, true],
    ['a number as a text', { 'row.num': ' 5 ' }, true],
    ['a variable where a number is wanted', { 'row.num': '${rows}' }, true],
    ['a number out of range', { 'row.num': 10 }, false],
    ['a text where a number is wanted', { 'row.num': 'many' }, false],
    ['a switch in any letters', { is_on: 'TRUE' }, true],
    ['a switch that is none', { is_on: 'yes' }, false],
    ['a listed value in any letters', { format: 'json' }, true],
    ['a value that is not listed', { format: 'xml' }, false],
    ['a time with its unit', { wait: '5 min' }, false],
    ['a time in seconds', { wait: '5s' }, true],
    ['a list', { names: ['a', 1] }, true],
    ['one value for a list', { names: 'a' }, true],
    ['a text for a ratio', { ratio: '.5e3' }, true],
    ['one of two bundled options', { user: 'u' }, false],
    ['both bundled options', { user: 'u', password: 'p' }, true],
    ['two exclusive options', { second: 'y' }, false],
    ['an option that the default of another needs', { delimiter: undefined }, false],
    ['its absence where the other is set differently', { delimiter: undefined, format: 'JSON' }, true],
    ['a parallelism below 1', { parallelism: 0 }, false],
  ]
  for (const [name, options, isAccepted] of cases) {
    it(`${isAccepted ? 'accepts' : 'refuses'} ${name}`, () => {
      const given = JSON.parse(JSON.stringify({ ...GOOD, ...options })) as object
      const value = { source: [given], sink: [{ plugin_name: 'Any' }] }
      assert.equal(matches(SCHEMA, value), isAccepted)
    })
  }

  it('refuses a job without sources', () =>
    assert.equal(matches(SCHEMA, { source: [], sink: [{ plugin_name: 'Any' }] }), false))
  it('refuses a required option that is missing', () => {
    assert.equal(accepts({}), true)
    assert.equal(
      matches(SCHEMA, {
        source: [{ plugin_name: 'My-Source', delimiter: ',', first: 'x' }],
        sink: [{ plugin_name: 'Any' }],
      }),
      false,
    )
  })

  it('writes 64-bit defaults with all digits and marks secrets', () => {
    const definitions = SCHEMA.$defs as Record<string, { properties: Record<string, Schema> }>
    const properties = definitions['source.My-Source']?.properties ?? {}
    assert.equal(properties.most?.default, '9223372036854775807')
    assert.equal(properties.password?.writeOnly, true)
    assert.equal(properties.old_path?.deprecated, true)
  })
})

describe('the schema of this build', () => {
  const mapped = { field_mapper: { id: 'key' } }
  const transforms: readonly (readonly [name: string, options: object, isAccepted: boolean])[] = [
    ['a transform with its options', mapped, true],
    ['a transform without them', {}, false],
    ['options per table in their place', { table_transform: [{ table_path: 'a.b', ...mapped }] }, true],
    ['both', { ...mapped, table_match_regex: 'a.*', table_transform: [{ table_path: 'a.b', ...mapped }] }, true],
    ['a table without its path', { table_transform: [mapped] }, false],
    ['a table without its options', { table_transform: [{ table_path: 'a.b' }] }, false],
    ['a way to match that is not listed', { ...mapped, rule_match_mode: 'LAST_MATCH' }, false],
  ]
  for (const [name, options, isAccepted] of transforms) {
    it(`${isAccepted ? 'accepts' : 'refuses'} ${name}`, async () => {
      const transform = [{ plugin_name: 'FieldMapper', ...options }]
      const value = { source: [{ plugin_name: 'Any' }], transform, sink: [{ plugin_name: 'Any' }] }
      assert.equal(matches((await catalog.jobSchema()) as Schema, value), isAccepted)
    })
  }

  it('is the same every time', async () => {
    assert.equal(JSON.stringify(await catalog.jobSchema()), JSON.stringify(await catalog.jobSchema()))
  })

  it('accepts the example of every plug-in', async () => {
    const schema = (await catalog.jobSchema()) as Schema
    for (const { kind, name, example } of await catalog.all()) {
      const blocks = { source: 'Any {}', transform: 'Any {}', sink: 'Any {}', [kind]: example }
      const text = Object.entries(blocks)
        .map(([section, block]) => `${section} {\n${block}\n}`)
        .join('\n')
      const { root } = parseJobFile({ text, file: 'example.conf', variables: new Map(), environment: new Map() })
      const value = JSON.parse(
        JSON.stringify(toJson(root), (_, each: unknown) => (typeof each === 'bigint' ? String(each) : each)),
      ) as unknown
      assert.ok(matches(schema, value), `${kind} ${name}: ${example}`)
    }
  })
})
