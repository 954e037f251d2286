import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type ConfigObject, toJsonText } from './document.js'
import { parseHocon } from './hocon/hocon.js'
import { addDeclaredSecrets, redactDocument, redactorOf, redactorOfText } from './redact-document.js'

function document(text: string): ConfigObject {
  return parseHocon(text, 'job.conf')
}

describe('redaction of a document', () => {
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
})

describe('the redactor of a document', () => {
  const redacted = (text: string, said: string) => redactorOf(document(text)).text(said)

  it('knows the values of secret keys at any depth, in lists and under objects', () => {
    const text = 'a { b = [{ password = "first secret" }], auth { key = "second secret" }, token = ["third secret"] }'
    assert.equal(redacted(text, 'first secret, second secret, third secret.'), '******, ******, ******.')
  })

  it('does not look for user names, nor for ordinary values', () => {
    assert.equal(
      redacted('username = somebody, path = "/data/in"', 'somebody reads /data/in'),
      'somebody reads /data/in',
    )
  })

  it('knows keys of env.shade.options and passwords in addresses', () => {
    const text = 'env { shade.options = [pin] }, x { pin = 12345678, url = "ftp://me:opensesame@h/d" }'
    assert.equal(redacted(text, '12345678 opensesame'), '****** ******')
  })

  it('learns the keys that a plug-in declares', () => {
    const root = document('phrase = "open sesame", other = 1')
    const redactor = redactorOf(root)
    assert.equal(redactor.text('open sesame'), 'open sesame')
    addDeclaredSecrets(redactor, root, new Set(['phrase']))
    assert.equal(redactor.text('open sesame'), '******')
  })
})

describe('the redactor of a text that does not parse', () => {
  for (const text of [
    'sink { S { password = "open sesame" ',
    '{"password": "open sesame"',
    "WITH ('password' = 'open sesame'",
    'password = """open sesame"""',
    'url = "ftp://me:open+sesame@h" password = open sesame',
  ]) {
    it(`hides the secrets of ${text}`, () => {
      const said = redactorOfText(text).text("unexpected 'open sesame'")
      assert.ok(!said.includes('open sesame') || text.endsWith('= open sesame'), said)
      assert.equal(redactorOfText(text).text('nothing'), 'nothing')
    })
  }
})
