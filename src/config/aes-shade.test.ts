import assert from 'node:assert/strict'
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { describe, it } from 'node:test'
import { asMillraceErrors } from '../core/error.js'
import { loadBackend } from '../native/load.js'
import { type ConfigObject, toJsonText } from './document.js'
import { parseHocon } from './hocon/hocon.js'
import { decryptDocument, encryptDocument, ShadeRegistry } from './shade.js'
import { KEY_VARIABLE, parseKeys, systemShadeAccess } from './shade-key.js'

const KEY = '07'.repeat(32)
const OTHER_KEY = '08'.repeat(32)
const [{ id: KEY_ID }] = parseKeys(KEY, 'test')
const [{ id: OTHER_ID }] = parseKeys(OTHER_KEY, 'test')
const PREFIX = `aes-256-gcm:v1:${KEY_ID}:`
const ENV = 'env { shade.identifier = aes-256-gcm }\n'

function document(text: string): ConfigObject {
  return parseHocon(ENV + text, 'job.conf')
}

function shades(keys: string, kind: 'native' | 'wasm' = 'native'): ShadeRegistry {
  const access = systemShadeAccess({ variables: new Map([[KEY_VARIABLE, keys]]) })
  return new ShadeRegistry({ ...access, backend: () => loadBackend(kind) })
}

/** What Node's own implementation makes of a text. */
function sealedByNode(text: string, nonce = Buffer.alloc(12, 5)): string {
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(KEY, 'hex'), nonce).setAAD(Buffer.from(PREFIX))
  const body = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return PREFIX + body.toString('base64url')
}

function openedByNode(sealed: string): string {
  const body = Buffer.from(sealed.slice(PREFIX.length), 'base64url')
  const cipher = createDecipheriv('aes-256-gcm', Buffer.from(KEY, 'hex'), body.subarray(0, 12))
  cipher.setAAD(Buffer.from(PREFIX)).setAuthTag(body.subarray(-16))
  return Buffer.concat([cipher.update(body.subarray(12, -16)), cipher.final()]).toString('utf8')
}

/** Values of `sink[0].password` after decryption, or the faults. */
function decrypted(value: string, keys = KEY): string {
  try {
    const { root } = decryptDocument(document(`sink { C { password = "${value}" } }`), shades(keys))
    return /"password":"([^"]*)"/.exec(toJsonText(root))?.[1] ?? ''
  } catch (thrown) {
    return asMillraceErrors(thrown)
      .map(({ code, message, details }) => `${code} ${message} (${details.path}:${details.position?.line})`)
      .join()
  }
}

for (const kind of ['native', 'wasm'] as const) {
  describe(`aes-256-gcm by the ${kind} kernels`, () => {
    const texts = [
      '',
      'a',
      'seatunnel_password',
      'pässwörd 数 🔑',
      'x'.repeat(1000),
      'two\nlines',
      'nul\0',
      'half \ud800',
    ]

    it('is opened by node:crypto', () => {
      const backend = loadBackend(kind)
      const keys = [{ prefix: PREFIX, bytes: Buffer.from(KEY, 'hex') }]
      const nonces = Buffer.from(texts.flatMap((_, index) => new Array<number>(12).fill(index)))
      const sealed = backend.shade('encrypt', keys, { texts, nonces })
      assert.deepEqual(
        sealed.map((text) => openedByNode(String(text))),
        texts.map((text) => text.toWellFormed()),
      )
      assert.deepEqual(
        backend.shade('decrypt', keys, { texts: sealed.map(String), nonces: new Uint8Array() }),
        texts.map((text) => text.toWellFormed()),
      )
    })

    it('opens what node:crypto sealed', () => {
      const keys = [{ prefix: PREFIX, bytes: Buffer.from(KEY, 'hex') }]
      const sealed = [...texts.map((text) => sealedByNode(text)), 'no such thing', `${PREFIX}AAAA`]
      assert.deepEqual(loadBackend(kind).shade('decrypt', keys, { texts: sealed, nonces: new Uint8Array() }), [
        ...texts.map((text) => text.toWellFormed()),
        { refused: 'prefix' },
        { refused: 'broken' },
      ])
    })

    it('takes no texts, and refuses missing keys and nonces', () => {
      const backend = loadBackend(kind)
      const none = new Uint8Array()
      assert.deepEqual(backend.shade('decrypt', [], { texts: [], nonces: none }), [])
      const key = { prefix: '', bytes: new Uint8Array(32) }
      for (const [keys, nonces] of [
        [[], new Uint8Array(12)],
        [[key], none],
        [[{ ...key, bytes: new Uint8Array(16) }], new Uint8Array(12)],
      ] as const) {
        assert.throws(() => backend.shade('encrypt', keys, { texts: ['a'], nonces }), { code: 'PROGRAM_INVALID' })
      }
    })

    it('goes through a document and back', () => {
      const plain = document(
        'source { F { username = u, password = [a, "ü"], kafka { sasl.jaas.config = s, port = 1 }, token = null } }\n' +
          'transform { T { api_key = k } }\nsink { C { auth { user = x, list = [1, true] }, path = p } }',
      )
      const { root, warnings } = encryptDocument(plain, shades(KEY, kind))
      const text = toJsonText(root)
      assert.equal(text.split(PREFIX).length - 1, 8)
      assert.ok(text.includes('"port":1') && text.includes('"token":null') && text.includes('"path":"p"'), text)
      assert.deepEqual(warnings, [])
      const back = toJsonText(decryptDocument(root, shades(KEY, kind)).root)
      assert.equal(back, toJsonText(plain).replace('[1,true]', '["1","true"]'))
    })
  })
}

