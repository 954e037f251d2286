/** Width of the logger's name in a log line. */
const LOGGER_WIDTH = 30

/**
 * One line of the log in SeaTunnel's layout: `2024-10-23 10:00:00,123 INFO  [logger] [thread] - message`.
 *
 * @param logger abbreviated class name, cut from the left and padded to 30 characters.
 * @source SeaTunnel `log4j2.properties` (pattern)
 */
export function logLine(
  level: 'DEBUG' | 'INFO' | 'WARN' | 'ERROR',
  logger: string,
  message: string,
  thread = 'main',
): string {
  const name = logger.length > LOGGER_WIDTH ? logger.slice(-LOGGER_WIDTH) : logger.padEnd(LOGGER_WIDTH)
  return `${logTime(new Date())} ${level.padEnd(5)} [${name}] [${thread}] - ${message}`
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
