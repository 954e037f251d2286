// A reporter for `node --test`: says nothing of what passes, shows every failure in full, collects skipped tests with
// their reasons, and ends with one line of JSON that `scripts/test.mjs` reads.
import { relative } from 'node:path'

/** Marks the line with the counts. */
export const SUMMARY_MARK = '#millrace-test-summary '

/** How much of a file's own output is shown when the file as a whole fails. */
const OUTPUT_CHARACTERS = 4000

/**
 * @param {{ name: string, file?: string, details: { error?: Error & { cause?: unknown } } }} data
 * @param {string} output what the file wrote outside its tests; shown when there is no better reason.
 * @returns {string}
 */
function failureText(data, output) {
  const error = data.details.error
  const cause = error?.cause instanceof Error ? error.cause : error
  const where = data.file === undefined ? '' : ` (${relative(process.cwd(), data.file)})`
  const reason = cause instanceof Error ? (cause.stack ?? cause.message) : String(error?.cause ?? error)
  const isFile = data.file !== undefined && data.name.endsWith('.js')
  const text = isFile && output !== '' ? `${reason}\n${output.trimEnd()}` : reason
  return `\nFAILED ${data.name}${where}\n${text.replace(/^/gm, '  ')}\n`
}

/**
 * The reason for which a test did not count, or `null` when it did.
 *
 * @param {{ name: string, skip?: string | boolean, todo?: string | boolean }} data
 * @returns {string | null}
 */
function skipText({ name, skip, todo }) {
  const mark = skip ?? todo
  if (mark === undefined || mark === false) return null
  return `${name}${typeof mark === 'string' && mark !== '' ? `: ${mark}` : ''}`
}

/**
 * @param {AsyncIterable<{ type: string, data: any }>} events
 */
// biome-ignore lint/style/noDefaultExport: Node takes a reporter from the default export.
export default async function* reporter(events) {
  const counts = { passed: 0, failed: 0, skipped: /** @type {string[]} */ ([]) }
  /** @type {Map<string, string>} */
  const outputs = new Map()
  for await (const { type, data } of events) {
    if (type === 'test:stderr' || type === 'test:stdout') {
      outputs.set(data.file, ((outputs.get(data.file) ?? '') + data.message).slice(-OUTPUT_CHARACTERS))
    }
    if (type !== 'test:pass' && type !== 'test:fail') continue
    const skipped = skipText(data)
    if (skipped !== null) counts.skipped.push(skipped)
    else if (type === 'test:pass') counts.passed += data.details?.type === 'suite' ? 0 : 1
    else if (data.details?.error?.failureType !== 'subtestsFailed') {
      counts.failed++
      yield failureText(data, outputs.get(data.file) ?? '')
    }
  }
  yield `\n${SUMMARY_MARK}${JSON.stringify(counts)}\n`
}
