import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, it } from 'node:test'
import { LocalFileSystem } from './local-file-system.js'
import { putFile, temporaryFolder } from './testing.js'

const files = new LocalFileSystem()

describe('LocalFileSystem', () => {
  it('lists files at any depth with size and time, and follows links to files only', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/a.txt`, 'abc')
    putFile(`${folder}/deep/er/b.txt`, '')
    symlinkSync(`${folder}/a.txt`, `${folder}/link.txt`)
    symlinkSync(folder, `${folder}/circle`)
    symlinkSync(`${folder}/nothing`, `${folder}/dangling`)
    const entries = [...(await files.list(folder))].sort((left, right) => (left.path < right.path ? -1 : 1))
    assert.deepEqual(
      entries.map(({ path, sizeBytes }) => [path.slice(folder.length), sizeBytes]),
      [
        ['/a.txt', 3],
        ['/deep/er/b.txt', 0],
        ['/link.txt', 3],
      ],
    )
    assert.equal(entries[0]?.modifiedMs, statSync(`${folder}/a.txt`).mtimeMs)
  })

  it('lists a file as itself', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/one`, 'x')
    assert.deepEqual(
      (await files.list(`${folder}/one`)).map(({ path }) => path),
      [`${folder}/one`],
    )
  })

  it('says that there is nothing to list', async (test) => {
    const folder = temporaryFolder(test)
    await assert.rejects(files.list(`${folder}/no`), {
      code: 'FILE_LIST_FAILED',
      message: `listing '${folder}/no' failed: no such file or directory (ENOENT)`,
    })
    assert.equal(await files.stat(`${folder}/no`), null)
  })

  it('reads by position into shared memory, and less at the end', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/data`, '0123456789')
    const file = await files.openForReading(`${folder}/data`)
    const target = new Uint8Array(new SharedArrayBuffer(6))
    assert.equal(await file.read(target, 2), 6)
    assert.equal(Buffer.from(target).toString(), '234567')
    assert.equal(await file.read(target, 7), 3)
    assert.equal(await file.read(target, 10), 0)
    assert.equal(file.sizeBytes, 10)
    await file.close()
  })

  it('writes by position from two handles and keeps what is there', async (test) => {
    const folder = temporaryFolder(test)
    const path = `${folder}/new/folder/file`
    const first = await files.openForWriting(path)
    const second = await files.openForWriting(path)
    await second.write(Buffer.from('world'), 6)
    await first.write(Buffer.from('hello '), 0)
    await first.sync()
    await first.close()
    await second.close()
    assert.equal(readFileSync(path, 'utf8'), 'hello world')
  })

  it('moves over an existing file and makes folders', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/from`, 'new')
    putFile(`${folder}/to/file`, 'old')
    await files.move(`${folder}/from`, `${folder}/to/file`)
    assert.equal(readFileSync(`${folder}/to/file`, 'utf8'), 'new')
    putFile(`${folder}/again`, 'x')
    await files.move(`${folder}/again`, `${folder}/very/new/file`)
    assert.equal(await files.stat(`${folder}/again`), null)
  })

  it('moves between devices without showing half a file', async (test) => {
    const folder = temporaryFolder(test)
    const other = `/dev/shm/millrace-${process.pid}`
    test.after(() => files.deleteTree(other))
    putFile(`${folder}/from`, 'content')
    await files.move(`${folder}/from`, `${other}/to`)
    assert.equal(readFileSync(`${other}/to`, 'utf8'), 'content')
    assert.deepEqual(
      (await files.list(other)).map(({ path }) => path),
      [`${other}/to`],
    )
    assert.equal(await files.stat(`${folder}/from`), null)
  })

  const broken: readonly [title: string, act: (folder: string) => Promise<unknown>, code: string][] = [
    ['opening what is not there', (folder) => files.openForReading(`${folder}/no`), 'FILE_READ_FAILED'],
    ['opening a folder', (folder) => files.openForReading(folder), 'FILE_READ_FAILED'],
    ['opening a device', () => files.openForReading('/dev/zero'), 'FILE_READ_FAILED'],
    ['opening what processes show', () => files.openForReading('/proc/self/environ'), 'FILE_READ_FAILED'],
    ['a zero character in a path', () => files.openForWriting('/tmp/a\0b'), 'FILE_WRITE_FAILED'],
    ['writing below a file', (folder) => files.openForWriting(`${folder}/file/below`), 'FILE_WRITE_FAILED'],
    ['writing through a link', (folder) => files.openForWriting(`${folder}/link`), 'FILE_WRITE_FAILED'],
    ['moving what is not there', (folder) => files.move(`${folder}/no`, `${folder}/to`), 'FILE_WRITE_FAILED'],
    ['making a folder below a file', (folder) => files.makeDirectory(`${folder}/file/below`), 'FILE_WRITE_FAILED'],
    ['deleting in a special folder', () => files.deleteTree('/sys/kernel'), 'FILE_WRITE_FAILED'],
  ]
  for (const [title, act, code] of broken) {
    it(`refuses ${title}`, async (test) => {
      const folder = temporaryFolder(test)
      putFile(`${folder}/file`, '')
      symlinkSync(`${folder}/file`, `${folder}/link`)
      await assert.rejects(act(folder), { code })
    })
  }
})

