import { MillraceError } from '../core/error.js'

/**
 * The codec of a text format's files.
 *
 * @throws MillraceError `OPTION_CHOICE` for a codec that these files cannot have.
 */
export function textCodec(
  format: string,
  codec: string,
): { readonly streamCodec: string; readonly codecSuffix: string } {
  if (codec === 'none') return { streamCodec: 'none', codecSuffix: '' }
  if (codec === 'lzo') return { streamCodec: 'lzo', codecSuffix: '.lzo' }
  throw new MillraceError('OPTION_CHOICE', `compress_codec '${codec}' cannot be used for ${format} files`, {
    hint: 'use none or lzo',
  })
}
