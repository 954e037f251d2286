import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatJavaDate, javaHashCode, parseLocalDateTime, subtaskOf, unsupportedPatternLetters } from './java.js'

describe('javaHashCode', () => {
  const cases: readonly [string, number][] = [
    ['', 0],
    ['a', 97],
    ['hello', 99162322],
    ['/seatunnel/read/json/e2e.json', javaReference('/seatunnel/read/json/e2e.json')],
    ['polygenelubricants', -2147483648],
  ]
  for (const [text, hash] of cases) it(`gives ${hash} for '${text}'`, () => assert.equal(javaHashCode(text), hash))

  it('chooses a subtask from a negative hash too', () => {
    assert.equal(subtaskOf('polygenelubricants', 3), 0)
    assert.equal(subtaskOf('hello', 4), 99162322 % 4)
  })
})

/** The definition: s[0]·31^(n−1) + … + s[n−1], in 32 bits. */
function javaReference(text: string): number {
  let sum = 0n
  for (const character of text) sum = sum * 31n + BigInt(character.charCodeAt(0))
  return Number(BigInt.asIntN(32, sum))
}

const MOMENT = Date.UTC(2024, 0, 31, 8, 5, 9, 7)

describe('formatJavaDate', () => {
  const cases: readonly [pattern: string, zone: string, text: string][] = [
    ['yyyy.MM.dd', 'UTC', '2024.01.31'],
    ['yyyyMMddHHmmssSSS', 'UTC', '20240131080509007'],
    ["yy-M-d'T'HH", 'Asia/Shanghai', '24-1-31T16'],
    ["hh:mm a 'o''clock'", 'America/New_York', "03:05 AM o'clock"],
    ['', 'UTC', ''],
  ]
  for (const [pattern, zone, text] of cases) {
    it(`writes '${pattern}' in ${zone} as '${text}'`, () => assert.equal(formatJavaDate(pattern, MOMENT, zone), text))
  }

  it('names the letters that are not supported', () => {
    assert.deepEqual(unsupportedPatternLetters('yyyy MMM EEE w'), ['MMM', 'EEE', 'w'])
    assert.deepEqual(unsupportedPatternLetters("yyyy-MM-dd'T'HH"), [])
    assert.deepEqual(unsupportedPatternLetters("yyyy'"), ["'"])
  })
})

describe('parseLocalDateTime', () => {
  const cases: readonly [text: string, zone: string, expected: number | null][] = [
    ['2024-01-31 08:05:09', 'UTC', Date.UTC(2024, 0, 31, 8, 5, 9)],
    ['2024-01-31 08:05:09', 'Asia/Shanghai', Date.UTC(2024, 0, 31, 0, 5, 9)],
    ['2024-07-01 00:00:00', 'Europe/Berlin', Date.UTC(2024, 5, 30, 22)],
    ['2024-02-30 00:00:00', 'UTC', null],
    ['2024-01-31 24:00:00', 'UTC', null],
    ['2024-01-31', 'UTC', null],
  ]
  for (const [text, zone, expected] of cases) {
    it(`reads '${text}' in ${zone}`, () => assert.equal(parseLocalDateTime(text, zone), expected))
  }
})
