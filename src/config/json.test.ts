import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toJson, toJsonText } from './document.js'
import { parseJson, parseJsonValue } from './json.js'

describe('strict JSON', () => {
  it('is the same text again', () => {
    const text = '{"a":[1,2.50,-1e+3,"x\\n\\u0041",true,false,null,{},[]],"__proto__":{"b":12345678901234567890}}'
    assert.equal(toJsonText(parseJson(text, 'a.json')), text.replace('\\u0041', 'A'))
  })

  it('keeps integers beyond 2^53 exact', () => {
    assert.deepEqual(toJson(parseJson('[9007199254740993, 9007199254740991]', 'a.json')), [
      9007199254740993n,
      9007199254740991,
    ])
  })

  it('gives objects without a prototype', () => {
    const value = toJson(parseJson('{"__proto__":{"polluted":1}}', 'a.json'))
    assert.equal(Object.getPrototypeOf(value), null)
    assert.equal(({} as Record<string, unknown>).polluted, undefined)
  })

  it('skips a byte order mark', () => {
    assert.deepEqual(toJson(parseJson('\ufeff[1]', 'a.json')), [1])
  })

  it('leaves plugin sections alone', () => {
    assert.equal(toJsonText(parseJson('{"sink":{"C":{}}}', 'a.json')), '{"sink":{"C":{}}}')
  })

  it('knows where values and keys are', () => {
    const root = parseJson('{\n  "a": {\n    "b": 1 } }', 'a.json')
    assert.ok(root.kind === 'object')
    const inner = root.entries.get('a')
    assert.ok(inner?.kind === 'object')
    assert.deepEqual(inner.keyPositions.get('b'), { file: 'a.json', line: 3, column: 5 })
    assert.deepEqual(inner.entries.get('b')?.position, { file: 'a.json', line: 3, column: 10 })
  })
})

describe('a text that may be JSON', () => {
  const start = { file: 'x', line: 3, column: 7 }
  for (const [text, expected] of [
    ['[1, 2]', '[1,2]'],
    [' { "a": 1 } ', '{"a":1}'],
    ['[1, 2', null],
    ['a,b', null],
    ['5', null],
    ['', null],
  ] as const) {
    it(`'${text}' is ${expected === null ? 'none' : 'one'}`, () => {
      const node = parseJsonValue(text, start)
      assert.equal(node === null ? null : toJsonText(node), expected)
    })
  }
})
