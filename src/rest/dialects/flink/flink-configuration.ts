import { MillraceError } from '../../../core/error.js'

/** What a `flinkConfiguration` says that holds here. */
export interface ReadConfiguration {
  /** `pipeline.name`; `null` without one. */
  readonly jobName: string | null
  /** How long the client may be silent, in milliseconds; `null` where it need not be there. */
  readonly clientTimeoutMs: number | null
  /** Members of `env`. */
  readonly env: ReadonlyMap<string, string>
  /** Where the job goes on from, and how. */
  readonly restore: {
    readonly path: string | null
    readonly claimMode: string | null
    readonly allowsUnclaimed: boolean | null
  }
  /** What is wrong with values of keys that hold here, and one for all keys that do not. */
  readonly notices: readonly MillraceError[]
}

/** Milliseconds of a unit, by its first spelling. @source Flink `TimeUtils` */
const UNITS: readonly (readonly [names: RegExp, milliseconds: number])[] = [
  [/^(?:|ms|milli|millis|millisecond|milliseconds)$/, 1],
  [/^(?:s|sec|secs|second|seconds)$/, 1000],
  [/^(?:m|min|minute|minutes)$/, 60_000],
  [/^(?:h|hour|hours)$/, 3_600_000],
  [/^(?:d|day|days)$/, 86_400_000],
  [/^(?:µs|micro|micros|microsecond|microseconds)$/, 0.001],
  [/^(?:ns|nano|nanos|nanosecond|nanoseconds)$/, 0.000_001],
]

