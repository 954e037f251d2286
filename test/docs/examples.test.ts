import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { parseJobFile } from '../../src/config/job-document.js'
import { validateOptions } from '../../src/config/validate.js'
import { CatalogView } from '../../src/engine/catalog-view.js'
import { temporaryFolder } from '../../src/files/testing.js'
import { packageRoot } from '../../src/native/load.js'
import { PLUGINS } from '../../src/plugins.generated.js'
import { PluginRegistry } from '../../src/spi/registry.js'
import type { ExampleRows, PluginExample } from '../../src/spi/spec.js'
import { finishJob, prepareJob } from '../jobs/harness.js'
import { contents } from '../local-file/job.js'

const REGISTRY = new PluginRegistry(PLUGINS)
const CATALOG = new CatalogView(REGISTRY)

/** What validation says of a block, warnings included. */
async function complaints(kind: 'source' | 'transform' | 'sink', block: string): Promise<string[]> {
  const others = { source: 'source { FakeSource { } }\n', transform: '', sink: 'sink { Console { } }\n' }
  const text = `${kind === 'source' ? '' : others.source}${kind === 'sink' ? '' : others.sink}${kind} {\n${block}\n}`
  const document = parseJobFile({ text, file: 'job.conf', variables: null, environment: new Map() })
  const [parsed, ...more] = document[kind]
  assert.ok(parsed !== undefined && more.length === 0, 'an example is one block')
  const { spec } = await REGISTRY.load(kind, parsed.pluginName)
  const { faults, warnings } = validateOptions(spec, parsed)
  return [...faults, ...warnings].map((error) => `${error.code} ${error.message}`)
}

function sourceOf({ fields, rows, kinds, table = 'fake' }: ExampleRows): string {
  const lines = rows.map((row, index) => `{ kind = ${kinds?.[index] ?? 'INSERT'}, fields = ${JSON.stringify(row)} }`)
  return `FakeSource { plugin_output = in, schema { table = "${table}", fields { ${fields} } }, rows = [${lines.join(', ')}] }`
}

/** Runs the example's rows through its block; gives names, types and rows as they leave. */
async function ran(test: { after(remove: () => void): void }, { block }: PluginExample, input: ExampleRows) {
  const folder = temporaryFolder(test)
  const transform = block.replace('{', '{ plugin_input = in, plugin_output = out,')
  const sink = `LocalFile { plugin_input = out, path = "${folder}/out", tmp_path = "${folder}/tmp", file_format_type = json }`
  const text = `source { ${sourceOf(input)} }\ntransform { ${transform} }\nsink { ${sink} }`
  await finishJob(text)
  const lines = contents(`${folder}/out`).flatMap(([, content]) => content.split('\n').filter((line) => line !== ''))
  return { columns: await columnsOf(text), rows: lines.map((line) => Object.values(JSON.parse(line) as object)) }
}

/** Names and types of what the last transform, else the source, gives. */
async function columnsOf(text: string): Promise<unknown[]> {
  const { planned } = await prepareJob(text)
  const node = planned.dag.transforms[0] ?? planned.dag.sources[0] ?? assert.fail()
  return planned.tables.get(node)?.[0]?.columns.map(({ name, type }) => [name, type]) ?? []
}

/** The blocks of jobs in pages that are written by hand: those that begin with a section. */
function writtenBlocks(): (readonly [page: string, text: string])[] {
  const folder = join(packageRoot(), 'docs')
  const pages = readdirSync(folder).filter((name) => name.endsWith('.md') && name !== 'README.md')
  return pages.flatMap((page) => {
    const fences = readFileSync(join(folder, page), 'utf8').matchAll(/```hocon\n([\s\S]*?)```/g)
    return [...fences]
      .map((match) => match[1] ?? '')
      .filter((text) => /^(env|source|transform|sink)\b/.test(text))
      .map((text) => [page, text] as const)
  })
}

describe('every documented example', async () => {
  for (const [page, text] of writtenBlocks()) {
    it(`of ${page} is valid: ${text.split('\n')[1]?.trim()}`, async () => {
      const others = { source: 'FakeSource { }', sink: 'Console { }' }
      const missing = Object.entries(others).filter(([section]) => !new RegExp(`^${section}\\b`, 'm').test(text))
      const whole = text + missing.map(([section, block]) => `${section} { ${block} }\n`).join('')
      const document = parseJobFile({ text: whole, file: page, variables: null, environment: new Map() })
      for (const block of [...document.source, ...document.transform, ...document.sink]) {
        const { spec } = await REGISTRY.load(block.kind, block.pluginName)
        const { faults, warnings } = validateOptions(spec, block)
        assert.deepEqual([...faults, ...warnings], [])
      }
    })
  }
  for (const { name, kind, example, examples } of await CATALOG.all()) {
    for (const [index, block] of [example, ...examples.map((each) => each.block)].entries()) {
      it(`${index} of the ${kind} ${name} is valid`, async () => assert.deepEqual(await complaints(kind, block), []))
    }
    for (const each of examples) {
      const { title, input, output } = each
      if (kind !== 'transform' || input === undefined || output === undefined) continue
      it(`of ${name} (${title}) does what it says`, async (test) => {
        const expected = await columnsOf(`source { ${sourceOf(output)} }\nsink { Console { } }`)
        assert.deepEqual(await ran(test, each, input), { columns: expected, rows: output.rows })
      })
    }
  }
  for (const { name, examples } of await CATALOG.formats()) {
    for (const { kind, block } of examples) {
      it(`of the format ${name} is a valid ${kind}`, async () => assert.deepEqual(await complaints(kind, block), []))
    }
  }
})
