// biome-ignore-all lint/suspicious/noTemplateCurlyInString: pieces of job documents
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readEnv } from '../../src/config/env-options.js'
import { parseJobFile } from '../../src/config/job-document.js'
import { validateOptions } from '../../src/config/validate.js'
import { type MillraceError, MillraceErrors } from '../../src/core/error.js'
import { BAD_JOB_FILES, SAMPLE_SPEC } from './job-files.js'

const PIECES = [
  '{',
  '}',
  '[',
  ']',
  '"',
  '"""',
  '${',
  '${?a}',
  '${a}',
  '->',
  '=',
  '+=',
  ',',
  '\n',
  '#',
  '\\',
  "'",
  ';',
  '*/',
  '/* config\n',
  'é😀',
  '\u0000',
]
const ROUNDS = 4000

/** Numbers below a bound, the same ones for the same seed. */
function numbers(seed: number): (bound: number) => number {
  let state = seed
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * bound)
  }
}

function mutated(text: string, next: (bound: number) => number): string {
  const at = next(text.length + 1)
  switch (next(4)) {
    case 0:
      return text.slice(0, at) + (PIECES[next(PIECES.length)] ?? '') + text.slice(at)
    case 1:
      return text.slice(0, at) + text.slice(at + next(12))
    case 2: {
      const from = next(text.length + 1)
      return text.slice(0, at) + text.slice(from, from + next(60)) + text.slice(at)
    }
    default:
      return text.slice(0, at)
  }
}

function findings(text: string, file: string): readonly MillraceError[] {
  try {
    const document = parseJobFile({ text, file, variables: new Map([['a', '1']]), environment: new Map() })
    const blocks = document.source.map((block) => validateOptions(SAMPLE_SPEC, block))
    return [readEnv(document.env), ...blocks].flatMap(({ faults, warnings }) => [...faults, ...warnings])
  } catch (error) {
    if (error instanceof MillraceErrors) return error.errors
    throw error
  }
}

describe('documents changed at random', () => {
  it('give a job, or errors with code, place and hint', () => {
    const next = numbers(20_261_124)
    const short = BAD_JOB_FILES.filter((bad) => bad.text.length < 2000)
    for (let round = 0; round < ROUNDS; round++) {
      const bad = short[next(short.length)]
      assert.ok(bad !== undefined)
      let { text } = bad
      for (let changes = next(3) + 1; changes > 0; changes--) text = mutated(text, next)
      for (const { code, message, details } of findings(text, bad.file)) {
        const { position, hint } = details
        const placed = position !== undefined && position.line >= 1 && position.column >= 1
        assert.ok(placed && hint !== undefined, `round ${round}: ${code} ${message}\n${text}`)
      }
    }
  })
})
