import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MillraceError } from '../core/error.js'
import { type ConfigObject, toJsonText } from './document.js'
import { parseHocon } from './hocon/hocon.js'
import {
  type ConfigShade,
  decryptDocument,
  EXTENDED_SHADE_POLICY,
  encryptDocument,
  isSecretKey,
  redactDocument,
  SHADE_POLICY,
  ShadeRegistry,
} from './shade.js'

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
    const reverse: ConfigShade = {
      identifier: 'reverse',
      sensitiveKeys: ['key'],
      encrypt: (text) => [...text].toReversed().join(''),
      decrypt: (text, properties) => [...text].toReversed().join('') + (properties.get('end') ?? ''),
    }
    const text =
      'env { shade.identifier = reverse, shade.options = [pin], shade.properties { end = "!" } }\nsink { C { key = ba, pin = 21, x = yz } }'
    const { root } = decryptDocument(document(text), new ShadeRegistry([reverse]))
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

describe('redaction', () => {
  const redacted = (text: string, more: readonly string[] = []) => toJsonText(redactDocument(document(text), more))
  for (const [sentence, text, json] of [
    ['hides secrets at any depth', 'a { b = [{ password = p }] }', '{"a":{"b":[{"password":"******"}]}}'],
    ['hides every element of a list', 'token = [a, b]', '{"token":["******","******"]}'],
    ['hides whole objects', 'auth { user = u }', '{"auth":"******"}'],
    ['shows null', 'password = null', '{"password":null}'],
    ['does not care for the spelling', 'Secret-Key = a, accessKey = b', '{"Secret-Key":"******","accessKey":"******"}'],
    [
      'knows endings',
      'db.password = a, fs.s3a.secret.key = b',
      '{"db.password":"******","fs.s3a.secret.key":"******"}',
    ],
    ['shows what only looks alike', 'token_count = 5, author = me', '{"token_count":5,"author":"me"}'],
    [
      'hides passwords in addresses',
      'url = "jdbc:x://h/d?user=u&password=p&a=1"',
      '{"url":"jdbc:x://h/d?user=u&password=******&a=1"}',
    ],
    ['hides passwords of users in addresses', 'uri = "mongodb://u:p@h:1/d"', '{"uri":"mongodb://u:******@h:1/d"}'],
  ] as const) {
    it(sentence, () => assert.equal(redacted(text), json))
  }

  it('hides keys that env or a plug-in names', () => {
    assert.equal(
      redacted('env { shade.options = [pin] }\nx { pin = 1, extra = 2 }', ['extra']),
      '{"env":{"shade.options":["pin"]},"x":{"pin":"******","extra":"******"}}',
    )
  })

  it('leaves the document itself as it was', () => {
    const root = document('password = p')
    redactDocument(root)
    assert.equal(toJsonText(root), '{"password":"p"}')
  })

  it('tells whether a key is secret', () => {
    assert.deepEqual(
      [isSecretKey('sasl.jaas.config'), isSecretKey('path'), isSecretKey('pin', new Set(['pin']))],
      [true, false, true],
    )
  })
})