describe('LocalFileSystem with roots', () => {
  it('works inside a root, for what is there and what is not yet', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/top/a`, 'x')
    const rooted = new LocalFileSystem({ allowed: [`${folder}/top`, '/nowhere'], forbidden: [] })
    assert.deepEqual((await rooted.list(`${folder}/top`)).length, 1)
    const file = await rooted.openForWriting(`${folder}/top/new/b`)
    await file.close()
    assert.equal((await rooted.stat(`${folder}/top/new/b`))?.sizeBytes, 0)
  })

  const outside: readonly [title: string, path: string][] = [
    ['a neighbour', 'other/a'],
    ['a folder whose name only begins like the root', 'top2/a'],
    ['a way up', 'top/../other/a'],
    ['a link out of the root', 'top/link/a'],
    ['something new behind a link', 'top/link/new/b'],
  ]
  for (const [title, path] of outside) {
    it(`refuses ${title}`, async (test) => {
      const folder = temporaryFolder(test)
      putFile(`${folder}/top/a`, 'x')
      putFile(`${folder}/top2/a`, 'x')
      putFile(`${folder}/other/a`, 'x')
      symlinkSync(`${folder}/other`, `${folder}/top/link`)
      const rooted = new LocalFileSystem({ allowed: [`${folder}/top`], forbidden: [] })
      const message = /outside of the folders that jobs may use/
      await assert.rejects(rooted.list(`${folder}/${path}`), { code: 'FILE_LIST_FAILED', message })
      await assert.rejects(rooted.stat(`${folder}/${path}`), { code: 'FILE_READ_FAILED', message })
      await assert.rejects(rooted.openForReading(`${folder}/${path}`), { code: 'FILE_READ_FAILED', message })
      await assert.rejects(rooted.openForWriting(`${folder}/${path}`), { code: 'FILE_WRITE_FAILED', message })
      await assert.rejects(rooted.move(`${folder}/top/a`, `${folder}/${path}`), { code: 'FILE_WRITE_FAILED', message })
      await assert.rejects(rooted.deleteTree(`${folder}/${path}`), { code: 'FILE_WRITE_FAILED', message })
    })
  }
})

describe('LocalFileSystem with places that are not for jobs', () => {
  it('uses what is beside them', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/a`, 'x')
    putFile(`${folder}/own/secret`, 'x')
    const files = new LocalFileSystem({ allowed: null, forbidden: [`${folder}/own`] })
    const listed = await files.list(folder)
    assert.deepEqual(
      listed.map(({ path }) => path),
      [`${folder}/a`],
    )
    await files.makeDirectory(folder)
    await files.move(`${folder}/a`, `${folder}/owner/a`)
    assert.notEqual(await files.stat(`${folder}/owner/a`), null)
  })

  it('refuses them, what is in them, links to them, and to move or delete what they are in', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/own/secret`, 'x')
    putFile(`${folder}/a`, 'x')
    symlinkSync(`${folder}/own`, `${folder}/link`)
    const files = new LocalFileSystem({ allowed: null, forbidden: [`${folder}/own`, `${folder}/key`] })
    const message = /belongs to the node/
    for (const path of ['own', 'own/secret', 'own/new/b', 'link/secret', 'key', 'x/../own/secret']) {
      await assert.rejects(files.list(`${folder}/${path}`), { message })
      await assert.rejects(files.openForReading(`${folder}/${path}`), { message })
      await assert.rejects(files.openForWriting(`${folder}/${path}`), { message })
    }
    await assert.rejects(files.deleteTree(folder), { message })
    await assert.rejects(files.move(folder, `${folder}2`), { message })
    await assert.rejects(files.move(`${folder}/a`, `${folder}/own/a`), { message })
  })

  it('reads what came with a job wherever that is, by its name alone, and changes none of it', async (test) => {
    const folder = temporaryFolder(test)
    const [packaged, secret] = [`${folder}/node/files/one`, `${folder}/node/secret`]
    putFile(`${packaged}/in/a.csv`, 'a')
    putFile(secret, 'b')
    putFile(`${folder}/node/files/other/c.csv`, 'c')
    const policy = { allowed: [`${folder}/open`], forbidden: [`${folder}/node`], packaged }
    const own = new LocalFileSystem(policy)
    for (const [path, resolved] of [
      ['in/a.csv', `${packaged}/in/a.csv`],
      ['./in', `${packaged}/in`],
      ['.', packaged],
      ['in/../in/a.csv', `${packaged}/in/a.csv`],
      ['in/none.csv', `${process.cwd()}/in/none.csv`],
      ['../other/c.csv', resolve('../other/c.csv')],
      ['../../secret', resolve('../../secret')],
      [`${folder}/x`, `${folder}/x`],
    ] as const)
      assert.equal(own.resolve(path), resolved, path)
    assert.deepEqual(
      (await own.list(packaged)).map(({ path }) => path),
      [`${packaged}/in/a.csv`],
    )
    assert.equal((await own.stat(`${packaged}/in/a.csv`))?.sizeBytes, 1)
    await (await own.openForReading(`${packaged}/in/a.csv`)).close()
    for (const refused of [
      () => own.openForReading(secret),
      () => own.openForReading(`${folder}/node/files/other/c.csv`),
      () => own.list(`${folder}/node/files`),
      () => own.openForReading(`${packaged}/../other/c.csv`),
    ])
      await assert.rejects(refused(), /belongs to the node/)
    mkdirSync(`${folder}/open`)
    for (const refused of [
      () => own.openForWriting(`${packaged}/in/a.csv`),
      () => own.openForWriting(`${packaged}/new`),
      () => own.deleteTree(packaged),
      () => own.makeDirectory(`${packaged}/new`),
      () => own.move(`${packaged}/in/a.csv`, `${folder}/open/a.csv`),
    ])
      await assert.rejects(refused(), /are only read/)
    await assert.rejects(own.deleteTree(`${folder}/node`), /belongs to the node/)
    assert.equal(new LocalFileSystem(null).resolve('in/a.csv'), `${process.cwd()}/in/a.csv`)
  })
})
