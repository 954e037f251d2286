import { readFile, stat } from 'node:fs/promises'
import { MillraceError } from '../../core/error.js'
import { type PasswordHash, parsePasswordHash } from './password.js'
import { ROLES, type Role, type User } from './user.js'

/** A user with the hash of the password. */
export interface Account extends User {
  readonly password: PasswordHash
}

/** Users of a file. */
export interface UsersFile {
  /** By name. */
  readonly accounts: ReadonlyMap<string, Account>
  /** One clause each: what is allowed and should not be. */
  readonly warnings: readonly string[]
}

const NAME = /^[A-Za-z0-9_-]{1,64}$/
const FILE_LIMIT_BYTES = 1024 * 1024
/** Bits of a mode with which others may read a file. */
const OTHERS_READ = 0o044

/**
 * Reads users, one a line: `name role hash`, apart by blanks. Empty lines and those that begin with `#` do not count.
 *
 * ```
 * # name  role     hash
 * alice   submit   scrypt:16384:8:1:…:…
 * grafana read     scrypt:16384:8:1:…:…
 * ```
 *
 * A user gives name and password as HTTP Basic, or both joined by a dot as a bearer token: `Authorization: Bearer alice.password`.
 *
 * @param file name of the file for errors.
 * @throws MillraceError `HTTP_SETTINGS` at the first faulty line. No error shows a hash.
 */
export function parseUsers(text: string, file: string): ReadonlyMap<string, Account> {
  const accounts = new Map<string, Account>()
  for (const [index, line] of text.split('\n').entries()) {
    const trimmed = line.trim()
    if (trimmed === '' || trimmed.startsWith('#')) continue
    const fault = (message: string, hint: string): MillraceError =>
      new MillraceError('HTTP_SETTINGS', message, { position: { file, line: index + 1, column: 1 }, hint })
    const [name = '', role = '', hash = '', ...more] = trimmed.split(/\s+/)
    if (hash === '' || more.length > 0)
      throw fault('a line with a user has a name, a role and a hash', 'write them apart by blanks')
    if (!NAME.test(name)) throw fault(`'${name.slice(0, 64)}' is no user name`, 'use letters, digits, - and _')
    if (!isRole(role)) throw fault(`user '${name}' has an unknown role`, `use one of ${ROLES.join(', ')}`)
    if (accounts.has(name)) throw fault(`user '${name}' is there twice`, 'leave out one of the lines')
    const password = parsePasswordHash(hash)
    if (password === null) throw fault(`user '${name}' has a faulty hash`, 'make a new one')
    accounts.set(name, { name, role, password })
  }
  return accounts
}

/**
 * Reads a file with users; see {@link parseUsers}.
 *
 * @throws MillraceError `HTTP_SETTINGS` when it cannot be read, is larger than 1 MiB, or has a faulty line.
 */
export async function readUsersFile(path: string): Promise<UsersFile> {
  try {
    const { size, mode } = await stat(path)
    if (size > FILE_LIMIT_BYTES)
      throw new MillraceError('HTTP_SETTINGS', `the file with users '${path}' is larger than ${FILE_LIMIT_BYTES} bytes`)
    const accounts = parseUsers(await readFile(path, 'utf8'), path)
    const open = process.platform !== 'win32' && (mode & OTHERS_READ) !== 0
    return { accounts, warnings: open ? [`the file with users '${path}' can be read by others: run 'chmod 600'`] : [] }
  } catch (error) {
    if (error instanceof MillraceError) throw error
    throw new MillraceError('HTTP_SETTINGS', `the file with users '${path}' cannot be read`, {
      cause: error,
      hint: 'check its path and permissions',
    })
  }
}

function isRole(text: string): text is Role {
  return (ROLES as readonly string[]).includes(text)
}
