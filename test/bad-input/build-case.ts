import type { ErrorCode } from '../../src/core/error.js'
import type { BadJobFile, BadJobStep } from './job-files.js'

/** Stands in a case's text at the place that the error must point to. */
export const HERE = '⟪⟫'

/** Makes cases of one step and language: `name`, text with {@link HERE} in it, code, part of the message. */
export function casesOf(
  step: BadJobStep,
  file: BadJobFile['file'],
  rows: readonly (readonly [name: string, text: string, code: ErrorCode, fragment: string])[],
  level: BadJobFile['level'] = 'error',
): BadJobFile[] {
  return rows.map(([name, marked, code, fragment]) => {
    const at = marked.indexOf(HERE)
    if (at < 0) throw new Error(`case '${name}' does not mark a place`)
    const before = marked.slice(0, at)
    const line = before.split('\n').length
    const column = at - before.lastIndexOf('\n')
    const text = before + marked.slice(at + HERE.length)
    return { name, file, text, variables: [], step, level, code, line, column, fragment }
  })
}

/** A whole job around the options of its only source, which are put on a line of their own. */
export function jobWith(options: string): string {
  return `env { job.mode = BATCH }\nsource {\n  Sample {\n    ${options}\n  }\n}\nsink { Sample { path = a } }\n`
}
