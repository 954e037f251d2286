import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { ROOT } from './layers.js'

/** The part of `scripts/gen.mjs` that this test needs. */
interface Generator {
  pluginTable(): string
}

describe('the table of plug-ins', () => {
  it('is what `npm run gen` makes of the plug-in folders', async () => {
    const { pluginTable } = (await import(pathToFileURL(join(ROOT, 'scripts', 'gen.mjs')).href)) as Generator
    const plain = (text: string): string => text.replace(/[\s,]+/g, '')
    assert.equal(plain(readFileSync(join(ROOT, 'src', 'plugins.generated.ts'), 'utf8')), plain(pluginTable()))
  })
})
