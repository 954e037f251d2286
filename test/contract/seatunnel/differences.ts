import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../../conventions/layers.js'

/** A row of the list of differences. */
export interface ListedDifference {
  /** Profiles that it holds for. */
  readonly profiles: readonly string[]
  /** Names of cases; `*` stands for any text. */
  readonly cases: readonly RegExp[]
  /** Parts of the answer; `*` stands for any text. */
  readonly parts: readonly RegExp[]
  readonly text: string
}

const HEADING = '## Recorded answers that differ'

/** The rows of a list in `docs/compatibility.md`. */
export function listedDifferences(heading = HEADING): readonly ListedDifference[] {
  const text = readFileSync(join(ROOT, 'docs/compatibility.md'), 'utf8')
  const section = text.slice(text.indexOf(heading)).split('\n## ')[0] ?? ''
  return section
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| ---') && !line.startsWith('| profile'))
    .map((line) => {
      const [, profiles = '', cases = '', part = ''] = line.split(/(?<!\\)\|/).map((cell) => cell.trim())
      return {
        profiles: profiles.split(/,\s*/),
        cases: codes(cases).map(pattern),
        parts: codes(part).map(pattern),
        text: line,
      }
    })
}

/** Texts in backticks. */
function codes(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code.replaceAll('\\|', '|'))
}

function pattern(text: string): RegExp {
  return new RegExp(`^${text.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`)
}

/** The row that lists a difference, or `null`. */
export function rowOf(
  rows: readonly ListedDifference[],
  profile: string,
  name: string,
  part: string,
): ListedDifference | null {
  return (
    rows.find(
      (row) =>
        row.profiles.includes(profile) &&
        row.cases.some((each) => each.test(name)) &&
        row.parts.some((each) => each.test(part)),
    ) ?? null
  )
}
