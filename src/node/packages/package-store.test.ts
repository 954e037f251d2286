import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { temporaryFolder } from '../../files/testing.js'
import { PackageStore, shownFileName } from './package-store.js'
import { inPieces, type ZipSample, zip } from './testing.js'

const JOB = `# Copies a file.
env { job.name = copy }
source { LocalFile { path = "data/in.csv", file_format_type = csv } }
sink { Console {} }
`
const LIMITS = { fileBytes: 100_000, totalBytes: 1_000_000 }
const NOW_MS = 1_700_000_000_000

async function opened(folder: string, limits = LIMITS): Promise<PackageStore> {
  const store = await PackageStore.open(join(folder, 'packages'), limits, () => NOW_MS)
  await store.sweep()
  return store
}

const withData: readonly ZipSample[] = [
  { name: 'job.conf', content: JOB },
  { name: 'data/', content: '', stored: true },
  { name: 'data/in.csv', content: '1\n2\n' },
]

/** Files below a folder, in the order of their names. */
function filesIn(folder: string, name: string): readonly string[] {
  return readdirSync(join(folder, 'packages', name)).toSorted()
}

/** What a package with these entries is found to be. */
async function uploaded(test: TestContext, samples: readonly ZipSample[] | Buffer | string, name = 'job.jar') {
  const folder = temporaryFolder(test)
  const store = await opened(folder)
  const bytes = typeof samples === 'string' || Buffer.isBuffer(samples) ? samples : zip(samples)
  return { folder, store, kept: await store.upload(name, inPieces(bytes)) }
}

