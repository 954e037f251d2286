import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { ERROR_TABLE, isErrorCode } from '../../src/core/error.js'
import { ROOT } from './layers.js'

/** The names in the `error_codes!` table of the crate `batch`. */
function kernelCodes(): string[] {
  const text = readFileSync(join(ROOT, 'crates', 'batch', 'src', 'error.rs'), 'utf8')
  return [...text.matchAll(/^\s+\w+ => "(\w+)",$/gm)].map((match) => match[1] ?? '')
}

describe('the table of error codes', () => {
  it('holds every code of the kernels', () => {
    const codes = kernelCodes()
    assert.ok(codes.length > 20, 'the table of kernel codes was not found')
    assert.deepEqual(
      codes.filter((code) => !isErrorCode(code)),
      [],
    )
  })

  it('names each kernel code once', () => {
    const codes = kernelCodes()
    assert.equal(new Set(codes).size, codes.length)
  })

  for (const [code, { httpStatus, retry, domain }] of Object.entries(ERROR_TABLE)) {
    it(`has a sound row for ${code}`, () => {
      assert.match(code, /^[A-Z][A-Z0-9_]*$/)
      assert.ok(httpStatus >= 400 && httpStatus <= 599)
      assert.ok(domain !== 'user' || (!retry && httpStatus < 500), 'a fault of the user stays one when tried again')
    })
  }
})
