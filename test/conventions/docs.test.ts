import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { ROOT } from './layers.js'

/** The part of `scripts/docs.mjs` that this test needs. */
interface DocsScript {
  staleDocs(): Promise<readonly string[]>
}

describe('the pages of plug-ins and the schema of job files', () => {
  it('are what `npm run gen` makes of the specs', async () => {
    const { staleDocs } = (await import(pathToFileURL(join(ROOT, 'scripts', 'docs.mjs')).href)) as DocsScript
    assert.deepEqual(await staleDocs(), [], 'run "npm run gen"')
  })
})
