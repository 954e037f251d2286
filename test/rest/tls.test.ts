import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { connect } from 'node:tls'
import { MillraceError } from '../../src/core/error.js'
import { listenNode } from '../../src/rest/transport/node-http/listener.js'
import { openListener } from '../../src/rest/transport/open.js'
import { pkcs12Certificates } from '../../src/rest/transport/pkcs12.js'
import { loadTls, type TlsSettings } from '../../src/rest/transport/tls.js'
import { ROOT } from '../conventions/layers.js'
import { type SampleServer, startSample } from './transports.js'

const store = (name: string): string => join(ROOT, 'test', 'rest', 'tls', name)
const PASSWORD = 'millrace-test'
const NONE: TlsSettings = {
  keyStorePath: '',
  keyStorePassword: '',
  keyManagerPassword: '',
  trustStorePath: '',
  trustStorePassword: '',
}
const P12: TlsSettings = { ...NONE, keyStorePath: store('server.p12'), keyStorePassword: PASSWORD }

/** Asks for `/hello`, with the certificate of a client or without. */
function ask({ listener }: SampleServer, client: string | null): Promise<string> {
  const certificate = client === null ? {} : { key: readFileSync(store(client)), cert: readFileSync(store(client)) }
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        ...certificate,
        port: listener.port,
        host: 'localhost',
        path: '/hello',
        ca: readFileSync(store('ca.pem')),
        agent: false,
      },
      (response) => response.setEncoding('utf8').on('data', resolve).on('error', reject),
    )
    asked.on('error', reject).end()
  })
}

describe('TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-tls-'))
  after(() => rmSync(folder, { recursive: true, force: true }))

  /** Runs with a listener of some settings. */
  async function withServer(settings: TlsSettings, run: (server: SampleServer) => Promise<void>): Promise<void> {
    const server = await startSample(listenNode, { tls: await loadTls(settings) })
    try {
      await run(server)
    } finally {
      await server.stop()
    }
  }

  for (const { name, settings } of [
    { name: 'PKCS#12', settings: P12 },
    { name: 'PEM', settings: { ...NONE, keyStorePath: store('server.pem') } },
    {
      name: 'PEM with a password',
      settings: {
        ...NONE,
        keyStorePath: store('server-encrypted.pem'),
        keyStorePassword: 'x',
        keyManagerPassword: 'key-secret',
      },
    },
  ])
    it(`is served with a key store of ${name}`, () =>
      withServer(settings, async (server) => {
        assert.equal(server.listener.secure, true)
        assert.equal(await ask(server, null), 'hello')
      }))

  for (const trustStorePath of [store('trust.p12'), store('ca.pem'), store('plain-trust.p12')])
    it(`asks for certificates of clients with ${trustStorePath.split('/').at(-1)}`, () =>
      withServer({ ...P12, trustStorePath, trustStorePassword: PASSWORD }, async (server) => {
        assert.equal(await ask(server, 'client.pem'), 'hello')
        await assert.rejects(ask(server, 'stranger.pem'))
        await assert.rejects(ask(server, null))
        assert.deepEqual(server.services.calls, ['hello'])
      }))

  it('is 1.2 at least', () =>
    withServer(P12, async ({ listener }) => {
      const socket = connect({
        port: listener.port,
        minVersion: 'TLSv1',
        maxVersion: 'TLSv1.1',
        rejectUnauthorized: false,
      })
      await assert.rejects(new Promise((resolve, reject) => socket.on('secureConnect', resolve).on('error', reject)))
      socket.destroy()
    }))

  it('answers nothing to plain HTTP', () =>
    withServer(P12, async (server) => {
      const connection = await server.open()
      connection.send('GET /hello HTTP/1.1\r\nHost: host\r\n\r\n')
      await connection.closed()
      assert.ok(!connection.rest.includes('hello'))
    }))

  const jks = join(folder, 'server.jks')
  writeFileSync(jks, Buffer.from('feedfeed00000002', 'hex'))
  const text = join(folder, 'text.pem')
  writeFileSync(text, 'hello')
  for (const { name, settings, message, hint } of [
    { name: 'no key store', settings: NONE, message: "'enable-https' needs 'key-store-path'", hint: /PEM or PKCS#12/ },
    {
      name: 'a key store that is not there',
      settings: { ...NONE, keyStorePath: join(folder, 'none') },
      message: /cannot be read$/,
      hint: /path/,
    },
    {
      name: 'a key store of Java',
      settings: { ...NONE, keyStorePath: jks },
      message: /JKS/,
      hint: /^convert it with: keytool -importkeystore -srckeystore .*server\.jks -destkeystore .*server\.p12 -deststoretype PKCS12$/,
    },
    {
      name: 'a trust store of Java',
      settings: { ...P12, trustStorePath: jks },
      message: /JKS/,
      hint: /keytool -exportcert -rfc/,
    },
    {
      name: 'a wrong password',
      settings: { ...P12, keyStorePassword: 'canary' },
      message: /does not open with its password$/,
      hint: /key-store-password/,
    },
    {
      name: 'a wrong password of a trust store',
      settings: { ...P12, trustStorePath: store('trust.p12'), trustStorePassword: 'canary' },
      message: /does not open with its password$/,
      hint: /trust-store-password/,
    },
    {
      name: 'a trust store of an older Java',
      settings: { ...P12, trustStorePath: store('old-trust.p12') },
      message: /out of use$/,
      hint: /openssl pkcs12 -legacy/,
    },
    {
      name: 'a key store without a key',
      settings: { ...NONE, keyStorePath: store('ca.pem') },
      message: /no certificate with its key$/,
      hint: /one PEM file/,
    },
    {
      name: 'a key store that is none',
      settings: { ...NONE, keyStorePath: text },
      message: /no certificate with its key$/,
      hint: /one PEM file/,
    },
    {
      name: 'a trust store that is none',
      settings: { ...P12, trustStorePath: text },
      message: /has no certificate$/,
      hint: /authority/,
    },
  ])
    it(`refuses ${name}`, async () => {
      await assert.rejects(loadTls(settings), (error: Error & { code?: string; details?: { hint?: string } }) => {
        assert.equal(error.code, 'HTTP_SETTINGS')
        if (typeof message === 'string') assert.equal(error.message, message)
        else assert.match(error.message, message)
        assert.match(error.details?.hint ?? '', hint)
        assert.ok(!`${error.message}${error.details?.hint}`.includes('canary'))
        return true
      })
    })
})

