import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MillraceErrors } from '../core/error.js'
import type { ConfigObject } from './document.js'
import { parseHocon } from './hocon/hocon.js'
import { option, optionSpec, types } from './option.js'
import { bundled, exactlyOneOf, required, requiredWhen, requiredWhenAll, singleChoice } from './option-rule.js'
import { describeOptions, validateObject, validateOptions, valuesOrThrow } from './validate.js'

function object(text: string): ConfigObject {
  return parseHocon(text, 'job.conf', { pluginSections: false })
}

const TYPES = optionSpec({
  options: {
    text: option.string('text', { doc: '' }),
    int: option.int('int', { doc: '' }),
    long: option.long('long', { doc: '' }),
    bigint: option.bigint('bigint', { doc: '' }),
    float: option.float('float', { doc: '' }),
    double: option.double('double', { doc: '' }),
    boolean: option.boolean('boolean', { doc: '' }),
    duration: option.durationMs('duration', { doc: '' }),
    choice: option.enumeration('choice', ['ONE', 'Two'], { doc: '' }),
    choices: option.enumList('choices', ['ONE', 'Two'], { doc: '' }),
    texts: option.stringList('texts', { doc: '' }),
    ints: option.list('ints', types.int({ min: 0 }), { doc: '' }),
    map: option.map('map', { doc: '' }),
    group: option.object('group', { options: { a: option.int('a', { doc: '', default: 1 }) } }, { doc: '' }),
    groups: option.objectList('groups', { options: { a: option.int('a', { doc: '', required: true }) } }, { doc: '' }),
  },
})

const COERCIONS: readonly (readonly [
  sentence: string,
  text: string,
  name: keyof typeof TYPES.options,
  value: unknown,
])[] = [
  ['a text is a text', 'text = abc', 'text', 'abc'],
  ['a number as a text keeps its digits', 'text = 1.50', 'text', '1.50'],
  ['a truth value as a text', 'text = true', 'text', 'true'],
  ['a list as a text is JSON', 'text = [1, "a"]', 'text', '[1,"a"]'],
  ['an object as a text is JSON', 'text { a = null }', 'text', '{"a":null}'],
  ['null is absent', 'text = null', 'text', null],
  ['a quoted number is a number', 'int = "16"', 'int', 16],
  ['the smallest 32-bit number', 'int = -2147483648', 'int', -2147483648],
  ['the largest 32-bit number', 'int = 2147483647', 'int', 2147483647],
  ['a long number', 'long = 9007199254740991', 'long', 9007199254740991],
  ['a 64-bit number', 'bigint = -9223372036854775808', 'bigint', -9223372036854775808n],
  ['a fraction', 'double = "1e-3"', 'double', 0.001],
  ['a fraction of 32 bits', 'float = 0.1', 'float', Math.fround(0.1)],
  ['true in any case', 'boolean = TRUE', 'boolean', true],
  ['false in quotes', 'boolean = "False"', 'boolean', false],
  ['a duration in milliseconds', 'duration = 10000', 'duration', 10_000],
  ['a duration with a unit', 'duration = 2h', 'duration', 7_200_000],
  ['a choice in any case has its declared spelling', 'choice = tWO', 'choice', 'Two'],
  ['choices from a list', 'choices = [one, two]', 'choices', ['ONE', 'Two']],
  ['choices from a text', 'choices = "one,two"', 'choices', ['ONE', 'Two']],
  ['texts from a list of scalars', 'texts = [a, 1, true]', 'texts', ['a', '1', 'true']],
  ['texts from JSON in a text', 'texts = "[\\"a,b\\"]"', 'texts', ['a,b']],
  ['texts from a text with commas', 'texts = "a,b"', 'texts', ['a', 'b']],
  ['a single number is a list of one', 'ints = 5', 'ints', [5]],
  ['an empty list', 'ints = []', 'ints', []],
  [
    'a map keeps dotted keys and flattens objects',
    'map { a.b = 1, c { d = x } }',
    'map',
    new Map([
      ['a.b', '1'],
      ['c.d', 'x'],
    ]),
  ],
  ['a map from JSON in a text', 'map = "{\\"a\\": 1}"', 'map', new Map([['a', '1']])],
  ['a map does not have null values', 'map { a = null, b = 1 }', 'map', new Map([['b', '1']])],
  ['a group has its defaults', 'group { }', 'group', { a: 1 }],
  ['groups from a list', 'groups = [{ a = 1 }, { a = 2 }]', 'groups', [{ a: 1 }, { a: 2 }]],
]

describe('values are converted as SeaTunnel converts them', () => {
  for (const [sentence, text, name, value] of COERCIONS) {
    it(sentence, () => {
      const { values, faults } = validateObject(TYPES, object(text), '')
      assert.deepEqual(
        faults.map((fault) => fault.message),
        [],
      )
      assert.deepEqual(plain(values?.[name]), value)
    })
  }
})

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  return value !== null && typeof value === 'object' && !(value instanceof Map) ? { ...value } : value
}

