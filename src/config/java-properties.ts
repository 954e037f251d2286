/** A line with its continuations joined: a line goes on in the next one when an odd number of backslashes ends it. */
function logicalLines(text: string): string[] {
  const lines: string[] = []
  let open: string | null = null
  for (const raw of text.split(/\r\n|\n|\r/)) {
    const line: string = raw.replace(/^[ \t\f]+/, '')
    if (open === null && (line === '' || line.startsWith('#') || line.startsWith('!'))) continue
    const whole: string = (open ?? '') + line
    const backslashes = /\\*$/.exec(whole)?.[0].length ?? 0
    if (backslashes % 2 === 1) open = whole.slice(0, -1)
    else {
      lines.push(whole)
      open = null
    }
  }
  if (open !== null) lines.push(open)
  return lines
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' }

function unescaped(text: string): string {
  return text.replace(/\\(u[0-9a-fA-F]{4}|[\s\S])/g, (_, escaped: string) =>
    escaped.length === 5 ? String.fromCharCode(Number.parseInt(escaped.slice(1), 16)) : (ESCAPES[escaped] ?? escaped),
  )
}

/**
 * Reads a Java `.properties` text. Later values replace earlier ones; nothing is refused.
 *
 * @returns values by key, in the order of the text.
 * @source Java `Properties.load`
 */
export function parseJavaProperties(text: string): ReadonlyMap<string, string> {
  const properties = new Map<string, string>()
  for (const line of logicalLines(text)) {
    const key = /^(?:\\[\s\S]|[^\\=: \t\f])*/.exec(line)?.[0] ?? ''
    const value = line.slice(key.length).replace(/^[ \t\f]*[=:]?[ \t\f]*/, '')
    properties.set(unescaped(key), unescaped(value))
  }
  return properties
}
