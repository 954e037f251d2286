import { parseJavaProperties } from '../../config/java-properties.js'
import type { LogLevel } from '../api.js'
import { parseLogLevel, ROOT_LOGGER } from './levels.js'

/** When a log file is begun anew, and what of the old ones is kept. */
export interface RollPolicy {
  readonly maxBytes: number
  /** Whether a new day begins a new file. */
  readonly isDaily: boolean
  readonly keepFiles: number
  readonly keepDays: number
}

/** What is logged, and to where. */
export interface LogSettings {
  readonly levels: ReadonlyMap<string, LogLevel>
  /** `routing`: a file for every job and one for the rest; `file`: one for all; `none`: the console only. */
  readonly files: 'routing' | 'file' | 'none'
  /** Of the node's own file. */
  readonly roll: RollPolicy
  readonly isConsole: boolean
}

const MIB = 1024 * 1024

/** What holds without a `log4j2.properties`: as in the packaged one, but with a file for every job. */
export const DEFAULT_LOG_SETTINGS: LogSettings = {
  levels: new Map([[ROOT_LOGGER, 'INFO']]),
  files: 'routing',
  roll: { maxBytes: 100 * MIB, isDaily: true, keepFiles: 100, keepDays: 7 },
  isConsole: true,
}

/** Files of a job: bounded whatever the job writes, and deleted with its history. */
export const JOB_ROLL: RollPolicy = { maxBytes: 100 * MIB, isDaily: false, keepFiles: 2, keepDays: 7 }

/** What was read of a `log4j2.properties`. */
export interface ReadLogSettings {
  readonly settings: LogSettings
  /** One clause for every value that has no effect. */
  readonly warnings: readonly string[]
}

/** Names inside names may go this deep. */
const MAX_SUBSTITUTION_DEPTH = 8
/** Longest value once its names are replaced. */
const MAX_VALUE_CHARS = 4_096

/** Reads values of `log4j2.properties`, with `${…}` replaced. */
class Log4jProperties {
  readonly entries: ReadonlyMap<string, string>
  readonly #system: ReadonlyMap<string, string>

  constructor(text: string, system: ReadonlyMap<string, string>) {
    this.entries = parseJavaProperties(text)
    this.#system = system
  }

  value(key: string): string | undefined {
    const raw = this.entries.get(key)
    return raw === undefined ? undefined : this.#resolve(raw, 0).trim()
  }

  /** Names of the appenders that the root logger writes to. */
  rootAppenders(): readonly string[] {
    const refs = [...this.entries.keys()].filter((key) => /^rootLogger\.appenderRefs?\.[^.]+\.ref$/.test(key))
    return refs.map((key) => this.value(key) ?? '')
  }

  /** The key in front of `.name` of the appender with a name; `null` when there is none. */
  appenderKey(name: string): string | null {
    const key = [...this.entries.keys()].find(
      (each) => /^appender\.[^.]+\.name$/.test(each) && this.value(each) === name,
    )
    return key?.slice(0, -'.name'.length) ?? null
  }

  /** The first value among the keys below a prefix that end in a way; in the order of the text. */
  below(prefix: string, pattern: RegExp): string | undefined {
    const key = [...this.entries.keys()].find((each) => each.startsWith(`${prefix}.`) && pattern.test(each))
    return key === undefined ? undefined : this.value(key)
  }

  #resolve(text: string, depth: number): string {
    if (depth > MAX_SUBSTITUTION_DEPTH || text.length > MAX_VALUE_CHARS) return ''
    return text.replace(/\$\{([^${}]*)\}/g, (_, inner: string) => {
      const [name = '', fallback = ''] = inner.split(':-', 2)
      const value = name.startsWith('sys:') ? this.#system.get(name.slice(4)) : this.entries.get(`property.${name}`)
      return this.#resolve(value ?? fallback, depth + 1)
    })
  }
}

/**
 * Reads the part of a `log4j2.properties` that has a meaning here: the root's level, levels of named loggers, the appenders that the
 * root logger refers to, and sizes, counts and ages of rolled files. Everything else is passed over.
 *
 * @param system values of `${sys:name}`.
 * @source SeaTunnel `config/log4j2.properties`
 */
