import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { INPUT_BYTES, InputBuffer, OUTPUT_BYTES, OutputArenas } from './arena.js'

describe('buffers that were given back', () => {
  it('are used by what comes next', () => {
    const first = new InputBuffer(INPUT_BYTES)
    const { buffer } = first.room()
    first.close()
    const second = new InputBuffer(INPUT_BYTES)
    assert.equal(second.room().buffer, buffer)
    assert.equal(second.unread.length, 0)
    assert.notEqual(new InputBuffer(INPUT_BYTES).room().buffer, buffer)
  })

  it('are of the usual size, and not too many', () => {
    const many = new OutputArenas()
    const usual = new Set<ArrayBufferLike>()
    for (let count = 0; count < 6; count += 1) {
      usual.add(many.free().buffer)
      many.next()
    }
    many.next(OUTPUT_BYTES * 2)
    many.close()
    const next = new OutputArenas()
    const seen: ArrayBufferLike[] = []
    for (let count = 0; count < 6; count += 1) {
      const { buffer, length } = next.free()
      assert.equal(length, OUTPUT_BYTES)
      seen.push(buffer)
      next.next()
    }
    assert.equal(seen.filter((buffer) => usual.has(buffer)).length, 4)
  })
})
