/** What a connection has to give for some bytes. */
export interface RequestCase {
  readonly name: string
  /** Bytes as Latin-1 text; several pieces are sent one after the other. */
  readonly send: string | readonly string[]
  /**
   * The statuses of all answers, or `refused`: at most one answer, of 400, 413, 431, 501 or 505, no handler was called, and the
   * connection is closed.
   */
  readonly expect: readonly number[] | 'refused'
  /** Body of the last answer. */
  readonly body?: string
  /** Closed behind the last answer; otherwise the connection must take another request. */
  readonly closes?: boolean
  /** What the parser of uWebSockets.js does differently before anything of ours can look at it. Listed in docs/compatibility.md. */
  readonly uws?: readonly number[] | 'refused' | 'silent'
}

const HOST = 'Host: host\r\n'
const get = (target: string, headers = ''): string => `GET ${target} HTTP/1.1\r\n${HOST}${headers}\r\n`
const post = (headers: string, body: string, target = '/echo'): string =>
  `POST ${target} HTTP/1.1\r\n${HOST}${headers}\r\n${body}`
const SECOND = get('/open')

/** Requests that have to be served. */
export const SERVED: readonly RequestCase[] = [
  { name: 'a GET', send: get('/hello'), expect: [200], body: 'hello' },
  { name: 'an answer that comes later', send: get('/async'), expect: [200], body: 'later' },
  {
    name: 'two requests one after the other in one packet',
    send: get('/hello') + get('/open'),
    expect: [200, 200],
    body: 'open',
  },
  { name: 'a request line and headers byte by byte', send: [...get('/hello')], expect: [200], body: 'hello' },
  { name: 'a query with an empty text', send: get('/target?'), expect: [200], body: '/target?' },
  {
    name: 'a target that is not normalised',
    send: get('/target?a=/../%2e%2e//b&c'),
    expect: [200],
    body: '/target?a=/../%2e%2e//b&c',
  },
  {
    name: 'names of a query that objects have',
    send: get('/query?__proto__=1&constructor=2'),
    expect: [200],
    body: '[["__proto__","1"],["constructor","2"]]',
  },
  {
    name: 'a broken escape in a query',
    send: get('/query?a=%'),
    expect: [400],
    body: 'REQUEST_MALFORMED: the query has an escape that is no UTF-8 text',
  },
  { name: 'an unknown path', send: get('/other'), expect: [404], body: 'not found' },
  { name: 'another method', send: `DELETE /hello HTTP/1.1\r\n${HOST}\r\n`, expect: [405], body: 'not allowed' },
  {
    name: 'a handler that throws',
    send: get('/throw'),
    expect: [500],
    body: 'REQUEST_FAILED: the request failed inside the node',
  },
  {
    name: 'a handler that rejects',
    send: get('/reject'),
    expect: [400],
    body: "JOB_DEFINITION: the job has no 'source'",
  },
  { name: 'an answer without a body', send: get('/none'), expect: [204], body: '' },
  { name: 'a POST without any body', send: post('', ''), expect: [200], body: 'no body' },
  { name: 'a POST with a body of no bytes', send: post('Content-Length: 0\r\n', ''), expect: [200], body: '' },
  { name: 'a POST', send: post('Content-Length: 5\r\n', 'abcde'), expect: [200], body: 'abcde' },
  { name: 'a POST in two pieces', send: [post('Content-Length: 5\r\n', 'ab'), 'cde'], expect: [200], body: 'abcde' },
  {
    name: 'a POST in chunks',
    send: post('Transfer-Encoding: chunked\r\n', '3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n'),
    expect: [200],
    body: 'abcde',
  },
  {
    name: 'chunks in pieces',
    send: [post('Transfer-Encoding: CHUNKED\r\n', '3\r\nab'), 'c\r\n0\r\n', '\r\n'],
    expect: [200],
    body: 'abc',
  },
  {
    name: 'a body of a route that reads none',
    send: post('Content-Length: 3\r\n', 'abc', '/unread'),
    expect: [200],
    body: 'unread',
  },
  {
    name: 'a body of an unknown path',
    send: post('Content-Length: 3\r\n', 'abc', '/other'),
    expect: [404],
    body: 'not found',
  },
  {
    name: 'a body at the limit',
    send: post('Content-Length: 16\r\n', '0123456789abcdef', '/small'),
    expect: [200],
    body: '16',
  },
  {
    name: 'a body beyond the limit',
    send: post('Content-Length: 17\r\n', '0123456789abcdefg', '/small'),
    expect: [413],
    closes: true,
  },
  {
    name: 'chunks beyond the limit',
    send: post('Transfer-Encoding: chunked\r\n', `11\r\n0123456789abcdefg\r\n`, '/small'),
    expect: [413],
    closes: true,
  },
  {
    name: '10 GB that are announced',
    send: post('Content-Length: 10737418240\r\n', ''),
    expect: [413],
    closes: true,
    uws: 'refused',
  },
  { name: '999 MB that are announced', send: post('Content-Length: 999999999\r\n', ''), expect: [413], closes: true },
  { name: 'a streamed body', send: post('Content-Length: 5\r\n', 'abcde', '/upload'), expect: [200], body: '5' },
  {
    name: 'a streamed body in chunks',
    send: [post('Transfer-Encoding: chunked\r\n', '3\r\nabc\r\n', '/upload'), '2\r\nde\r\n0\r\n\r\n'],
    expect: [200],
    body: '5',
  },
  { name: 'a streamed body of no bytes', send: post('Content-Length: 0\r\n', '', '/upload'), expect: [200], body: '0' },
  { name: 'no reply at all', send: get('/silent'), expect: [], closes: true },
  {
    name: 'a client that wants to close',
    send: get('/hello', 'Connection: close\r\n'),
    expect: [200],
    body: 'hello',
    closes: true,
  },
  {
    name: 'a continue that is expected',
    send: post('Content-Length: 2\r\nExpect: 100-continue\r\n', 'ab'),
    expect: [100, 200],
    body: 'ab',
  },
  {
    name: 'an upgrade that nobody offers',
    send: get('/hello', 'Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n'),
    expect: [200],
    body: 'hello',
  },
  { name: 'another host name', send: `GET /hello HTTP/1.1\r\nHost: evil.example\r\n\r\n`, expect: [421], closes: true },
  { name: 'HTTP/1.0', send: 'GET /hello HTTP/1.0\r\n\r\n', expect: [200], body: 'hello', closes: true, uws: 'silent' },
  {
    name: 'a chunk extension',
    send: post('Transfer-Encoding: chunked\r\n', '3;a=b\r\nabc\r\n0\r\n\r\n'),
    expect: [200],
    body: 'abc',
    uws: 'silent',
  },
]

