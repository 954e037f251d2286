import { randomBytes } from 'node:crypto'
import { kernelSchema } from '../../core/schema.js'
import { requireColumns } from '../../spi/catalog.js'
import { transformFactory } from '../../spi/transform.js'
import { spec } from './spec.js'

/** Bytes from which the kernel derives every initialization vector of one plan. */
const RANDOM_BYTES = 32

/**
 * Encrypts or decrypts fields; the schema stays.
 *
 * Kernels have no source of randomness, so fresh random bytes are drawn here, once per plan, and the kernel derives a vector
 * for every value from them. They are as secret as the key: whoever has them can tell equal values apart from different ones.
 */
export const transform = transformFactory({
  spec,
  async lower({ fields, key, algorithm, mode, maxFieldLength }, table, { backend, program }) {
    requireColumns(table, fields, spec.name)
    const options = {
      fields: [...fields],
      key,
      algorithm,
      decrypt: mode === 'DECRYPT',
      maxFieldLength,
      randomBytes: randomBytes(RANDOM_BYTES).toString('base64'),
    }
    backend.analyze(program, kernelSchema(table), { operator: 'field_encrypt', input: 0, options })
    return { table, operators: [{ name: 'field_encrypt', options }] }
  },
})
