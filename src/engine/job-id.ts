import { randomInt } from 'node:crypto'

/** 2020-01-01T00:00Z: job ids count milliseconds from here in their upper bits. */
const EPOCH_MS = 1_577_836_800_000n
let lastMs = 0n
let sequence = 0n
const node = BigInt(randomInt(1 << 16))

/**
 * A job id of 18 or 19 digits that grows with time and fits a signed 64-bit number, as SeaTunnel's do.
 *
 * @param nowMs wall clock in milliseconds.
 */
export function newJobId(nowMs: number): string {
  const ms = BigInt(nowMs) - EPOCH_MS
  sequence = ms > lastMs ? 0n : sequence + 1n
  lastMs = ms > lastMs ? ms : lastMs
  return String((lastMs << 22n) | ((sequence & 0x3fn) << 16n) | node)
}
