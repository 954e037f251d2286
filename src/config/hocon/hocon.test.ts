// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders are what is tested
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MillraceError } from '../../core/error.js'
import { type ConfigNode, type ConfigObject, lookup, toJsonText } from '../document.js'
import { MAX_DOCUMENT_BYTES } from '../json.js'
import { type HoconOptions, parseHocon } from './hocon.js'

function parsed(text: string, options: HoconOptions = {}): string {
  return toJsonText(parseHocon(text, 'job.conf', options))
}

function failure(text: string, options: HoconOptions = {}): MillraceError {
  try {
    parsed(text, options)
  } catch (error) {
    assert.ok(error instanceof MillraceError, String(error))
    return error
  }
  return assert.fail('the document was accepted')
}

type Row = readonly [sentence: string, text: string, json: string]

const NOTATION: readonly Row[] = [
  ['an empty document is an empty object', '', '{}'],
  ['a document of blanks and comments is an empty object', ' \n# a\n// b\n', '{}'],
  ['braces around the document are optional', '{ a = 1 }', '{"a":1}'],
  ['colon and equals sign are the same', 'a : 1\nb = 2', '{"a":1,"b":2}'],
  ['an object needs no sign', 'a { b { c = 1 } }', '{"a":{"b":{"c":1}}}'],
  ['a value may stand on the next line', 'a =\n\n  1', '{"a":1}'],
  ['a brace may stand on the next line', 'a\n{ b = 1 }', '{"a":{"b":1}}'],
  ['newlines separate like commas', 'a = 1\nb = [\n 1\n 2,\n 3\n]', '{"a":1,"b":[1,2,3]}'],
  ['a comma at the end is allowed', 'a = [1, 2, ],', '{"a":[1,2]}'],
  ['comments end with the line', 'a = 1 # b = 2\nc = 3 // d\n', '{"a":1,"c":3}'],
  ['two slashes inside a text start a comment', 'a = b//c', '{"a":"b"}'],
  ['one slash is part of a text', 'a = /tmp/b', '{"a":"/tmp/b"}'],
  ['quotes protect comment signs', 'a = "b // c # d"', '{"a":"b // c # d"}'],
  ['lines may end in carriage return and newline', 'a = 1\r\nb = x y\r\n', '{"a":1,"b":"x y"}'],
  ['a byte order mark is skipped', '\ufeffa = 1', '{"a":1}'],
  ['a no-break space is white space', 'a\u00a0=\u00a01', '{"a":1}'],
  ['key order is kept', 'z = 1\na = 2\n5 = 3\nm = 4', '{"z":1,"a":2,"5":3,"m":4}'],
]

const KEYS: readonly Row[] = [
  ['a dot is part of a key', 'job.mode = BATCH', '{"job.mode":"BATCH"}'],
  ['a number is a key', '1.5 = a', '{"1.5":"a"}'],
  ['a literal is a key', 'true = a, nullable = b, null = c', '{"true":"a","nullable":"b","null":"c"}'],
  ['blanks inside a key are kept', 'a  b = 1', '{"a  b":1}'],
  ['an empty key needs quotes', '"" = 1', '{"":1}'],
  ['an arrow makes a path', 'a->b->c = 1', '{"a":{"b":{"c":1}}}'],
  ['quotes protect an arrow', '"a->b" = 1', '{"a->b":1}'],
  ['a path may have quoted parts', 'a->"b->c"->d = 1', '{"a":{"b->c":{"d":1}}}'],
  ['blanks around an arrow do not count', 'a -> b = 1', '{"a":{"b":1}}'],
  ['a scalar and a dotted key live side by side', 'a = 1\na.b = 2', '{"a":1,"a.b":2}'],
  [
    'names of the prototype are ordinary keys',
    '__proto__ { a = 1 }, constructor = 2',
    '{"__proto__":{"a":1},"constructor":2}',
  ],
]

