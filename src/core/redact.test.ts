import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MillraceError } from './error.js'
import { isNameKey, isSecretKey, Redactor, redactUrls, secretPairs, urlSecrets } from './redact.js'

function redactor(...secrets: readonly string[]): Redactor {
  const made = new Redactor()
  for (const secret of secrets) made.add(secret)
  return made
}

describe('secret keys', () => {
  for (const [key, isSecret] of [
    ['password', true],
    ['Password', true],
    ['db.password', true],
    ['fs.s3a.secret.key', true],
    ['accessKey', true],
    ['sasl.jaas.config', true],
    ['private-key', true],
    ['aws_secret_access_key', true],
    ['google.credentials', true],
    ['token_count', false],
    ['author', false],
    ['path', false],
    ['', false],
  ] as const) {
    it(`${isSecret ? 'are' : 'are not'} '${key}'`, () => assert.equal(isSecretKey(key), isSecret))
  }

  it('are those of the caller too, as written', () => {
    assert.deepEqual([isSecretKey('pin', new Set(['pin'])), isSecretKey('PIN', new Set(['pin']))], [true, false])
  })

  it('hold a name or not', () => assert.deepEqual([isNameKey('Username'), isNameKey('password')], [true, false]))
})

describe('addresses', () => {
  for (const [text, hidden] of [
    ['jdbc:x://h/d?user=u&password=p&a=1', 'jdbc:x://h/d?user=u&password=******&a=1'],
    ['https://h/p?X-Amz-Signature=abc;access_token=t', 'https://h/p?X-Amz-Signature=******;access_token=******'],
    ['mongodb://u:p@h:1/d', 'mongodb://u:******@h:1/d'],
    ['redis://:p@h', 'redis://:******@h'],
    ['mysql://u:p@ss@h/d', 'mysql://u:******@h/d'],
    ['jdbc:oracle:thin:scott/tiger@h:1521', 'jdbc:oracle:thin:scott/******@h:1521'],
    ['http://h:80/a?x=b@c', 'http://h:80/a?x=b@c'],
    ['no address', 'no address'],
    ['', ''],
  ] as const) {
    it(`lose their passwords: '${text}'`, () => assert.equal(redactUrls(text), hidden))
  }

  it('tell their passwords', () => {
    assert.deepEqual(urlSecrets('jdbc:x://u:one@h/d?password=two'), ['two', 'one'])
  })
})

describe('pairs of a text', () => {
  it('are keys of ciphers only when they look like one', () => {
    assert.deepEqual(
      secretPairs('key = id, key = "AAAAAAAAAAAAAAAAAAAAAA==", key = user/of/the/row').map(({ value }) => value),
      ['"AAAAAAAAAAAAAAAAAAAAAA=="'],
    )
  })

  it('are found with their places', () => {
    assert.deepEqual(secretPairs('a = 1, password = "p q" token: x'), [
      { key: 'password', value: '"p q"', start: 18 },
      { key: 'token', value: 'x', start: 31 },
    ])
  })
})

