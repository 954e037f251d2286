import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { closest, editDistance } from './similar.js'

describe('edit distance', () => {
  for (const [left, right, limit, distance] of [
    ['', '', 2, 0],
    ['abc', 'abc', 2, 0],
    ['abc', 'abd', 2, 1],
    ['abc', 'acb', 2, 1],
    ['abc', 'ab', 2, 1],
    ['ab', 'ba', 2, 1],
    ['plugin_ouput', 'plugin_output', 2, 1],
    ['kitten', 'sitting', 3, 3],
    ['kitten', 'sitting', 2, 3],
    ['', 'abc', 2, 3],
  ] as const) {
    it(`of '${left}' and '${right}' up to ${limit} is ${distance}`, () =>
      assert.equal(editDistance(left, right, limit), distance))
  }
})

describe('the nearest word', () => {
  const words = ['row.num', 'schema', 'id', 'bulk_size']
  for (const [word, expected] of [
    ['row_num', 'row.num'],
    ['rowNum', 'row.num'],
    ['shcema', 'schema'],
    ['BulkSize', 'bulk_size'],
    ['xy', null],
    ['ab', null],
    ['other', null],
  ] as const) {
    it(`to '${word}' is ${expected}`, () => assert.equal(closest(word, words), expected))
  }
})
