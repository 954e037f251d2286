import { option } from '../../config/option.js'
import { transformSpec } from '../../spi/spec.js'

/** How values are encrypted. */
export const ALGORITHMS = ['AES_CBC', 'AES_GCM'] as const

/** Options of FieldEncrypt. @source SeaTunnel `FieldEncryptTransformConfig` */
export const spec = transformSpec('FieldEncrypt', {
  summary: 'Encrypts or decrypts the values of string fields.',
  options: {
    fields: option.stringList('fields', { required: true, doc: 'Fields of type string. Null and blank values stay.' }),
    key: option.string('key', {
      required: true,
      secret: true,
      doc: 'Base64 text of a key of 16, 24 or 32 bytes, with or without `base64:` in front.',
    }),
    algorithm: option.enumeration('algorithm', ALGORITHMS, {
      default: 'AES_CBC',
      doc:
        '`AES_CBC` (PKCS5 padding) gives base64 of vector and ciphertext; `AES_GCM` of nonce, ciphertext and a tag that shows ' +
        'whether a value was changed. Vectors are fresh for every value.',
    }),
    mode: option.enumeration('mode', ['ENCRYPT', 'DECRYPT'], { default: 'ENCRYPT', doc: 'What is done.' }),
    maxFieldLength: option.int('max_field_length', {
      default: 10_485_760,
      min: 1,
      doc: 'Longest text, in UTF-16 units; a longer one fails the job.',
    }),
  },
  example: 'FieldEncrypt { fields = [phone], key = "base64:AAECAwQFBgcICQoLDA0ODw==" }',
  examples: [
    {
      title: 'decrypting what was encrypted with the same key',
      block: 'FieldEncrypt { fields = [name], key = "base64:AAECAwQFBgcICQoLDA0ODw==", mode = DECRYPT }',
      input: { fields: 'name = string', rows: [['AAECAwQFBgcICQoLDA0ODx8/UPsRm81msR9XuziZKMw='], [null]] },
      output: { fields: 'name = string', rows: [['millrace'], [null]] },
    },
  ],
})
