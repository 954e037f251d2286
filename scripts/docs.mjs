// Makes the reference pages of plug-ins and file formats, their index, and the JSON Schema of job files from the compiled specs.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { cell, formatPage, groupText, linkTable, NOTE, pluginPage } from './doc-page.mjs'
import { flinkPage } from './flink-page.mjs'
import { ROOT } from './lib.mjs'
import { sqlPage } from './sql-page.mjs'

/** Folders whose files are all generated. */
const FOLDERS = ['docs/connectors', 'docs/transforms', 'docs/formats']
const INDEX = 'docs/README.md'

/** @param {string} path below `dist/src` */
const compiled = (path) => import(pathToFileURL(join(ROOT, 'dist', 'src', path)).href)

/**
 * The generated files by path, as they should be.
 *
 * @returns {Promise<Map<string, string>>}
 */
export async function generatedDocs() {
  const { CatalogView } = await compiled('engine/catalog-view.js')
  const { PluginRegistry } = await compiled('spi/registry.js')
  const { PLUGINS } = await compiled('plugins.generated.js')
  const text = await compiled('cli/option-text.js')
  const catalog = new CatalogView(new PluginRegistry(PLUGINS))
  const files = new Map()
  /** @type {Map<string, any[]>} */
  const byName = new Map()
  for (const plugin of await catalog.all()) byName.set(plugin.name, [...(byName.get(plugin.name) ?? []), plugin])
  for (const [name, plugins] of byName) {
    const folder = plugins[0].kind === 'transform' ? 'transforms' : 'connectors'
    files.set(`docs/${folder}/${name}.md`, pluginPage(name, plugins, text))
  }
  const formats = await catalog.formats()
  for (const format of formats) files.set(`docs/formats/${format.name}.md`, formatPage(format, text))
  files.set('docs/job-schema.json', `${JSON.stringify(await catalog.jobSchema(), null, 1)}\n`)
  const { loadBackend } = await compiled('native/load.js')
  files.set('docs/sql.md', sqlPage(loadBackend(undefined).describeSql()))
  const { FLINK_OPERATIONS } = await compiled('rest/dialects/flink/operations.js')
  files.set('docs/flink-api.md', flinkPage(FLINK_OPERATIONS))
  files.set(INDEX, indexPage(byName, formats, catalog, text))
  return files
}

/** Writes the generated files and removes those that are no longer made. */
export async function writeDocs() {
  const files = await generatedDocs()
  for (const path of existingDocs()) if (!files.has(path)) rmSync(join(ROOT, path))
  for (const [path, content] of files) {
    mkdirSync(join(ROOT, dirname(path)), { recursive: true })
    writeFileSync(join(ROOT, path), content)
  }
}

/** What differs between the tree and the specs: paths that are missing, stale or left over. */
export async function staleDocs() {
  const files = await generatedDocs()
  const stale = [...files].filter(([path, content]) => {
    const target = join(ROOT, path)
    return !existsSync(target) || readFileSync(target, 'utf8') !== content
  })
  const leftOver = existingDocs().filter((path) => !files.has(path))
  return [...stale.map(([path]) => path), ...leftOver]
}

function existingDocs() {
  return FOLDERS.flatMap((folder) =>
    existsSync(join(ROOT, folder)) ? readdirSync(join(ROOT, folder)).map((name) => `${folder}/${name}`) : [],
  )
}

/** The index: every page, generated or written by hand. */
function indexPage(byName, formats, catalog, text) {
  const ways = { source: 'reads', sink: 'writes' }
  const connectors = [...byName]
    .filter(([, [plugin]]) => plugin.kind !== 'transform')
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, plugins]) => {
      const summaries = plugins.map(({ kind, summary }) => `${ways[kind]}: ${summary}`)
      return [name, `connectors/${name}.md`, summaries.join(' ')]
    })
  const transforms = [...byName]
    .filter(([, [plugin]]) => plugin.kind === 'transform')
    .map(([name, [{ summary }]]) => [name, `transforms/${name}.md`, summary])
  const formatRows = formats.map(({ name, summary }) => [name, `formats/${name}.md`, summary])
  const options = catalog
    .commonOptions()
    .map(({ key, doc }) => `| \`${key}\` | ${cell(doc)} |\n`)
    .join('')
  return [
    `${NOTE}\n\n# Reference\n\n${linkTable('page', writtenPages())}`,
    'The pages below and the [JSON Schema of job files](job-schema.json) are made from the specs that validation uses. The same ' +
      'text is printed by `millrace connectors show NAME`.\n',
    `## Connectors\n\n${linkTable('connector', connectors)}`,
    `## Transforms\n\n${linkTable('transform', transforms)}`,
    `## File formats\n\n${linkTable('format', formatRows)}`,
    `## Options of every plug-in\n\n| option | meaning |\n| --- | --- |\n${options}`,
    `## Options of env\n\n${groupText(catalog.env(), text)}`,
  ].join('\n')
}

/** Pages written by hand: title and first sentence. */
function writtenPages() {
  return readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md') && `docs/${name}` !== INDEX)
    .sort()
    .map((name) => {
      const lines = readFileSync(join(ROOT, 'docs', name), 'utf8').split('\n')
      const title = lines.find((line) => line.startsWith('# '))?.slice(2) ?? name
      const start = lines.findIndex((line, index) => index > 0 && /^[A-Z`]/.test(line))
      const paragraph = start < 0 ? '' : lines.slice(start, start + 3).join(' ')
      return [title, name, /^.*?[.:](?=\s|$)/.exec(paragraph)?.[0].replace(/:$/, '.') ?? paragraph]
    })
}
