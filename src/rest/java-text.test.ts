import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { javaLongText, localTimeText, notANumberText } from './java-text.js'

describe('a text as Long.parseLong reads it', () => {
  const cases: readonly (readonly [text: string, number: string | null])[] = [
    ['1', '1'],
    ['-5', '-5'],
    ['+6', '6'],
    ['007', '7'],
    ['-0', '0'],
    ['9223372036854775807', '9223372036854775807'],
    ['-9223372036854775808', '-9223372036854775808'],
    ['9223372036854775808', null],
    ['-9223372036854775809', null],
    ['99999999999999999999', null],
    ['9'.repeat(1000), null],
    ['', null],
    [' 6', null],
    ['1.0', null],
    ['abc', null],
    ['-', null],
    ['1/', null],
  ]
  for (const [text, number] of cases) {
    it(`${JSON.stringify(text.slice(0, 30))} is ${number}`, () => assert.equal(javaLongText(text), number))
  }
})

describe('texts of Java', () => {
  it('quotes what is no number', () => assert.equal(notANumberText('abc'), 'For input string: "abc"'))
  it('writes times in the zone of the process', () =>
    assert.equal(localTimeText(new Date(2024, 0, 2, 3, 4, 5).getTime()), '2024-01-02 03:04:05'))
})
