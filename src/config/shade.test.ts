import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MillraceError, MillraceErrors } from '../core/error.js'
import { type ConfigObject, toJsonText } from './document.js'
import { parseHocon } from './hocon/hocon.js'
import {
  type ConfigShade,
  decryptDocument,
  EXTENDED_SHADE_POLICY,
  encryptDocument,
  SHADE_POLICY,
  ShadeRegistry,
} from './shade.js'
import { systemShadeAccess } from './shade-key.js'

const ENV = 'env { shade.identifier = base64 }\n'

function document(text: string): ConfigObject {
  return parseHocon(text, 'job.conf')
}

function encrypted(plugin: string, policy = SHADE_POLICY): string {
  const { root } = encryptDocument(
    document(`${ENV}source { F { } }\ntransform { T { ${plugin} } }\nsink { C { ${plugin} } }`),
    new ShadeRegistry(),
    policy,
  )
  return toJsonText(root).replace('{"env":{"shade.identifier":"base64"},"source":[{"plugin_name":"F"}],', '')
}

describe('encryption', () => {
  for (const [sentence, plugin, sink] of [
    ['of a text is base64', 'password = seatunnel_password', '"password":"c2VhdHVubmVsX3Bhc3N3b3Jk"'],
    ['counts bytes of UTF-8', 'password = "pässwörd 数"', '"password":"cMOkc3N3w7ZyZCDmlbA="'],
    ['of a number takes its text', 'password = 12345', '"password":"MTIzNDU="'],
    ['of a list takes its text', 'password = [a, b]', '"password":"W2EsIGJd"'],
    ['leaves null alone', 'password = null', '"password":null'],
    ['of an empty text is empty', 'password = ""', '"password":""'],
    ['takes exact keys only', 'user = U, Password = P, access_key = K', '"user":"U","Password":"P","access_key":"K"'],
    ['does not go into objects', 'a { password = p }', '"a":{"password":"p"}'],
  ] as const) {
    it(sentence, () =>
      assert.ok(encrypted(plugin).endsWith(`"sink":[{${sink},"plugin_name":"C"}]}`), encrypted(plugin)),
    )
  }

  it('leaves transforms alone, as SeaTunnel 2.3.9 does', () => {
    assert.ok(encrypted('password = p').startsWith('"transform":[{"password":"p","plugin_name":"T"}]'))
  })

  it('of the later kind takes transforms, lists and access keys', () => {
    assert.equal(
      encrypted('password = [a, b], access_key = K', EXTENDED_SHADE_POLICY),
      '"transform":[{"password":["YQ==","Yg=="],"access_key":"Sw==","plugin_name":"T"}],' +
        '"sink":[{"password":["YQ==","Yg=="],"access_key":"Sw==","plugin_name":"C"}]}',
    )
  })

  it('does nothing without an identifier', () => {
    const root = document('source { F { password = p } }\nsink { C { } }')
    assert.equal(encryptDocument(root).root, root)
  })

  it('does nothing for the identifier default, to numbers neither', () => {
    const root = document('env { shade.identifier = default }\nsource { F { password = 1 } }\nsink { C { } }')
    assert.equal(encryptDocument(root).root, root)
  })

  it('warns once that base64 is no encryption, where there is something to encrypt', () => {
    const warnings = (sink: string) =>
      encryptDocument(document(`${ENV}source { F { } }\nsink { C { ${sink} } }`)).warnings
    assert.deepEqual(
      warnings('password = p, token = t').map(({ code, details }) => [code, details.path]),
      [['SHADE', 'env.shade.identifier']],
    )
    assert.deepEqual(warnings('password = null'), [])
  })

  it('gives back the secrets it saw, without user names', () => {
    const text = `${ENV}source { F { username = root, password = p } }\nsink { C { token = [a, b] } }`
    assert.deepEqual(encryptDocument(document(text)).secrets, ['p', '[a, b]'])
  })

  it('warns of an unknown identifier and does nothing', () => {
    const root = document('env { shade.identifier = rot13 }\nsource { F { password = p } }\nsink { C { } }')
    const { root: same, warnings } = encryptDocument(root)
    assert.equal(same, root)
    assert.deepEqual(
      warnings.map(({ code, details }) => [code, details.position?.column]),
      [['SHADE', 26]],
    )
  })

  for (const [section, text] of [
    ['Source', 'sink { C { } }'],
    ['Source', 'source { }\nsink { C { } }'],
    ['Sink', 'source { F { } }'],
  ] as const) {
    it(`needs a ${section} section: '${text.replace('\n', ' ')}'`, () => {
      assert.throws(
        () => encryptDocument(document(ENV + text)),
        new RegExp(`Miss <${section}> config! Please check the config file.`),
      )
    })
  }
})

