import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MillraceError } from '../../core/error.js'
import { BodyReader } from './body-reader.js'

/** A reader, and what it asked of its connection. */
function sample(room = Number.POSITIVE_INFINITY) {
  const asked: string[] = []
  let held = 0
  const reader = new BodyReader({
    pause: () => asked.push('pause'),
    resume: () => asked.push('resume'),
    hold: (bytes) => {
      held += bytes
      return held <= room
    },
    tooLarge: (limitBytes) => asked.push(`more than ${limitBytes}`),
    complete: (body) => asked.push(`complete ${Buffer.from(body).toString()}`),
    waiting: (isWaiting) => asked.push(isWaiting ? 'waits' : 'goes on'),
  })
  return { reader, asked }
}

const bytes = (text: string): Uint8Array => Buffer.from(text)
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Reads a stream and notes what comes. */
function readAll(stream: AsyncIterable<Uint8Array>): { got: string[]; end: Promise<void> } {
  const got: string[] = []
  const end = (async () => {
    try {
      for await (const piece of stream) got.push(Buffer.from(piece).toString())
      got.push('end')
    } catch (error) {
      got.push(error instanceof MillraceError ? error.code : String(error))
    }
  })()
  return { got, end }
}

describe('BodyReader', () => {
  it('collects what comes before and after it is asked to', () => {
    const { reader, asked } = sample()
    reader.push(bytes('a'), false)
    reader.collect(10)
    reader.push(bytes('b'), false)
    reader.push(bytes(''), true)
    reader.push(bytes('behind the end'), true)
    assert.deepEqual(asked, ['complete ab'])
    assert.deepEqual([reader.ended, reader.arrivedBytes], [true, 2])
  })

  it('hands over a body that was there already', () => {
    const { reader, asked } = sample()
    reader.push(bytes('abc'), true)
    assert.deepEqual(asked, [])
    reader.collect(3)
    assert.deepEqual(asked, ['complete abc'])
  })

  it('pauses the connection while nobody knows what to do with the body', () => {
    const { reader, asked } = sample()
    reader.hold()
    reader.hold()
    reader.push(bytes('under way'), false)
    reader.collect(20)
    assert.deepEqual(asked, ['pause', 'resume'])
  })

  it('stops at the limit, whichever way the body is read', () => {
    for (const read of ['collect', 'drop', 'stream'] as const) {
      const { reader, asked } = sample()
      reader[read](3)
      reader.push(bytes('abc'), false)
      reader.push(bytes('d'), false)
      assert.deepEqual(
        asked.filter((each) => each.startsWith('more')),
        ['more than 3'],
      )
    }
  })

  it('finds a body that was too large before the limit was known', () => {
    const { reader, asked } = sample()
    reader.push(bytes('abcd'), true)
    reader.collect(3)
    assert.deepEqual(asked, ['more than 3'])
  })

  it('keeps nothing for which there is no room', () => {
    const { reader, asked } = sample(3)
    reader.collect(100)
    reader.push(bytes('abc'), false)
    reader.push(bytes('d'), true)
    assert.deepEqual(asked, [])
  })

  it('keeps nothing of a body that is dropped', () => {
    const { reader, asked } = sample(0)
    reader.drop(1_000_000)
    for (let piece = 0; piece < 100; piece += 1) reader.push(new Uint8Array(1000), piece === 99)
    assert.deepEqual([reader.ended, asked], [true, []])
  })

  it('goes on when the request was answered without its body', () => {
    const { reader, asked } = sample()
    reader.hold()
    reader.push(bytes('under way'), false)
    reader.discard()
    reader.push(bytes('more'), true)
    assert.deepEqual(asked, ['pause', 'resume'])
  })

  it('streams pieces as they come and tells when it waits', async () => {
    const { reader, asked } = sample()
    reader.push(bytes('a'), false)
    const { got, end } = readAll(reader.stream(100))
    await turn()
    assert.deepEqual([got, asked], [['a'], ['waits']])
    reader.push(bytes('b'), false)
    reader.push(bytes(''), true)
    await end
    assert.deepEqual(
      [got, asked],
      [
        ['a', 'b', 'end'],
        ['waits', 'goes on'],
      ],
    )
  })

  it('pauses the connection while a reader is slow', async () => {
    const { reader, asked } = sample()
    const stream = reader.stream(1e9)[Symbol.asyncIterator]()
    for (let piece = 0; piece < 5; piece += 1) reader.push(new Uint8Array(100_000), false)
    assert.deepEqual(asked, ['pause'])
    await stream.next()
    await stream.next()
    assert.deepEqual(asked, ['pause'])
    await stream.next()
    assert.deepEqual(asked, ['pause', 'resume'])
  })

  it('tells a reader that the client left', async () => {
    const { reader } = sample()
    const { got, end } = readAll(reader.stream(100))
    reader.push(bytes('a'), false)
    await turn()
    reader.fail(new MillraceError('REQUEST_ABORTED', 'the client left'))
    reader.push(bytes('b'), true)
    await end
    assert.deepEqual(got, ['a', 'REQUEST_ABORTED'])
  })

  it('lets a reader end that has everything when the client leaves', async () => {
    const { reader } = sample()
    const { got, end } = readAll(reader.stream(100))
    reader.push(bytes('a'), true)
    await turn()
    reader.fail(new MillraceError('REQUEST_ABORTED', 'the client left'))
    await end
    assert.deepEqual(got, ['a', 'end'])
  })
})