const VALUES: readonly Row[] = [
  ['texts need no quotes', 'a = hello world', '{"a":"hello world"}'],
  ['blanks inside a text are kept, around it dropped', 'a =   x   y   ', '{"a":"x   y"}'],
  ['numbers side by side are a text', 'a = 1 2', '{"a":"1 2"}'],
  ['a number with letters is a text', 'a = 10s', '{"a":"10s"}'],
  ['dates and addresses are texts', 'a = 2024-01-31\nb = 127.0.0.1', '{"a":"2024-01-31","b":"127.0.0.1"}'],
  [
    'literals are recognised at the start of a text',
    'a = true, b = null, c = trueish',
    '{"a":true,"b":null,"c":"trueish"}',
  ],
  [
    'numbers keep their digits',
    'a = 9007199254740993, b = 1.10, c = -1e-3',
    '{"a":9007199254740993,"b":1.10,"c":-1e-3}',
  ],
  ['a whole number beyond 64 bits is a text', 'a = 12345678901234567890', '{"a":"12345678901234567890"}'],
  ['a number with leading zeros is a number', 'a = 007', '{"a":7}'],
  ['a number too large for a double is a text', 'a = 1e999', '{"a":"1e999"}'],
  ['a minus sign alone is a text', 'a = -', '{"a":"-"}'],
  ['escapes are those of JSON', 'a = "\\"\\\\\\/\\n\\t\\u0041"', '{"a":"\\"\\\\/\\n\\tA"}'],
  ['three quotes hold lines and backslashes', 'a = """x\n  \\d "y" """', '{"a":"x\\n  \\\\d \\"y\\" "}'],
  ['quotes before the last three are part of the text', 'a = """"b""""', '{"a":"\\"b\\""}'],
  ['quoted texts join with the blanks between', 'a = "b"  "c"', '{"a":"b  c"}'],
  ['lists side by side join', 'a = [1] [2, 3]', '{"a":[1,2,3]}'],
  ['objects side by side merge', 'a = { b = 1 } { c = 2 }', '{"a":{"b":1,"c":2}}'],
]

const REPEATED: readonly Row[] = [
  ['the later scalar wins', 'a = 1\na = 2', '{"a":2}'],
  ['objects merge', 'a { b = 1, c = 2 }\na { c = 3, d = 4 }', '{"a":{"b":1,"c":3,"d":4}}'],
  ['a path merges with an object', 'a->b = 1\na { c = 2 }', '{"a":{"b":1,"c":2}}'],
  ['a scalar between two objects cuts the first off', 'a { b = 1 }\na = 0\na { c = 2 }', '{"a":{"c":2}}'],
  ['a repeated key keeps its place', 'a = 1, b = 2, a = 3', '{"a":3,"b":2}'],
  ['append makes a list', 'a += 1\na += 2', '{"a":[1,2]}'],
  ['append adds to a list', 'a = [1]\na += [2]\na += x', '{"a":[1,[2],"x"]}'],
  ['a path does not lead into what was appended', 'a += { x = 1 }\nb = ${?a->x}', '{"a":[{"x":1}]}'],
  ['append works on a nested key', 'a { b = [1] }\na { b += 2 }', '{"a":{"b":[1,2]}}'],
  ['append works inside a plug-in', 'source { F { b = [1], b += 2 } }', '{"source":[{"b":[1,2],"plugin_name":"F"}]}'],
]

