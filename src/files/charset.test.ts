import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkEncoding, encoderFromUtf8, isUtf8, toUtf8 } from './charset.js'

async function* chunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function decoded(bytes: Uint8Array, encoding: string, size: number): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const chunk of toUtf8(chunks(bytes, size), encoding)) parts.push(chunk)
  return Buffer.concat(parts).toString('utf8')
}

describe('reading an encoding', () => {
  const cases: readonly [encoding: string, hex: string, text: string][] = [
    ['UTF-8', 'c3a9', 'é'],
    ['GBK', 'c4e3bac32c61', '你好,a'],
    ['gb2312', 'c4e3', '你'],
    ['GB18030', '9439fc36d2bb', '😀一'],
    ['UTF-16', 'feff00e94f60', 'é你'],
    ['UTF-16', 'fffee900604f', 'é你'],
    ['UTF-16', '00e94f60', 'é你'],
    ['UTF-16LE', '3dd800de', '😀'],
    ['UTF-16BE', 'd83dde00', '😀'],
    ['ISO-8859-1', 'e980', 'é\u0080'],
    ['latin1', 'ff', 'ÿ'],
    ['US-ASCII', '61e9', 'a\ufffd'],
    ['Shift_JIS', '82a082a2', 'あい'],
    ['SJIS', '82a0', 'あ'],
    ['windows-1252', '80', '€'],
    ['UTF-16', '', ''],
    ['GBK', '', ''],
  ]
  for (const [encoding, hex, text] of cases) {
    for (const size of [1, 3, 100]) {
      it(`reads ${hex} in ${encoding} as '${text}' in chunks of ${size}`, async () => {
        assert.equal(await decoded(Buffer.from(hex, 'hex'), encoding, size), text)
      })
    }
  }
})

describe('writing an encoding', () => {
  const cases: readonly [encoding: string, text: string, hex: string][] = [
    ['GBK', '你好,a', 'c4e3bac32c61'],
    ['GBK', 'ਨ', '3f'],
    ['GB18030', '😀', '9439fc36'],
    ['GB18030', '你', 'c4e3'],
    ['ISO-8859-1', 'é你', 'e93f'],
    ['US-ASCII', 'aé', '613f'],
    ['UTF-16', 'é', '00e9'],
    ['UTF-16LE', '😀', '3dd800de'],
    ['Shift_JIS', 'あ', '82a0'],
    ['Big5', '中', 'a4a4'],
  ]
  for (const [encoding, text, hex] of cases) {
    it(`writes '${text}' in ${encoding} as ${hex}`, () => {
      assert.equal(Buffer.from(encoderFromUtf8(encoding).convert(Buffer.from(text))).toString('hex'), hex)
    })
  }

  it('reads back every character of GB18030 below U+10000 that it writes', () => {
    const { convert } = encoderFromUtf8('GB18030')
    const text = Array.from({ length: 0xd800 - 0x80 }, (_, index) => String.fromCharCode(0x80 + index)).join('')
    const back = new TextDecoder('gb18030').decode(convert(Buffer.from(text)))
    const lost = [...text].filter((character, index) => back[index] !== character)
    assert.deepEqual(lost, [])
  })

  it('marks UTF-16 without an order, and nothing else', () => {
    assert.equal(Buffer.from(encoderFromUtf8('UTF-16').mark).toString('hex'), 'feff')
    assert.equal(encoderFromUtf8('UTF-16LE').mark.length, 0)
    assert.equal(encoderFromUtf8('GBK').mark.length, 0)
  })
})

describe('names of encodings', () => {
  for (const name of ['utf8', 'UTF-8', ' utf-8 ']) it(`takes '${name}' for UTF-8`, () => assert.ok(isUtf8(name)))

  for (const name of ['', 'klingon', 'UTF-32']) {
    it(`refuses '${name}'`, () => assert.throws(() => checkEncoding(name), { code: 'ENCODING_UNSUPPORTED' }))
  }
})
