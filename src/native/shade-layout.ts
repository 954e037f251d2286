import type { ShadeData, ShadeKey, ShadeResult } from './backend.js'

const LENGTH_BYTES = 4
/** Lengths that stand for texts without a result. The numbers are those of `SealFailure` in the Rust crate `crypto`. */
const REFUSED: ReadonlyMap<number, ShadeResult> = new Map([
  [0xffff_ffff, { refused: 'prefix' }],
  [0xffff_fffe, { refused: 'broken' }],
])
const FIRST_REFUSED = 0xffff_fffe

/** Keys, nonces, the lengths of the texts as little-endian words, and their UTF-8 bytes, one behind the other. */
export function packShade(keys: readonly ShadeKey[], { texts, nonces }: ShadeData): Buffer {
  const joined = texts.join('')
  const isAscii = Buffer.byteLength(joined, 'utf8') === joined.length
  // Half surrogates of two neighbours would become one letter in the joined text; alone each is U+FFFD.
  const sound = isAscii ? texts : texts.map((text) => text.toWellFormed())
  const whole = isAscii ? joined : sound.join('')
  const keyBytes = keys.reduce((sum, { bytes }) => sum + bytes.length, 0)
  const lengthsAt = keyBytes + nonces.length
  const textsAt = lengthsAt + texts.length * LENGTH_BYTES
  const packed = Buffer.allocUnsafeSlow(textsAt + (isAscii ? whole.length : Buffer.byteLength(whole, 'utf8')))
  let at = 0
  for (const { bytes } of keys) {
    packed.set(bytes, at)
    at += bytes.length
  }
  packed.set(nonces, at)
  at = lengthsAt
  for (const text of sound) {
    packed.writeUInt32LE(isAscii ? text.length : Buffer.byteLength(text, 'utf8'), at)
    at += LENGTH_BYTES
  }
  packed.write(whole, textsAt, isAscii ? 'latin1' : 'utf8')
  return packed
}

/** The texts of an answer, which has the layout of the texts in {@link packShade}. */
export function unpackShade(answer: Uint8Array, count: number): ShadeResult[] {
  const bytes = Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength)
  const textsAt = count * LENGTH_BYTES
  const whole = bytes.toString('utf8', textsAt)
  const isAscii = whole.length === bytes.length - textsAt
  const results = new Array<ShadeResult>(count)
  let at = 0
  for (let index = 0; index < count; index += 1) {
    const length = bytes.readUInt32LE(index * LENGTH_BYTES)
    if (length >= FIRST_REFUSED) {
      results[index] = REFUSED.get(length) ?? { refused: 'broken' }
      continue
    }
    results[index] = isAscii
      ? whole.slice(at, at + length)
      : bytes.toString('utf8', textsAt + at, textsAt + at + length)
    at += length
  }
  return results
}
