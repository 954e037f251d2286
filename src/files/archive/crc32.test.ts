import assert from 'node:assert/strict'
import { it } from 'node:test'
import { crc32 } from './crc32.js'

it('crc32 gives the check value of its standard, in one piece or several', () => {
  const bytes = new TextEncoder().encode('123456789')
  assert.equal(crc32(bytes), 0xcbf43926)
  assert.equal(crc32(bytes.subarray(4), crc32(bytes.subarray(0, 4))), 0xcbf43926)
  assert.equal(crc32(new Uint8Array(0)), 0)
})
