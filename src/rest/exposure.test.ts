import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { loadNodeConfig } from '../config/node-config.js'
import { bindAddresses, matchesInterface } from './bind-address.js'
import { checkExposure, type ExposedListener, exposureLines, exposureReport } from './exposure.js'

const LISTENER: ExposedListener = {
  name: 'REST API v1',
  host: '0.0.0.0',
  port: 5801,
  secure: false,
  openedBy: 'network.interfaces in hazelcast.yaml',
  closingLine: "'enabled: false' below network.interfaces in hazelcast.yaml",
  openingLine: 'OPEN',
}
const none = { kind: 'none', insecure: false } as const
const password = { kind: 'password', insecure: false } as const

describe('exposureReport', () => {
  it('says what is open to whom and which line closes it', () => {
    assert.deepEqual(exposureReport([LISTENER], { ...none, insecure: true }), [
      'REST API v1 is OPEN TO OTHER MACHINES at http://0.0.0.0:5801 (on every address of this machine, by network.interfaces in hazelcast.yaml): whoever reaches it can run jobs with the rights of this process, WITHOUT A PASSWORD',
      "to close it: 'enabled: false' below network.interfaces in hazelcast.yaml",
    ])
    const [line = ''] = exposureReport([{ ...LISTENER, host: '10.0.0.5', secure: true }], password)
    assert.match(line, /at https:\/\/10\.0\.0\.5:5801 \(on 10\.0\.0\.5, .*requests need a password, over TLS$/)
    const [plain = ''] = exposureReport([LISTENER], password)
    assert.match(plain, /IN THE CLEAR$/)
  })

  it('says which line opens what is open to this machine only', () => {
    assert.deepEqual(exposureReport([{ ...LISTENER, host: '127.0.0.1' }], none), [
      'REST API v1 listens on http://127.0.0.1:5801, for programs of this machine only; to open it to others: OPEN',
    ])
    assert.match(exposureReport([{ ...LISTENER, host: '::1' }], none)[0] ?? '', /http:\/\/\[::1\]:5801/)
    assert.deepEqual(exposureReport([], none), [])
  })
})

describe('checkExposure', () => {
  for (const { host, secure, kind, insecure, message } of [
    { host: '127.0.0.1', secure: false, kind: 'none', insecure: false, message: null },
    { host: '127.8.8.8', secure: false, kind: 'default', insecure: false, message: null },
    { host: '::1', secure: false, kind: 'password', insecure: false, message: null },
    { host: '0.0.0.0', secure: false, kind: 'none', insecure: false, message: 'without authentication' },
    { host: '::', secure: true, kind: 'none', insecure: false, message: 'without authentication' },
    {
      host: '10.1.2.3',
      secure: true,
      kind: 'default',
      insecure: false,
      message: 'with a password that everybody knows',
    },
    {
      host: '10.1.2.3',
      secure: false,
      kind: 'password',
      insecure: false,
      message: 'with passwords that cross the network in the clear',
    },
    { host: '10.1.2.3', secure: true, kind: 'password', insecure: false, message: null },
    { host: '10.1.2.3', secure: false, kind: 'none', insecure: true, message: null },
    { host: '10.1.2.3', secure: false, kind: 'password', insecure: true, message: null },
  ] as const) {
    const what = `'${host}' ${secure ? 'with' : 'without'} TLS, authentication '${kind}'${insecure ? ', --insecure' : ''}`
    it(`${message === null ? 'allows' : 'refuses'} ${what}`, () => {
      const check = (): void => checkExposure([{ ...LISTENER, host, secure }], { kind, insecure })
      if (message === null) check()
      else
        assert.throws(check, {
          code: 'HTTP_SETTINGS',
          message: `REST API v1 would be open to other machines on '${host}' port 5801 ${message}`,
        })
    })
  }
})

describe('exposureLines', () => {
  it('are lines that do what they say', () => {
    const { openingLine, closingLine } = exposureLines(null, 'hazelcast.yaml')
    const written = (line: string): string => /'([^']+)'/.exec(line)?.[1] ?? ''
    const opened = `hazelcast:\n  network:\n    ${written(openingLine)}\n`
    const interfacesOf = (text: string) => {
      const { hazelcast, warnings } = loadNodeConfig({ hazelcast: { file: 'hazelcast.yaml', text } })
      assert.deepEqual(warnings, [])
      return bindAddresses({
        given: null,
        interfaces: hazelcast.interfacesEnabled ? hazelcast.interfaces : null,
        machineAddresses: [],
      })
    }
    assert.deepEqual(interfacesOf(opened), ['0.0.0.0'])
    assert.deepEqual(interfacesOf(opened.replace('enabled: true', written(closingLine))), ['127.0.0.1'])
  })

  it('name the flag where there is one', () => {
    assert.deepEqual(
      [exposureLines('0.0.0.0', 'f').openedBy, exposureLines('0.0.0.0', 'f').closingLine],
      ["'--host 0.0.0.0'", "start it without '--host'"],
    )
  })
})

describe('bindAddresses', () => {
  const machineAddresses = ['10.3.16.7', '192.168.1.2']
  for (const { given, interfaces, expected } of [
    { given: null, interfaces: null, expected: ['127.0.0.1'] },
    { given: null, interfaces: [], expected: ['127.0.0.1'] },
    { given: '0.0.0.0', interfaces: ['10.3.16.*'], expected: ['0.0.0.0'] },
    { given: 'localhost', interfaces: null, expected: ['127.0.0.1'] },
    { given: '192.168.1.2', interfaces: null, expected: ['127.0.0.1', '192.168.1.2'] },
    { given: '127.0.0.1', interfaces: ['*.*.*.*'], expected: ['127.0.0.1'] },
    { given: null, interfaces: ['*.*.*.*'], expected: ['0.0.0.0'] },
    { given: null, interfaces: ['10.3.16.*'], expected: ['127.0.0.1', '10.3.16.7'] },
    { given: null, interfaces: ['192.168.1.1-9'], expected: ['127.0.0.1', '192.168.1.2'] },
    { given: null, interfaces: ['127.0.0.*'], expected: ['127.0.0.1'] },
  ])
    it(`gives ${expected} for ${given} and ${JSON.stringify(interfaces)}`, () =>
      assert.deepEqual(bindAddresses({ given, interfaces, machineAddresses }), expected))

  for (const interfaces of [['10.9.9.*'], ['nonsense'], ['10.3.16.4-x'], ['10.3.16']])
    it(`refuses '${interfaces}'`, () =>
      assert.throws(() => bindAddresses({ given: null, interfaces, machineAddresses }), { code: 'HTTP_SETTINGS' }))

  it('compares addresses of IPv6 as they are', () => {
    assert.equal(matchesInterface('fd00::1', 'fd00::1'), true)
    assert.equal(matchesInterface('fd00::1', '10.3.16.7'), false)
    assert.equal(matchesInterface('*.*.*.7', 'fd00::1'), false)
  })
})
