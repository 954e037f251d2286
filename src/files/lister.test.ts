import assert from 'node:assert/strict'
import { utimesSync } from 'node:fs'
import { describe, it } from 'node:test'
import { optionSpec } from '../spi/option.js'
import { blockPlace } from './fault.js'
import { FileLister } from './lister.js'
import { LocalFileSystem } from './local-file-system.js'
import { FILE_SOURCE_OPTIONS } from './options.js'
import { putFile, temporaryFolder, testContext, validOptions } from './testing.js'

const SPEC = optionSpec({ options: FILE_SOURCE_OPTIONS })

async function lister(path: string, options: object, jobMode: 'BATCH' | 'STREAMING' = 'BATCH'): Promise<FileLister> {
  const context = { ...testContext({ options: { path, file_format_type: 'binary', ...options } }), jobMode }
  const values = validOptions(SPEC, context)
  return FileLister.make(new LocalFileSystem(), path, values, blockPlace(context.block), context)
}

async function names(found: FileLister, folder: string): Promise<readonly string[]> {
  return (await found.list()).map((entry) => entry.path.slice(folder.length + 1))
}

describe('the files of a table', () => {
  it('come with the latest first where that is asked for, and by path among equals', async (test) => {
    const folder = temporaryFolder(test)
    for (const [name, seconds] of [
      ['a', 10],
      ['b', 30],
      ['c', 30],
      ['d', 20],
    ] as const) {
      putFile(`${folder}/${name}`, 'x')
      utimesSync(`${folder}/${name}`, seconds, seconds)
    }
    assert.deepEqual(await names(await lister(folder, { sort_files_by_modification_time: true }), folder), [
      'b',
      'c',
      'd',
      'a',
    ])
    assert.deepEqual(await names(await lister(folder, {}), folder), ['a', 'b', 'c', 'd'])
  })

  it('are those in the folder itself where that is asked for', async (test) => {
    const folder = temporaryFolder(test)
    for (const name of ['a', 'b/c']) putFile(`${folder}/${name}`, 'x')
    assert.deepEqual(await names(await lister(folder, { recursive_file_scan: false }), folder), ['a'])
  })

  it('are matched by their whole path when the pattern begins with the path', async (test) => {
    const folder = temporaryFolder(test)
    for (const name of ['20241001/report.txt', '20241007/abc.csv', '20241008/abc.csv'])
      putFile(`${folder}/${name}`, 'x')
    const pattern = { file_filter_pattern: `${folder}/2024100[1-7]/.*\\.csv` }
    assert.deepEqual(await names(await lister(folder, pattern), folder), ['20241007/abc.csv'])
    assert.deepEqual(await names(await lister(folder, { file_filter_pattern: '.*\\.csv' }), folder), [
      '20241007/abc.csv',
      '20241008/abc.csv',
    ])
  })

  it('are given out once, however often they are listed', async (test) => {
    const folder = temporaryFolder(test)
    const found = await lister(folder, { discovery_mode: 'continuous' }, 'STREAMING')
    const unseen = async () => found.unseen(await found.list()).map((entry) => entry.path.slice(folder.length + 1))
    assert.deepEqual(await unseen(), [])
    putFile(`${folder}/a`, 'x')
    assert.deepEqual(await unseen(), ['a'])
    putFile(`${folder}/a`, 'changed')
    putFile(`${folder}/b`, 'x')
    assert.deepEqual(await unseen(), ['b'])
    assert.deepEqual(await unseen(), [])
  })

  const refused: readonly [title: string, options: object, message: RegExp][] = [
    ['a batch job that never ends', { discovery_mode: 'continuous' }, /BATCH job cannot look for files continuously/],
    ['a comparison of other files than binary ones', { file_format_type: 'csv', sync_mode: 'update' }, /needs binary/],
    ['a comparison with nothing', { sync_mode: 'update' }, /needs 'target_path'/],
    [
      'a checksum without strict',
      { sync_mode: 'update', target_path: '/t', compare_mode: 'checksum' },
      /needs update_strategy 'strict'/,
    ],
    [
      'a target that is elsewhere',
      { sync_mode: 'update', target_path: '/t', target_hadoop_conf: { 'fs.defaultFS': 'hdfs://a' } },
      /'hdfs:\/\/a'/,
    ],
  ]
  for (const [title, options, message] of refused) {
    it(`cannot be ${title}`, () => assert.rejects(lister('/nowhere', options), { message }))
  }
})

describe('sync_mode update', () => {
  /** Files as name, text and seconds of the last change, below `source` and `target`. */
  type Files = Readonly<Record<string, readonly [text: string, seconds: number]>>
  const SOURCE: Files = {
    same: ['abc', 100],
    'd/newer': ['abc', 200],
    longer: ['abcd', 100],
    other: ['abc', 100],
    missing: ['a', 1],
  }
  const TARGET: Files = { same: ['abc', 100], 'd/newer': ['abc', 100], longer: ['abc', 300], other: ['abX', 100] }
  const cases: readonly [title: string, options: object, expected: readonly string[]][] = [
    ['takes what is missing, longer or newer', {}, ['d/newer', 'longer', 'missing']],
    ['takes any other time with strict', { update_strategy: 'strict' }, ['d/newer', 'longer', 'missing']],
    [
      'takes other bytes with strict and checksum, whatever the time',
      { update_strategy: 'strict', compare_mode: 'checksum' },
      ['longer', 'missing', 'other'],
    ],
    [
      'compares with this machine where it is told to',
      { target_hadoop_conf: { 'fs.defaultFS': 'file:///' } },
      ['d/newer', 'longer', 'missing'],
    ],
  ]
  for (const [title, options, expected] of cases) {
    it(title, async (test) => {
      const folder = temporaryFolder(test)
      for (const [side, files] of [
        ['source', SOURCE],
        ['target', TARGET],
      ] as const) {
        for (const [name, [text, seconds]] of Object.entries(files)) {
          putFile(`${folder}/${side}/${name}`, text)
          utimesSync(`${folder}/${side}/${name}`, seconds, seconds)
        }
      }
      const source = `${folder}/source`
      const found = await lister(source, { sync_mode: 'update', target_path: `${folder}/target`, ...options })
      assert.deepEqual(await names(found, source), expected)
    })
  }

  it('takes a single file by its name', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/in/a.bin`, 'abc')
    putFile(`${folder}/out/a.bin`, 'abc')
    const found = await lister(`${folder}/in/a.bin`, {
      sync_mode: 'update',
      target_path: `${folder}/out`,
      update_strategy: 'strict',
      compare_mode: 'checksum',
    })
    assert.deepEqual(await found.list(), [])
  })
})
