import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { describe, it } from 'node:test'
import { cli, withFolder } from '../../test/support/cli.js'
import { KEY_FILE_PROPERTY, KEY_FILE_VARIABLE, KEY_VARIABLE } from '../config/shade-key.js'

const KEY = '0f'.repeat(32)
const SECRET = 'canary-4711-secret'
const variables = [[KEY_VARIABLE, KEY]] as const

function job(env: string, password = SECRET): string {
  return `env { job.mode = BATCH${env} }
source { FakeSource { row.num = 1, schema { fields { a = int } } } }
sink { Console { log.print.data = false, password = "${password}" } }
`
}

/** The text of a converted file and what is said beside it. */
function passwordOf(out: string): string {
  return (JSON.parse(out) as { sink: [{ password: string }] }).sink[0].password
}

describe('encrypt and decrypt', () => {
  it('convert a file there and back', () =>
    withFolder(async (write) => {
      const encrypted = await cli(['encrypt', '--shade', 'aes-256-gcm', write('job.conf', job(''))], { variables })
      assert.deepEqual([encrypted.code, encrypted.err], [0, ''])
      assert.match(passwordOf(encrypted.out), /^aes-256-gcm:v1:[0-9a-f]{8}:[\w-]+$/)
      assert.deepEqual(Object.keys(JSON.parse(encrypted.out) as object), ['env', 'source', 'sink'])
      const again = await cli(['encrypt', write('again.json', encrypted.out)], { variables })
      assert.equal(passwordOf(again.out), passwordOf(encrypted.out))
      const decrypted = await cli(['decrypt', write('encrypted.json', encrypted.out)], { variables })
      assert.deepEqual([decrypted.code, passwordOf(decrypted.out)], [0, SECRET])
    }))

  it('warn of base64', () =>
    withFolder(async (write) => {
      const { code, out, err } = await cli(['encrypt', write('job.conf', job(', shade.identifier = base64'))])
      assert.deepEqual([code, passwordOf(out)], [0, Buffer.from(SECRET).toString('base64')])
      assert.equal(err.split("shade 'base64' is no encryption").length, 2)
    }))

  for (const [sentence, env, argv, message] of [
    ['without a shade', '', ['encrypt'], 'the file names no shade to encrypt its values with'],
    ['with an unknown shade', ', shade.identifier = rot13', ['encrypt'], "no config shade is called 'rot13'"],
    ['with another unknown one', '', ['encrypt', '--shade', 'rot13'], "no config shade is called 'rot13'"],
    [
      'of another shade',
      ', shade.identifier = base64',
      ['encrypt', '--shade', 'aes-256-gcm'],
      "the file is encrypted with shade 'base64'",
    ],
    ['without a key', ', shade.identifier = aes-256-gcm', ['encrypt'], "there is no key for shade 'aes-256-gcm'"],
    ['that is plain', ', shade.identifier = base64', ['decrypt'], 'Illegal base64 character 2d'],
  ] as const) {
    it(`refuse a file ${sentence}, and do not show its secret`, () =>
      withFolder(async (write) => {
        const { code, out, err } = await cli([...argv, write('job.conf', job(env))])
        assert.equal(code, 1)
        assert.ok(err.includes(`error[SHADE]: ${message}`), err)
        assert.ok(!`${out}${err}`.includes(SECRET), err)
      }))
  }

  it('print their usage', async () => {
    for (const name of ['encrypt', 'decrypt', 'keygen']) {
      const { code, out } = await cli([name, '--help'])
      assert.deepEqual([code, out.startsWith(`Usage: millrace ${name} `)], [0, true])
    }
    assert.equal((await cli(['encrypt'])).code, 234)
  })
})

describe('keygen', () => {
  it('makes a file that only its owner may read, and whose key works', () =>
    withFolder(async (write) => {
      const file = `${write('job.conf', job(''))}.key`
      const made = await cli(['keygen', file])
      assert.deepEqual([made.code, made.out], [0, ''])
      if (process.platform !== 'win32') assert.equal(statSync(file).mode & 0o777, 0o600)
      const named = [[KEY_FILE_VARIABLE, file]] as const
      const { code, err } = await cli(['encrypt', '--shade', 'aes-256-gcm', write('job.conf', job(''))], {
        variables: named,
      })
      assert.deepEqual([code, err], [0, ''])
    }))

  it('never replaces a file', () =>
    withFolder(async (write) => {
      const file = write('there.key', 'precious')
      const { code, err } = await cli(['keygen', file])
      assert.deepEqual([code, readFileSync(file, 'utf8')], [1, 'precious'])
      assert.match(err, /exists already/)
    }))

  it('says that a file cannot be written', () =>
    withFolder(async (write) => {
      const { code, err } = await cli(['keygen', `${write('file', '')}/below.key`])
      assert.equal(code, 1)
      assert.match(err, /error\[SHADE\]: the key file '.*below.key' cannot be written/)
    }))

  it('prints a key without a file', async () => {
    const { code, out } = await cli(['keygen'])
    assert.equal(code, 0)
    assert.match(out, /^# Millrace config key [0-9a-f]{8}\..*\n#.*\n[A-Za-z0-9+/]{43}=\n$/)
  })
})

describe('a job with encrypted values', () => {
  for (const command of ['run', 'validate', 'graph', 'seatunnel'] as const) {
    it(`is decrypted by ${command} with the key that it names`, () =>
      withFolder(async (write) => {
        write('job.key', KEY)
        const env = `, shade { identifier = aes-256-gcm, properties { ${KEY_FILE_PROPERTY} = job.key } }`
        const plain = write('plain.conf', job(env))
        const encrypted = await cli(['encrypt', plain])
        const file = write('job.json', encrypted.out)
        const argv = command === 'seatunnel' ? [command, '-c', file, '-m', 'local'] : [command, file]
        const { code, out, err } = await cli(argv)
        assert.equal(code, 0, err)
        assert.ok(!`${out}${err}`.includes(SECRET))
        const refused = await cli(command === 'seatunnel' ? [command, '-c', plain, '-m', 'local'] : [command, plain])
        assert.equal(refused.code, 1)
        assert.match(refused.err + refused.out, /the value is not encrypted/)
        assert.ok(!`${refused.out}${refused.err}`.includes(SECRET))
      }))
  }
})
