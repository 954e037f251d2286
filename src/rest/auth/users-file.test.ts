import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { hashPassword, parsePasswordHash, verifyPassword } from './password.js'
import { mayAccess } from './user.js'
import { parseUsers, readUsersFile } from './users-file.js'

const HASH = 'scrypt:16384:8:1:AAAAAAAAAAAAAAAAAAAAAA==:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='

describe('hashPassword', () => {
  it('gives a hash that only its password belongs to', async () => {
    const text = await hashPassword('pässword')
    const stored = parsePasswordHash(text)
    assert.ok(stored !== null)
    assert.equal(await verifyPassword('pässword', stored), true)
    for (const wrong of ['password', '', 'pässword ', 'x'.repeat(5000)])
      assert.equal(await verifyPassword(wrong, stored), false)
  })

  it('gives another hash for the same password each time', async () => {
    assert.notEqual(await hashPassword('a'), await hashPassword('a'))
  })

  it('computes what RFC 7914 says', async () => {
    const stored = parsePasswordHash(
      `scrypt:1024:8:16:${Buffer.from('NaClNaCl').toString('base64')}:${Buffer.from(
        'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640',
        'hex',
      ).toString('base64')}`,
    )
    // The vector of the document has the salt 'NaCl', which is shorter than we allow.
    assert.ok(stored !== null)
    assert.equal(await verifyPassword('password', { ...stored, salt: Buffer.from('NaCl') }), true)
  })

  for (const password of ['', 'x'.repeat(1025)])
    it(`refuses a password of ${password.length} characters`, async () => {
      await assert.rejects(hashPassword(password), { code: 'HTTP_SETTINGS' })
    })
})

describe('parsePasswordHash', () => {
  for (const text of [
    '',
    'scrypt',
    'bcrypt:1:2:3:AAAA:AAAA',
    HASH.replace('16384', '16383'),
    HASH.replace('16384', '0'),
    HASH.replace('16384', '1048576'),
    HASH.replace(':8:', ':0:'),
    HASH.replace(':1:', ':99:'),
    HASH.replace('AAAAAAAAAAAAAAAAAAAAAA==', 'AA=='),
    `${HASH} `,
  ])
    it(`refuses '${text}'`, () => assert.equal(parsePasswordHash(text), null))

  it('takes what the format says', () => assert.notEqual(parsePasswordHash(HASH), null))
})

describe('parseUsers', () => {
  it('reads names, roles and hashes, and leaves out comments and empty lines', () => {
    const users = parseUsers(`# people\r\n\n  alice\tsubmit  ${HASH}\r\ngrafana read ${HASH}`, 'users')
    assert.deepEqual(
      [...users.values()].map(({ name, role }) => [name, role]),
      [
        ['alice', 'submit'],
        ['grafana', 'read'],
      ],
    )
  })

  it('reads an empty file', () => assert.equal(parseUsers('', 'users').size, 0))

  for (const { line, message } of [
    { line: 'alice submit', message: 'a line with a user has a name, a role and a hash' },
    { line: `alice submit ${HASH} more`, message: 'a line with a user has a name, a role and a hash' },
    { line: `al:ice submit ${HASH}`, message: "'al:ice' is no user name" },
    { line: `alice root ${HASH}`, message: "user 'alice' has an unknown role" },
    { line: 'alice submit secret', message: "user 'alice' has a faulty hash" },
    { line: `alice read ${HASH}\nalice read ${HASH}`, message: "user 'alice' is there twice" },
  ])
    it(`refuses '${line.slice(0, 30)}'`, () =>
      assert.throws(() => parseUsers(line, 'users'), { code: 'HTTP_SETTINGS', message }))
})

describe('readUsersFile', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-users-'))
  after(() => rmSync(folder, { recursive: true, force: true }))

  it('warns of a file that others can read', async () => {
    const path = join(folder, 'users')
    writeFileSync(path, `alice submit ${HASH}\n`, { mode: 0o600 })
    assert.deepEqual((await readUsersFile(path)).warnings, [])
    chmodSync(path, 0o644)
    const { warnings, accounts } = await readUsersFile(path)
    assert.equal(accounts.size, 1)
    assert.deepEqual(warnings, [`the file with users '${path}' can be read by others: run 'chmod 600'`])
  })

  it('refuses a file that is not there or too large', async () => {
    await assert.rejects(readUsersFile(join(folder, 'none')), { code: 'HTTP_SETTINGS' })
    const path = join(folder, 'large')
    writeFileSync(path, '#'.repeat(1024 * 1024 + 1))
    await assert.rejects(readUsersFile(path), { code: 'HTTP_SETTINGS' })
  })
})

describe('roles', () => {
  it('include those in front of them', () => {
    assert.deepEqual(
      (['read', 'operate', 'submit'] as const).map((role) =>
        (['read', 'operate', 'submit'] as const).map((access) => mayAccess(role, access)),
      ),
      [
        [true, false, false],
        [true, true, false],
        [true, true, true],
      ],
    )
  })
})
