import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { escapePartitionValue, NULL_PARTITION, partitionFolder, partitionsOfPath } from './partitions.js'

describe('partitionsOfPath', () => {
  const cases: readonly [path: string, expected: Record<string, string>][] = [
    ['/data/name=tyrantlucifer/hobby=coding/e2e.json', { name: 'tyrantlucifer', hobby: 'coding' }],
    ['/data/plain/file', {}],
    ['/data/day=1/day=2/f', { day: '2' }],
    ['/data/empty=/f', { empty: '' }],
    ['/data/a=b=c/f', { a: 'b' }],
    ['/data/=b/f', {}],
  ]
  for (const [path, expected] of cases) {
    it(`finds ${JSON.stringify(expected)} in ${path}`, () =>
      assert.deepEqual(Object.fromEntries(partitionsOfPath(path)), expected))
  }
})

describe('escapePartitionValue', () => {
  const cases: readonly [value: string, text: string][] = [
    ['plain value', 'plain value'],
    ['a/b', 'a%2Fb'],
    ['a\\b', 'a%5Cb'],
    ['..', '%2E%2E'],
    ['.', '%2E'],
    ['...', '...'],
    ['../../etc', '..%2F..%2Fetc'],
    ['100%', '100%25'],
    ['a\0b\n', 'a%00b%0A'],
    ['', NULL_PARTITION],
  ]
  for (const [value, text] of cases) {
    it(`makes '${text}' of ${JSON.stringify(value)}`, () => assert.equal(escapePartitionValue(value), text))
  }
})

describe('partitionFolder', () => {
  const keys = ['day', 'city']
  const cases: readonly [title: string, values: readonly string[], expression: string | null, folder: string][] = [
    ['names every column', ['1', 'Rome'], null, 'day=1/city=Rome'],
    ['names every column for a blank expression', ['1', 'Rome'], '  ', 'day=1/city=Rome'],
    ['fills an expression', ['1', 'Rome'], '${v1}/${k0}-${v0}/', 'Rome/day-1'],
    ['leaves a number that no column has', ['1', 'Rome'], '${k0}=${v0}/${k7}', 'day=1/${k7}'],
    ['stays below the target whatever the values are', ['..', 'a/b'], '${v0}/${v1}', '%2E%2E/a%2Fb'],
    ['writes null as Hive does', [NULL_PARTITION, ''], null, `day=${NULL_PARTITION}/city=${NULL_PARTITION}`],
  ]
  for (const [title, values, expression, folder] of cases) {
    it(title, () => assert.equal(partitionFolder(keys, values, expression), folder))
  }

  it('is empty without partitions', () => assert.equal(partitionFolder([], [], '${k0}=${v0}'), ''))

  it('refuses an expression that leaves the target', () => {
    assert.throws(() => partitionFolder(['a'], ['x'], '../${v0}'), { code: 'FILE_WRITE_FAILED' })
  })

  it('refuses a value that is too long for a name', () => {
    assert.throws(() => partitionFolder(['a'], ['x'.repeat(256)], null), { code: 'FILE_WRITE_FAILED' })
  })
})
