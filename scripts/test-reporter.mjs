// A reporter for `node --test`: says nothing of what passes, shows every failure in full, collects skipped tests with
// their reasons, and ends with one line of JSON that `scripts/test.mjs` reads.
import { relative } from 'node:path'

/** Marks the line with the counts. */
export const SUMMARY_MARK = '#millrace-test-summary '

/**
 * @param {{ name: string, file?: string, details: { error?: Error & { cause?: unknown, failureType?: string } } }} data
 * @returns {string}
 */
function failureText(data) {
  const error = data.details.error
  const cause = error?.cause instanceof Error ? error.cause : error
  const where = data.file === undefined ? '' : ` (${relative(process.cwd(), data.file)})`
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(error?.cause ?? error)
  return `\nFAILED ${data.name}${where}\n${text.replace(/^/gm, '  ')}\n`
}

/**
 * @param {AsyncIterable<{ type: string, data: any }>} events
 */
// biome-ignore lint/style/noDefaultExport: Node takes a reporter from the default export.
export default async function* reporter(events) {
  const counts = { passed: 0, failed: 0, skipped: /** @type {string[]} */ ([]) }
  for await (const { type, data } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue
    const isSuite = data.details?.type === 'suite'
    if (data.skip !== undefined && data.skip !== false) {
      counts.skipped.push(`${data.name}${typeof data.skip === 'string' && data.skip !== '' ? `: ${data.skip}` : ''}`)
    } else if (type === 'test:pass') {
      if (!isSuite) counts.passed++
    } else if (data.details?.error?.failureType !== 'subtestsFailed') {
      counts.failed++
      yield failureText(data)
    }
  }
  yield `\n${SUMMARY_MARK}${JSON.stringify(counts)}\n`
}