describe('a package', () => {
  for (const { name, samples, entries } of [
    { name: 'a configuration at the root', samples: withData, entries: [['job.conf', 'Copies a file.']] },
    {
      name: 'configurations of every kind, in the order of their names',
      samples: [
        { name: 'z.sql', content: '-- one\n-- two\nCREATE TABLE a' },
        { name: 'config/b.json', content: '{}' },
        { name: 'a.CONF', content: '// said\n{}' },
        { name: 'other/c.conf' },
        { name: 'config/deep/d.conf' },
        { name: 'readme.txt' },
      ],
      entries: [
        ['a.CONF', 'said'],
        ['config/b.json', null],
        ['z.sql', 'one two'],
      ],
    },
    {
      name: 'what its manifest names, with a line that goes on',
      samples: [
        {
          name: 'META-INF/MANIFEST.MF',
          content: 'Manifest-Version: 1.0\r\nprogram-class: jobs/a, none,\r\n  jobs/b\r\n\r\n',
        },
        { name: 'jobs/a', content: JOB },
        { name: 'jobs/b', content: '/* block\n * two */' },
        { name: 'job.conf' },
      ],
      entries: [
        ['jobs/a', 'Copies a file.'],
        ['jobs/b', 'block two'],
      ],
    },
    {
      name: 'its Main-Class where program-class names nothing',
      samples: [
        { name: 'META-INF/MANIFEST.MF', content: 'Program-Class: org.x.Main\nMain-Class: main.conf\n' },
        { name: 'main.conf', content: JOB },
        { name: 'other.conf' },
      ],
      entries: [['main.conf', 'Copies a file.']],
    },
    {
      name: 'the usual places where the manifest names a class',
      samples: [
        { name: 'META-INF/MANIFEST.MF', content: 'Main-Class: org.x.Main\n' },
        { name: 'org/x/Main.class' },
        { name: 'job.conf', content: JOB },
        { name: 'reference.conf', content: 'akka {}' },
      ],
      entries: [['job.conf', 'Copies a file.']],
    },
    { name: 'a configuration as text', samples: JOB, entries: [['job.conf', 'Copies a file.']] },
    { name: 'JSON as text', samples: '{"source": [], "sink": []}', entries: [['job.json', null]] },
    {
      name: 'SQL as text',
      samples:
        "/* config\nenv { } */\nCREATE TABLE a WITH ('type'='source');\nCREATE TABLE b WITH ('type'='sink');\nINSERT INTO b SELECT * FROM a",
      entries: [['job.sql', null]],
    },
    { name: 'a text that is no job', samples: 'this is not a zip', entries: [] },
    { name: 'bytes', samples: Buffer.from([0, 255, 1, 254]), entries: [] },
    { name: 'nothing', samples: '', entries: [] },
    { name: 'an archive without a configuration', samples: [{ name: 'a.txt' }], entries: [] },
    {
      name: 'a program of Java',
      samples: [{ name: 'A.class' }, { name: 'reference.conf', content: 'a = 1' }],
      entries: [],
    },
    {
      name: 'a program of Java with double entries',
      samples: [{ name: 'A.class' }, { name: 'x' }, { name: 'x' }],
      entries: [],
    },
    { name: 'an archive that leads out', samples: [{ name: '../job.conf', content: JOB }], entries: [] },
  ] as const)
    it(`lists ${name}`, async (test) => {
      const { kept, store } = await uploaded(test, samples)
      assert.deepEqual(
        kept.entries.map((entry) => [entry.name, entry.description]),
        entries,
      )
      assert.deepEqual(store.list(), [kept])
      assert.match(kept.id, /^[0-9a-f-]{36}_job\.jar$/)
    })

  for (const { name, samples, entry, message } of [
    {
      name: 'several configurations and no name',
      samples: [{ name: 'a.conf' }, { name: 'b.conf' }],
      entry: null,
      message: "the package has several configurations and none was named: there is 'a.conf', 'b.conf'",
    },
    {
      name: 'a name that is not there',
      samples: [{ name: 'a.conf' }],
      entry: 'b.conf',
      message: "the package has no configuration 'b.conf': there is 'a.conf'",
    },
    {
      name: 'a file that is no configuration',
      samples: [{ name: 'a.conf' }, { name: 'secret.txt' }],
      entry: 'secret.txt',
      message: "the package has no configuration 'secret.txt': there is 'a.conf'",
    },
    {
      name: 'another name than that of a text',
      samples: JOB,
      entry: 'x',
      message: "the package has no configuration 'x': there is 'job.conf'",
    },
    {
      name: 'no configuration',
      samples: [{ name: 'a.txt' }],
      entry: null,
      message: 'the package has no job configuration: no .conf, .json or .sql at its root or in config/',
    },
    {
      name: 'no configuration in the usual places, and a name that is not there either',
      samples: [{ name: 'deep/er/job.conf' }],
      entry: 'job.conf',
      message: "the package has no configuration 'job.conf'",
    },
    {
      name: 'a program of Java',
      samples: [{ name: 'A.class' }],
      entry: 'A',
      message: 'the package contains Java bytecode and no job configuration; this engine runs SeaTunnel job files',
    },
    {
      name: 'something else',
      samples: 'hello',
      entry: null,
      message: 'the package is neither a zip archive nor a job configuration',
    },
    {
      name: 'an encrypted archive',
      samples: [{ name: 'a.conf', says: { flags: 0x801 } }],
      entry: null,
      message: "the archive is not accepted: 'a.conf' is encrypted",
    },
    {
      name: 'a bomb',
      samples: [{ name: 'a.conf' }, { name: 'zeros', content: Buffer.alloc(4 * 1024 * 1024) }],
      entry: null,
      message: "the archive is not accepted: 'zeros' would be more than 100 times its packed size",
    },
    {
      name: 'an archive that leads out',
      samples: [{ name: '../a.conf' }],
      entry: null,
      message: "the archive is not accepted: '../a.conf' leads out of its folder",
    },
  ] as const)
    it(`is not run with ${name}`, async (test) => {
      const { kept, store } = await uploaded(test, samples)
      await assert.rejects(store.open(kept.id, entry), { code: 'JOB_PACKAGE', message })
    })

  it('gives its configuration, and one that is not listed', async (test) => {
    const { kept, store } = await uploaded(test, [...withData, { name: 'more/Other.JSON', content: '{"a": 1}' }])
    for (const [entry, format, text] of [
      [null, 'hocon', JOB],
      ['job.conf', 'hocon', JOB],
      ['more/Other.JSON', 'json', '{"a": 1}'],
    ] as const) {
      const job = await store.open(kept.id, entry)
      assert.deepEqual([job?.text, job?.format, job?.fileName], [text, format, entry ?? 'job.conf'])
      job?.release()
    }
    assert.equal(await store.open('none', null), null)
    const elsewhere = await uploaded(test, [{ name: 'deep/er/job.conf', content: JOB }, { name: 'deep/er/data' }])
    assert.deepEqual(elsewhere.kept.entries, [])
    const named = await elsewhere.store.open(elsewhere.kept.id, 'deep/er/job.conf')
    assert.deepEqual([named?.text, named?.fileName], [JOB, 'deep/er/job.conf'])
    named?.release()
  })

  it('has no files beside a single configuration', async (test) => {
    for (const samples of [JOB, [{ name: 'job.conf', content: JOB }, { name: 'META-INF/MANIFEST.MF' }]]) {
      const { kept, store } = await uploaded(test, samples)
      const job = await store.open(kept.id, null)
      assert.equal(job?.content, null)
      job?.release()
    }
  })
})