describe('aes-256-gcm', () => {
  const sealed = sealedByNode('open sesame')

  it('never gives the same value twice', () => {
    const once = (): string =>
      toJsonText(encryptDocument(document('source { F { } }\nsink { C { token = t } }'), shades(KEY)).root)
    assert.notEqual(once(), once())
  })

  it('leaves values alone that are encrypted already', () => {
    const plain = document(`source { F { password = "${sealed}" } }\nsink { C { token = new } }`)
    const text = toJsonText(encryptDocument(plain, shades(`${OTHER_KEY} ${KEY}`)).root)
    assert.ok(text.includes(sealed) && text.includes(`aes-256-gcm:v1:${OTHER_ID}:`), text)
  })

  it('does not encrypt a value again that was encrypted with a key that is not here', () => {
    const plain = document(`source { F { password = "${sealed}" } }\nsink { C { } }`)
    assert.throws(() => encryptDocument(plain, shades(OTHER_KEY)), {
      code: 'SHADE',
      message: `the value is encrypted with the key '${KEY_ID}', which is not here`,
    })
  })

  it('decrypts with every key of the ring', () => {
    assert.equal(decrypted(sealed, `${OTHER_KEY}\n${KEY}`), 'open sesame')
  })

  it('decrypts encrypted values under any key, and does not ask for them there', () => {
    const { root, secrets } = decryptDocument(
      document(
        `env { e { sink { x = "${sealed}" } } }\nsink { C { path = "${sealed}", other = [{ deep = "${sealed}" }], plain = p } }`,
      ),
      shades(KEY),
    )
    assert.ok(!toJsonText(root).includes(PREFIX))
    assert.deepEqual(secrets, ['open sesame', 'open sesame', 'open sesame'])
  })

  const at = '(sink[0].password:2)'
  for (const [sentence, value, said, keys] of [
    ['a plain value', 'plain-secret', `SHADE the value is not encrypted ${at}`, KEY],
    ['an empty value', '', `SHADE the value is not encrypted ${at}`, KEY],
    [
      'another key',
      sealed,
      `SHADE the value is encrypted with the key '${KEY_ID}', which is not here ${at}`,
      OTHER_KEY,
    ],
    ['a later form', sealed.replace(':v1:', ':v2:'), `SHADE the value is encrypted in the form 'v2' ${at}`, KEY],
    [
      'a changed letter',
      `${sealed.slice(0, -3)}A${sealed.slice(-2)}`,
      `SHADE the encrypted value was changed or cut off ${at}`,
      KEY,
    ],
    ['a cut value', sealed.slice(0, -4), `SHADE the encrypted value was changed or cut off ${at}`, KEY],
    ['a prefix alone', PREFIX, `SHADE the encrypted value was changed or cut off ${at}`, KEY],
    [
      'a changed key id',
      sealed.replace(KEY_ID, OTHER_ID),
      `SHADE the encrypted value was changed or cut off ${at}`,
      `${KEY} ${OTHER_KEY}`,
    ],
  ] as const) {
    it(`refuses ${sentence} with its place and without the value`, () => assert.equal(decrypted(value, keys), said))
  }

  it('says all values that cannot be decrypted', () => {
    const text = `source { F { password = first-secret } }\nsink { C { token = second-secret, auth = "${sealed}" } }`
    assert.throws(
      () => decryptDocument(document(text), shades(KEY)),
      (thrown) => {
        const said = asMillraceErrors(thrown)
        assert.deepEqual(
          said.map(({ details }) => details.path),
          ['source[0].password', 'sink[0].token'],
        )
        return said.every(({ message, details }) => !`${message}${details.hint}`.includes('-secret'))
      },
    )
  })

  it('needs a key only where there is something to decrypt', () => {
    assert.equal(decryptDocument(document('sink { C { path = p } }'), shades('')).warnings.length, 0)
    assert.match(decrypted(sealed, ''), /^SHADE there is no key for shade 'aes-256-gcm'/)
  })
})
