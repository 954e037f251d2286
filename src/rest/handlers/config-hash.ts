import { createHash } from 'node:crypto'

/** Hexadecimal digits of a hash: enough to tell configurations apart. */
const DIGITS = 16

/** What the audit log has of a configuration instead of its text: the beginning of its SHA-256. */
export function configHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, DIGITS)
}
