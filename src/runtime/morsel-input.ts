import { MillraceError } from '../core/error.js'
import { type KernelProgram, STEP_FLAG, STEP_STATUS, type StepReport } from '../native/backend.js'
import type { MorselInput } from '../spi/source.js'
import type { InputBuffer } from './arena.js'

/**
 * Gets what a program wants to see next.
 *
 * @param ended whether the input has no more; a program that still wants some is in error.
 * @returns whether the input has no more now.
 */
export async function fillInput(
  buffer: InputBuffer,
  input: MorselInput,
  report: StepReport,
  ended: boolean,
): Promise<boolean> {
  if (report.wantedRanges.length > 0) {
    const length = report.wantedRanges.reduce((sum, [, bytes]) => sum + bytes, 0)
    await input.readRanges(report.wantedRanges, buffer.exactly(length))
    return ended
  }
  if (ended) {
    throw new MillraceError(
      'PROGRAM_INVALID',
      `a decoder wants more than its input has, '${buffer.unread.length}' bytes are left`,
    )
  }
  // A record that has no end yet is looked through from its beginning again: it gets as much again every time, so that a long
  // one costs no more than its length.
  const wanted = buffer.unread.length
  for (let filled = 0; filled === 0 || (filled < wanted && !buffer.isAtLimit); ) {
    const read = await input.read(buffer.room())
    if (read === 0) return filled === 0
    buffer.filled(read)
    filled += read
  }
  return false
}

/**
 * Decodes a morsel and drops its rows.
 *
 * @param work an empty buffer, room for what the decoder writes, and what is called before every step.
 * @returns the bytes that it read and that belong to the next morsel; they lie in the buffer.
 */
export async function skipMorsel(
  decoder: KernelProgram,
  input: MorselInput,
  work: { readonly buffer: InputBuffer; readonly output: Uint8Array; readonly step: () => void },
): Promise<Uint8Array> {
  const { buffer, output } = work
  decoder.begin(input.arguments)
  let bytes = 0
  let ended = false
  for (;;) {
    work.step()
    const flags = input.flags | (ended ? STEP_FLAG.endOfFile : 0)
    const report = decoder.step(buffer.unread, flags, input.limitBytes - bytes, output)
    buffer.consume(report.consumed)
    bytes += report.consumed
    if (report.status === STEP_STATUS.done) return buffer.unread
    if (report.status === STEP_STATUS.needInput) ended = await fillInput(buffer, input, report, ended)
  }
}
