// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders are what is tested
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toJsonText } from './document.js'
import { parseHocon } from './hocon/hocon.js'
import { externalLookup, parseVariables, splitVariables, substituteText, substituteVariables } from './variables.js'

describe('-i is split at commas outside quotes and brackets', () => {
  for (const [argument, pieces] of [
    ['a=1', ['a=1']],
    ['a=1,b=2', ['a=1', 'b=2']],
    [' a=1 , b=2 ,', ['a=1', 'b=2']],
    ['a=[1,2],b=3', ['a=[1,2]', 'b=3']],
    ['a="x,y",b=3', ['a="x,y"', 'b=3']],
    ['a=x]y,b=3', ['a=x]y', 'b=3']],
    ['', []],
    [',,', []],
  ] as const) {
    it(`'${argument}'`, () => assert.deepEqual(splitVariables(argument), pieces))
  }
})

describe('variables', () => {
  it('are cut at the first equals sign, and the last of a name counts', () => {
    const { variables, warnings } = parseVariables(['url=a?b=c,e=', 'url=x'])
    assert.deepEqual(
      [...variables],
      [
        ['url', 'x'],
        ['e', ''],
      ],
    )
    assert.deepEqual(warnings, [])
  })

  it('keep their quotes', () => {
    assert.equal(parseVariables(['a="x,y"']).variables.get('a'), '"x,y"')
  })
})

describe('placeholders in texts', () => {
  const variables = new Map([
    ['a', '1'],
    ['empty', ''],
    ['__proto__', 'p'],
    ['dollar', '$&'],
  ])
  for (const [text, expected] of [
    ['x${a}y${a}', 'x1y1'],
    ['${a:9}', '1'],
    ['${none}', '${none}'],
    ['${none:9}', '9'],
    ['${none: 9 8 }', '9 8'],
    ['${none:}', ''],
    ['${empty:9}', '9'],
    ['${empty}', ''],
    ['${table_name}_${schema_name:public}', '${table_name}_${schema_name:public}'],
    ['${toString}', '${toString}'],
    ['${__proto__}', 'p'],
    ['${dollar}', '$&'],
    ['${a', '${a'],
    ['${}', '${}'],
    ['$a', '$a'],
    ['${a${a}}', '${a1}'],
  ] as const) {
    it(`'${text}' becomes '${expected}'`, () => assert.equal(substituteText(text, variables), expected))
  }
})

describe('substitution of a document', () => {
  const variables = new Map([
    ['rows', '5'],
    ['list', '[a, b~c]'],
    ['json', '["x,y", 1]'],
    ['none', '[]'],
  ])
  const document = (text: string, environment: ReadonlyMap<string, string> = new Map()) =>
    toJsonText(
      substituteVariables(parseHocon(text, 'a', { external: externalLookup(variables, environment) }), variables),
    )

  it('reaches objects inside lists at any depth', () => {
    assert.equal(document('a = [{ b = [[{ c = "x${rows}" }]] }]'), '{"a":[{"b":[[{"c":"x5"}]]}]}')
  })

  it('takes variables before the environment, and the document before both', () => {
    const environment = new Map([
      ['rows', 'env'],
      ['HOME', '/root'],
      ['own', 'env'],
    ])
    assert.equal(
      document('own = 1, a = ${rows}, b = ${HOME}, c = ${own}', environment),
      '{"own":1,"a":"5","b":"/root","c":1}',
    )
  })

  it('does not take the environment inside quotes', () => {
    assert.equal(document('a = "${HOME}"', new Map([['HOME', '/root']])), '{"a":"${HOME}"}')
  })

  it('makes lists of values in brackets, unquoted or alone in quotes', () => {
    assert.equal(
      document('a = ${list}, b = "${list}", c = "x${list}"'),
      '{"a":["a","b~c"],"b":["a","b~c"],"c":"x[a, b~c]"}',
    )
    assert.equal(document('a = ${json}, b = ${none}'), '{"a":["x,y",1],"b":[]}')
  })

  it('leaves keys alone and gives the same object back when nothing changes', () => {
    assert.equal(document('"${rows}" = 1'), '{"${rows}":1}')
    const root = parseHocon('a = [1, { b = x }]', 'a')
    assert.equal(substituteVariables(root, variables), root)
  })
})
