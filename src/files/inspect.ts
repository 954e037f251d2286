import { MillraceError } from '../core/error.js'
import type { PlanContext } from '../spi/context.js'
import type { FileProbe } from '../spi/format.js'
import type { JsonObject } from '../spi/json.js'

/** First look at a file's beginning. */
const HEAD_BYTES = 64 * 1024
/** Looks after which a format that keeps asking is given up. */
const ROUNDS_LIMIT = 16
/** Largest part of a file that is looked at while a job is planned. */
const PIECE_LIMIT_BYTES = 256 * 1024 * 1024

/**
 * Lets a format's kernel look at a file: gives it the beginning, then whatever it asks for, until it answers.
 *
 * @throws MillraceError what the kernel says of the file, with the file's name in front.
 */
export async function inspectFile(
  file: FileProbe,
  codec: string,
  options: JsonObject,
  context: PlanContext,
): Promise<JsonObject> {
  let offset = 0
  let piece = await file.read(0, Math.min(HEAD_BYTES, file.lengthBytes))
  for (let round = 0; round < ROUNDS_LIMIT; round += 1) {
    const request = { context: context.program, codec, options, fileLength: file.lengthBytes, offset }
    const answer = inFile(file.path, () => context.backend.inspect(request, piece)) as JsonObject
    const wanted = (answer.wanted as readonly (readonly [number, number])[] | undefined)?.[0]
    if (wanted === undefined) return answer
    const [start, length] = wanted
    if (length > PIECE_LIMIT_BYTES) {
      throw new MillraceError('VALUE_TOO_LARGE', `'${file.path}' has a footer of '${length}' bytes`)
    }
    offset = start
    piece = await file.read(start, length)
  }
  throw new MillraceError('FILE_CORRUPT', `'${file.path}' could not be understood in '${ROUNDS_LIMIT}' looks`)
}

function inFile<T>(path: string, call: () => T): T {
  try {
    return call()
  } catch (thrown) {
    if (!(thrown instanceof MillraceError)) throw thrown
    throw new MillraceError(thrown.code, `reading '${path}': ${thrown.message}`, { ...thrown.details, cause: thrown })
  }
}
