import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { multipartParts } from './multipart.js'
import { readPart, safeDisplayName } from './stored-upload.js'

const TYPE = 'multipart/form-data; boundary=xyz'

/** The bytes of a form in pieces of a size. */
async function* pieces(text: string, size = text.length): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text, 'latin1')
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size)
}

function part(disposition: string, content: string, more = ''): string {
  return `--xyz\r\nContent-Disposition: form-data${disposition}\r\n${more}\r\n${content}\r\n`
}

/** Everything that a form holds. */
async function read(text: string, size?: number, type: string | null = TYPE): Promise<(string | null)[][]> {
  const parts: (string | null)[][] = []
  for await (const { name, fileName, contentType, content } of multipartParts(type, pieces(text, size))) {
    let body = ''
    for await (const piece of content) body += Buffer.from(piece).toString('latin1')
    parts.push([name, fileName, contentType, body])
  }
  return parts
}

describe('multipartParts', () => {
  const file = part(
    '; name="config_file"; filename="job.conf"',
    'env {\r\n}\r\n--xy\r\n--xyzz',
    'content-type: text/plain\r\n',
  )
  const form = `${part('; name="a"', '1')}${file}${part('; name=plain', '')}--xyz--\r\n`
  const expected = [
    ['a', null, null, '1'],
    ['plain', null, null, ''],
  ]

  for (const size of [1, 2, 3, 7, 16, 1000])
    it(`reads fields and files that come in pieces of ${size} bytes`, async () => {
      const text = form.replace('\r\n--xyzz', '\r\n--xy zz')
      assert.deepEqual(await read(text, size), [
        expected[0],
        ['config_file', 'job.conf', 'text/plain', 'env {\r\n}\r\n--xy\r\n--xy zz'],
        expected[1],
      ])
    })

  for (const { name, text, type, parts } of [
    { name: 'no part at all', text: '--xyz--', parts: [] },
    {
      name: 'something in front and behind',
      text: `hello\r\n${part('; name="a"', 'b')}--xyz--\r\nbye`,
      parts: [['a', null, null, 'b']],
    },
    {
      name: 'a boundary in quotes',
      text: `${part('; name="a"', 'b')}--xyz--`,
      type: 'Multipart/Form-Data; charset=utf-8; boundary="xyz"',
      parts: [['a', null, null, 'b']],
    },
    {
      name: 'blanks behind a boundary',
      text: '--xyz \t\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--xyz--',
      parts: [['a', null, null, 'b']],
    },
    {
      name: 'quotes in a name',
      text: `${part('; name="a\\"b"; filename="c;d=e"', 'f')}--xyz--`,
      parts: [['a"b', 'c;d=e', null, 'f']],
    },
    {
      name: 'a file name that is a path',
      text: `${part('; name="a"; filename="../../etc/passwd"', 'b')}--xyz--`,
      parts: [['a', '../../etc/passwd', null, 'b']],
    },
    {
      name: 'names that objects have',
      text: `${part('; name="__proto__"', 'b')}${part('; name="constructor"', 'c')}--xyz--`,
      parts: [
        ['__proto__', null, null, 'b'],
        ['constructor', null, null, 'c'],
      ],
    },
    {
      name: 'a header of the name that objects have',
      text: `${part('; name="a"', 'b', '__proto__: x\r\n')}--xyz--`,
      parts: [['a', null, null, 'b']],
    },
    {
      name: 'a delimiter in the content that is none',
      text: `${part('; name="a"', 'x--xyz\n--xyz\r--xyz')}--xyz--`,
      parts: [['a', null, null, 'x--xyz\n--xyz\r--xyz']],
    },
  ])
    it(`reads ${name}`, async () => {
      for (const size of [1, 1000]) assert.deepEqual(await read(text, size, type ?? TYPE), parts)
      assert.equal(({} as Record<string, unknown>).x, undefined)
    })

  for (const { name, text = form, type = TYPE } of [
    { name: 'no content type', type: null },
    { name: 'another content type', type: 'application/json; boundary=xyz' },
    { name: 'no boundary', type: 'multipart/form-data' },
    { name: 'an empty boundary', type: 'multipart/form-data; boundary=""' },
    { name: 'a boundary of 71 characters', type: `multipart/form-data; boundary=${'x'.repeat(71)}` },
    { name: 'a boundary with a line break', type: 'multipart/form-data; boundary="a\r\nb"' },
    { name: 'nothing', text: '' },
    { name: 'another boundary', text: '--abc--' },
    { name: 'much in front of the first part', text: `${'x'.repeat(20_000)}${form}` },
    { name: 'a form that breaks off in a header', text: '--xyz\r\nContent-Dispo' },
    { name: 'a form that breaks off in a part', text: part('; name="a"', 'b') },
    { name: 'a part without a name', text: `${part('', 'b')}--xyz--` },
    {
      name: 'a part that is no form data',
      text: '--xyz\r\nContent-Disposition: attachment; name=a\r\n\r\nb\r\n--xyz--',
    },
    { name: 'a part without headers', text: '--xyz\r\n\r\nb\r\n--xyz--' },
    { name: 'a header without a colon', text: '--xyz\r\nContent-Disposition form-data\r\n\r\nb\r\n--xyz--' },
    { name: 'headers of 9 KB', text: `${part('; name="a"', 'b', `X: ${'y'.repeat(9000)}\r\n`)}--xyz--` },
    { name: 'headers without end', text: `--xyz\r\nX: ${'y'.repeat(100_000)}` },
    { name: 'more than 20 parts', text: `${part('; name="a"', 'b').repeat(21)}--xyz--` },
    {
      name: 'text behind a boundary',
      text: '--xyz hello\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--xyz--',
    },
  ])
    it(`refuses ${name}`, async () => {
      for (const size of [1, 100_000]) await assert.rejects(read(text, size, type), { code: 'UPLOAD_INVALID' })
    })

  it('skips what is not read', async () => {
    const names: string[] = []
    for await (const { name } of multipartParts(TYPE, pieces(form.replace('\r\n--xyzz', ''), 5))) names.push(name)
    assert.deepEqual(names, ['a', 'config_file', 'plain'])
  })

  it('reads a header that backtracks badly in no time', async () => {
    const text = `${part(`; name="${'\\'.repeat(7999)}`, 'b')}--xyz--`
    await assert.rejects(read(text), { code: 'UPLOAD_INVALID' })
    await assert.rejects(read('', 1, `multipart/form-data${'; boundary'.repeat(1000)}`), { code: 'UPLOAD_INVALID' })
  })
})

describe('readPart', () => {
  it('collects a small part in memory', async () => {
    for await (const each of multipartParts(TYPE, pieces(`${part('; name=a', 'bcd')}--xyz--`)))
      assert.equal((await readPart(each, 3)).toString(), 'bcd')
    for await (const each of multipartParts(TYPE, pieces(`${part('; name=a', 'bcd')}--xyz--`)))
      await assert.rejects(readPart(each, 2), { code: 'BODY_TOO_LARGE' })
  })
})

describe('safeDisplayName', () => {
  for (const [name, expected] of [
    [null, 'upload'],
    ['', 'upload'],
    ['job.jar', 'job.jar'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\temp\\my job.jar', 'my_job.jar'],
    ['...', 'upload'],
    ['.env', 'env'],
    ['a\r\nb', 'a__b'],
    ['é.jar', '_.jar'],
    ['x'.repeat(200), 'x'.repeat(100)],
    ['dir/', 'upload'],
  ] as const)
    it(`makes '${expected.slice(0, 20)}' of ${JSON.stringify(name)?.slice(0, 30)}`, () =>
      assert.equal(safeDisplayName(name), expected))
})
