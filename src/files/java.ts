/** The 32-bit hash of a text. @source Java `String.hashCode` */
export function javaHashCode(text: string): number {
  let hash = 0
  for (let index = 0; index < text.length; index += 1) hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0
  return hash
}

/** The subtask that reads a file. @source SeaTunnel `FileSourceSplitEnumerator` */
export function subtaskOf(id: string, parallelism: number): number {
  return (javaHashCode(id) & 0x7fffffff) % parallelism
}

/** Wall-clock parts of a moment in a zone. */
interface LocalTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly millisecond: number
}

const LETTERS: Readonly<Record<string, (time: LocalTime, width: number) => string>> = {
  y: ({ year }, width) => (width === 2 ? pad(year % 100, 2) : pad(year, width)),
  u: ({ year }, width) => (width === 2 ? pad(year % 100, 2) : pad(year, width)),
  M: ({ month }, width) => pad(month, width),
  d: ({ day }, width) => pad(day, width),
  H: ({ hour }, width) => pad(hour, width),
  h: ({ hour }, width) => pad(hour % 12 === 0 ? 12 : hour % 12, width),
  m: ({ minute }, width) => pad(minute, width),
  s: ({ second }, width) => pad(second, width),
  S: ({ millisecond }, width) => pad(millisecond, 3).padEnd(width, '0').slice(0, width),
  a: ({ hour }) => (hour < 12 ? 'AM' : 'PM'),
}

/** Letter runs, quoted text, or anything else, one at a time. */
const TOKEN = /([A-Za-z])\1*|'(?:[^']|'')*'|[\s\S]/g

/** The letters of a date pattern that cannot be formatted; empty for a good pattern. */
export function unsupportedPatternLetters(pattern: string): readonly string[] {
  const tokens = pattern.match(TOKEN) ?? []
  return tokens.filter((token) => {
    const letter = token.charAt(0)
    if (letter === "'") return token.length === 1
    if (!/[A-Za-z]/.test(letter)) return false
    return LETTERS[letter] === undefined || (letter === 'M' && token.length > 2)
  })
}

/**
 * Formats a moment with a subset of Java's date patterns: y u M d H h m s S a, quoted text, other characters as they are.
 *
 * @param nowMs milliseconds since 1970-01-01T00:00Z.
 * @param zone  IANA name.
 * @source Java `DateTimeFormatter`
 */
export function formatJavaDate(pattern: string, nowMs: number, zone: string): string {
  const time = localTime(nowMs, zone)
  return (pattern.match(TOKEN) ?? [])
    .map((token) => {
      if (token === "''") return "'"
      if (token.startsWith("'") && token.length > 1) return token.slice(1, -1).replaceAll("''", "'")
      return LETTERS[token.charAt(0)]?.(time, token.length) ?? token
    })
    .join('')
}

/** Milliseconds since 1970-01-01T00:00Z of `yyyy-MM-dd HH:mm:ss` in a zone; `null` for another text. */
export function parseLocalDateTime(text: string, zone: string): number | null {
  const match = /^(\d{4})-(\d{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2})$/.exec(text)
  if (match === null) return null
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number)
  const asUtc = Date.UTC(year, month - 1, day, hour, minute, second)
  const back = new Date(asUtc)
  if (back.getUTCMonth() !== month - 1 || back.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59)
    return null
  // Twice, because the offset at the guess may not be the one at the result when the clocks change in between.
  const guess = asUtc - offsetMs(asUtc, zone)
  return asUtc - offsetMs(guess, zone)
}

function offsetMs(moment: number, zone: string): number {
  const { year, month, day, hour, minute, second } = localTime(moment, zone)
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(moment / 1000) * 1000
}

function localTime(nowMs: number, zone: string): LocalTime {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  const parts = new Map(format.formatToParts(nowMs).map(({ type, value }) => [type as string, Number(value)]))
  const part = (name: string): number => parts.get(name) ?? 0
  const millisecond = ((nowMs % 1000) + 1000) % 1000
  return {
    year: part('year'),
    month: part('month'),
    day: part('day'),
    hour: part('hour'),
    minute: part('minute'),
    second: part('second'),
    millisecond: Math.floor(millisecond),
  }
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0')
}
