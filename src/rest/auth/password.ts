import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { MillraceError } from '../../core/error.js'

/** What a password's hash costs. Checking one takes some 30 ms and 16 MiB. */
export interface HashCost {
  /** A power of two. */
  readonly rounds: number
  readonly blockSize: number
  readonly parallel: number
}

/** One hash of a password, apart. */
export interface PasswordHash extends HashCost {
  readonly salt: Buffer
  readonly hash: Buffer
}

/** What new hashes cost. @source RFC 7914 */
export const HASH_COST: HashCost = { rounds: 16_384, blockSize: 8, parallel: 1 }

const SALT_BYTES = 16
const HASH_BYTES = 32
/** Memory of one check: more is refused, so that a file with users cannot make the node allocate what it likes. */
const MEMORY_BYTES = 128 * 1024 * 1024
/** Longest password in UTF-8 bytes. */
export const PASSWORD_LIMIT = 1024

/**
 * Hashes a password for a file with users.
 *
 * @param salt 16 random bytes; given by tests only.
 * @returns `scrypt:16384:8:1:<salt>:<hash>`, the last two in Base64.
 * @throws MillraceError `HTTP_SETTINGS` for an empty password or one above 1024 bytes.
 */
export async function hashPassword(password: string, salt: Buffer = randomBytes(SALT_BYTES)): Promise<string> {
  const bytes = Buffer.byteLength(password, 'utf8')
  if (bytes === 0 || bytes > PASSWORD_LIMIT)
    throw new MillraceError('HTTP_SETTINGS', `a password has 1 to ${PASSWORD_LIMIT} bytes, not ${bytes}`, {
      hint: 'choose another password',
    })
  const { rounds, blockSize, parallel } = HASH_COST
  const hash = await derive(password, { ...HASH_COST, salt, hash: Buffer.alloc(HASH_BYTES) })
  return ['scrypt', rounds, blockSize, parallel, salt.toString('base64'), hash.toString('base64')].join(':')
}

/**
 * Reads a hash as {@link hashPassword} writes it.
 *
 * @returns `null` when it is none, or costs more than 128 MiB.
 */
export function parsePasswordHash(text: string): PasswordHash | null {
  const match = /^scrypt:(\d{1,7}):(\d{1,3}):(\d{1,3}):([A-Za-z0-9+/]+={0,2}):([A-Za-z0-9+/]+={0,2})$/.exec(text)
  if (match === null) return null
  const [rounds = 0, blockSize = 0, parallel = 0] = match.slice(1, 4).map(Number)
  const [salt, hash] = match.slice(4, 6).map((part) => Buffer.from(part, 'base64'))
  if (salt === undefined || hash === undefined || salt.length < 8 || hash.length < 16 || hash.length > 64) return null
  const isPower = rounds > 1 && (rounds & (rounds - 1)) === 0
  if (!isPower || blockSize === 0 || parallel === 0 || parallel > 16) return null
  if (128 * rounds * blockSize + 128 * blockSize * parallel > MEMORY_BYTES) return null
  return { rounds, blockSize, parallel, salt, hash }
}

/** Whether a password belongs to a hash. Takes the same time for a right and a wrong one. */
export async function verifyPassword(password: string, stored: PasswordHash): Promise<boolean> {
  if (Buffer.byteLength(password, 'utf8') > PASSWORD_LIMIT) return false
  return timingSafeEqual(await derive(password, stored), stored.hash)
}

function derive(password: string, { rounds, blockSize, parallel, salt, hash }: PasswordHash): Promise<Buffer> {
  const options = { N: rounds, r: blockSize, p: parallel, maxmem: 2 * MEMORY_BYTES }
  return new Promise((resolve, reject) =>
    scrypt(password, salt, hash.length, options, (error, key) => (error === null ? resolve(key) : reject(error))),
  )
}
