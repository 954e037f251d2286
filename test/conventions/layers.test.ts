import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { crateFaults, importEdges, importSpecifiers, layerFault, manifestDependencies, ROOT } from './layers.js'

describe('the import graph', () => {
  it('points downwards only', () => {
    const faults = importEdges(join(ROOT, 'src')).flatMap((edge) => {
      const fault = layerFault(edge)
      return fault === null ? [] : [`${edge.from} -> ${edge.to}: ${fault}`]
    })
    assert.deepEqual(faults, [])
  })

  const allowed: readonly [string, string][] = [
    ['spi/source', 'core/schema'],
    ['connectors/fake/source', 'spi/source'],
    ['connectors/fake/source', 'connectors/fake/spec'],
    ['connectors/local-file/source', 'files/listing'],
    ['runtime/task', 'plan/physical-plan'],
    ['rest/router', 'engine/job-service'],
    ['compose', 'connectors/fake/spec'],
    ['main', 'compose'],
    ['main', 'cli/run'],
  ]
  for (const [from, to] of allowed) {
    it(`lets ${from} import ${to}`, () => assert.equal(layerFault({ from, to }), null))
  }

  const refused: readonly [string, string, RegExp][] = [
    ['core/schema', 'spi/source', /not below/],
    ['config/hocon/parse', 'spi/spec', /not below/],
    ['protocols/http/client', 'files/listing', /not below/],
    ['connectors/fake/source', 'connectors/console/sink', /sibling/],
    ['connectors/local-file/source', 'formats/csv/spec', /plug-ins/],
    ['engine/job-service', 'connectors/fake/spec', /plug-ins/],
    ['rest/router', 'runtime/task', /only/],
    ['cli/run', 'plan/explain', /only/],
    ['cli/run', 'rest/router', /only/],
    ['engine/job-service', 'compose', /composition root/],
    ['helper', 'connectors/fake/spec', /plug-ins/],
    ['util/text', 'core/schema', /no layer/],
    ['core/schema', 'util/text', /no layer/],
  ]
  for (const [from, to, reason] of refused) {
    it(`refuses that ${from} imports ${to}`, () => assert.match(layerFault({ from, to }) ?? '', reason))
  }
})

describe('importSpecifiers', () => {
  it('finds every form of import and no comment', () => {
    const text = [
      "import { a } from './a.js'",
      "import type { B } from '../b.js'",
      "import './c.js'",
      "export { d } from './d.js'",
      "export * from './e.js'",
      'import {\n  f,\n  g,\n} from "./f.js"',
      "const h = await import('./h.js')",
      "// import './no.js'",
      "/* import './no.js' */",
      "export const text = 'from nowhere'",
    ].join('\n')
    assert.deepEqual(importSpecifiers(text), ['./a.js', '../b.js', './c.js', './d.js', './e.js', './f.js', './h.js'])
  })
})

describe('the crate graph', () => {
  for (const crate of readdirSync(join(ROOT, 'crates'))) {
    it(`holds for ${crate}`, () => {
      const manifest = readFileSync(join(ROOT, 'crates', crate, 'Cargo.toml'), 'utf8')
      assert.deepEqual(crateFaults(crate, manifestDependencies(manifest)), [])
    })
  }

  it('reads dependencies of every kind and target', () => {
    const manifest = `
[package]
name = "x"
[dependencies]
one.workspace = true
two = { version = "1" }
[lib]
crate-type = ["cdylib"]
[target.'cfg(unix)'.dependencies]
three = "1"
[build-dependencies]
four = "1"
`
    assert.deepEqual(manifestDependencies(manifest), ['one', 'two', 'three', 'four'])
  })

  const refused: readonly [string, string][] = [
    ['batch', 'millrace-expr'],
    ['formats', 'millrace-kernels'],
    ['wasm', 'millrace-native'],
    ['program', 'napi'],
    ['wasm', 'napi-derive'],
    ['unheard-of', 'millrace-batch'],
  ]
  for (const [crate, dependency] of refused) {
    it(`refuses that ${crate} depends on ${dependency}`, () => assert.equal(crateFaults(crate, [dependency]).length, 1))
  }
})