export function readLogSettings(text: string, system: ReadonlyMap<string, string> = new Map()): ReadLogSettings {
  const properties = new Log4jProperties(text, system)
  const warnings: string[] = []
  const refs = properties.rootAppenders()
  const kind = (ref: string, type: RegExp, word: RegExp): boolean => {
    const key = properties.appenderKey(ref)
    return key === null ? word.test(ref) : type.test(properties.value(`${key}.type`) ?? '')
  }
  const isRouting = refs.some((ref) => kind(ref, /^Routing$/i, /routing/i))
  const isFile = refs.some((ref) => kind(ref, /File$/i, /file/i))
  const settings: LogSettings = {
    levels: readLevels(properties, warnings),
    files: isRouting ? 'routing' : isFile ? 'file' : 'none',
    roll: readRoll(properties, refs, warnings),
    isConsole: refs.some((ref) => kind(ref, /^Console$/i, /console/i)),
  }
  return { settings, warnings }
}

function readLevels(properties: Log4jProperties, warnings: string[]): ReadonlyMap<string, LogLevel> {
  const levels = new Map<string, LogLevel>()
  const add = (logger: string, key: string): void => {
    const text = properties.value(key)
    if (text === undefined) return
    const level = parseLogLevel(text.split(',', 1)[0] ?? '')
    if (level === null) warnings.push(`'${key}' is '${text}', which is no level, and has no effect`)
    else levels.set(logger, level)
  }
  add(ROOT_LOGGER, 'rootLogger')
  add(ROOT_LOGGER, 'rootLogger.level')
  for (const key of properties.entries.keys()) {
    const name = /^logger\.[^.]+\.name$/.test(key) ? properties.value(key) : undefined
    if (name !== undefined && name !== '') add(name, key.replace(/\.name$/, '.level'))
  }
  return levels
}

function readRoll(properties: Log4jProperties, refs: readonly string[], warnings: string[]): RollPolicy {
  const defaults = DEFAULT_LOG_SETTINGS.roll
  const keys = [...refs, 'fileAppender'].flatMap((ref) => properties.appenderKey(ref) ?? [])
  const key = keys.find((each) => /^RollingFile$/i.test(properties.value(`${each}.type`) ?? '')) ?? 'appender.file'
  const size = properties.below(key, /\.size$/) ?? properties.value('property.file_split_size')
  const age = properties.below(key, /\.age$/) ?? properties.value('property.file_ttl')
  const count = properties.below(key, /\.exceeds$|\.strategy\.max$/) ?? properties.value('property.file_count')
  const checked = (what: string, text: string | undefined, value: number | null, fallback: number): number => {
    if (text !== undefined && value === null) warnings.push(`${what} '${text}' of rolled log files is not understood`)
    return value ?? fallback
  }
  return {
    maxBytes: checked('size', size, parseSize(size), defaults.maxBytes),
    isDaily: properties.entries.size === 0 || properties.below(key, /\.policies\.time\./) !== undefined,
    keepFiles: checked('number', count, parseCount(count), defaults.keepFiles),
    keepDays: checked('age', age, parseDays(age), defaults.keepDays),
  }
}

/** `100MB`, `10 KB`, `5000` in bytes. */
function parseSize(text: string | undefined): number | null {
  const match = /^(\d{1,12})\s*(K|M|G)?B?$/i.exec(text ?? '')
  if (match === null) return null
  const unit = { '': 1, K: 1024, M: MIB, G: 1024 * MIB }[(match[2] ?? '').toUpperCase()] ?? 1
  return Math.max(1, Number(match[1]) * unit)
}

function parseCount(text: string | undefined): number | null {
  return /^\d{1,6}$/.test(text ?? '') ? Number(text) : null
}

/** `7d`, `P7D` or `12h` in days. */
function parseDays(text: string | undefined): number | null {
  const match = /^P?T?(\d{1,6})\s*(D|H|M)$/i.exec(text ?? '')
  if (match === null) return null
  const days = { D: 1, H: 1 / 24, M: 1 / 1440 }[(match[2] ?? 'D').toUpperCase()] ?? 1
  return Number(match[1]) * days
}