describe('lookup', () => {
  const spec = optionSpec({
    options: {
      mode: option.string('startup.mode', { doc: '', fallback: ['start_mode', 'start.mode'], default: 'none' }),
    },
  })
  const value = (text: string) => validateObject(spec, object(text), '').values?.mode
  const warnings = (text: string) => validateObject(spec, object(text), '').warnings.map((warning) => warning.code)

  it('takes the flat key first', () => assert.equal(value('startup.mode = a, startup { mode = b }'), 'a'))
  it('then walks along the dots', () => assert.equal(value('startup { mode = b }'), 'b'))
  it('does not take a flat key for a nested one below it', () => assert.equal(value('startup { mode.x = b }'), 'none'))
  it('then takes the older keys in order', () => assert.equal(value('start { mode = d }, start_mode = c'), 'c'))
  it('warns of older keys', () => assert.deepEqual(warnings('start_mode = c'), ['OPTION_DEPRECATED']))
  it('does not know an older key as unknown', () => assert.deepEqual(warnings('startup.mode = a, start_mode = c'), []))
  it('falls back to the default', () => assert.equal(value(''), 'none'))
})

describe('rules', () => {
  const spec = optionSpec({
    options: {
      a: option.string('key.a', { doc: '' }),
      b: option.string('key.b', { doc: '', default: 'B' }),
      c: option.int('c', { doc: '' }),
      d: option.boolean('d', { doc: '', default: false }),
    },
    rules: [],
  })
  const codes = (rules: typeof spec.rules, text: string) =>
    validateObject({ ...spec, rules: rules ?? [] }, object(text), '').faults.map(
      (fault) => `${fault.code} ${fault.details.hint}`,
    )

  for (const [sentence, rules, text, expected] of [
    ['a default satisfies required', [required('b')], '', []],
    ['required options are reported together', [required('a', 'c')], '', ["OPTION_REQUIRED add 'key.a', 'c'"]],
    ['a default does not count as one of several', [exactlyOneOf('a', 'b')], 'key.a = x', []],
    ['none of several', [exactlyOneOf('a', 'b')], '', ["OPTION_EXCLUSIVE add one of 'key.a', 'key.b'"]],
    [
      'two of several',
      [exactlyOneOf('a', 'b', 'c')],
      'key.a = x, c = 1',
      ["OPTION_EXCLUSIVE keep one of 'key.a', 'c'"],
    ],
    ['none of a bundle', [bundled('a', 'b')], '', []],
    ['all of a bundle', [bundled('a', 'b')], 'key.a = x, key.b = y', []],
    ['a part of a bundle', [bundled('a', 'b')], 'key.a = x', ["OPTION_BUNDLED add 'key.b', or remove 'key.a'"]],
    ['a condition that does not hold', [requiredWhen('d', true, 'a')], '', []],
    ['a condition on a default', [requiredWhen('d', false, 'a')], '', ["OPTION_CONDITIONAL add 'key.a'"]],
    ['a condition satisfied by a default', [requiredWhen('d', false, 'b')], '', []],
    [
      'a condition of two parts of which one holds',
      [
        requiredWhenAll(
          [
            { option: 'd', oneOf: [true] },
            { option: 'c', oneOf: [1, 2] },
          ],
          'a',
        ),
      ],
      'd = true, c = 3',
      [],
    ],
    [
      'a condition of two parts',
      [
        requiredWhenAll(
          [
            { option: 'd', oneOf: [true] },
            { option: 'c', oneOf: [1, 2] },
          ],
          'a',
        ),
      ],
      'd = true, c = 2',
      ["OPTION_CONDITIONAL add 'key.a'"],
    ],
    ['a choice that is absent', [singleChoice('c', [1, 2])], '', []],
    ['a choice', [singleChoice('c', [1, 2])], 'c = 2', []],
  ] as const) {
    it(sentence, () => assert.deepEqual(codes(rules, text), expected))
  }

  it('a wrong value is not reported as a missing one', () => {
    assert.deepEqual(
      codes([required('c')], 'c = x').map((each) => each.split(' ')[0]),
      ['OPTION_TYPE'],
    )
  })
})

