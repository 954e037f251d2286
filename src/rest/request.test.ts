import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodePercent, formParameters } from './query.js'
import { RestRequest } from './request.js'
import { NO_HEADERS, ResponseHeaders, statusLine } from './response.js'

describe('formParameters', () => {
  for (const { raw, expected } of [
    { raw: '', expected: [] },
    { raw: '&&', expected: [] },
    { raw: 'a', expected: [['a', '']] },
    { raw: 'a=', expected: [['a', '']] },
    { raw: '=b', expected: [['', 'b']] },
    { raw: 'a=b=c', expected: [['a', 'b=c']] },
    {
      raw: 'a=1&b=two+words&c=%C3%A9%2B',
      expected: [
        ['a', '1'],
        ['b', 'two words'],
        ['c', 'é+'],
      ],
    },
    { raw: 'a=1&a=2', expected: [['a', '1']] },
    {
      raw: '__proto__=1&__proto__[x]=2&constructor.prototype.x=3',
      expected: [
        ['__proto__', '1'],
        ['__proto__[x]', '2'],
        ['constructor.prototype.x', '3'],
      ],
    },
  ])
    it(`reads '${raw}'`, () => {
      assert.deepEqual([...formParameters(raw)], expected)
      assert.equal(({} as Record<string, unknown>).x, undefined)
    })

  it('takes the last of several values where the dialect does', () =>
    assert.deepEqual([...formParameters('a=1&a=2', 'last')], [['a', '2']]))

  for (const raw of ['a=%', 'a=%2', 'a=%zz', '%ff=1', 'a=%c3%28', Array.from({ length: 1001 }, () => 'a=1').join('&')])
    it(`refuses '${raw.slice(0, 20)}'`, () => assert.throws(() => formParameters(raw), { code: 'REQUEST_MALFORMED' }))

  it('decodes once', () => {
    assert.equal(decodePercent('%252e'), '%2e')
    assert.equal(decodePercent('a+b'), 'a+b')
    assert.equal(decodePercent('a+b', true), 'a b')
    assert.equal(decodePercent('%c0%ae'), null)
  })
})

describe('RestRequest', () => {
  it('gives the first header of a name', () => {
    const request = new RestRequest('GET', '/a', 'b=1', { headers: ['x-a', '1', 'x-b', 'x-a', 'x-a', '2'] })
    assert.equal(request.header('x-a'), '1')
    assert.equal(request.header('x-c'), null)
    assert.equal(request.header('__proto__'), null)
    assert.equal(request.target, '/a?b=1')
  })

  it('tells a body that is empty from one that is not there', () => {
    assert.equal(new RestRequest('POST', '/', null).text(), null)
    assert.equal(new RestRequest('POST', '/', null, { body: new Uint8Array(0) }).text(), '')
    assert.equal(new RestRequest('POST', '/', null, { body: Buffer.from('é') }).text(), 'é')
    assert.equal(new RestRequest('POST', '/', null, { body: Buffer.from([0xff]) }).text(), '\ufffd')
  })

  it('reads the query by the rule of its dialect, once', () => {
    let calls = 0
    const request = new RestRequest('GET', '/', 'a=1')
    request.readQuery = (raw) => {
      calls += 1
      return formParameters(raw)
    }
    assert.equal(request.query.get('a'), '1')
    assert.equal(request.query.get('b'), undefined)
    assert.equal(calls, 1)
    assert.equal(new RestRequest('GET', '/', null).query.size, 0)
  })
})

describe('ResponseHeaders', () => {
  it('keeps order and letter case, and leaves a place for those of the transport', () => {
    const headers = new ResponseHeaders([
      ['Date', ''],
      ['x-B', '1'],
      ['Content-Length', ''],
      ['X-a', 'é'],
    ])
    assert.equal(headers.lines, '\r\nx-B: 1\r\nX-a: é')
    assert.deepEqual(
      headers.pairs.map(([name]) => name),
      ['Date', 'x-B', 'Content-Length', 'X-a'],
    )
    assert.deepEqual(headers.with(['Y', '2']).pairs.length, 5)
    assert.equal(NO_HEADERS.lines, '')
  })

  for (const [name, value] of [
    ['X', 'a\r\nSet-Cookie: b'],
    ['X', 'a\nb'],
    ['X', 'a\rb'],
    ['X', 'a\0b'],
    ['X', 'a\u007fb'],
    ['X', '\u0161'],
    ['X\r\nY', 'a'],
    ['X:', 'a'],
    ['X Y', 'a'],
    ['', 'a'],
    ['Content-Length', '5'],
    ['date', 'now'],
    ['Connection', 'close'],
    ['Transfer-Encoding', 'chunked'],
  ] as const)
    it(`refuses ${JSON.stringify(name)}: ${JSON.stringify(value)}`, () =>
      assert.throws(() => new ResponseHeaders([[name, value]]), TypeError))

  it('lets no reason break the status line', () => {
    assert.equal(statusLine(404, undefined), '404 Not Found')
    assert.equal(statusLine(500, 'Server Error'), '500 Server Error')
    assert.equal(statusLine(400, 'a\r\nX: y'), '400 Bad Request')
    assert.equal(statusLine(299, undefined), '299 Unknown')
  })
})
