import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DescribedGroup } from '../../src/config/group.js'
import { parseJobFile } from '../../src/config/job-document.js'
import { KEY_VARIABLE } from '../../src/config/shade-key.js'
import { describeOptions } from '../../src/config/validate.js'
import { isNameKey, isSecretKey } from '../../src/core/redact.js'
import { PLUGINS } from '../../src/plugins.generated.js'
import { PluginRegistry } from '../../src/spi/registry.js'
import { cli, withFolder } from '../support/cli.js'

const REGISTRY = new PluginRegistry(PLUGINS)
const KINDS = ['source', 'transform', 'sink'] as const
const SCHEMA = 'schema { fields { id = int, name = string } }'
/** Addresses where nobody answers, so that the way of a failed connection is gone too, and quickly. */
const NOWHERE: Readonly<Record<string, string>> = {
  host: '"127.0.0.1"',
  port: '1',
  'fs.s3a.endpoint': '"http://127.0.0.1:1"',
  api_path: '"http://127.0.0.1:1/v1"',
  model_retry_max_attempts: '1',
}

/** A secret that occurs in no other text. */
function canary(number: number): string {
  return `canary"${number}/s3cr3t+`
}

/** The canaries in a text, in any of the forms in which a secret may be written. */
function canariesIn(text: string, count: number): string[] {
  const forms = Array.from({ length: count }, (_, number) => canary(number)).flatMap((secret) => [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('base64url'),
  ])
  return [...forms, 's3cr3t'].filter((form) => text.includes(form))
}

/** Dotted keys of the options that hold secrets, those of nested groups too. */
function secretKeys(group: DescribedGroup, prefix = ''): string[] {
  return group.options.flatMap(({ key, secret, type, fallback }) => {
    const nested = type.group ?? type.element?.group
    const own = secret || isSecretKey(key) ? [key, ...fallback].map((each) => prefix + each) : []
    return [
      ...own,
      ...(nested === undefined || type.element !== undefined ? [] : secretKeys(nested, `${prefix}${key}.`)),
    ]
  })
}

/** A plug-in with its canaries. */
interface Planted {
  readonly kind: (typeof KINDS)[number]
  readonly name: string
  /** The example of the plug-in, with a canary in every secret option. */
  readonly block: string
  readonly keys: readonly string[]
  readonly isRemote: boolean
}

const PLANTED: Planted[] = []
for (const kind of KINDS) {
  for (const name of REGISTRY.names(kind)) {
    const { spec } = await REGISTRY.load(kind, name)
    const described = describeOptions(spec)
    const declared = secretKeys(described)
    // Keys that a plug-in does not know are in files all the same.
    const keys = [...new Set([...declared, 'password', 'token', 'sasl.jaas.config'])]
    const known = new Set(described.options.map(({ key }) => key))
    const nowhere = Object.entries(NOWHERE).filter(([key]) => known.has(key))
    const lines = [
      ...keys.map((key, number) => `${key} = ${JSON.stringify(canary(number))}`),
      ...nowhere.map(([key, value]) => `${key} = ${value}`),
    ]
    const end = spec.example.lastIndexOf('}')
    PLANTED.push({
      kind,
      name,
      keys,
      isRemote: nowhere.length > 0,
      block: `${spec.example.slice(0, end)}\n${lines.join('\n')}\n}`,
    })
  }
}

function job({ kind, block }: Pick<Planted, 'kind' | 'block'>, env = 'job.mode = BATCH'): string {
  const blocks = {
    source: `FakeSource { row.num = 2, ${SCHEMA} }`,
    transform: '',
    sink: 'Console { log.print.data = false }',
    [kind]: block,
  }
  return `env { ${env}, job.retry.times = 0 }
source { ${blocks.source} }
transform { ${blocks.transform} }
sink { ${blocks.sink} }
`
}

const COMMANDS: readonly (readonly [name: string, argv: (file: string) => readonly string[]])[] = [
  ['validate', (file) => ['validate', file]],
  ['validate --json', (file) => ['validate', '--json', file]],
  ['graph --json', (file) => ['graph', '--json', file]],
  ['run', (file) => ['run', file]],
  ['seatunnel --check', (file) => ['seatunnel', '--check', '-c', file]],
  ['seatunnel -m local', (file) => ['seatunnel', '-m', 'local', '-c', file]],
]

/** Commands that cover the ways of the others, for what has to wait for a machine that does not answer. */
const REMOTE_COMMANDS = COMMANDS.filter(([name]) => name === 'run' || name === 'seatunnel -m local')

/** Everything that the commands write about a file. */
async function said(
  text: string,
  name: string,
  variables: readonly (readonly [string, string])[] = [],
  commands = COMMANDS,
): Promise<string> {
  return withFolder(async (write) => {
    const file = write(name, text)
    let all = ''
    for (const [, argv] of commands) {
      const { out, err } = await cli(argv(file), { variables })
      all += out + err
    }
    return all
  })
}