/** Requests that must not be served, and must not make the connection serve what follows. */
export const REFUSED: readonly RequestCase[] = [
  {
    name: 'Content-Length and Transfer-Encoding',
    send: post('Content-Length: 3\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${SECOND}`),
    expect: 'refused',
  },
  {
    name: 'Transfer-Encoding and Content-Length',
    send: post('Transfer-Encoding: chunked\r\nContent-Length: 3\r\n', `0\r\n\r\n${SECOND}`),
    expect: 'refused',
  },
  {
    name: 'two different Content-Length',
    send: post('Content-Length: 3\r\nContent-Length: 5\r\n', `abcde${SECOND}`),
    expect: 'refused',
  },
  {
    name: 'two equal Content-Length',
    send: post('Content-Length: 3\r\nContent-Length: 3\r\n', `abc${SECOND}`),
    expect: 'refused',
  },
  { name: 'a list of Content-Length', send: post('Content-Length: 3, 3\r\n', `abc${SECOND}`), expect: 'refused' },
  { name: 'an empty Content-Length', send: post('Content-Length:\r\n', SECOND), expect: 'refused' },
  { name: 'a signed Content-Length', send: post('Content-Length: +3\r\n', `abc${SECOND}`), expect: 'refused' },
  { name: 'a negative Content-Length', send: post('Content-Length: -3\r\n', `abc${SECOND}`), expect: 'refused' },
  { name: 'a hexadecimal Content-Length', send: post('Content-Length: 0x3\r\n', `abc${SECOND}`), expect: 'refused' },
  {
    name: 'a Content-Length of too many digits',
    send: post(`Content-Length: ${'9'.repeat(30)}\r\n`, 'abc'),
    expect: 'refused',
  },
  {
    name: 'another Transfer-Encoding',
    send: post('Transfer-Encoding: gzip\r\n', `0\r\n\r\n${SECOND}`),
    expect: 'refused',
  },
  {
    name: 'a Transfer-Encoding that is nearly chunked',
    send: post('Transfer-Encoding: xchunked\r\n', `0\r\n\r\n${SECOND}`),
    expect: 'refused',
  },
  {
    name: 'a list of Transfer-Encoding',
    send: post('Transfer-Encoding: gzip, chunked\r\n', `0\r\n\r\n${SECOND}`),
    expect: 'refused',
  },
  {
    name: 'two Transfer-Encoding',
    send: post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${SECOND}`),
    expect: 'refused',
  },
  { name: 'an empty Transfer-Encoding', send: post('Transfer-Encoding:\r\n', SECOND), expect: 'refused' },
  {
    name: 'a blank in front of the colon',
    send: post('Content-Length : 3\r\n', `abc${SECOND}`),
    expect: 'refused',
    uws: 'silent',
  },
  { name: 'a folded header', send: get('/hello', 'X-A: b\r\n c\r\n') + SECOND, expect: 'refused', uws: 'silent' },
  { name: 'a header without a colon', send: get('/hello', 'nonsense\r\n') + SECOND, expect: 'refused', uws: 'silent' },
  {
    name: 'a header without a name',
    send: get('/hello', ': value\r\n'),
    expect: 'refused',
    // What is behind such a header is hidden from everybody, the parser included.
    uws: [200],
  },
  {
    name: 'trailer fields',
    send: post('Trailer: X-A\r\nTransfer-Encoding: chunked\r\n', `3\r\nabc\r\n0\r\nX-A: b\r\n\r\n`),
    expect: 'refused',
  },
  {
    name: 'a chunk size that is none',
    send: post('Transfer-Encoding: chunked\r\n', `zz\r\nabc\r\n0\r\n\r\n${SECOND}`),
    expect: 'refused',
  },
  {
    name: 'a chunk size beyond all numbers',
    send: post('Transfer-Encoding: chunked\r\n', `${'f'.repeat(20)}\r\nabc`),
    expect: 'refused',
  },
  { name: 'no Host', send: 'GET /hello HTTP/1.1\r\n\r\n', expect: 'refused', uws: 'silent' },
  { name: 'two Hosts', send: get('/hello', 'Host: host\r\n'), expect: 'refused' },
  { name: 'an empty Host', send: 'GET /hello HTTP/1.1\r\nHost:\r\n\r\n', expect: 'refused' },
  { name: 'a target that is a whole address', send: get('http://host/hello'), expect: 'refused', uws: 'silent' },
  { name: 'a target that is an asterisk', send: `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, expect: 'refused', uws: 'silent' },
  { name: 'a tunnel', send: `CONNECT host:80 HTTP/1.1\r\n${HOST}\r\n`, expect: 'refused', uws: 'silent' },
  { name: 'a target with bytes beyond ASCII', send: get('/h\xe9llo'), expect: 'refused' },
  { name: 'a target with a NUL', send: get('/h\0llo'), expect: 'refused', uws: 'silent' },
  { name: 'a method in lower case', send: `get /hello HTTP/1.1\r\n${HOST}\r\n`, expect: 'refused' },
  { name: 'a method that nobody knows', send: `BREW /hello HTTP/1.1\r\n${HOST}\r\n`, expect: 'refused' },
  { name: 'another protocol', send: `GET /hello HTTP/3.0\r\n${HOST}\r\n`, expect: 'refused', uws: 'silent' },
  {
    name: 'lines without carriage return',
    send: `GET /hello HTTP/1.1\nHost: host\n\n`,
    expect: 'refused',
    uws: 'silent',
  },
  {
    name: 'more than 100 headers',
    send: get('/hello', Array.from({ length: 101 }, (_, index) => `X-${index}: a\r\n`).join('')),
    expect: 'refused',
    uws: 'silent',
  },
  { name: 'a target of 9 KB', send: get(`/hello?${'a'.repeat(9000)}`), expect: 'refused' },
  {
    name: 'a head of 40 KB',
    send: [get('/hello', `X-A: ${'a'.repeat(20_000)}\r\n`).slice(0, 20_000), 'a'.repeat(20_000)],
    expect: 'refused',
  },
  {
    name: 'bytes that are no HTTP',
    send: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 \r\n\r\n',
    expect: 'refused',
    uws: 'silent',
  },
]