/** A duration such as `10 s`, `1min`, `PT1H30M` or `3000` in milliseconds; `null` for a text that is none. */
export function durationMs(text: string): number | null {
  const iso = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i.exec(text.trim())
  if (iso !== null && text.trim().length > 2) {
    const [days = 0, hours = 0, minutes = 0, seconds = 0] = iso.slice(1).map((part) => Number(part ?? 0))
    return Math.round((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000)
  }
  const [, digits, unit = ''] = /^\s*(\d{1,15})\s*(\p{L}*)\s*$/u.exec(text) ?? []
  const factor = UNITS.find(([names]) => names.test(unit.toLowerCase()))?.[1]
  return digits === undefined || factor === undefined ? null : Math.round(Number(digits) * factor)
}

/** Member of `env` for a key, and its value for one of Flink; `null` for a value that cannot be taken. */
interface Translation {
  readonly member: string
  readonly value: (text: string) => string | null
}

const wholeNumber = (text: string): string | null => (/^\d{1,9}$/.test(text.trim()) ? text.trim() : null)
const milliseconds = (text: string): string | null => {
  const value = durationMs(text)
  return value === null ? null : String(value)
}
const wholeSeconds = (text: string): string | null => {
  const value = durationMs(text)
  return value === null ? null : String(Math.ceil(value / 1000))
}
const MODES: Readonly<Record<string, string>> = { STREAMING: 'STREAMING', BATCH: 'BATCH' }

const TRANSLATIONS: ReadonlyMap<string, Translation> = new Map([
  [
    'parallelism.default',
    { member: 'parallelism', value: (text) => (wholeNumber(text) === '0' ? null : wholeNumber(text)) },
  ],
  ['execution.runtime-mode', { member: 'job.mode', value: (text) => MODES[text.trim().toUpperCase()] ?? null }],
  ['execution.checkpointing.interval', { member: 'checkpoint.interval', value: milliseconds }],
  ['execution.checkpointing.timeout', { member: 'checkpoint.timeout', value: milliseconds }],
  ['execution.checkpointing.min-pause', { member: 'min-pause', value: milliseconds }],
])

/** Keys of how a failed job is started again. */
const RESTART_TYPES = ['restart-strategy.type', 'restart-strategy'] as const
const RESTART_OFF: ReadonlySet<string> = new Set(['none', 'off', 'disable', 'disabled'])
const RESTART_FIXED: ReadonlySet<string> = new Set(['fixed-delay', 'fixeddelay'])
const RESTARTS: ReadonlyMap<string, Translation> = new Map([
  ['restart-strategy.fixed-delay.attempts', { member: 'job.retry.times', value: wholeNumber }],
  ['restart-strategy.fixed-delay.delay', { member: 'job.retry.interval.seconds', value: wholeSeconds }],
])

const RESTORE_PATHS = ['execution.state-recovery.path', 'execution.savepoint.path'] as const
const RESTORE_CLAIMS = ['execution.state-recovery.claim-mode', 'execution.savepoint-restore-mode'] as const
const RESTORE_UNCLAIMED = [
  'execution.state-recovery.ignore-unclaimed-state',
  'execution.savepoint.ignore-unclaimed-state',
] as const

/** Names in a notice at most. */
const NAMED_LIMIT = 20

/** Reads the settings that a client of Flink sends with a job. Nothing in them makes the request fail, but values that are none. */
export function readConfiguration(settings: ReadonlyMap<string, string>): ReadConfiguration {
  const env = new Map<string, string>()
  const notices: MillraceError[] = []
  const used = new Set<string>()
  const translate = (translations: ReadonlyMap<string, Translation>): void => {
    for (const [key, { member, value }] of translations) {
      const text = settings.get(key)
      if (text === undefined || text.trim() === '') continue
      used.add(key)
      const translated = value(text)
      if (translated !== null) env.set(member, translated)
      else if (!(key === 'execution.runtime-mode' && /^\s*automatic\s*$/i.test(text))) notices.push(badValue(key, text))
    }
  }
  const first = (keys: readonly string[]): string | null => {
    for (const key of keys) used.add(key)
    const found = keys.map((key) => settings.get(key)?.trim() ?? '').find((text) => text !== '')
    return found ?? null
  }
  translate(TRANSLATIONS)
  const strategy = RESTART_TYPES.map((key) => settings.get(key)?.trim().toLowerCase() ?? '').find((text) => text !== '')
  if (strategy !== undefined && RESTART_OFF.has(strategy)) {
    for (const key of RESTART_TYPES) used.add(key)
    env.set('job.retry.times', '0')
  } else if (strategy !== undefined && RESTART_FIXED.has(strategy)) {
    for (const key of RESTART_TYPES) used.add(key)
    // What Flink has where neither is said.
    env.set('job.retry.times', '1')
    env.set('job.retry.interval.seconds', '1')
    translate(RESTARTS)
  }
  const jobName = first(['pipeline.name'])
  const unclaimed = first(RESTORE_UNCLAIMED)
  const restore = {
    path: first(RESTORE_PATHS),
    claimMode: first(RESTORE_CLAIMS),
    allowsUnclaimed: unclaimed === null ? null : unclaimed.toLowerCase() === 'true',
  }
  const clientTimeoutMs = clientTimeout(settings)
  if (clientTimeoutMs !== null) for (const key of ATTACHED) used.add(key)
  if (clientTimeoutMs !== null) used.add(CLIENT_TIMEOUT)
  const ignored = [...settings.keys()].filter((key) => !used.has(key))
  return {
    jobName,
    clientTimeoutMs,
    env,
    restore,
    notices: ignored.length === 0 ? notices : [...notices, withoutEffect(ignored)],
  }
}

const CLIENT_TIMEOUT = 'client.heartbeat.timeout'
const CLIENT_TIMEOUT_MS = 180_000
/** Only a job whose client stays with it, and takes it along when it leaves, waits for a client. @source Flink `AbstractSessionClusterExecutor` */
const ATTACHED = ['execution.attached', 'execution.shutdown-on-attached-exit'] as const

function clientTimeout(settings: ReadonlyMap<string, string>): number | null {
  if (!ATTACHED.every((key) => settings.get(key)?.trim().toLowerCase() === 'true')) return null
  return durationMs(settings.get(CLIENT_TIMEOUT) ?? '') ?? CLIENT_TIMEOUT_MS
}

function badValue(key: string, text: string): MillraceError {
  return new MillraceError(
    'OPTION_INVALID',
    `the setting '${key}' has no effect: '${text.slice(0, 100)}' is no value of it`,
  )
}

function withoutEffect(keys: readonly string[]): MillraceError {
  const names = keys.slice(0, NAMED_LIMIT).map((key) => `'${key.slice(0, 100)}'`)
  const more = keys.length > NAMED_LIMIT ? ` and ${keys.length - NAMED_LIMIT} more` : ''
  return new MillraceError(
    'OPTION_NO_EFFECT',
    `settings of the client have no effect here: ${names.join(', ')}${more}`,
    {
      hint: 'they are only shown with the job',
    },
  )
}
