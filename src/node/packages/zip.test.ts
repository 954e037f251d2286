import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { zip } from './testing.js'
import { inspectZip, nameFault, ZIP_LIMITS, zipNames } from './zip.js'

describe('inspectZip', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-zip-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  const inspect = (bytes: Buffer, limits = ZIP_LIMITS) => {
    const path = join(folder, 'sample.zip')
    writeFileSync(path, bytes)
    return inspectZip(path, limits)
  }

  it('lists what is in an archive', async () => {
    const plain = [
      { name: 'META-INF/', stored: true, content: Buffer.alloc(0) },
      { name: 'META-INF/MANIFEST.MF' },
      { name: 'é' },
    ]
    const { entries, totalBytes } = await inspect(zip(plain))
    assert.deepEqual(
      entries.map(({ name, bytes }) => [name, bytes]),
      [
        ['META-INF/', 0],
        ['META-INF/MANIFEST.MF', 7],
        ['é', 7],
      ],
    )
    assert.equal(totalBytes, 14)
    assert.deepEqual((await inspect(zip([]))).entries, [])
  })

  it('finds the list in front of a comment', async () => {
    const bytes = zip([{ name: 'a' }])
    bytes.writeUInt16LE(5, bytes.length - 2)
    assert.equal((await inspect(Buffer.concat([bytes, Buffer.from('hello')]))).entries.length, 1)
  })

  it('takes small contents that are packed well', async () => {
    assert.equal((await inspect(zip([{ name: 'blanks', content: Buffer.alloc(1024 * 1024) }]))).entries.length, 1)
  })

  const bomb = { name: 'zeros', content: Buffer.alloc(4 * 1024 * 1024) }
  const gigabyte = { bytes: 0x3fffffff, packedBytes: 0x3fffffff }
  for (const { name, bytes, message } of [
    { name: 'no archive', bytes: Buffer.from('hello'), message: 'it has no list of contents' },
    { name: 'nothing', bytes: Buffer.alloc(0), message: 'it has no list of contents' },
    {
      name: 'an archive that was cut',
      bytes: zip([{ name: 'a' }]).subarray(0, 60),
      message: 'it has no list of contents',
    },
    { name: 'a parent', bytes: zip([{ name: '../a' }]), message: "'../a' leads out of its folder" },
    { name: 'a parent inside', bytes: zip([{ name: 'a/../../b' }]), message: "'a/../../b' leads out of its folder" },
    { name: 'an absolute name', bytes: zip([{ name: '/etc/passwd' }]), message: "'/etc/passwd' has an absolute name" },
    { name: 'a drive', bytes: zip([{ name: 'C:/a' }]), message: "'C:/a' has an absolute name" },
    {
      name: 'a backslash',
      bytes: zip([{ name: '..\\a' }]),
      message: "'..\\a' has characters that a name must not have",
    },
    { name: 'a NUL', bytes: zip([{ name: 'a\0b' }]), message: "'a?b' has characters that a name must not have" },
    { name: 'an empty name', bytes: zip([{ name: '' }]), message: "'' has no usable name" },
    { name: 'a link', bytes: zip([{ name: 'a', says: { mode: 0o120777 } }]), message: "'a' is a link or a device" },
    { name: 'a device', bytes: zip([{ name: 'a', says: { mode: 0o020666 } }]), message: "'a' is a link or a device" },
    { name: 'encryption', bytes: zip([{ name: 'a', says: { flags: 1 } }]), message: "'a' is encrypted" },
    {
      name: 'another packing',
      bytes: zip([{ name: 'a', says: { method: 14 } }]),
      message: "'a' is packed in a way that is not read",
    },
    {
      name: 'a name that is no UTF-8',
      bytes: zip([{ name: Buffer.from([0x61, 0xff]), says: { flags: 0 } }]),
      message: "the name of 'a?' is no UTF-8",
    },
    { name: 'a double name', bytes: zip([{ name: 'a' }, { name: 'a' }]), message: "'a' is there twice" },
    { name: 'a bomb', bytes: zip([bomb]), message: "'zeros' would be more than 100 times its packed size" },
    {
      name: 'many small bombs',
      bytes: zip(Array.from({ length: 8 }, (_, index) => ({ name: `${index}`, content: Buffer.alloc(500_000) }))),
      message: 'its contents would be more than 100 times their packed size',
    },
    {
      name: 'overlapping entries',
      bytes: zip([{ name: 'aa' }, { name: 'bb', localName: 'aa', says: { offset: 0 } }]),
      message: "'aa' overlaps what follows it",
    },
    {
      name: 'two entries in one place',
      bytes: zip([{ name: 'a', says: { packedBytes: 40 } }, { name: 'b' }]),
      message: "'a' overlaps what follows it",
    },
    {
      name: 'another name in front of the contents',
      bytes: zip([{ name: 'a', localName: 'b' }]),
      message: "'a' is not where the list of contents says",
    },
    {
      name: 'an entry behind the end',
      bytes: zip([{ name: 'a', says: { offset: 5000 } }]),
      message: "'a' is not where the list of contents says",
    },
    {
      name: 'a stored entry of another size',
      bytes: zip([{ name: 'a', stored: true, says: { bytes: 8 } }]),
      message: "'a' is not as large as it says",
    },
    {
      name: 'a list that is elsewhere',
      bytes: zip([{ name: 'a' }], { offset: 0 }),
      message: 'its list of contents is damaged',
    },
    {
      name: 'a list behind the end',
      bytes: zip([{ name: 'a' }], { offset: 100_000 }),
      message: 'its list of contents is not where it says',
    },
    {
      name: 'a list that is too long',
      bytes: zip([{ name: 'a' }], { bytes: 0x7fffffff }),
      message: 'its list of contents is not where it says',
    },
    {
      name: 'fewer entries than it says',
      bytes: zip([{ name: 'a' }], { entries: 2 }),
      message: 'its list of contents is damaged',
    },
    {
      name: 'more entries than it says',
      bytes: zip([{ name: 'a' }, { name: 'b' }], { entries: 1 }),
      message: 'its list of contents is damaged',
    },
    {
      name: 'more than 10,000 entries',
      bytes: zip([{ name: 'a' }], { entries: 10_001 }),
      message: 'it has 10001 entries, more than 10000',
    },
    {
      name: 'more than a gigabyte',
      bytes: zip([
        { name: 'a', says: gigabyte },
        { name: 'b', says: gigabyte },
      ]),
      message: 'its contents have more than 1073741824 bytes',
    },
    {
      name: 'sizes that are nowhere',
      bytes: zip([{ name: 'a', says: { bytes: 0xffffffff } }]),
      message: 'its list of contents is damaged',
    },
  ])
    it(`refuses ${name}`, async () => {
      await assert.rejects(inspect(bytes), {
        code: 'ARCHIVE_REFUSED',
        message: `the archive is not accepted: ${message}`,
      })
    })

  it('survives any broken byte', async () => {
    const sound = zip([{ name: 'a' }, { name: 'b/c' }])
    for (let index = 0; index < sound.length; index += 1)
      for (const value of [0, 0x7f, 0xff]) {
        const broken = Buffer.from(sound)
        broken[index] = value
        await inspect(broken).catch((error: unknown) => {
          assert.equal((error as { code?: string }).code, 'ARCHIVE_REFUSED', `byte ${index} as ${value}: ${error}`)
        })
      }
  })

  it('takes a name in UTF-8 from a program that does not say so', async () => {
    const { entries } = await inspect(zip([{ name: 'é', says: { flags: 0 } }]))
    assert.deepEqual(
      entries.map(({ name }) => name),
      ['é'],
    )
  })

  it('reads sizes and places of archives that are large by their form', async () => {
    const { entries, totalBytes } = await inspect(zip([{ name: 'a', isLarge: true }, { name: 'b' }], { isLarge: true }))
    assert.deepEqual(
      entries.map(({ name }) => name),
      ['a', 'b'],
    )
    assert.equal(totalBytes, 14)
  })

  it('gives the names of what would be refused', async () => {
    const path = join(folder, 'sample.zip')
    writeFileSync(path, zip([{ name: '../a' }, { name: 'a' }, { name: 'a' }]))
    assert.deepEqual(await zipNames(path), ['../a', 'a', 'a'])
    for (const bytes of [Buffer.from('hello'), zip([{ name: 'a' }], { bytes: 0x7fffffff })]) {
      writeFileSync(path, bytes)
      assert.equal(await zipNames(path), null)
    }
  })

  it('says when the file is not there', async () => {
    await assert.rejects(inspectZip(join(folder, 'none')), { code: 'FILE_READ_FAILED' })
  })

  it('takes names of folders and files', () => {
    for (const name of ['a', 'a/', 'a/b', 'a..b', '..a', 'a/b/']) assert.equal(nameFault(name), null, name)
    for (const name of ['.', '..', 'a//b', './a', 'a/.', '/', 'x'.repeat(4097)])
      assert.notEqual(nameFault(name), null, name)
  })
})
