/** Characters of a text of a job that an answer shows: nobody reads more, and the node answers others meanwhile. */
export const TEXT_LIMIT = 65_536

/** A text with its end left out where it is too long. */
export function shortened(text: string): string {
  const more = text.length - TEXT_LIMIT
  return more <= 0 ? text : `${text.slice(0, TEXT_LIMIT)}… and ${more} more characters`
}
