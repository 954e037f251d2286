const ESCAPED_LETTERS: Readonly<Record<string, string>> = {
  t: '\t',
  n: '\n',
  r: '\r',
  f: '\f',
  a: '\u0007',
  e: '\u001b',
}

/**
 * The one text that a regular expression matches, or `null` when there are several. A pattern of one character is that
 * character, whatever it means in a pattern.
 *
 * @source SeaTunnel splits text lines with `String.split`, so job files escape delimiters
 */
export function literalOfPattern(pattern: string): string | null {
  if ([...pattern].length <= 1) return pattern
  const single = /^\[([^\\^\]]|\\.)\]$/u.exec(pattern)?.[1]
  if (single !== undefined) return literalOfPattern(single)
  const quoted = /^\\Q(.*)\\E$/su.exec(pattern)?.[1]
  if (quoted !== undefined && !quoted.includes('\\E')) return quoted
  let literal = ''
  for (let index = 0; index < pattern.length; index += 1) {
    const character = pattern.charAt(index)
    if (character !== '\\') {
      literal += character
      continue
    }
    index += 1
    const escaped = pattern.charAt(index)
    const unicode = /^u([0-9a-fA-F]{4})|^x([0-9a-fA-F]{2})/.exec(pattern.slice(index))
    if (unicode !== null) {
      literal += String.fromCharCode(Number.parseInt(unicode[1] ?? unicode[2] ?? '', 16))
      index += unicode[0].length - 1
    } else if (/[A-Za-z0-9]/.test(escaped) || escaped === '') {
      const letter = ESCAPED_LETTERS[escaped]
      if (letter === undefined) return null
      literal += letter
    } else {
      literal += escaped
    }
  }
  return literal
}
