import assert from 'node:assert/strict'
import { utimesSync } from 'node:fs'
import { describe, it } from 'node:test'
import { filePattern, type ListingFilter, listFiles, wholeNamePattern } from './listing.js'
import { LocalFileSystem } from './local-file-system.js'
import { putFile, temporaryFolder } from './testing.js'

const ALL: ListingFilter = { pattern: null, modifiedStartMs: null, modifiedEndMs: null, partitions: [] }

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
    ['matches whole names', { pattern: filePattern('[ab]\\.txt', ['/data']) }, ['a.txt', 'b.txt']],
    ['does not match a part of a name', { pattern: filePattern('txt', ['/data']) }, []],
    ['keeps paths with one of the partitions', { partitions: ['day=1', 'day=2'] }, ['day=2/e.txt']],
    ['matches whole paths', { pattern: { expression: /^.*\/day=\d\/.*$/, isForPath: true } }, ['day=2/e.txt']],
    ['keeps what was changed at the beginning', { modifiedStartMs: 1000, modifiedEndMs: 1001 }, ['a.txt']],
    ['leaves out what was changed at the end', { modifiedStartMs: 1, modifiedEndMs: 1000 }, []],
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

  it('leaves out the folders in the folder when it is asked to', async (test) => {
    const folder = temporaryFolder(test)
    for (const path of TREE) putFile(`${folder}/${path}`, 'x')
    const found = await listFiles(new LocalFileSystem(), folder, ALL, { isRecursive: false, withTimes: false })
    assert.deepEqual(
      found.map(({ path }) => path.slice(folder.length + 1)),
      ['Z.txt', 'a.txt', 'b.txt', 'é.txt'],
    )
  })

  it('holds a pattern against paths when it begins with the path that is read', () => {
    assert.equal(filePattern('/data/\\d+/.*', ['/data']).isForPath, true)
    assert.equal(filePattern('.*/data', ['/data']).isForPath, false)
    assert.equal(filePattern('abc.*', ['']).isForPath, false)
  })

  it('refuses a pattern that does not parse', () => {
    assert.throws(() => wholeNamePattern('(a'), { code: 'OPTION_INVALID' })
  })
})
