import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { describe, it } from 'node:test'
import { asMillraceErrors, type MillraceError } from '../../src/core/error.js'
import { putFile, temporaryFolder } from '../../src/files/testing.js'
import { contents, missingCodec, runJob } from '../local-file/job.js'
import { HERE } from './build-case.js'
import { BAD_DATA_FILES, type BadDataFile } from './data-files.js'

/** The job of a case, with {@link HERE} still in it. */
function jobText(bad: BadDataFile, folder: string): string {
  const path = /^path = /m.test(bad.source) ? '' : 'path = "$IN"\n'
  const transform =
    bad.sql === undefined ? '' : `transform { Sql { plugin_input = t, plugin_output = u, query = """${bad.sql}""" } }\n`
  const format = /file_format_type/.test(bad.sink ?? '') ? '' : 'file_format_type = csv\n'
  return `source { LocalFile { plugin_output = t
${path}${bad.source}
} }
${transform}sink { LocalFile { plugin_input = ${bad.sql === undefined ? 't' : 'u'}
path = "$OUT", tmp_path = "$TMP"
${format}${bad.sink ?? ''}
} }
`
    .replaceAll('$IN', `${folder}/in`)
    .replaceAll('$OUT', `${folder}/out`)
    .replaceAll('$TMP', `${folder}/tmp`)
}

/** Everything that planning and running a job says. */
async function faultsOf(text: string): Promise<readonly MillraceError[]> {
  try {
    const outcome = await runJob(text, 2)
    assert.equal(outcome.status, outcome.errors.length === 0 ? 'FINISHED' : 'FAILED')
    return outcome.errors
  } catch (thrown) {
    return asMillraceErrors(thrown)
  }
}

/** Line and column of the mark in a text, or `null` where there is none. */
function markedPlace(text: string): readonly [line: number, column: number] | null {
  const at = text.indexOf(HERE)
  if (at < 0) return null
  const before = text.slice(0, at)
  return [before.split('\n').length, at - before.lastIndexOf('\n')]
}

describe('broken data and option values are refused with a code and a place, and leave nothing behind', () => {
  for (const bad of BAD_DATA_FILES) {
    it(bad.name, { skip: bad.source.includes('json') ? missingCodec('json') : false }, async (test) => {
      const folder = temporaryFolder(test)
      mkdirSync(`${folder}/in`)
      for (const [name, content] of Object.entries(bad.files)) putFile(`${folder}/in/${name}`, content)
      const marked = jobText(bad, folder)
      const faults = await faultsOf(marked.replace(HERE, ''))
      const [first] = faults
      const all = faults.map((fault) => `${fault.code} ${JSON.stringify(fault.details)} ${fault.message}`).join('\n')
      assert.equal(first?.code, bad.code, all)
      assert.ok(first?.message.includes(bad.fragment), all)
      if (bad.row !== undefined) assert.equal(first?.details.row, bad.row, all)
      if (bad.field !== undefined) assert.equal(first?.details.field, bad.field, all)
      const place = markedPlace(marked)
      if (place !== null) {
        const { position } = first?.details ?? {}
        assert.deepEqual([position?.line, position?.column], place, all)
      }
      const left = contents(folder).map(([path]) => path)
      assert.deepEqual(
        left,
        Object.keys(bad.files)
          .map((name) => `in/${name}`)
          .sort(),
        'files that were left',
      )
    })
  }

  it('covers at least 120 cases, each with its own name', () => {
    assert.ok(BAD_DATA_FILES.length >= 120, String(BAD_DATA_FILES.length))
    assert.equal(new Set(BAD_DATA_FILES.map((bad) => bad.name)).size, BAD_DATA_FILES.length)
  })
})