describe('validation of a block', () => {
  const spec = optionSpec({
    options: {
      rows: option.int('row.num', { doc: 'Rows.', default: 5, min: 0 }),
      schema: option.node('schema', { doc: 'Columns.', required: true }),
      secret: option.int('secret', { doc: '', secret: true }),
    },
    acceptsKey: (key) => key.startsWith('extra.'),
  })
  const block = (text: string) => ({ kind: 'source', index: 2, options: object(text) })

  it('finds everything wrong at once, in the order of the text', () => {
    const { values, faults, warnings } = validateOptions(
      spec,
      block('row.num = x\nsecret = y\nrow.nmu = 1\nextra.a = 1\nplugin_name = F'),
    )
    assert.equal(values, null)
    assert.deepEqual(
      faults.map(({ code, details }) => [code, details.path, details.position?.line, details.position?.column]),
      [
        ['OPTION_REQUIRED', 'source[2]', 1, 1],
        ['OPTION_TYPE', 'source[2].row.num', 1, 11],
        ['OPTION_TYPE', 'source[2].secret', 2, 10],
      ],
    )
    assert.deepEqual(
      warnings.map(({ code, details }) => [code, details.path, details.position?.line, details.hint]),
      [['OPTION_UNKNOWN', 'source[2].row.nmu', 3, "did you mean 'row.num'?"]],
    )
  })

  it('never shows a secret', () => {
    const { faults } = validateOptions(spec, block('schema { }, secret = hunter2'))
    assert.ok(
      faults.length === 1 && !JSON.stringify(faults.map((fault) => [fault.message, fault.details])).includes('hunter2'),
    )
  })

  it('gives typed values when nothing is wrong', () => {
    const values = valuesOrThrow(validateOptions(spec, block('schema { a = 1 }')))
    const rows: number = values.rows
    const secret: number | null = values.secret
    assert.deepEqual([rows, secret, values.schema.kind], [5, null, 'object'])
  })

  it('throws all faults when values are asked for', () => {
    assert.throws(
      () => valuesOrThrow(validateOptions(spec, block('row.num = x'))),
      (error) => error instanceof MillraceErrors && error.errors.length === 2,
    )
  })

  it('describes itself as plain data', () => {
    const { options, rules } = describeOptions({ ...spec, rules: [requiredWhen('rows', [1, 2], 'secret')] })
    assert.deepEqual(options[0], {
      name: 'rows',
      key: 'row.num',
      type: { name: 'int', min: 0 },
      doc: 'Rows.',
      required: false,
      fallback: [],
      secret: false,
      example: null,
      default: 5,
    })
    assert.deepEqual(
      options.map(({ key, required: needed, secret }) => [key, needed, secret]),
      [
        ['row.num', false, false],
        ['schema', true, false],
        ['secret', false, true],
      ],
    )
    assert.deepEqual(rules, [
      {
        kind: 'conditional',
        keys: ['secret'],
        when: "'row.num' == 1 || 'row.num' == 2",
        conditions: [{ key: 'row.num', values: [1, 2] }],
        values: [],
      },
    ])
  })

  it('describes groups and lists', () => {
    const { options } = describeOptions(TYPES)
    const type = (key: string) => options.find((each) => each.key === key)?.type
    assert.deepEqual(type('choices'), { name: 'list', element: { name: 'enum', values: ['ONE', 'Two'] } })
    assert.equal(type('groups')?.element?.group?.options[0]?.required, true)
  })
})

describe('an option without effect', () => {
  const spec = optionSpec({
    options: {
      jars: option.string('jars', { doc: '', noEffect: { hint: 'there is no Java' } }),
      traces: option.boolean('traces', { doc: '', noEffect: { hint: 'there is no stack', except: false } }),
    },
  })
  const warnings = (text: string, kind = 'source') =>
    validateOptions(spec, { kind, index: 2, options: object(text) }).warnings.map(
      ({ code, details }) => `${code} ${details.path}:${details.position?.column} ${details.hint}`,
    )

  it('is warned of where it is used', () => {
    assert.deepEqual(warnings('jars = a, traces = true'), [
      'OPTION_NO_EFFECT source[2].jars:1 there is no Java',
      'OPTION_NO_EFFECT source[2].traces:11 there is no stack',
    ])
  })

  it('is not where its value asks for what happens anyway, is null or is wrong', () => {
    assert.deepEqual(warnings('traces = "FALSE", jars = null'), [])
    assert.deepEqual(warnings('jars = null, traces = 7'), [])
  })

  it('is the number of writers of any sink', () => {
    const text = 'multi_table_sink_replica = 2'
    assert.deepEqual(warnings(text, 'sink'), [
      'OPTION_NO_EFFECT sink[2].multi_table_sink_replica:1 writers are spread over all cores anyway',
    ])
    assert.deepEqual(warnings('multi_table_sink_replica = 1', 'sink'), [])
    assert.match(warnings(text).join(), /^OPTION_UNKNOWN/)
  })
})

describe('an option that may carry the others', () => {
  const own = { name: option.string('name', { doc: '', required: true }), other: option.int('other', { doc: '' }) }
  const spec = optionSpec({
    options: { ...own, entries: option.objectList('entries', { options: own }, { doc: '' }) },
    carriedBy: 'entries',
  })
  const codes = (text: string): string[] => validateObject(spec, object(text), 'b').faults.map((fault) => fault.code)

  const cases: readonly (readonly [sentence: string, text: string, codes: readonly string[]])[] = [
    ['is not needed', 'name = a', []],
    ['is missed with them', 'other = 1', ['OPTION_REQUIRED']],
    ['makes what is required optional', 'entries = [{ name = a }]', []],
    ['does so even when it is empty', 'entries = []', []],
    ['does not excuse wrong values', 'other = x, entries = []', ['OPTION_TYPE']],
    ['is checked itself', 'entries = [{ other = 1 }, { name = a, other = x }]', ['OPTION_REQUIRED', 'OPTION_TYPE']],
  ]
  for (const [sentence, text, expected] of cases) it(sentence, () => assert.deepEqual(codes(text), expected))

  it('is named in the description', () => assert.equal(describeOptions(spec).carriedBy, 'entries'))
})
