/** Width of the logger's name in a log line. */
const LOGGER_WIDTH = 30

/**
 * One line of the log in SeaTunnel's layout: `2024-10-23 10:00:00,123 INFO  [logger] [thread] - message`.
 *
 * @param logger abbreviated class name, cut from the left and padded to 30 characters.
 * @source SeaTunnel `log4j2.properties` (pattern)
 */
export function logLine(
  level: 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR',
  logger: string,
  message: string,
  thread = 'main',
  time = new Date(),
): string {
  const name = logger.length > LOGGER_WIDTH ? logger.slice(-LOGGER_WIDTH) : logger.padEnd(LOGGER_WIDTH)
  return `${logTime(time)} ${level.padEnd(5)} [${name}] [${thread}] - ${message}`
}

/**
 * The full name of a logger as lines show it: every part but the last is its first letter.
 *
 * @example `abbreviateLogger('org.apache.seatunnel.engine.server.CoordinatorService')` is `o.a.s.e.s.CoordinatorService`.
 */
export function abbreviateLogger(name: string): string {
  const parts = name.split('.')
  return parts.map((part, index) => (index === parts.length - 1 ? part : part.slice(0, 1))).join('.')
}

/** Local time as `yyyy-MM-dd HH:mm:ss,SSS`. */
export function logTime(time: Date): string {
  return `${dateTimeText(time)},${String(time.getMilliseconds()).padStart(3, '0')}`
}

/** Local time as `yyyy-MM-dd HH:mm:ss`. */
export function dateTimeText(time: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const date = `${String(time.getFullYear()).padStart(4, '0')}-${two(time.getMonth() + 1)}-${two(time.getDate())}`
  return `${date} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`
}