describe('a redactor', () => {
  it('leaves folders out of paths, and nothing else', () => {
    const redactor = new Redactor()
    for (const folder of ['/data/files/a.b', '/']) redactor.leaveOut(folder)
    for (const [text, expected] of [
      ["listing '/data/files/a.b/in/x.csv' failed", "listing 'in/x.csv' failed"],
      ['/data/files/a.b', '.'],
      ['in /data/files/a.b.', 'in /data/files/a.b.'],
      ['(/data/files/a.b/x, /data/files/a.b/y)', '(x, y)'],
      ['/other/data/files/a.b/x', '/other/data/files/a.b/x'],
      ['/data/files/axb/x', '/data/files/axb/x'],
      ['/data/files/a.bc', '/data/files/a.bc'],
      ['/ and /', '/ and /'],
    ] as const)
      assert.equal(redactor.text(text), expected)
  })

  it('hides a secret wherever it stands', () => {
    assert.equal(redactor('opensesame').text('xopensesamex opensesame'), 'x******x ******')
  })

  it('hides a short secret only where it is a word', () => {
    assert.equal(redactor('root').text('root: /rooted/root.'), '******: /rooted/******.')
  })

  for (const text of ['', 'a', 'ab', ' ab ', 'true', 'NULL', '12345', '******', '${secret}']) {
    it(`does not look for '${text}'`, () => assert.equal(redactor(text).text(`[${text}] x`), `[${text}] x`))
  }

  it('hides the longer of two secrets whole', () => {
    assert.equal(redactor('opensesame', 'opensesame-and-more').text('opensesame-and-more'), '******')
  })

  it('takes secrets literally', () => assert.equal(redactor('a.b*c$[x]').text('a.b*c$[x] axbbcx'), '****** axbbcx'))

  it('knows a secret in JSON, in an address and in base64', () => {
    const secret = 'open "sesame" & more'
    const forms = [JSON.stringify(secret), encodeURIComponent(secret), Buffer.from(secret).toString('base64')]
    assert.equal(redactor(secret).text(forms.join(' ')), '"******" ****** ******')
  })

  it('hides a long secret that is cut off', () => {
    const secret = Array.from({ length: 300 }, (_, at) => String.fromCharCode(97 + ((at * 7) % 26))).join('')
    const all = redactor(secret)
    assert.equal(
      all.text(`[${secret}] [${secret.slice(0, 77)}…] [${secret.slice(0, 20)}]`),
      `[******] [******…] [${secret.slice(0, 20)}]`,
    )
    assert.equal(all.text(secret + secret), '************')
  })

  it('hides many secrets, and everything when there are too many to look for', () => {
    const many = redactor(...Array.from({ length: 5000 }, (_, number) => `secret-number-${number}.`))
    assert.equal(many.text('a secret-number-4711. b'), 'a ****** b')
    for (let number = 0; number < 6000; number += 1) many.add(`other-number-${number}.`)
    assert.deepEqual([many.text('anything'), many.text('')], ['******', ''])
  })

  it('takes secrets of any size, and texts of any kind, in proportion to their length', () => {
    const million = 1_000_000
    const huge = redactor('x'.repeat(million))
    assert.equal(huge.text('x'.repeat(million)), '******')
    const repeated = [
      'a',
      'a.',
      'password',
      ':thin:',
      '//a:',
      '//:',
      '"',
      "'",
      '"""',
      '=',
      'a=',
      '\\',
      ' ',
      '/',
      'token=',
      '_-.',
    ]
    for (const text of repeated.map((piece) => piece.repeat(million / piece.length))) {
      assert.equal(typeof redactUrls(text), 'string')
      assert.ok(secretPairs(text).length >= 0 && urlSecrets(text).length >= 0)
    }
  })

  it('hides what another one learns later', () => {
    const [outer, inner] = [redactor('first-secret'), redactor()]
    outer.include(inner)
    inner.add('second-secret')
    assert.deepEqual(
      [outer.text('first-secret second-secret'), inner.text('first-secret second-secret')],
      ['****** ******', 'first-secret ******'],
    )
  })

  it('goes through plain data', () => {
    const data = { a: ['opensesame', 1, null], password: 'x', token: null, prototype: { b: 'is opensesame' } }
    assert.equal(
      JSON.stringify(redactor('opensesame').json(data)),
      '{"a":["******",1,null],"password":"******","token":null,"prototype":{"b":"is ******"}}',
    )
  })

  it('goes through errors with their causes and stacks', () => {
    const cause = new Error('outer', { cause: new Error('login of me:opensesame failed') })
    const error = new MillraceError('SHADE', 'no opensesame', { hint: 'try opensesame', cause, row: 3 })
    const clean = redactor('opensesame').error(error)
    assert.deepEqual(
      [clean.code, clean.message, clean.details.hint, clean.details.row],
      ['SHADE', 'no ******', 'try ******', 3],
    )
    const inner = (clean.details.cause as Error).cause as Error
    assert.equal(inner.message, 'login of me:****** failed')
    assert.ok(![clean.stack, (clean.details.cause as Error).stack, inner.stack].join().includes('opensesame'))
  })

  it('gives back an error that has no secret', () => {
    const error = new MillraceError('SHADE', 'plain', { cause: new Error('plain') })
    assert.equal(redactor('opensesame').error(error), error)
  })

  it('makes coded errors of whatever was thrown', () => {
    const { errors } = redactor('opensesame').thrown(new TypeError('bad opensesame'))
    assert.deepEqual(
      errors.map(({ code, message }) => [code, message]),
      [['JOB_FAILED', 'bad ******']],
    )
  })
})
