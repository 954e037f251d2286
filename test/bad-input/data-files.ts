import type { ErrorCode } from '../../src/core/error.js'
import { ARCHIVE_CASES, PARQUET_CASES } from './data-binary-cases.js'
import { DELIMITED_CASES } from './data-delimited-cases.js'
import { JSON_DATA_CASES } from './data-json-cases.js'
import { EXCEL_CASES, OTHER_FILE_CASES, XML_DATA_CASES } from './data-office-cases.js'
import { OPTION_VALUE_CASES } from './data-option-cases.js'
import { SQL_DATA_CASES } from './data-sql-cases.js'

/** A job over broken data or with a broken option value, and what must be said about it. */
export interface BadDataFile {
  readonly name: string
  /** Files by path below the input folder. */
  readonly files: Readonly<Record<string, string | Uint8Array>>
  /**
   * Options of the source, one to a line. The path is that of the input folder unless they name one; `$IN` stands for it.
   * {@link HERE} marks where the fault must point to, in these texts or in the ones below.
   */
  readonly source: string
  /** Query over the table `t`. */
  readonly sql?: string
  /** Options of the csv sink. */
  readonly sink?: string
  readonly code: ErrorCode
  /** 0-based row of the data. */
  readonly row?: number
  readonly field?: string
  /** Part of the message. */
  readonly fragment: string
}

/** All cases. */
export const BAD_DATA_FILES: readonly BadDataFile[] = [
  ...DELIMITED_CASES,
  ...JSON_DATA_CASES,
  ...PARQUET_CASES,
  ...ARCHIVE_CASES,
  ...XML_DATA_CASES,
  ...EXCEL_CASES,
  ...OTHER_FILE_CASES,
  ...OPTION_VALUE_CASES,
  ...SQL_DATA_CASES,
]
