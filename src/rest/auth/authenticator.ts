import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { type Refusal, refusal } from '../refusal.js'
import type { RestRequest } from '../request.js'
import type { HeaderPair } from '../response.js'
import { BACK_OFF_LIMITS, BackOff } from './back-off.js'
import { PASSWORD_LIMIT, type PasswordHash, verifyPassword } from './password.js'
import type { User } from './user.js'
import type { Account } from './users-file.js'

/** Finds out who sent a request. */
export interface Authenticator {
  /** A promise only where a hash has to be computed: credentials that were right a moment ago are known at once. */
  authenticate(request: RestRequest): User | Refusal | Promise<User | Refusal>
}

/** The user of `seatunnel.yaml`, who may do everything. */
export interface PlainAccount {
  readonly name: string
  readonly password: string
}

/** Who may come in. */
export interface Credentials {
  /** `enable-basic-auth`, `basic-auth-username` and `basic-auth-password`; `null` when that is off. */
  readonly plain: PlainAccount | null
  /** The users of a file, by name. */
  readonly accounts: ReadonlyMap<string, Account>
}

/** What a client sent as proof. */
interface Proof {
  readonly name: string
  readonly password: string
}

/** @source SeaTunnel `BasicAuthFilter` */
const REALM = 'SeaTunnel Web UI'
const HEADER_LIMIT = 4096
/** Credentials that were right are known for this long without computing their hash again. */
const REMEMBERED_MS = 60_000
const REMEMBERED = 1000
/** Hashes that are computed at a time; each takes a thread and 16 MiB. More than ten times that wait, the rest is refused. */
const CHECKS_AT_A_TIME = 2
const WAITING_CHECKS = 32

/** Hash of no password: unknown names take as long as known ones. */
const NOBODY: PasswordHash = {
  rounds: 16_384,
  blockSize: 8,
  parallel: 1,
  salt: Buffer.alloc(16),
  hash: Buffer.alloc(32),
}

/**
 * Makes an authenticator for HTTP Basic and bearer tokens. After five failures an address waits, twice as long after each further one.
 *
 * @param now a clock in milliseconds that does not go back.
 */
export function authenticator(credentials: Credentials, now: () => number): Authenticator {
  return new PasswordAuthenticator(credentials, now)
}

class PasswordAuthenticator implements Authenticator {
  readonly #credentials: Credentials
  readonly #now: () => number
  readonly #backOff: BackOff
  readonly #challenge: readonly HeaderPair[]
  /** Keyed, so that what is remembered says nothing about the credentials. */
  readonly #key = randomBytes(32)
  readonly #remembered = new Map<string, { readonly user: User; readonly untilMs: number }>()
  readonly #pending = new Map<string, Promise<User | Refusal>>()
  readonly #turns: (() => void)[] = []
  #checks = 0

  constructor(credentials: Credentials, now: () => number) {
    this.#credentials = credentials
    this.#now = now
    this.#backOff = new BackOff(BACK_OFF_LIMITS, now)
    const basic: HeaderPair = ['WWW-Authenticate', `Basic realm="${REALM}"`]
    this.#challenge = credentials.accounts.size > 0 ? [basic, ['WWW-Authenticate', 'Bearer']] : [basic]
  }

  authenticate(request: RestRequest): User | Refusal | Promise<User | Refusal> {
    const header = request.header('authorization')
    if (header === null) return this.#unknown()
    const proof = header.length > HEADER_LIMIT ? null : readProof(header)
    const address = request.remoteAddress
    const waitMs = this.#backOff.waitMs(address)
    // Whoever has to wait is not told whether the password was right this time.
    if (waitMs > 0) return tooMany(waitMs)
    const key = createHmac('sha256', this.#key).update(header).digest('base64')
    const known = this.#remembered.get(key)
    if (known !== undefined && known.untilMs > this.#now()) return known.user
    // A client that opens many connections at once is one attempt, not many.
    const sameCheck = this.#pending.get(key)
    if (sameCheck !== undefined) return sameCheck
    this.#backOff.failed(address)
    if (proof === null) return this.#unknown()
    const plain = this.#plainUser(proof)
    if (plain !== null) return this.#welcome(address, key, plain)
    if (this.#credentials.accounts.size === 0) return this.#unknown()
    const check = this.#checkAccount(proof, address, key).finally(() => this.#pending.delete(key))
    this.#pending.set(key, check)
    return check
  }

  #plainUser(proof: Proof): User | null {
    const { plain } = this.#credentials
    if (plain === null) return null
    // Both are compared, whatever the first gives.
    const name = sameText(proof.name, plain.name)
    const password = sameText(proof.password, plain.password)
    return name && password ? { name: plain.name, role: 'submit' } : null
  }

  async #checkAccount(proof: Proof, address: string, key: string): Promise<User | Refusal> {
    if (this.#turns.length >= WAITING_CHECKS)
      return refusal('NODE_BUSY', 'too many passwords are checked at a time', { headers: [['Retry-After', '1']] })
    if (this.#checks >= CHECKS_AT_A_TIME) await new Promise<void>((resolve) => this.#turns.push(resolve))
    this.#checks += 1
    try {
      const account = this.#credentials.accounts.get(proof.name)
      const isRight = await verifyPassword(proof.password, account?.password ?? NOBODY)
      if (!isRight || account === undefined) return this.#unknown()
      return this.#welcome(address, key, { name: account.name, role: account.role })
    } finally {
      this.#checks -= 1
      this.#turns.shift()?.()
    }
  }

  #welcome(address: string, key: string, user: User): User {
    this.#backOff.succeeded(address)
    this.#remembered.delete(key)
    this.#remembered.set(key, { user, untilMs: this.#now() + REMEMBERED_MS })
    if (this.#remembered.size > REMEMBERED) {
      const [oldest] = this.#remembered.keys()
      if (oldest !== undefined) this.#remembered.delete(oldest)
    }
    return user
  }

  #unknown(): Refusal {
    return refusal('UNAUTHENTICATED', 'a user name and a password are needed', { headers: this.#challenge })
  }
}

/** Name and password of an `Authorization` header; `null` when it has none. */
function readProof(header: string): Proof | null {
  const match = /^(basic|bearer) +([A-Za-z0-9._~+/=-]+)$/i.exec(header.trim())
  if (match === null) return null
  const [, scheme = '', value = ''] = match
  const isBasic = scheme.toLowerCase() === 'basic'
  const text = isBasic ? Buffer.from(value, 'base64').toString('utf8') : value
  const mark = text.indexOf(isBasic ? ':' : '.')
  if (mark < 0) return null
  const proof = { name: text.slice(0, mark), password: text.slice(mark + 1) }
  return Buffer.byteLength(proof.password, 'utf8') > PASSWORD_LIMIT ? null : proof
}

/** Compares in a time that depends on neither text. */
function sameText(left: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest()
  return timingSafeEqual(digest(left), digest(right))
}

function tooMany(waitMs: number): Refusal {
  const headers: readonly HeaderPair[] = [['Retry-After', String(Math.ceil(waitMs / 1000))]]
  return refusal('TOO_MANY_REQUESTS', 'too many failed attempts from this address', { headers })
}
