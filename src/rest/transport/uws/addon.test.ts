import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { installedAddon, loadAddon } from './addon.js'
import { addressText } from './address.js'
import { ADDON_DIGESTS } from './digests.js'
import { mayAccept, openFiles } from './open-files.js'

describe('the addon', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-addon-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  const installed = installedAddon()

  it('is one of the files of the pinned package, and they are all known', () => {
    const digests = new Map(
      readdirSync(installed.folder)
        .filter((name) => name.endsWith('.node'))
        .map((name) => [
          name,
          createHash('sha256')
            .update(readFileSync(join(installed.folder, name)))
            .digest('hex'),
        ]),
    )
    assert.deepEqual([...digests].sort(), [...ADDON_DIGESTS].sort())
  })

  it('is not loaded when a byte of it differs', async () => {
    const path = join(folder, installed.file)
    copyFileSync(join(installed.folder, installed.file), path)
    const bytes = readFileSync(path)
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1
    writeFileSync(path, bytes)
    await assert.rejects(loadAddon({ folder, file: installed.file }), {
      code: 'BACKEND_UNAVAILABLE',
      message: `uWebSockets.js cannot be used: '${path}' is not the file of the pinned package: its SHA-256 differs`,
    })
  })

  it('is not there for every system', async () => {
    await assert.rejects(loadAddon({ folder, file: 'uws_plan9_x64_1.node' }), { code: 'BACKEND_UNAVAILABLE' })
    await assert.rejects(loadAddon({ folder: join(folder, 'none'), file: installed.file }), {
      code: 'BACKEND_UNAVAILABLE',
    })
  })
})

describe('addressText', () => {
  for (const [bytes, expected] of [
    ['7f000001', '127.0.0.1'],
    ['c0000201', '192.0.2.1'],
    ['00000000000000000000000000000001', '::1'],
    ['20010db8000000000000000000000001', '2001:db8::1'],
    ['00000000000000000000ffffc0000201', '192.0.2.1'],
    ['', ''],
    ['7f', ''],
  ] as const)
    it(`writes '${expected}'`, () => {
      const copy = new Uint8Array(Buffer.from(bytes, 'hex'))
      assert.equal(addressText(copy.buffer), expected)
    })
})

describe('the watch over open files', () => {
  for (const { isAccepting, used, expected } of [
    { isAccepting: true, used: 79, expected: true },
    { isAccepting: true, used: 80, expected: false },
    { isAccepting: false, used: 70, expected: false },
    { isAccepting: false, used: 69, expected: true },
  ])
    it(`${expected ? 'accepts' : 'does not accept'} with ${used} of 100 files when it did${isAccepting ? '' : ' not'} before`, () =>
      assert.equal(mayAccept(isAccepting, { used, limit: 100 }), expected))

  it('accepts where the system does not tell', () => assert.equal(mayAccept(false, null), true))

  it('reads what the system tells', async () => {
    const files = await openFiles()
    if (process.platform === 'linux') assert.ok(files !== null && files.used > 2 && files.used < files.limit)
  })
})
