/**
 * The names in a header line. A name in quotes may hold delimiters; two quotes in it are one.
 *
 * @param delimiter not empty.
 * @param quote  one character or `null`.
 * @param escapeChar one character or `null`.
 */
export function splitHeader(
  line: string,
  delimiter: string,
  quote: string | null,
  escapeChar: string | null,
): readonly string[] {
  const names: string[] = []
  let name = ''
  let isQuoted = false
  for (let index = 0; index < line.length; index += 1) {
    const character = line.charAt(index)
    if (character === escapeChar && character !== quote) {
      index += 1
      name += line.charAt(index)
    } else if (character === quote) {
      const isDoubled = isQuoted && line.charAt(index + 1) === quote
      if (isDoubled) {
        name += character
        index += 1
      } else if (isQuoted || name === '') isQuoted = !isQuoted
      else name += character
    } else if (!isQuoted && line.startsWith(delimiter, index)) {
      names.push(name)
      name = ''
      index += delimiter.length - 1
    } else name += character
  }
  names.push(name)
  return names
}
