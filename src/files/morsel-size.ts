/** Bytes of a file that one morsel covers. */
export const MORSEL_BYTES = 8 * 1024 * 1024
const LEAST_MORSEL_BYTES = 4 * 1024
/** What a row is taken to have when a rate limit is given in rows. */
const GUESSED_ROW_BYTES = 100

/**
 * Size of a morsel.
 *
 * @param wantedBytes size without a limit.
 * @param morselRowsLimit rows that one morsel should have at most; `null` for no such limit.
 */
export function morselBytes(wantedBytes: number, morselRowsLimit: number | null): number {
  if (morselRowsLimit === null) return wantedBytes
  return Math.max(LEAST_MORSEL_BYTES, Math.min(MORSEL_BYTES, morselRowsLimit * GUESSED_ROW_BYTES))
}
