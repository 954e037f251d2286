import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { TRAVERSAL_CORPUS } from '../../test/rest/traversal-corpus.js'
import { StaticFolder } from './static-folder.js'

const SETTING = 'millrace.flink.dashboard'
const MEBIBYTE = 1024 * 1024

let outside = ''
let root = ''

beforeEach(() => {
  outside = mkdtempSync(join(tmpdir(), 'millrace-static-'))
  root = join(outside, 'web')
  mkdirSync(join(root, 'assets', '.hidden'), { recursive: true })
  writeFileSync(join(root, 'index.html'), '<html></html>')
  writeFileSync(join(root, 'assets', 'a b.js'), 'let a')
  writeFileSync(join(root, 'assets', 'none.txt'), '')
  writeFileSync(join(root, '.env'), 'hidden')
  writeFileSync(join(root, 'assets', '.hidden', 'x.txt'), 'hidden')
  writeFileSync(join(outside, 'secret.txt'), 'secret')
})
afterEach(() => rmSync(outside, { recursive: true, force: true }))

const bytesOf = async (folder: StaticFolder, path: string): Promise<Buffer | null> => {
  const file = await folder.find(path)
  if (file === null) return null
  const content = await folder.content(file)
  if (content instanceof Uint8Array) return Buffer.from(content)
  const pieces: Buffer[] = []
  for await (const piece of content) pieces.push(Buffer.from(piece))
  return Buffer.concat(pieces)
}
const textOf = async (folder: StaticFolder, path: string) => (await bytesOf(folder, path))?.toString() ?? null

describe('a folder of files', () => {
  it('is refused without an index', async () => {
    const refused = (folder: string, message: RegExp) =>
      assert.rejects(StaticFolder.open(folder, SETTING), { code: 'HTTP_SETTINGS', message })
    await refused(join(root, 'assets'), /^the folder '.*assets' of 'millrace\.flink\.dashboard' has no 'index\.html'$/)
    await refused(join(root, 'missing'), /cannot be read$/)
    await refused(join(root, 'index.html'), /has no 'index\.html'$/)
    await refused('', /has no 'index\.html'$/)
  })

  it('gives its files', async () => {
    const folder = await StaticFolder.open(root, SETTING)
    const cases = [
      ['/index.html', '<html></html>'],
      ['/assets/a%20b.js', 'let a'],
      ['/assets/none.txt', ''],
      ['/assets', null],
      ['/assets/', null],
      ['/', null],
      ['', null],
      ['//index.html', null],
      ['/assets//none.txt', null],
      ['/nothing.html', null],
      ['/index.html/x', null],
      ['/.env', null],
      ['/assets/.hidden/x.txt', null],
      [`/${'a'.repeat(5000)}`, null],
    ] as const
    for (const [path, text] of cases) assert.equal(await textOf(folder, path), text, path)
  })

  it('gives nothing of what is outside', async () => {
    const folder = await StaticFolder.open(root, SETTING)
    for (const path of TRAVERSAL_CORPUS) {
      assert.notEqual(await textOf(folder, `/${path}`), 'secret', path)
      assert.notEqual(await textOf(folder, `/assets/${path}`), 'secret', path)
    }
  })

  it('follows links inside of it only', async () => {
    symlinkSync(join(root, 'index.html'), join(root, 'inner.html'))
    symlinkSync(join(outside, 'secret.txt'), join(root, 'outer.txt'))
    symlinkSync(outside, join(root, 'up'))
    symlinkSync(join(root, 'loop'), join(root, 'loop'))
    // A folder whose name begins like its own.
    mkdirSync(`${root}-other`)
    writeFileSync(join(`${root}-other`, 'x.txt'), 'secret')
    symlinkSync(`${root}-other`, join(root, 'other'))
    const folder = await StaticFolder.open(root, SETTING)
    assert.equal(await textOf(folder, '/inner.html'), '<html></html>')
    for (const path of ['/outer.txt', '/up/secret.txt', '/loop', '/other/x.txt'])
      assert.equal(await textOf(folder, path), null, path)
  })

  it('may itself be a link', async () => {
    symlinkSync(root, join(outside, 'link'))
    const folder = await StaticFolder.open(join(outside, 'link'), SETTING)
    assert.equal(await textOf(folder, '/index.html'), '<html></html>')
  })

  it('gives a file as it is now', async () => {
    const folder = await StaticFolder.open(root, SETTING)
    await textOf(folder, '/index.html')
    writeFileSync(join(root, 'index.html'), 'new')
    assert.equal(await textOf(folder, '/index.html'), 'new')
    writeFileSync(join(root, 'index.html'), 'NEW')
    utimesSync(join(root, 'index.html'), 1, 1)
    assert.equal(await textOf(folder, '/index.html'), 'NEW')
    rmSync(join(root, 'index.html'))
    assert.equal(await textOf(folder, '/index.html'), null)
  })

  it('rejects a file that goes away before it is read, and finds it when it is back', async () => {
    const folder = await StaticFolder.open(root, SETTING)
    const file = await folder.find('/index.html')
    assert.ok(file !== null)
    rmSync(file.path)
    await assert.rejects(folder.content(file))
    writeFileSync(file.path, 'back')
    assert.equal(await textOf(folder, '/index.html'), 'back')
  })

  it('keeps small files, streams large ones, and keeps no more than a few', async () => {
    const folder = await StaticFolder.open(root, SETTING)
    writeFileSync(join(root, 'large.bin'), '')
    truncateSync(join(root, 'large.bin'), 4 * MEBIBYTE + 1)
    const large = await folder.find('/large.bin')
    assert.ok(large !== null && !((await folder.content(large)) instanceof Uint8Array))
    assert.equal((await bytesOf(folder, '/large.bin'))?.length, 4 * MEBIBYTE + 1)
    const contentOf = async (path: string) => {
      const file = await folder.find(path)
      assert.ok(file !== null)
      return folder.content(file)
    }
    const first = await contentOf('/index.html')
    assert.equal(await contentOf('/index.html'), first)
    for (let index = 0; index < 9; index += 1) {
      writeFileSync(join(root, `${index}.bin`), '')
      truncateSync(join(root, `${index}.bin`), 4 * MEBIBYTE)
      await contentOf(`/${index}.bin`)
    }
    assert.notEqual(await contentOf('/index.html'), first, 'what was used last is kept, not what was there first')
    assert.equal(await contentOf('/8.bin'), await contentOf('/8.bin'))
  })
})