describe('pkcs12Certificates', () => {
  it('survives any broken byte', () => {
    const sound = readFileSync(store('plain-trust.p12'))
    for (let index = 0; index < sound.length; index += 1)
      for (const value of [0, 0x30, 0x84, 0xff]) {
        const broken = Buffer.from(sound)
        broken[index] = value
        pkcs12Certificates(broken, '')
      }
    assert.equal(pkcs12Certificates(Buffer.alloc(0), ''), 'damaged')
    assert.equal(pkcs12Certificates(sound.subarray(0, 100), ''), 'damaged')
  })
})

describe('openListener', () => {
  for (const { choice, tls, kind } of [
    { choice: undefined, tls: false, kind: 'uws' },
    { choice: '', tls: false, kind: 'uws' },
    { choice: 'uws', tls: false, kind: 'uws' },
    { choice: 'node', tls: false, kind: 'node' },
    { choice: undefined, tls: true, kind: 'node' },
    { choice: 'uws', tls: true, kind: 'node' },
  ])
    it(`gives '${kind}' for '${choice}' ${tls ? 'with' : 'without'} TLS`, async () => {
      const warnings: string[] = []
      const material = tls ? await loadTls(P12) : null
      const server = await startSample(
        (options) => openListener(options, choice, (message) => warnings.push(message)),
        {
          tls: material,
        },
      )
      await server.stop()
      assert.equal(server.listener.kind, kind)
      assert.deepEqual(warnings, [])
    })

  it('serves with node:http, and says so, where the addon cannot be used', async () => {
    const warnings: string[] = []
    const uws = (): Promise<never> => Promise.reject(new MillraceError('BACKEND_UNAVAILABLE', 'it is another file'))
    const server = await startSample((options) =>
      openListener(options, 'uws', (message) => warnings.push(message), uws),
    )
    await server.stop()
    assert.equal(server.listener.kind, 'node')
    assert.deepEqual(warnings, ['it is another file; requests are served by node:http, which is several times slower'])
  })

  it('refuses another choice', async () => {
    await assert.rejects(
      startSample((options) => openListener(options, 'apache', () => {})),
      {
        code: 'HTTP_SETTINGS',
        message: "'MILLRACE_HTTP' is 'apache'",
      },
    )
  })
})