describe('the store of packages', () => {
  it('unpacks files for whoever holds them, readable and at a fixed time', async (test) => {
    const { kept, store, folder } = await uploaded(test, [...withData, { name: 'A.class' }, { name: 'META-INF/x' }])
    const job = await store.open(kept.id, null)
    const content = job?.content ?? ''
    const [files, again] = await Promise.all([store.folder(content), store.folder(content)])
    assert.equal(files, again)
    assert.equal(readFileSync(join(files, 'data/in.csv'), 'utf8'), '1\n2\n')
    assert.deepEqual(readdirSync(files).toSorted(), ['data', 'job.conf'])
    const { mode, mtimeMs } = statSync(join(files, 'data/in.csv'))
    assert.deepEqual([mode & 0o777, mtimeMs], [0o400, Date.UTC(2000, 0, 1)])
    job?.release()
    job?.release()
    await store.close()
    assert.deepEqual([filesIn(folder, 'files'), filesIn(folder, 'incoming')], [[], []])
  })

  it('keeps the content of a package that is deleted while somebody holds it', async (test) => {
    const { kept, store, folder } = await uploaded(test, withData)
    const job = await store.open(kept.id, null)
    const content = job?.content ?? ''
    assert.deepEqual(await Promise.all([store.remove(kept.id), store.remove(kept.id)]), [true, false])
    assert.equal(await store.open(kept.id, null), null)
    assert.equal(readFileSync(join(await store.folder(content), 'data/in.csv'), 'utf8'), '1\n2\n')
    store.hold(content)
    job?.release()
    await store.close()
    assert.equal(filesIn(folder, 'contents').length, 1)
    store.release(content)
    await store.close()
    assert.deepEqual([filesIn(folder, 'contents'), filesIn(folder, 'files')], [[], []])
    await assert.rejects(store.folder(content), { code: 'JOB_PACKAGE' })
  })

  it('stores equal files once, and forgets them with the last package', async (test) => {
    const { kept, store, folder } = await uploaded(test, withData)
    const second = await store.upload('dir/other.jar', inPieces(zip(withData)))
    assert.deepEqual(
      store.list().map(({ name }) => name),
      ['other.jar', 'job.jar'],
    )
    assert.notEqual(kept.id, second.id)
    assert.equal(filesIn(folder, 'contents').length, 1)
    await store.remove(kept.id)
    assert.equal(filesIn(folder, 'contents').length, 1)
    await store.remove(second.id)
    assert.deepEqual([filesIn(folder, 'contents'), filesIn(folder, 'records'), store.list()], [[], [], []])
  })

  it('knows its packages again, and forgets what nobody needs', async (test) => {
    const { kept, store, folder } = await uploaded(test, withData)
    const gone = await store.upload('gone.jar', inPieces(JOB))
    const job = await store.open(gone.id, null)
    await store.folder((await store.open(kept.id, null))?.content ?? '')
    await store.remove(gone.id)
    assert.ok(job !== null)
    assert.equal(filesIn(folder, 'contents').length, 2)
    writeFileSync(join(folder, 'packages', 'incoming', 'half'), 'x')
    writeFileSync(join(folder, 'packages', 'records', 'broken.json'), '{')
    const again = await opened(folder)
    assert.deepEqual(again.list(), [kept])
    assert.deepEqual([filesIn(folder, 'incoming'), filesIn(folder, 'files')], [[], []])
    assert.equal(filesIn(folder, 'contents').length, 1)
    const reopened = await again.open(kept.id, null)
    assert.equal(readFileSync(join(await again.folder(reopened?.content ?? ''), 'data/in.csv'), 'utf8'), '1\n2\n')
  })

  for (const { name, limits } of [
    { name: 'a file beyond the limit', limits: { fileBytes: 999, totalBytes: 10_000 } },
    { name: 'a file without room', limits: { fileBytes: 10_000, totalBytes: 999 } },
  ])
    it(`refuses ${name} and leaves nothing`, async (test) => {
      const folder = temporaryFolder(test)
      const store = await opened(folder, limits)
      await assert.rejects(store.upload('a.jar', inPieces(Buffer.alloc(1000), 100)), { code: 'BODY_TOO_LARGE' })
      assert.deepEqual([filesIn(folder, 'incoming'), filesIn(folder, 'contents'), store.list()], [[], [], []])
      await store.upload('a.jar', inPieces(Buffer.alloc(999), 100))
    })

  it('gives the room of what is gone to others, unpacked files too', async (test) => {
    const folder = temporaryFolder(test)
    const large = zip([
      { name: 'job.conf', content: JOB },
      { name: 'data', content: Buffer.alloc(3000) },
    ])
    const store = await opened(folder, { fileBytes: 10_000, totalBytes: large.length + 3200 })
    const kept = await store.upload('a.jar', inPieces(large))
    const job = await store.open(kept.id, null)
    await store.folder(job?.content ?? '')
    const more = (): Promise<unknown> => store.upload('b.jar', inPieces(Buffer.alloc(2000)))
    await assert.rejects(more(), { code: 'BODY_TOO_LARGE' })
    job?.release()
    await store.close()
    await more()
    const again = await store.open(kept.id, null)
    await assert.rejects(store.folder(again?.content ?? ''), { code: 'BODY_TOO_LARGE' })
    again?.release()
  })

  it('leaves nothing of an upload that breaks off', async (test) => {
    const folder = temporaryFolder(test)
    const store = await opened(folder)
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('a')
      throw new Error('the client left')
    }
    await assert.rejects(store.upload('a.jar', broken()), { message: 'the client left' })
    assert.deepEqual([filesIn(folder, 'incoming'), filesIn(folder, 'contents'), store.list()], [[], [], []])
  })

  for (const { name, samples, message } of [
    {
      name: 'contents that are not what the list says',
      samples: [{ name: 'a', says: { crc32: 1 } }],
      message: "the archive is not accepted: the content of 'a' is damaged",
    },
    {
      name: 'contents that are longer than the list says',
      samples: [{ name: 'a', says: { bytes: 3 } }],
      message: "the archive is not accepted: the content of 'a' is damaged",
    },
    {
      name: 'a file in the place of a folder',
      samples: [{ name: 'a' }, { name: 'a/b' }],
      message: "the archive is not accepted: 'a/b' is in the place of another entry",
    },
  ])
    it(`does not unpack ${name}`, async (test) => {
      const { kept, store, folder } = await uploaded(test, [{ name: 'job.conf', content: JOB }, ...samples])
      const job = await store.open(kept.id, null)
      await assert.rejects(store.folder(job?.content ?? ''), { code: 'ARCHIVE_REFUSED', message })
      assert.deepEqual([filesIn(folder, 'files'), filesIn(folder, 'incoming')], [[], []])
      job?.release()
    })

  it('has no folder for what is no content', async (test) => {
    const store = await opened(temporaryFolder(test))
    for (const content of ['', '..', '../records', 'a'.repeat(64)])
      await assert.rejects(store.folder(content), { code: 'JOB_PACKAGE' })
  })

  it('says when it cannot write', async (test) => {
    const folder = temporaryFolder(test)
    writeFileSync(join(folder, 'packages'), 'a file')
    await assert.rejects(opened(folder), { code: 'STORE_FAILED' })
    assert.ok(existsSync(join(folder, 'packages')))
  })

  it('shows the last part of a name', () => {
    for (const [name, expected] of [
      ['job.jar', 'job.jar'],
      ['../../evil.jar', 'evil.jar'],
      ['C:\\dir\\a b.jar', 'a b.jar'],
      ['bäckup job.jar', 'bäckup job.jar'],
      ['a\r\nb.jar', 'a__b.jar'],
      ['', 'package'],
      ['dir/', 'package'],
      ['x'.repeat(300), 'x'.repeat(200)],
    ] as const)
      assert.equal(shownFileName(name), expected)
  })
})