describe('decryption', () => {
  it('gives back what was encrypted', () => {
    const plain = document(
      `${ENV}source { F { username = seatunnel, password = "pässwörd" } }\nsink { C { token = t } }`,
    )
    assert.equal(toJsonText(decryptDocument(encryptDocument(plain).root).root), toJsonText(plain))
  })

  it('takes the elements of a list', () => {
    const { root } = decryptDocument(document(`${ENV}sink { C { password = ["YQ==", "Yg=="] } }`))
    assert.ok(toJsonText(root).includes('"password":["a","b"]'))
  })

  it('takes the keys of shade.options, and those of the shade', () => {
    const reversed = (text: string): string => [...text].toReversed().join('')
    const reverse: ConfigShade = {
      identifier: 'reverse',
      sensitiveKeys: ['key'],
      open: ({ properties }) => ({
        warnings: [],
        encrypt: (texts) => texts.map(reversed),
        decrypt: (texts) => texts.map((text) => reversed(text) + (properties.get('end') ?? '')),
      }),
    }
    const text =
      'env { shade.identifier = reverse, shade.options = [pin], shade.properties { end = "!" } }\nsink { C { key = ba, pin = 21, x = yz } }'
    const { root } = decryptDocument(document(text), new ShadeRegistry(systemShadeAccess(), [reverse]))
    assert.ok(toJsonText(root).includes('{"key":"ab!","pin":"12!","x":"yz","plugin_name":"C"}'))
  })

  for (const [text, message] of [
    ['not base64!', 'Illegal base64 character 20'],
    ['seatunnel_password', 'Illegal base64 character 5f'],
    ['seatunnel', 'Last unit does not have enough valid bits'],
  ] as const) {
    it(`of '${text}' fails`, () => {
      assert.throws(
        () => decryptDocument(document(`${ENV}sink { C { password = "${text}" } }`)),
        (error) =>
          error instanceof MillraceError &&
          error.message === message &&
          error.details.path === 'sink[0].password' &&
          error.details.position?.line === 2,
      )
    })
  }
})

describe('the answer of encrypt-config', () => {
  const source = '"source":[{"plugin_name":"F","password":"p","x":1.50}]'
  for (const [sentence, text, answer] of [
    [
      'keeps order, digits and what it does not know',
      `{"other":{"b":1,"a":2},"sink":[{"plugin_name":"C"}],${source},"env":{"shade.identifier":"base64"}}`,
      '{"other":{"b":1,"a":2},"sink":[{"plugin_name":"C"}],"source":[{"plugin_name":"F","password":"cA==","x":1.50}],"env":{"shade.identifier":"base64"}}',
    ],
    ['needs no env', `{${source},"sink":[{}]}`, `{${source},"sink":[{}]}`],
  ] as const) {
    it(sentence, () => assert.equal(toJsonText(encryptDocument(document(text)).root), answer))
  }
})

describe('a document with several values that cannot be decrypted', () => {
  it('says all of them', () => {
    const text = `${ENV}source { F { password = "a b" } }\nsink { C { token = "c d" } }`
    assert.throws(
      () => decryptDocument(document(text)),
      (thrown) =>
        thrown instanceof MillraceErrors &&
        thrown.errors.map(({ details }) => details.path).join() === 'source[0].password,sink[0].token',
    )
  })
})
