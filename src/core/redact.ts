import { asMillraceErrors, type ErrorDetails, MillraceError, MillraceErrors } from './error.js'

/** What is printed in place of a secret. */
export const REDACTED = '******'

/** A secret of this many characters or more is hidden wherever it stands; a shorter one where it is a word of its own. */
const ANYWHERE_LENGTH = 8
/** Longer secrets are also found where they are cut off. */
const CUT_LENGTH = 64
/** Of a secret that was cut off at least this many characters stand in the text. */
const CUT_PREFIX_LENGTH = 24
/** With more secrets than this every text is hidden as a whole: nobody has so many, and looking for them would take too long. */
const SECRETS_LIMIT = 10_000
/** Secrets that one pattern looks for. */
const PATTERN_SIZE = 200
/** Shorter texts are not looked for: hiding every `a` would hide the message. */
const LEAST_LENGTH = 3

const SECRET_KEYS: ReadonlySet<string> = new Set([
  'password',
  'username',
  'auth',
  'token',
  'access_key',
  'secret_key',
  'secret',
  'api_key',
  'private_key',
  'access_token',
  'sasl_jaas_config',
  'passphrase',
])
const SECRET_ENDING =
  /_(?:password|passwd|passphrase|token|secret|secret_key|access_key|secret_access_key|api_key|private_key|credentials?)$/
