import assert from 'node:assert/strict'
import { appendFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { followLog, LogChanges } from './log-reader.js'
import { temporaryFolder } from './testing.js'

describe('followLog', () => {
  const setUp = (test: { after(remove: () => void): void }, content: string, tailLines: number) => {
    const folder = temporaryFolder(test)
    const path = join(folder, 'a.log')
    writeFileSync(path, content)
    const changes = new LogChanges()
    const abort = new AbortController()
    const chunks = followLog(folder, 'a.log', tailLines, changes, abort.signal)?.[Symbol.asyncIterator]()
    const next = async (): Promise<string | null> => {
      const result = await chunks?.next()
      return result === undefined || result.done === true ? null : Buffer.from(result.value).toString()
    }
    return { path, changes, abort, next }
  }

  for (const { content, tailLines, expected } of [
    { content: 'a\nb\nc\n', tailLines: 2, expected: 'b\nc\n' },
    { content: 'a\nb\nc', tailLines: 2, expected: 'b\nc' },
    { content: 'a\nb\nc\n', tailLines: 9, expected: 'a\nb\nc\n' },
    { content: `${'x'.repeat(70_000)}\nb\n`, tailLines: 1, expected: 'b\n' },
    { content: '\n\n\n', tailLines: 2, expected: '\n\n' },
  ]) {
    it(`begins with the last ${tailLines} lines of ${content.length} bytes`, async (test) => {
      const { next, abort } = setUp(test, content, tailLines)
      assert.equal(await next(), expected)
      abort.abort()
      assert.equal(await next(), null)
    })
  }

  it('begins behind the end without lines to look back for', async (test) => {
    const { path, next, changes, abort } = setUp(test, 'a\n', 0)
    const chunk = next()
    while (changes.size === 0) await new Promise(setImmediate)
    appendFileSync(path, 'b\n')
    changes.notify('a.log')
    assert.equal(await chunk, 'b\n')
    abort.abort()
    assert.equal(await next(), null)
    assert.equal(changes.size, 0)
  })

  it('goes on in the next file when this one is rolled away, without losing its last lines', async (test) => {
    const { path, next, changes, abort } = setUp(test, 'a\n', 1)
    assert.equal(await next(), 'a\n')
    const chunk = next()
    while (changes.size === 0) await new Promise(setImmediate)
    appendFileSync(path, 'b\n')
    renameSync(path, `${path}.2026-11-22-1`)
    writeFileSync(path, 'c\n')
    changes.notify('a.log')
    assert.equal(await chunk, 'b\n')
    assert.equal(await next(), 'c\n')
    abort.abort()
  })

  it('begins again when the file was cut', async (test) => {
    const { path, next, changes, abort } = setUp(test, 'aaaa\n', 1)
    assert.equal(await next(), 'aaaa\n')
    const chunk = next()
    while (changes.size === 0) await new Promise(setImmediate)
    writeFileSync(path, 'b\n')
    changes.notify('a.log')
    assert.equal(await chunk, 'b\n')
    abort.abort()
  })

  it('ends while it waits', async (test) => {
    const { next, changes, abort } = setUp(test, '', 5)
    const chunk = next()
    while (changes.size === 0) await new Promise(setImmediate)
    abort.abort()
    assert.equal(await chunk, null)
    assert.equal(changes.size, 0)
  })
})
