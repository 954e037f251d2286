import assert from 'node:assert/strict'
import { utimesSync } from 'node:fs'
import { describe, it } from 'node:test'
import { type ListingFilter, listFiles, wholeNamePattern } from './listing.js'
import { LocalFileSystem } from './local-file-system.js'
import { putFile, temporaryFolder } from './testing.js'

const ALL: ListingFilter = { namePattern: null, modifiedStartMs: null, modifiedEndMs: null, partitions: [] }

const TREE = [
  'b.txt',
  'a.txt',
  'Z.txt',
  'é.txt',
  '.hidden',
  '_SUCCESS',
  'x/_SUCCESS',
  'x/c.csv',
  '.staging-1/d.txt',
  'day=2/e.txt',
]

describe('listFiles', () => {
  const cases: readonly [title: string, filter: Partial<ListingFilter>, expected: readonly string[]][] = [
    [
      'leaves out hidden files, hidden folders and markers, in byte order',
      {},
      ['Z.txt', 'a.txt', 'b.txt', 'day=2/e.txt', 'x/c.csv', 'é.txt'],
    ],
    ['matches whole names', { namePattern: wholeNamePattern('[ab]\\.txt') }, ['a.txt', 'b.txt']],
    ['does not match a part of a name', { namePattern: wholeNamePattern('txt') }, []],
    ['keeps paths with one of the partitions', { partitions: ['day=1', 'day=2'] }, ['day=2/e.txt']],
    ['keeps what was changed at the bounds', { modifiedStartMs: 1000, modifiedEndMs: 1000 }, ['a.txt']],
    ['leaves out what was changed before', { modifiedStartMs: 1001, modifiedEndMs: 4_000_000 }, []],
  ]
  for (const [title, filter, expected] of cases) {
    it(title, async (test) => {
      const folder = temporaryFolder(test)
      for (const path of TREE) putFile(`${folder}/${path}`, 'x')
      putFile(`${folder}/empty.txt`, '')
      utimesSync(`${folder}/a.txt`, 1, 1)
      const found = await listFiles(new LocalFileSystem(), folder, { ...ALL, ...filter })
      assert.deepEqual(
        found.map(({ path }) => path.slice(folder.length + 1)),
        expected,
      )
    })
  }

  it('refuses a pattern that does not parse', () => {
    assert.throws(() => wholeNamePattern('(a'), { code: 'OPTION_INVALID' })
  })
})