describe('canaries in every secret option', () => {
  it('are in all of them', () => {
    const planted = new Set(PLANTED.flatMap(({ name, keys }) => keys.map((key) => `${name} ${key}`)))
    const names = ['FtpFile password', 'S3File secret_key', 'LLM api_key', 'FieldEncrypt key', 'Console token']
    assert.deepEqual(
      names.filter((name) => !planted.has(name)),
      [],
    )
    assert.ok(planted.size > 100, `${planted.size}`)
  })

  for (const planted of PLANTED) {
    it(`are in nothing that is said of the ${planted.kind} ${planted.name}`, async () => {
      const text = job(planted)
      assert.ok(canariesIn(text, planted.keys.length).length > 3)
      const all = await said(text, 'job.conf', [], planted.isRemote ? REMOTE_COMMANDS : COMMANDS)
      assert.deepEqual(canariesIn(all, planted.keys.length), [])
    })
  }
})

describe('canaries on the ways of failure', () => {
  const secret = JSON.stringify(canary(0))
  const one = (block: string) => job({ kind: 'sink', block })
  for (const [sentence, text, name = 'job.conf'] of [
    ['a syntax error behind one', `sink { Console { password = ${secret} ] } }`],
    ['a syntax error inside one', `sink { Console { password = ${secret.slice(0, -1)}\n } }`],
    ['a syntax error in JSON', `{"sink":[{"plugin_name":"Console","password":${secret} "x":1}]}`, 'job.json'],
    ['the same key twice in JSON', `{"sink":[{"password":${secret},"password":${secret}}]}`, 'job.json'],
    ['an SQL file', `CREATE TABLE t WITH ('connector' = 'Console', 'password' = '${canary(0)}') x`, 'job.sql'],
    ['a syntax error at a key', `sink { FieldEncrypt { key = "s3cr3tAAAAAAAAAAAAAAAA==" ] } }`],
    ['an unknown plug-in', one(`NoSuch { password = ${secret} }`)],
    ['an object in place of a text', one(`FtpFile { password { a = ${secret} } }`)],
    ['a list in place of a text', one(`FtpFile { password = [${secret}] }`)],
    [
      'a number of writers that is a secret',
      one(`Console { multi_table_sink_replica = ${secret}, password = ${secret} }`),
    ],
    ['a URL', one(`Console { url = "jdbc:x://me:s3cr3t-pass@h/d?password=s3cr3t", plugin_input = [1, {}] }`)],
    ['a plug-in name that is the secret', one(`Console { plugin_name = ${secret}, password = ${secret} }`)],
    ['a wrong parallelism', one(`Console { parallelism = ${secret}, password = ${secret} }`)],
    [
      'an error handler',
      job(
        { kind: 'sink', block: 'Console { }' },
        `error_handler { mode = ROUTE, sink { plugin_name = FtpFile, password = ${secret} } }`,
      ),
    ],
    [
      'more keys of env',
      job(
        { kind: 'sink', block: `Console { pin = ${secret}, log.print.delay.ms = ${secret} }` },
        'shade.options = [pin]',
      ),
    ],
    ['a wiring that is the secret', one(`Console { password = ${secret}, plugin_input = ${secret} }`)],
    [
      'base64 of it',
      job(
        { kind: 'sink', block: `Console { password = "${Buffer.from(canary(0)).toString('base64')}" }` },
        'shade.identifier = base64',
      ),
    ],
    [
      'plain text where base64 is expected',
      job({ kind: 'sink', block: `Console { password = ${secret} }` }, 'shade.identifier = base64'),
    ],
    [
      'plain text where it must be encrypted',
      job({ kind: 'sink', block: `Console { password = ${secret} }` }, 'shade.identifier = aes-256-gcm'),
    ],
    [
      'a value that was changed',
      job(
        { kind: 'sink', block: `Console { password = "aes-256-gcm:v1:s3cr3ts3:s3cr3t" }` },
        'shade.identifier = aes-256-gcm',
      ),
    ],
  ] as const) {
    it(`do not get out by ${sentence}`, async () => {
      const all = await said(text, name, [[KEY_VARIABLE, '0e'.repeat(32)]])
      assert.match(all, /error|FINISHED|valid/)
      assert.deepEqual(canariesIn(all, 1), [], all)
    })
  }

  it('do not get out of a key that is none', async () => {
    const text = job({ kind: 'sink', block: `Console { password = ${secret} }` }, 'shade.identifier = aes-256-gcm')
    assert.deepEqual(canariesIn(await said(text, 'job.conf', [[KEY_VARIABLE, canary(0)]]), 1), [])
  })

  it('do not get out of variables', () =>
    withFolder(async (write) => {
      const file = write('job.conf', one('Console { password = "${pw}", log.print.delay.ms = "${pw}" }'))
      const { err, out } = await cli(['validate', '-i', `pw=${canary(0).replace('"', '')}`, file])
      assert.match(err, /OPTION_TYPE/)
      assert.ok(!`${out}${err}`.includes('s3cr3t'), err)
    }))
})

describe('a document that is redacted', () => {
  it('still names its users where they are no secret', () => {
    const text = one_('Console { password = "open sesame", username = somebody }')
    const { redactor } = parseJobFile({ text, file: 'job.conf', variables: null, environment: new Map() })
    assert.equal(redactor.text('somebody says open sesame'), 'somebody says ******')
    assert.ok(isNameKey('username'))
  })
})

function one_(block: string): string {
  return job({ kind: 'sink', block })
}
