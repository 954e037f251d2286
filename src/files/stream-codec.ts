import { MillraceError } from '../core/error.js'
import { kernelBackend } from '../native/load.js'

/** Decompresses a stream chunk by chunk. */
export interface StreamCodec {
  /** Takes the next bytes and gives what they become. */
  push(chunk: Uint8Array): readonly Uint8Array[]
  /** Ends the stream. */
  end(): readonly Uint8Array[]
}

/** Codecs for whole text files by their name in `compress_codec`. */
const CODECS: ReadonlyMap<string, () => StreamCodec> = new Map([['lzo', () => kernelCodec('lzo')]])

/** Whether a codec can be used. */
export function hasStreamCodec(name: string): boolean {
  return name === 'none' || CODECS.has(name)
}

/**
 * Makes a decompressor.
 *
 * @throws MillraceError `UNIMPLEMENTED` for a codec that there is none for.
 */
export function makeStreamCodec(name: string): StreamCodec {
  const make = CODECS.get(name)
  if (make === undefined) throw new MillraceError('UNIMPLEMENTED', `codec '${name}' for text files is not implemented`)
  return make()
}

/** A codec of the kernels. */
function kernelCodec(name: string): StreamCodec {
  const expander = kernelBackend().openExpander(name)
  return {
    push: (chunk) => {
      const bytes = expander.push(chunk)
      return bytes.length === 0 ? [] : [bytes]
    },
    end: () => {
      expander.finish()
      return []
    },
  }
}

/** Bytes that went through a codec. */
export async function* throughCodec(input: AsyncIterable<Uint8Array>, codec: StreamCodec): AsyncIterable<Uint8Array> {
  for await (const chunk of input) yield* codec.push(chunk)
  yield* codec.end()
}
