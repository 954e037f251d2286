import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { MillraceError } from '../core/error.js'
import {
  findKeys,
  KEY_FILE_PROPERTY,
  KEY_FILE_VARIABLE,
  KEY_VARIABLE,
  newKeyFile,
  parseKeys,
  systemShadeAccess,
} from './shade-key.js'

const [A, B, C, D] = ['0a', '0b', '0c', '0d'].map((byte) => byte.repeat(32)) as [string, string, string, string]
const idOf = (key: string): string => parseKeys(key, 'test')[0].id
const folder = mkdtempSync(join(tmpdir(), 'millrace-keys-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function keyFile(name: string, text: string, mode = 0o600): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

/** The ids that are found, or the message. */
function found(
  access: Parameters<typeof systemShadeAccess>[0],
  properties: readonly (readonly [string, string])[] = [],
) {
  const request = { properties: new Map(properties), position: { file: join(folder, 'job.conf'), line: 1, column: 1 } }
  try {
    const { keys, warnings } = findKeys(systemShadeAccess(access), request)
    return [keys.map(({ id }) => id), warnings.map(({ message }) => message)]
  } catch (error) {
    assert.ok(error instanceof MillraceError && error.code === 'SHADE')
    return error.message
  }
}

describe('keys', () => {
  const base64 = Buffer.from(A, 'hex').toString('base64')
  for (const [sentence, text, ids] of [
    ['hexadecimal digits', A, [A]],
    ['base64', base64, [A]],
    ['base64 without padding', base64.replace('=', ''), [A]],
    ['several lines with comments', `# old and new\n${B} # new\r\n\n  ${A}\n`, [B, A]],
    ['one line', `${A},${B}`, [A, B]],
  ] as const) {
    it(`are read from ${sentence}`, () => {
      assert.deepEqual(
        parseKeys(text, 'test').map(({ id }) => id),
        ids.map(idOf),
      )
    })
  }

  for (const [text, message] of [
    ['', "'KEY' has no key"],
    ['# nothing', "'KEY' has no key"],
    ['sesame', "'KEY' has something that is no key"],
    [A.slice(2), "'KEY' has something that is no key"],
    [`${A}00`, "'KEY' has something that is no key"],
    [`${A} sesame`, "'KEY' has something that is no key"],
  ] as const) {
    it(`are not '${text.slice(0, 10)}…' (${text.length} characters), which is not shown`, () => {
      assert.throws(() => parseKeys(text, 'KEY'), { code: 'SHADE', message })
    })
  }

  it('have an id that is no part of them', () => {
    assert.match(idOf(A), /^[0-9a-f]{8}$/)
    assert.notEqual(idOf(A), idOf(B))
    assert.ok(!A.includes(idOf(A)))
  })

  it('are made anew every time', () => {
    const [one, two] = [newKeyFile(), newKeyFile()]
    assert.notEqual(one.id, two.id)
    assert.deepEqual(
      parseKeys(one.text, 'test').map(({ id }) => id),
      [one.id],
    )
  })
})

describe('the key of a document', () => {
  const file = keyFile('variable.key', A)
  const variables = new Map([
    [KEY_FILE_VARIABLE, file],
    [KEY_VARIABLE, B],
  ])
  const nodeFile = keyFile('node.key', C)
  keyFile('job.key', D)
  const named = [[KEY_FILE_PROPERTY, 'job.key']] as const

  it('is the one of the variable', () =>
    assert.deepEqual(found({ variables: new Map([[KEY_VARIABLE, B]]) }), [[idOf(B)], []]))
  it('is sooner the one of the key file', () => assert.deepEqual(found({ variables }), [[idOf(A)], []]))
  it('is sooner the one of the node', () => assert.deepEqual(found({ variables, keyFile: nodeFile }), [[idOf(C)], []]))
  it('is sooner the one that a trusted document names, relative to its file', () => {
    assert.deepEqual(found({ variables, keyFile: nodeFile, trustsDocuments: true }, named), [[idOf(D)], []])
  })
  it('is never the one that a document names which was sent to the node', () => {
    const message = "'key_file' has no effect in a document that was sent to the node"
    assert.deepEqual(found({ variables }, named), [[idOf(A)], [message]])
  })
  it('may be missing', () => {
    for (const none of [new Map(), new Map([[KEY_VARIABLE, ' ']]), new Map([[KEY_FILE_VARIABLE, '']])]) {
      assert.equal(found({ variables: none }), "there is no key for shade 'aes-256-gcm'")
    }
  })
})

describe('a key file', () => {
  const at = (path: string) => found({ variables: new Map(), keyFile: path })

  it('that others may read gives a warning', { skip: process.platform === 'win32' }, () => {
    for (const mode of [0o640, 0o604, 0o444]) {
      const path = keyFile(`read-${mode}.key`, A, mode)
      assert.deepEqual(at(path), [[idOf(A)], [`others may read the key file '${path}'`]])
    }
  })

  it('that others may change is refused', { skip: process.platform === 'win32' }, () => {
    for (const mode of [0o620, 0o602, 0o666]) {
      const path = keyFile(`write-${mode}.key`, A, mode)
      assert.equal(at(path), `others may change the key file '${path}'`)
    }
  })

  it('must be a file of keys', () => {
    const missing = join(folder, 'none.key')
    assert.equal(at(missing), `the key file '${missing}' cannot be read`)
    const directory = join(folder, 'directory')
    mkdirSync(directory, { mode: 0o700 })
    assert.equal(at(directory), `'${directory}' is no key file`)
    const large = keyFile('large.key', '#'.repeat(70_000))
    assert.equal(at(large), `'${large}' is no key file`)
    const empty = keyFile('empty.key', '')
    assert.equal(at(empty), `'${empty}' has no key`)
  })
})