const SUBSTITUTIONS: readonly Row[] = [
  ['a reference sees a later key', 'a = ${b}\nb = 1', '{"a":1,"b":1}'],
  ['a reference walks along arrows', 'a { b { c = 1 } }\nd = ${a->b->c}', '{"a":{"b":{"c":1}},"d":1}'],
  ['a reference may name a dotted key', 'a.b = 1\nc = ${a.b}', '{"a.b":1,"c":1}'],
  ['a reference inside a text', 'a = 1.50\nb = x${a}y', '{"a":1.50,"b":"x1.50y"}'],
  ['references keep the blanks between them', 'a = 1, b = 2, c = ${a}  ${b}', '{"a":1,"b":2,"c":"1  2"}'],
  ['a reference in quotes stays', 'a = 1\nb = "${a}"', '{"a":1,"b":"${a}"}'],
  ['a neighbour is seen with its final value', 'a { x = 1, y = ${a->x} }\na { x = 2 }', '{"a":{"x":2,"y":2}}'],
  ['an object is a base', 'b { x = 1, y = 2 }\na = ${b} { y = 3 }', '{"b":{"x":1,"y":2},"a":{"x":1,"y":3}}'],
  [
    'a key of the base is seen from the object over it',
    'b { x = 1 }\na = ${b} { z = ${a->x} }',
    '{"b":{"x":1},"a":{"x":1,"z":1}}',
  ],
  ['a list is joined', 'a = [1]\nb = ${a} [2]', '{"a":[1],"b":[1,2]}'],
  ['a key sees its value before', 'p = a\np = ${p}":b"\np = ${p}":c"', '{"p":"a:b:c"}'],
  ['a list adds to itself', 'p = [1]\np = ${p} [2]', '{"p":[1,2]}'],
  ['an object adds to itself through a path', 'a { b = 1 }\na { b = ${a->b}2 }', '{"a":{"b":"12"}}'],
  ['keys that need each other in part', 'a = 1\nb = ${a}x\na = ${b}y', '{"a":"1xy","b":"1xyx"}'],
  ['an absent optional key is left out', 'a = ${?none}\nb = 1', '{"b":1}'],
  ['an absent optional element is left out', 'a = [1, ${?none}, 2]', '{"a":[1,2]}'],
  ['an absent optional part of a text is empty', 'a = "x" ${?none} "y"', '{"a":"x  y"}'],
  ['an absent optional value keeps the one before', 'a = 1\na = ${?none}', '{"a":1}'],
  ['an optional reference to itself is left out', 'a = ${?a}', '{}'],
  ['an optional base may be absent', 'a = ${?none} { x = 1 }', '{"a":{"x":1}}'],
  ['null hides an outer value', 'a = null\nb = ${a}', '{"a":null,"b":null}'],
]

const SECTIONS: readonly Row[] = [
  ['plug-ins become a list with names', 'source { A { x = 1 } }', '{"source":[{"x":1,"plugin_name":"A"}]}'],
  [
    'plug-ins of one name stay apart',
    'sink { C { a = 1 }, C { a = 2 } }',
    '{"sink":[{"a":1,"plugin_name":"C"},{"a":2,"plugin_name":"C"}]}',
  ],
  ['an own plugin_name wins', 'sink { C { plugin_name = D } }', '{"sink":[{"plugin_name":"D"}]}'],
  ['an empty section is an empty list', 'transform { }', '{"transform":[]}'],
  ['a list stays as it is', 'source = [ { plugin_name = A } ]', '{"source":[{"plugin_name":"A"}]}'],
  [
    'the sink of an error handler is one',
    'env { sink_error_handler { sink { plugin_name = C } } }',
    '{"env":{"sink_error_handler":{"sink":{"plugin_name":"C"}}}}',
  ],
  ['the rule holds at any depth', 'a { sink { C { } } }', '{"a":{"sink":[{"plugin_name":"C"}]}}'],
  ['the rule looks at the first element of a path', 'sink->C { a = 1 }', '{"sink":{"C":[1]}}'],
  ['a path under a section nests', 'source { A->b = 1 }', '{"source":[{"b":1,"plugin_name":"A"}]}'],
  [
    'a plug-in may be a reference',
    'base { x = 1 }\nsource { A = ${base} }',
    '{"base":{"x":1},"source":[{"plugin_name":"A","x":1}]}',
  ],
  [
    'a plug-in may extend a base',
    'base { x = 1 }\nsource { A = ${base} { y = 2 } }',
    '{"base":{"x":1},"source":[{"plugin_name":"A","x":1,"y":2}]}',
  ],
  ['a later section replaces an earlier one', 'sink { A { } }\nsink { B { } }', '{"sink":[{"plugin_name":"B"}]}'],
]

describe('HOCON in the dialect of job files', () => {
  const groups = { NOTATION, KEYS, VALUES, REPEATED, SUBSTITUTIONS, SECTIONS }
  for (const [group, rows] of Object.entries(groups)) {
    describe(group.toLowerCase(), () => {
      for (const [sentence, text, json] of rows) it(sentence, () => assert.equal(parsed(text), json))
    })
  }

  it('can leave sections alone', () => {
    assert.equal(parsed('source { A { } }', { pluginSections: false }), '{"source":{"A":{}}}')
  })

  it('does not touch the prototype of objects', () => {
    parsed('__proto__->polluted = 1\nconstructor->prototype->polluted = 1')
    assert.equal(({} as Record<string, unknown>).polluted, undefined)
  })
})

