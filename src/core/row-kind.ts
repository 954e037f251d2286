/** Change kinds in the order of their wire values 0..3. @source SeaTunnel `RowKind` */
export const ROW_KINDS = ['INSERT', 'UPDATE_BEFORE', 'UPDATE_AFTER', 'DELETE'] as const

/** What a row says about its key. */
export type RowKind = (typeof ROW_KINDS)[number]
