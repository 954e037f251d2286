import { MillraceError } from '../../core/error.js'
import type { LogLevel } from '../api.js'

/** Levels, the most silent first. */
export const LOG_LEVELS: readonly LogLevel[] = ['OFF', 'ERROR', 'WARN', 'INFO', 'DEBUG', 'TRACE']

/** Name of the logger that all others fall back to. */
export const ROOT_LOGGER = 'root'

/** Loggers that may have a level of their own. */
const MAX_LOGGERS = 1_000
const LOGGER_NAME = /^[A-Za-z0-9_.$-]{1,200}$/

/**
 * The level that a text names, in any letter case; `null` for what is none.
 *
 * @source Log4j `Level`: `FATAL` and `ALL` are the neighbours that ours has.
 */
export function parseLogLevel(text: string): LogLevel | null {
  const name = text.trim().toUpperCase()
  if (name === 'FATAL') return 'ERROR'
  if (name === 'ALL') return 'TRACE'
  return LOG_LEVELS.find((level) => level === name) ?? null
}

/** Levels by logger. A logger without one has that of the nearest name above it: of `a.b.c` that of `a.b`, then `a`, then `root`. */
export class LogLevels {
  readonly #levels = new Map<string, LogLevel>()
  /** What was found before; forgotten when a level changes. */
  readonly #effective = new Map<string, number>()

  constructor(levels: ReadonlyMap<string, LogLevel>) {
    this.#levels.set(ROOT_LOGGER, levels.get(ROOT_LOGGER) ?? 'INFO')
    for (const [logger, level] of levels) this.set(logger, level)
  }

  /** @throws MillraceError `OPTION_INVALID` for what is no name of a logger, and when too many loggers have a level. */
  set(logger: string, level: LogLevel): void {
    const name = logger === '' ? ROOT_LOGGER : logger
    if (!LOGGER_NAME.test(name)) {
      throw new MillraceError('OPTION_INVALID', `'${name.slice(0, 200)}' is not the name of a logger`, {
        hint: 'use letters, digits and dots',
      })
    }
    if (!this.#levels.has(name) && this.#levels.size >= MAX_LOGGERS) {
      throw new MillraceError('OPTION_INVALID', `'${MAX_LOGGERS}' loggers have a level of their own already`, {
        hint: 'set the level of a logger above them',
      })
    }
    this.#levels.set(name, level)
    this.#effective.clear()
  }

  /** Whether lines of a level pass. */
  isEnabled(logger: string, level: LogLevel): boolean {
    return LOG_LEVELS.indexOf(level) <= this.#effectiveLevel(logger)
  }

  /** Levels that were set, `root` first, then by name. */
  all(): ReadonlyMap<string, LogLevel> {
    const { [ROOT_LOGGER]: root, ...others } = Object.fromEntries(this.#levels)
    return new Map([[ROOT_LOGGER, root ?? 'INFO'], ...Object.entries(others).sort(([a], [b]) => (a < b ? -1 : 1))])
  }

  #effectiveLevel(logger: string): number {
    const known = this.#effective.get(logger)
    if (known !== undefined) return known
    let level: LogLevel | undefined
    for (
      let name = logger;
      level === undefined && name !== '';
      name = name.slice(0, Math.max(name.lastIndexOf('.'), 0))
    )
      level = this.#levels.get(name)
    const index = LOG_LEVELS.indexOf(level ?? this.#levels.get(ROOT_LOGGER) ?? 'INFO')
    if (this.#effective.size >= MAX_LOGGERS) this.#effective.clear()
    this.#effective.set(logger, index)
    return index
  }
}
