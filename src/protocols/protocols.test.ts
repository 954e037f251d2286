import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import { ConnectionPool } from './connection-pool.js'
import { guardedLookup, refuseForbiddenHost } from './egress.js'
import { isTransientSocketFault, retried, retryPolicy } from './retry.js'
import { S3Fault } from './s3/fault.js'
import { childText, escapeXml, parseXml } from './s3/xml.js'
import { fingerprint, isKnownHost } from './sftp/known-hosts.js'

const FAST = { ...retryPolicy(3), firstDelayMs: 0 }

describe('retried', () => {
  it('tries again what can pass, and stops after the last try', async () => {
    let tries = 0
    const lost = Object.assign(new Error('lost'), { code: 'ECONNRESET' })
    const step = async (attempt: number): Promise<number> => {
      tries += 1
      if (attempt < 3) throw lost
      return attempt
    }
    assert.equal(await retried(FAST, isTransientSocketFault, step), 3)
    await assert.rejects(retried({ ...FAST, attempts: 2 }, isTransientSocketFault, step), lost)
    assert.equal(tries, 5)
  })

  it('does not try again what cannot', async () => {
    let tries = 0
    const step = async (): Promise<void> => {
      tries += 1
      throw Object.assign(new Error('no such host'), { code: 'ENOTFOUND' })
    }
    await assert.rejects(retried(FAST, isTransientSocketFault, step))
    assert.equal(tries, 1)
  })
})

describe('addresses that jobs must not reach', () => {
  for (const host of [
    '169.254.169.254',
    'fe80::1',
    '[fe80::1]',
    'fd00:ec2::254',
    '::ffff:169.254.1.1',
    'METADATA.google.internal.',
  ]) {
    it(`are refused: ${host}`, () => assert.throws(() => refuseForbiddenHost(host), { code: 'EGRESS_DENIED' }))
  }
  for (const host of ['127.0.0.1', '10.0.0.1', 'example.org', '::1', '169.253.1.1']) {
    it(`are not others: ${host}`, () => refuseForbiddenHost(host))
  }

  it('are found when a name is resolved', async () => {
    const answer = await new Promise((resolve) => guardedLookup('169.254.169.254', {}, (error) => resolve(error)))
    assert.equal((answer as { code?: string }).code, 'EGRESS_DENIED')
    const [error, address] = await new Promise<unknown[]>((resolve) => {
      guardedLookup('127.0.0.1', {}, (...found) => resolve(found))
    })
    assert.deepEqual([error, address], [null, '127.0.0.1'])
  })
})

describe('a pool of connections', () => {
  it('gives a connection to one caller at a time and keeps it for the next', async () => {
    let made = 0
    const closed: number[] = []
    const broken = new Set<number>()
    const pool = new ConnectionPool<number>({
      connect: async () => ++made,
      isUsable: (connection) => !broken.has(connection),
      close: (connection) => void closed.push(connection),
      hold: () => undefined,
    })
    assert.deepEqual(await Promise.all([pool.lease(), pool.lease()]), [1, 2])
    pool.release(1)
    assert.equal(await pool.use(async (connection) => connection), 1)
    broken.add(1)
    assert.equal(await pool.lease(), 3)
    broken.add(3)
    pool.release(3)
    pool.release(2)
    pool.close()
    assert.deepEqual(closed, [1, 3, 2])
  })
})

describe('XML of answers', () => {
  it('is read as elements and texts', () => {
    const root = parseXml(
      '<?xml version="1.0"?>\n<a:List xmlns="x"><!-- note --><Key>a &amp; b&#x21;&#9;</Key><Empty/></a:List>',
    )
    assert.equal(root?.name, 'List')
    assert.equal(root && childText(root, 'Key'), 'a & b!\t')
    assert.equal(root && childText(root, 'Empty'), '')
    assert.equal(root && childText(root, 'Missing'), null)
  })

  const broken = [
    '',
    'text',
    '<a>',
    '<a></b>',
    '<a/><b/>',
    '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    '<a>&x;</a>',
    '<a>&#0;</a>',
    '<a',
    '<a>'.repeat(50) + '</a>'.repeat(50),
  ]
  for (const text of broken)
    it(`refuses ${JSON.stringify(text.slice(0, 40))}`, () => assert.equal(parseXml(text), null))

  it('holds any text that is escaped', () => {
    const text = `<&>"'\r]]>`
    assert.equal(parseXml(`<a>${escapeXml(text)}</a>`)?.text, text)
  })
})

describe('a failure of the object store', () => {
  it('has the code and message of the answer, the region, and no more', () => {
    const body = parseXml(
      '<Error><Code>SignatureDoesNotMatch</Code><Message>The signature\nis wrong.</Message><AWSAccessKeyId>AKCANARY</AWSAccessKeyId><StringToSign>canary</StringToSign></Error>',
    )
    const fault = S3Fault.of(403, body, { 'x-amz-bucket-region': 'eu-west-1' })
    assert.equal(fault.message, 'the signature is wrong (403 SignatureDoesNotMatch)')
    assert.deepEqual([fault.region, fault.isTransient, fault.isMissing], ['eu-west-1', false, false])
    assert.match(fault.hint ?? '', /secret_key/)
  })

  it('says what may pass and what is missing', () => {
    assert.equal(S3Fault.of(503, null, {}).isTransient, true)
    assert.equal(S3Fault.of(400, parseXml('<Error><Code>RequestTimeout</Code></Error>'), {}).isTransient, true)
    assert.equal(S3Fault.of(404, null, {}).isMissing, true)
    assert.equal(S3Fault.of(404, parseXml('<Error><Code>NoSuchBucket</Code></Error>'), {}).isMissing, false)
  })
})

describe('known hosts', () => {
  const key = Buffer.from('the key of a host')
  const text = key.toString('base64')
  const salt = Buffer.from('salt').toString('base64')
  const hashed = createHmac('sha1', Buffer.from('salt')).update('example.org').digest('base64')
  const cases: readonly [title: string, line: string, host: string, port: number, expected: boolean][] = [
    ['a plain name', `example.org ssh-ed25519 ${text}`, 'Example.org', 22, true],
    ['a name with a port', `[example.org]:2222 ssh-ed25519 ${text}`, 'example.org', 2222, true],
    ['another port', `example.org ssh-ed25519 ${text}`, 'example.org', 2222, false],
    ['a list', `a,example.org,b ssh-ed25519 ${text} note`, 'example.org', 22, true],
    ['a pattern', `*.org ssh-ed25519 ${text}`, 'example.org', 22, true],
    ['an exception from a pattern', `*.org,!example.org ssh-ed25519 ${text}`, 'example.org', 22, false],
    ['a hashed name', `|1|${salt}|${hashed} ssh-ed25519 ${text}`, 'example.org', 22, true],
    ['another key', `example.org ssh-ed25519 ${text}AA`, 'example.org', 22, false],
    ['a comment', `# example.org ssh-ed25519 ${text}`, 'example.org', 22, false],
    ['a revoked key', `example.org x ${text}\n@revoked example.org x ${text}`, 'example.org', 22, false],
    ['a certificate authority', `@cert-authority example.org x ${text}`, 'example.org', 22, false],
    ['nothing', '', 'example.org', 22, false],
  ]
  for (const [title, line, host, port, expected] of cases) {
    it(`understand ${title}`, () => assert.equal(isKnownHost(`\n${line}\n`, host, port, key), expected))
  }

  it('are named by fingerprints as OpenSSH prints them', () => {
    assert.equal(fingerprint(Buffer.alloc(0)), 'SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU')
  })
})
