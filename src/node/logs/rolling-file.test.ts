import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { FolderDisk } from './log-disk.js'
import type { RollPolicy } from './log4j2.js'
import { RollingFile } from './rolling-file.js'
import { temporaryFolder } from './testing.js'

const DAY_MS = 24 * 60 * 60 * 1000

describe('RollingFile', () => {
  const setUp = (test: { after(remove: () => void): void }, policy: Partial<RollPolicy>) => {
    const folder = temporaryFolder(test)
    const clock = { nowMs: Date.now() }
    const whole: RollPolicy = { maxBytes: 1_000, isDaily: true, keepFiles: 100, keepDays: 7, ...policy }
    const changes: string[] = []
    const file = new RollingFile(
      new FolderDisk(folder),
      'node.log',
      whole,
      () => clock.nowMs,
      (name) => changes.push(name),
    )
    const contents = (): Record<string, string> =>
      Object.fromEntries(
        readdirSync(folder)
          .sort()
          .map((name) => [name.replace(/\d{4}-\d{2}-\d{2}/, 'DAY'), readFileSync(join(folder, name), 'utf8')]),
      )
    return { folder, clock, file, contents, changes }
  }

  it('makes the folder and the file for its owner alone', async (test) => {
    const { folder, file } = setUp(test, {})
    await file.write(['a\n'])
    assert.equal(statSync(join(folder, 'node.log')).mode & 0o777, 0o600)
  })

  it('begins a new file where the next line does not fit', async (test) => {
    const { file, contents } = setUp(test, { maxBytes: 8 })
    await file.write(['aaa\n', 'bbb\n', 'ccc\n'])
    await file.write(['longer than that\n', 'd\n'])
    assert.deepEqual(contents(), {
      'node.log': 'd\n',
      'node.log.DAY-1': 'aaa\nbbb\n',
      'node.log.DAY-2': 'ccc\n',
      'node.log.DAY-3': 'longer than that\n',
    })
  })

  it('begins a new file on a new day, under the day of its last line', async (test) => {
    const { folder, clock, file } = setUp(test, {})
    await file.write(['yesterday\n'])
    const yesterday = new Date(clock.nowMs - DAY_MS)
    utimesSync(join(folder, 'node.log'), yesterday, yesterday)
    await file.write(['today\n'])
    const two = (value: number): string => String(value).padStart(2, '0')
    const name = `node.log.${yesterday.getFullYear()}-${two(yesterday.getMonth() + 1)}-${two(yesterday.getDate())}-1`
    assert.deepEqual(readdirSync(folder).sort(), ['node.log', name])
    assert.equal(readFileSync(join(folder, 'node.log'), 'utf8'), 'today\n')
  })

  it('goes on in the same file on a new day when it is not daily', async (test) => {
    const { folder, clock, file, contents } = setUp(test, { isDaily: false })
    await file.write(['a\n'])
    const before = new Date(clock.nowMs - 3 * DAY_MS)
    utimesSync(join(folder, 'node.log'), before, before)
    await file.write(['b\n'])
    assert.deepEqual(contents(), { 'node.log': 'a\nb\n' })
  })

  it('keeps so many rolled files, the newest, counting them as numbers', async (test) => {
    const { file, contents } = setUp(test, { maxBytes: 3, keepFiles: 2 })
    for (let index = 0; index < 13; index += 1) await file.write([`${index}\n`])
    assert.deepEqual(contents(), { 'node.log': '12\n', 'node.log.DAY-11': '10\n', 'node.log.DAY-12': '11\n' })
  })

  it('removes rolled files that are too old, and nothing else', async (test) => {
    const { folder, clock, file, contents } = setUp(test, { maxBytes: 3 })
    await new FolderDisk(folder).append('node.log.2001-01-01-1', Buffer.from('x'))
    await new FolderDisk(folder).append('node.log.txt', Buffer.from('x'))
    await new FolderDisk(folder).append('node2.log.2001-01-01-1', Buffer.from('x'))
    await file.write(['a\n', 'b\n'])
    clock.nowMs += 8 * DAY_MS
    await file.write(['c\n'])
    assert.deepEqual(Object.keys(contents()), ['node.log', 'node.log.DAY-2', 'node.log.txt', 'node2.log.DAY-1'])
  })

  it('lives through a file that was taken away', async (test) => {
    const { folder, file, contents } = setUp(test, {})
    await file.write(['a\n'])
    await new FolderDisk(folder).remove('node.log')
    await file.write(['b\n'])
    assert.deepEqual(contents(), { 'node.log': 'b\n' })
  })

  it('tells of every change', async (test) => {
    const { file, changes } = setUp(test, { maxBytes: 3 })
    await file.write(['a\n', 'b\n'])
    assert.deepEqual(changes, ['node.log', 'node.log', 'node.log'])
  })

  it('ends a line that an append tore', async () => {
    const appended: string[] = []
    let fails = true
    const disk = {
      append: async (_: string, bytes: Uint8Array) => {
        appended.push(Buffer.from(bytes).toString())
        if (fails) throw new Error('no space left on device')
      },
      stat: async () => null,
      names: async () => [],
      rename: async () => undefined,
      remove: async () => undefined,
    }
    const file = new RollingFile(
      disk,
      'node.log',
      { maxBytes: 100, isDaily: true, keepFiles: 1, keepDays: 1 },
      Date.now,
      () => undefined,
    )
    await assert.rejects(file.write(['a\n']))
    fails = false
    await file.write(['b\n'])
    assert.deepEqual(appended, ['a\n', '\nb\n'])
  })
})