describe('positions', () => {
  const text = 'env {\n  a = [1,\n    two]\n}\nsource {\n  Fake { b->c = ${env} }\n}\n'
  const root = parseHocon(text, 'job.conf')
  const at = (node: ConfigNode | undefined) => [node?.position.line, node?.position.column]
  const env = root.entries.get('env') as ConfigObject

  it('of values are where they start', () => {
    const list = env.entries.get('a')
    assert.ok(list?.kind === 'list')
    assert.deepEqual(
      [at(env), at(list), at(list.items[1])],
      [
        [1, 5],
        [2, 7],
        [3, 5],
      ],
    )
  })

  it('of keys are kept', () => {
    assert.deepEqual(env.keyPositions.get('a'), { file: 'job.conf', line: 2, column: 3 })
  })

  it('of a plug-in are those of its name', () => {
    const section = root.entries.get('source')
    assert.ok(section?.kind === 'list')
    assert.deepEqual(
      [at(section), at(section.items[0])],
      [
        [5, 8],
        [6, 3],
      ],
    )
  })

  it('of a substituted value are those of its definition', () => {
    const section = root.entries.get('source')
    assert.ok(section?.kind === 'list' && section.items[0]?.kind === 'object')
    assert.deepEqual(at(lookup(section.items[0], 'b.c')?.node), [1, 5])
  })

  it('count on inside a larger file', () => {
    const inner = parseHocon('a = 1\nb = 2', 'x.sql', { start: { file: 'x.sql', line: 7, column: 4 } })
    assert.deepEqual(at(inner.entries.get('a')), [7, 8])
    assert.deepEqual(at(inner.entries.get('b')), [8, 5])
  })

  it('count on after a text of several lines', () => {
    const inner = parseHocon('a = """x\ny"""\nb = 2', 'x')
    assert.deepEqual(at(inner.entries.get('b')), [3, 5])
  })
})

describe('include', () => {
  const files: Readonly<Record<string, string>> = {
    'base.conf': 'x = 1, y = ${x}, z = ${outer}',
    'loop.conf': 'include "loop.conf"',
    'broken.conf': 'a = \n  }',
    'plugins.conf': 'Fake { a = 1 }',
    'sub/one.conf': 'include "two.conf"',
    'sub/two.conf': 'two = 2',
  }
  const readInclude: HoconOptions['readInclude'] = (name, from) => {
    const folder = from.includes('/') ? from.slice(0, from.lastIndexOf('/') + 1) : ''
    const text = files[folder + name]
    return text === undefined ? null : { file: folder + name, text }
  }

  it('puts the keys of a file where it stands', () => {
    assert.equal(
      parsed('outer = 5\nx = 0\ninclude "base.conf"\ny = 2', { readInclude }),
      '{"outer":5,"x":1,"y":2,"z":5}',
    )
  })

  it('lets references of the file see the object around it first', () => {
    assert.equal(
      parsed('outer = 5\na { include "base.conf", x = 9 }', { readInclude }),
      '{"outer":5,"a":{"x":9,"y":9,"z":5}}',
    )
  })

  it('adds the plug-ins of a file to a section', () => {
    assert.equal(
      parsed('source { include "plugins.conf" }', { readInclude }),
      '{"source":[{"a":1,"plugin_name":"Fake"}]}',
    )
  })

  it('reads names relative to the file that includes', () => {
    assert.equal(parsed('include "sub/one.conf"', { readInclude }), '{"two":2}')
  })

  it('takes file(…) and required(…)', () => {
    assert.equal(parsed('include required(file("plugins.conf"))', { readInclude }), '{"Fake":{"a":1}}')
  })

  it('skips an absent file unless it is required', () => {
    assert.equal(parsed('include "none.conf"\na = 1', { readInclude }), '{"a":1}')
    const error = failure('a = 1\ninclude required("none.conf")', { readInclude })
    assert.deepEqual(
      [error.code, error.details.position?.line, error.details.position?.column],
      ['CONFIG_INCLUDE', 2, 18],
    )
  })

  it('reports faults with the name of the included file', () => {
    const error = failure('include "broken.conf"', { readInclude })
    assert.deepEqual(error.details.position, { file: 'broken.conf', line: 2, column: 3 })
  })

  it('ends when a file includes itself', () => {
    assert.equal(failure('include "loop.conf"', { readInclude }).code, 'CONFIG_LIMIT')
  })
})