// Every pattern begins where a word does, or has a bound: none may take longer than in proportion to a text of any kind.
const URL_SECRET =
  /((?<![\w.-])[\w.-]*(?:passw(?:or)?d|pwd|passphrase|token|secret|(?:secret|access|api|private)[_-]?key|signature)=)([^&;\s"'`]+)/gi
const URL_USER = /(\/\/[^/\s:@]{0,256}:)([^/\s?#]{1,1024})@/g
/** `user/password@` of Oracle's addresses. */
const THIN_USER = /(:thin:[^/\s]{1,256}\/)([^@\s]{1,256})@/g
const URL_PATTERNS = [URL_SECRET, URL_USER, THIN_USER] as const
/** What a `key` looks like that is one of a cipher: 16 to 32 bytes as base64. */
const CIPHER_KEY = /^["']?(?:base64:)?\s*[A-Za-z0-9+/_-]{21,43}={0,2}\s*["']?$/
const PAIR =
  /(?<![\w.-])(["']?)([A-Za-z_][\w.-]*)\1(\s*[:=]\s*)("""[\s\S]*?(?:"""|$)|"(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s,{}[\]]+)/g

function plainKey(key: string): string {
  return key
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll(/[._-]+/g, '_')
}

/** Whether a key, in any spelling, holds a secret; `more` are keys that a plug-in or `env.shade.options` declares. */
export function isSecretKey(key: string, more: ReadonlySet<string> = new Set()): boolean {
  const plain = plainKey(key)
  return SECRET_KEYS.has(plain) || SECRET_ENDING.test(plain) || more.has(key)
}

/**
 * Whether an option called `key` is one of a cipher by its value, quotes included or not. Names do not tell, and the plug-in that could
 * is not asked by everybody who shows a document.
 */
export function isCipherKey(key: string, value: string): boolean {
  return key === 'key' && CIPHER_KEY.test(value)
}

/** Whether a secret key holds a name, which is hidden at its key but not looked for in other texts. */
export function isNameKey(key: string): boolean {
  return plainKey(key) === 'username'
}

/** A text with the passwords inside its URLs and connection strings replaced by `******`. */
export function redactUrls(text: string): string {
  return text
    .replaceAll(URL_USER, `$1${REDACTED}@`)
    .replaceAll(THIN_USER, `$1${REDACTED}@`)
    .replaceAll(URL_SECRET, `$1${REDACTED}`)
}

/** The passwords inside the URLs and connection strings of a text. */
export function urlSecrets(text: string): string[] {
  return URL_PATTERNS.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[2] ?? ''))
}

/** A value of a secret key in a configuration text, quotes included. */
export interface SecretPair {
  readonly key: string
  readonly value: string
  /** Offset of the value's first character. */
  readonly start: number
}

/** The values of secret keys in a text of any of the languages, whether or not it parses, in their order. */
export function secretPairs(text: string): SecretPair[] {
  return [...text.matchAll(PAIR)].flatMap((match) => {
    const [pair, , key = '', , value = ''] = match
    return isSecretKey(key) || isCipherKey(key, value)
      ? [{ key, value, start: match.index + pair.length - value.length }]
      : []
  })
}

/**
 * Hides known secrets. Everything that leaves a job goes through its redactor: errors, log lines, answers.
 *
 * Hidden are the literal texts that were added, also as JSON, percent-encoded and in base64, and passwords inside URLs, known or not.
 */
export class Redactor {
  readonly #secrets = new Set<string>()
  readonly #others = new Set<Redactor>()
  /** Folders that are left out of paths: each as it stands at a path's beginning, and alone. */
  readonly #folders = new Map<string, readonly [inside: RegExp, itself: RegExp]>()
  #search: SecretSearch | null = null

  /** Hides what another redactor knows too, now and later. */
  include(other: Redactor): void {
    if (other !== this) this.#others.add(other)
  }

  /** Makes a text a secret. Texts of less than three characters, numbers of less than six digits and `true`, `false`, `null` are not hidden. */
  add(secret: string): void {
    const text = secret.trim()
    if (
      text.length < LEAST_LENGTH ||
      /^(?:true|false|null|\*+|\d{1,5}|\$\{[^}]*\})$/i.test(text) ||
      this.#secrets.has(text)
    )
      return
    this.#secrets.add(text)
    this.#search = null
  }

  /** Leaves a folder of the node out of every path: what stays is the name that the user knows. */
  leaveOut(folder: string): void {
    if (folder === '/') return
    const begin = `(?<![^\\s'"\`(\\[=:,])${folder.replaceAll(/[.*+?^${}()|[\]\\/-]/g, '\\$&')}`
    this.#folders.set(folder, [new RegExp(`${begin}\\/`, 'g'), new RegExp(`${begin}(?![\\w.-])`, 'g')])
  }

  /** The text with every secret replaced by `******`; the same text when there is none. */
  text(text: string): string {
    if (this.#secrets.size > SECRETS_LIMIT) return text === '' ? text : REDACTED
    this.#search ??= new SecretSearch(this.#secrets)
    let hidden = this.#search.hide(text)
    for (const other of this.#others) hidden = other.text(hidden)
    for (const [inside, itself] of this.#folders.values())
      hidden = hidden.replaceAll(inside, '').replaceAll(itself, '.')
    return redactUrls(hidden)
  }

  /** A copy of plain data: texts are redacted, keys stay, values of secret keys become `******`. */
  json(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value)
    if (Array.isArray(value)) return value.map((item) => this.json(item))
    if (typeof value !== 'object' || value === null) return value
    const copy: Record<string, unknown> = Object.create(null)
    for (const [key, member] of Object.entries(value)) {
      const isHidden = isSecretKey(key) && member !== null && member !== undefined
      copy[key] = isHidden ? REDACTED : this.json(member)
    }
    return copy
  }

  /** The error without secrets in message, hint, field, stack and causes; the same error when it has none. */
  error(error: MillraceError): MillraceError {
    const { details } = error
    const clean: ErrorDetails = {
      ...details,
      hint: this.#optional(details.hint),
      field: this.#optional(details.field),
      path: this.#optional(details.path),
      cause: this.#cause(details.cause),
    }
    const message = this.text(error.message)
    const isSame =
      message === error.message &&
      (['hint', 'field', 'path', 'cause'] as const).every((name) => clean[name] === details[name])
    if (isSame) return error
    const redacted = new MillraceError(error.code, message, clean)
    if (error.stack !== undefined) redacted.stack = this.text(error.stack)
    return redacted
  }

  /** Whatever was thrown, as {@link asMillraceErrors} reads it, without secrets. */
  thrown(thrown: unknown): MillraceErrors {
    return new MillraceErrors(asMillraceErrors(thrown).map((error) => this.error(error)))
  }

  #optional(text: string | undefined): string | undefined {
    return text === undefined ? undefined : this.text(text)
  }

  #cause(cause: unknown, depth = 0): unknown {
    if (typeof cause === 'string') return this.text(cause)
    if (!(cause instanceof Error) || depth > 8) return cause
    if (cause instanceof MillraceError) return this.error(cause)
    const inner = this.#cause(cause.cause, depth + 1)
    const [message, stack] = [this.text(cause.message), this.#optional(cause.stack)]
    if (message === cause.message && stack === cause.stack && inner === cause.cause) return cause
    const redacted = new Error(message, inner === undefined ? undefined : { cause: inner })
    redacted.name = cause.name
    if (stack !== undefined) redacted.stack = stack
    return redacted
  }
}

/** Finds secrets in texts. Longer ones go first, so that one that contains another is hidden whole. */
class SecretSearch {
  readonly #long: readonly string[]
  readonly #patterns: readonly RegExp[]

  constructor(secrets: ReadonlySet<string>) {
    const forms = [...new Set([...secrets].flatMap(formsOf))].toSorted((left, right) => right.length - left.length)
    const firstShort = forms.findIndex((form) => form.length <= CUT_LENGTH)
    const short = firstShort < 0 ? [] : forms.slice(firstShort)
    this.#long = firstShort < 0 ? forms : forms.slice(0, firstShort)
    const patterns: RegExp[] = []
    for (let at = 0; at < short.length; at += PATTERN_SIZE) patterns.push(patternOf(short.slice(at, at + PATTERN_SIZE)))
    this.#patterns = patterns
  }

  hide(text: string): string {
    let hidden = text
    for (const secret of this.#long) hidden = hideLong(hidden, secret)
    for (const pattern of this.#patterns) hidden = hidden.replaceAll(pattern, REDACTED)
    return hidden
  }
}

/** The text without a long secret, whole or cut off. */
function hideLong(text: string, secret: string): string {
  const prefix = secret.slice(0, CUT_PREFIX_LENGTH)
  let [hidden, from] = ['', 0]
  for (let at = text.indexOf(prefix); at >= 0; at = text.indexOf(prefix, from)) {
    let length = prefix.length
    while (length < secret.length && text[at + length] === secret[length]) length += 1
    hidden += text.slice(from, at) + REDACTED
    from = at + length
  }
  return from === 0 ? text : hidden + text.slice(from)
}

function patternOf(forms: readonly string[]): RegExp {
  const alternatives = forms.map((form) => {
    const literal = form.replaceAll(/[.*+?^${}()|[\]\\/-]/g, '\\$&')
    return form.length >= ANYWHERE_LENGTH ? literal : `(?<![\\w])${literal}(?![\\w])`
  })
  return new RegExp(alternatives.join('|'), 'g')
}

/** A secret as it is, inside JSON, percent-encoded, and in base64. */
function formsOf(secret: string): string[] {
  const sound = secret.toWellFormed()
  const base64 = Buffer.from(sound, 'utf8').toString('base64')
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(sound), base64, base64.replace(/=+$/, '')]
}
