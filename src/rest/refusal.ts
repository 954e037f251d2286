import { ERROR_TABLE, type ErrorCode } from '../core/error.js'
import type { HeaderPair } from './response.js'

/**
 * Why a request is not served, before a dialect has put it into its own words. It is no error object: refusing must stay cheap.
 */
export interface Refusal {
  readonly code: ErrorCode
  readonly status: number
  /** One lower-case clause; nothing in it is secret. */
  readonly message: string
  /** Headers that the answer has to have: `WWW-Authenticate`, `Retry-After`, `Allow`. */
  readonly headers: readonly HeaderPair[]
  /** Whether the connection must not be used again. */
  readonly close: boolean
  /** What a handler threw; absent for everything that was refused on purpose. */
  readonly cause?: unknown
}

/**
 * Makes a refusal with the status of its code.
 *
 * @param more headers, and whether the connection is closed.
 */
export function refusal(
  code: ErrorCode,
  message: string,
  more: { readonly headers?: readonly HeaderPair[]; readonly close?: boolean; readonly cause?: unknown } = {},
): Refusal {
  const { headers = [], close = false, cause } = more
  const plain = { code, status: ERROR_TABLE[code].httpStatus, message, headers, close }
  return cause === undefined ? plain : { ...plain, cause }
}
