/** Rows of one partition of one sink table that are about to be placed. */
export interface RowCount {
  readonly partition: readonly string[]
  readonly rows: number
}

/** Rows that belong into one file. */
export interface NumberedRows {
  /** Index into the counts that were numbered. */
  readonly count: number
  /** Number of the file within its partition, from 0. */
  readonly fileIndex: number
  /** Number of the first row in its file. */
  readonly firstRow: number
  readonly rows: number
}

/** Rows so far: by partition, and in all. Lives in shared memory between morsels. */
export type RowTotals = { readonly [partition: string]: number }

/** Key of the total over all partitions; no partition's key is empty. */
const ALL = ''

/**
 * Numbers rows in their order and cuts them where a file is full.
 *
 * @param rowsPerFile rows after which a new file begins; `null` for never.
 */
export function numberRows(
  totals: RowTotals,
  counts: readonly RowCount[],
  rowsPerFile: number | null,
): { readonly totals: RowTotals; readonly numbered: readonly NumberedRows[] } {
  const next: Record<string, number> = { ...totals }
  const numbered: NumberedRows[] = []
  for (const [count, { partition, rows }] of counts.entries()) {
    const key = partition.length === 0 ? ALL : JSON.stringify(partition)
    let before = next[key] ?? 0
    let beforeOfAll = next[ALL] ?? 0
    for (let left = rows; left > 0; ) {
      const fileIndex = rowsPerFile === null ? 0 : Math.floor(before / rowsPerFile)
      const firstRow = rowsPerFile === null ? before : before % rowsPerFile
      const take = rowsPerFile === null ? left : Math.min(left, rowsPerFile - firstRow)
      numbered.push({ count, fileIndex, firstRow, rows: take })
      before += take
      beforeOfAll += take
      left -= take
    }
    next[key] = before
    next[ALL] = key === ALL ? before : beforeOfAll
  }
  return { totals: next, numbered }
}

/** Rows over all partitions. */
export function totalRows(totals: RowTotals | null): number {
  return totals?.[ALL] ?? 0
}