describe('limits', () => {
  it('takes 128 levels', () => {
    assert.equal(parsed(`a = ${'['.repeat(128)}${']'.repeat(128)}`).length, 6 + 256)
  })

  it('refuses a document of more than 16 MiB', () => {
    assert.equal(failure(`a = "${'x'.repeat(MAX_DOCUMENT_BYTES)}"`).code, 'CONFIG_LIMIT')
  })

  it('counts the elements of a path as levels', () => {
    assert.equal(failure(`${'a->'.repeat(200)}a = 1`).code, 'CONFIG_LIMIT')
    assert.equal(failure(`a = \${${'a->'.repeat(100_000)}a}`).code, 'CONFIG_LIMIT')
    assert.equal(failure(`${'a->'.repeat(100)}a { ${'b->'.repeat(100)}b = 1 }`).code, 'CONFIG_LIMIT')
  })

  it('refuses levels that add up over references', () => {
    const levels = Array.from(
      { length: 50 },
      (_, index) => `a${index + 1} = ${'['.repeat(100)}\${a${index}}${']'.repeat(100)}`,
    )
    assert.equal(failure(`a0 = 1\n${levels.join('\n')}`).code, 'CONFIG_LIMIT')
    assert.equal(failure(`${levels.toReversed().join('\n')}\na0 = 1`).code, 'CONFIG_LIMIT')
  })

  it('refuses a chain of references that is too long', () => {
    const chain = Array.from({ length: 1000 }, (_, index) => `a${index} = \${a${index + 1}}`).join('\n')
    assert.equal(failure(`${chain}\na1000 = 1`).code, 'CONFIG_LIMIT')
  })

  it('refuses texts, lists and objects that double again and again', () => {
    const doubling = (seed: string, step: (name: string) => string) =>
      [`a0 = ${seed}`, ...Array.from({ length: 60 }, (_, index) => `a${index + 1} = ${step(`\${a${index}}`)}`)].join(
        '\n',
      )
    for (const text of [
      doubling('"lol"', (name) => `${name}${name}`),
      doubling('[lol]', (name) => `${name} ${name}`),
      doubling('[lol]', (name) => `[${name}, ${name}]`),
      doubling('{ x = lol }', (name) => `{ l = ${name}, r = ${name} }`),
    ]) {
      assert.equal(failure(text).code, 'CONFIG_LIMIT')
    }
  })

  it('takes a key that is added to thousands of times', () => {
    assert.ok(parsed('a += 1\n'.repeat(20_000)).startsWith('{"a":[1,1,'))
  })

  it('refuses keys that need each other along too many ways', () => {
    const ways = Array.from({ length: 40 }, (_, index) => `a${index} = \${?a${index + 1}} \${?a${index + 1}}`).join(
      '\n',
    )
    assert.equal(failure(`${ways}\na40 = x \${?a0}`).code, 'CONFIG_LIMIT')
  })

  it('refuses a document of more than two million tokens', () => {
    assert.equal(failure(`a = [${'1,'.repeat(1_000_001)}]`).code, 'CONFIG_LIMIT')
  })

  it('answers for every start of a document, never hangs or breaks', () => {
    const text = 'env { a = "x" ${?b} [1], c += 1 }\nsource { F { q = """s""", d->e = ${env->a} } } # end'
    for (let length = 0; length <= text.length; length++) {
      try {
        parseHocon(text.slice(0, length), 'cut.conf')
      } catch (error) {
        assert.ok(error instanceof MillraceError, `${length}: ${error}`)
        assert.ok(error.details.position !== undefined)
      }
    }
  })
})
