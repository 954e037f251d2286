import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readEnv } from '../../src/config/env-options.js'
import { parseJobFile } from '../../src/config/job-document.js'
import { readCatalogTable } from '../../src/config/table-schema.js'
import { readContext, validateOptions } from '../../src/config/validate.js'
import { parseVariables } from '../../src/config/variables.js'
import { asMillraceErrors, type MillraceError } from '../../src/core/error.js'
import { BAD_JOB_FILES, type BadJobFile, SAMPLE_SPEC } from './job-files.js'

interface Findings {
  readonly error: readonly MillraceError[]
  readonly warning: readonly MillraceError[]
}

/** Everything that is said about a document up to and including the case's step. */
function check(bad: BadJobFile): Findings {
  try {
    const { variables, warnings } = parseVariables(bad.variables)
    if (bad.step === 'variables') return { error: [], warning: warnings }
    const document = parseJobFile({ text: bad.text, file: bad.file, variables, environment: new Map() })
    if (bad.step === 'document') return { error: [], warning: document.warnings }
    if (bad.step === 'env') {
      const { faults, warnings: found } = readEnv(document.env)
      return { error: faults, warning: found }
    }
    const [source] = document.source
    assert.ok(source !== undefined)
    if (bad.step === 'options') {
      const { faults, warnings: found } = validateOptions(SAMPLE_SPEC, source)
      return { error: faults, warning: found }
    }
    const schema = source.options.entries.get('schema')
    assert.ok(schema?.kind === 'object')
    const found: { error: MillraceError[]; warning: MillraceError[] } = { error: [], warning: [] }
    readCatalogTable(schema, readContext('source[0].schema', 'schema', found.error, found.warning), source)
    return found
  } catch (thrown) {
    return { error: asMillraceErrors(thrown), warning: [] }
  }
}

describe('a wrong job document is refused with a code, a place and a hint', () => {
  for (const bad of BAD_JOB_FILES) {
    it(bad.name, () => {
      const findings = check(bad)
      const found = findings[bad.level].find((error) => error.code === bad.code && error.message.includes(bad.fragment))
      const all = [...findings.error, ...findings.warning].map(
        (each) => `${each.code} ${each.details.position?.line}:${each.details.position?.column} ${each.message}`,
      )
      assert.ok(found !== undefined, `expected ${bad.code} '${bad.fragment}', found:\n${all.join('\n')}`)
      const { position, hint } = found.details
      assert.deepEqual([position?.line ?? 0, position?.column ?? 0], [bad.line, bad.column], all.join('\n'))
      assert.equal(position?.file ?? bad.file, bad.file)
      assert.ok(hint !== undefined && hint !== '', 'a hint says what to change')
    })
  }

  it('covers at least 150 documents, each with its own name', () => {
    assert.ok(BAD_JOB_FILES.length >= 150, String(BAD_JOB_FILES.length))
    assert.equal(new Set(BAD_JOB_FILES.map((bad) => bad.name)).size, BAD_JOB_FILES.length)
  })
})
