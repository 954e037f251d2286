// Child process: encrypts or decrypts values of a job file in one of several ways, and measures itself.
//
//   node secrets.js <way> <encrypt|decrypt|documents> <count>
//
// The last line is {"seconds":…,"count":…,"perSecond":…,"megabytesPerSecond":…,"sample":"…"}; the sample is equal for all ways of a task.
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'
import { toJsonText } from '../../src/config/document.js'
import { parseJson } from '../../src/config/json.js'
import { encryptDocument, ShadeRegistry } from '../../src/config/shade.js'
import { loadBackend } from '../../src/native/load.js'

const PREFIX = 'aes-256-gcm:v1:0badcafe:'
const KEY = Buffer.alloc(32, 7)
const NONCE_BYTES = 12
/** Values of a round that is not measured. */
const WARM_COUNT = 10_000
/** One value of this many is looked at. */
const SAMPLE_STEP = 997

/** Values of 23 characters, as passwords have. */
function values(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `secret value ${String(index).padStart(10, '0')}`)
}

/** Numbered, not random: both sides are to give the same bytes. */
function nonces(count: number): Buffer {
  const all = Buffer.alloc(count * NONCE_BYTES)
  for (let index = 0; index < count; index += 1) all.writeUInt32LE(index, index * NONCE_BYTES)
  return all
}

const BOUND = Buffer.from(PREFIX)

function sealByNode(text: string, nonce: Buffer): string {
  const cipher = createCipheriv('aes-256-gcm', KEY, nonce).setAAD(BOUND)
  return (
    PREFIX +
    Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64url')
  )
}

function openByNode(sealed: string): string {
  const body = Buffer.from(sealed.slice(PREFIX.length), 'base64url')
  const cipher = createDecipheriv('aes-256-gcm', KEY, body.subarray(0, NONCE_BYTES)).setAAD(BOUND)
  cipher.setAuthTag(body.subarray(-16))
  return Buffer.concat([cipher.update(body.subarray(NONCE_BYTES, -16)), cipher.final()]).toString('utf8')
}

type Direction = 'encrypt' | 'decrypt'
type Convert = (direction: Direction, texts: readonly string[], nonces: Buffer) => readonly unknown[]

function kernels(kind: 'native' | 'wasm', isBatch: boolean): Convert {
  const backend = loadBackend(kind)
  const keys = [{ prefix: PREFIX, bytes: KEY }]
  if (isBatch) return (direction, texts, all) => backend.shade(direction, keys, { texts, nonces: all })
  return (direction, texts, all) =>
    texts.map((text, index) => {
      const one = all.subarray(index * NONCE_BYTES, (index + 1) * NONCE_BYTES)
      return backend.shade(direction, keys, { texts: [text], nonces: one })[0]
    })
}

const CONVERTERS: Readonly<Record<string, () => Convert>> = {
  'native-batch': () => kernels('native', true),
  'wasm-batch': () => kernels('wasm', true),
  'native-each': () => kernels('native', false),
  'wasm-each': () => kernels('wasm', false),
  'node-crypto': () => (direction, texts, all) =>
    direction === 'decrypt'
      ? texts.map(openByNode)
      : texts.map((text, index) => sealByNode(text, all.subarray(index * NONCE_BYTES, (index + 1) * NONCE_BYTES))),
}

const DOCUMENT = JSON.stringify({
  env: { parallelism: 1, 'shade.identifier': 'base64' },
  source: [
    {
      plugin_name: 'MySQL-CDC',
      schema: { fields: { name: 'string', age: 'int' } },
      plugin_output: 'fake',
      parallelism: 1,
      hostname: '127.0.0.1',
      username: 'seatunnel',
      password: 'seatunnel_password',
      'table-name': 'inventory',
    },
  ],
  transform: [],
  sink: [{ plugin_name: 'Clickhouse', host: 'localhost:8123', username: 'seatunnel', password: 'seatunnel_password' }],
})

/** `encrypt-config` by hand, without positions, limits and messages. */
function plainDocument(text: string): string {
  const document = JSON.parse(text) as Record<'source' | 'sink', Record<string, unknown>[]>
  for (const element of [...document.source, ...document.sink]) {
    for (const key of ['password', 'username', 'auth', 'token']) {
      if (typeof element[key] === 'string') element[key] = Buffer.from(element[key], 'utf8').toString('base64')
    }
  }
  return JSON.stringify(document)
}

function millraceDocuments(): (text: string) => string {
  const shades = new ShadeRegistry()
  return (text) => {
    const root = parseJson(text, 'request')
    if (root.kind !== 'object') throw new Error('the document is no object')
    return toJsonText(encryptDocument(root, shades).root)
  }
}

function timed<T>(count: number, bytes: number, work: () => T, sample: (result: T) => string): void {
  const started = performance.now()
  const result = work()
  const seconds = (performance.now() - started) / 1000
  const [perSecond, megabytesPerSecond] = [Math.round(count / seconds), bytes / 1e6 / seconds]
  console.log(JSON.stringify({ seconds, count, perSecond, megabytesPerSecond, sample: sample(result) }))
}

function convertValues(way: string, direction: Direction, count: number): void {
  const plain = values(count)
  const convert = CONVERTERS[way]?.()
  if (convert === undefined) throw new Error(`there is no way '${way}'`)
  const none = Buffer.alloc(0)
  // What is decrypted is made by the fastest way; rounds over a part of the values compile the code of this one.
  const texts = direction === 'encrypt' ? plain : kernels('native', true)('encrypt', plain, nonces(count)).map(String)
  const all = direction === 'encrypt' ? nonces(count) : none
  for (let round = 0; round < 3; round += 1) {
    convert(direction, texts.slice(0, WARM_COUNT), all.subarray(0, WARM_COUNT * NONCE_BYTES))
  }
  timed(
    count,
    texts.reduce((sum, text) => sum + text.length, 0),
    () => convert(direction, texts, all),
    (results) => digest(results.filter((_, index) => index % SAMPLE_STEP === 0).map(String)),
  )
}

function convertDocuments(way: string, count: number): void {
  const convert = way === 'plain' ? plainDocument : millraceDocuments()
  for (let index = 0; index < 500; index += 1) convert(DOCUMENT)
  const work = (): string => {
    let last = ''
    for (let index = 0; index < count; index += 1) last = convert(DOCUMENT)
    return last
  }
  timed(count, count * DOCUMENT.length, work, (last) => digest([last]))
}

function digest(texts: readonly string[]): string {
  return createHash('sha256').update(texts.join('\n')).digest('hex')
}

const [way = '', task = '', count = '0'] = process.argv.slice(2)
if (task === 'documents') convertDocuments(way, Number(count))
else convertValues(way, task === 'decrypt' ? 'decrypt' : 'encrypt', Number(count))
