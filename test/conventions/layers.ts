import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Folder of the repository, seen from `dist/test/conventions`. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..')

/** Height of each folder of `src`. An import points to a lower folder, or stays inside its own. */
export const LAYERS: Readonly<Record<string, number>> = {
  core: 0,
  native: 1,
  arrow: 1,
  config: 2,
  spi: 3,
  protocols: 4,
  plan: 4,
  files: 5,
  connectors: 6,
  transforms: 6,
  formats: 6,
  checkpoint: 6,
  runtime: 7,
  engine: 8,
  node: 9,
  rest: 10,
  cli: 10,
}

/** Folders with one plug-in in each sub-folder. */
export const PLUGIN_FOLDERS: ReadonlySet<string> = new Set(['connectors', 'transforms', 'formats'])

/** The only modules outside the plug-ins that may import plug-ins; the last is the generated table of plug-ins. */
export const COMPOSITION_ROOT: ReadonlySet<string> = new Set([
  'compose',
  'worker',
  'main',
  'index',
  'plugins.generated',
])

/** What the outermost folders may see beside themselves. */
const OUTERMOST: Readonly<Record<string, ReadonlySet<string>>> = {
  rest: new Set(['core', 'config', 'engine', 'node']),
  cli: new Set(['core', 'config', 'engine', 'node']),
}

/** One import: paths relative to `src`, with forward slashes and without extension. */
export interface ImportEdge {
  readonly from: string
  readonly to: string
}

/**
 * The specifiers that a module imports, statically or dynamically. Comments do not count.
 *
 * @param text TypeScript source.
 * @returns specifiers in the order of the text.
 */
export function importSpecifiers(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  const pattern =
    /^\s*(?:import|export)\b(?:[^'"`;]*?\bfrom)?\s*['"]([^'"\n]+)['"]|\bimport\(\s*['"]([^'"\n]+)['"]\s*\)/gm
  return [...code.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? '')
}

/**
 * The folder of `src` that a module is in.
 *
 * @returns the first path segment, or `''` for a module directly in `src`.
 */
function areaOf(path: string): string {
  return path.includes('/') ? (path.split('/')[0] ?? '') : ''
}

/**
 * The rule that an edge breaks.
 *
 * @returns one clause, or `null` when the edge is allowed.
 */
export function layerFault({ from, to }: ImportEdge): string | null {
  const [source, target] = [areaOf(from), areaOf(to)]
  if (source === '') return target === '' || COMPOSITION_ROOT.has(from) ? null : topLevelFault(target)
  if (target === '') return 'modules directly in src are the composition root, which nothing may import'
  if (!(source in LAYERS)) return `folder '${source}' has no layer`
  if (!(target in LAYERS)) return `folder '${target}' has no layer`
  if (source === target) return siblingFault(source, from, to)
  const allowed = OUTERMOST[source]
  if (allowed !== undefined && !allowed.has(target)) return `'${source}' may import ${[...allowed].join(', ')} only`
  if (PLUGIN_FOLDERS.has(target)) return 'only the composition root may import plug-ins'
  return (LAYERS[target] ?? 0) < (LAYERS[source] ?? 0) ? null : `'${target}' is not below '${source}'`
}

/** The fault of a module directly in `src` that is no part of the composition root. */
function topLevelFault(target: string): string | null {
  return PLUGIN_FOLDERS.has(target) ? `only ${[...COMPOSITION_ROOT].join(', ')} may import plug-ins` : null
}

/** The fault of an edge inside one folder of `src`: plug-ins do not see each other. */
function siblingFault(area: string, from: string, to: string): string | null {
  if (!PLUGIN_FOLDERS.has(area)) return null
  return from.split('/')[1] === to.split('/')[1] ? null : 'a plug-in may not import a sibling folder'
}

/** Every TypeScript module below a folder, as paths relative to it with forward slashes. */
export function modulesBelow(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .map((path) => path.split(sep).join('/'))
    .sort()
}

/**
 * All imports between modules of `src`. Tests beside the code count like the code, with the one exception that they may
 * use the whole product, so they are left out.
 */
export function importEdges(src: string): ImportEdge[] {
  const modules = modulesBelow(src).filter((path) => !path.endsWith('.test.ts'))
  return modules.flatMap((path) =>
    importSpecifiers(readFileSync(join(src, path), 'utf8'))
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => ({
        from: path.replace(/\.ts$/, ''),
        to: relative(src, normalize(join(src, dirname(path), specifier)))
          .split(sep)
          .join('/')
          .replace(/\.js$/, ''),
      })),
  )
}

/** What each crate may depend on inside the workspace, directly. `testing` is a development dependency only. */
export const CRATES: Readonly<Record<string, readonly string[]>> = {
  batch: [],
  testing: ['batch'],
  expr: ['batch', 'crypto', 'testing'],
  formats: ['batch', 'testing'],
  crypto: ['batch', 'testing'],
  kernels: ['batch', 'expr', 'crypto', 'testing'],
  program: ['batch', 'expr', 'formats', 'crypto', 'kernels', 'testing'],
  sampler: [],
  native: ['batch', 'program', 'sampler'],
  wasm: ['batch', 'program'],
}

/** The only crate that knows Node-API. */
const NODE_API_CRATE = 'native'

/**
 * Names of all dependencies in a crate manifest, of every kind and target.
 *
 * @param manifest text of a `Cargo.toml`.
 */
export function manifestDependencies(manifest: string): string[] {
  const names: string[] = []
  let inside = false
  for (const line of manifest.split('\n')) {
    const table = /^\[(.+)\]\s*$/.exec(line)?.[1]
    if (table !== undefined) inside = /(^|\.)(dev-|build-)?dependencies$/.test(table)
    const name = /^([A-Za-z0-9_-]+)\s*[.=]/.exec(line)?.[1]
    if (inside && table === undefined && name !== undefined) names.push(name)
  }
  return names
}

/**
 * The rules that a crate's dependencies break.
 *
 * @param crate its folder below `crates`.
 * @returns one clause each.
 */
export function crateFaults(crate: string, dependencies: readonly string[]): string[] {
  const allowed = CRATES[crate]
  if (allowed === undefined) return [`crate '${crate}' has no row in the table`]
  return dependencies.flatMap((name) => {
    const member = /^millrace-(.+)$/.exec(name)?.[1]
    if (member !== undefined && !allowed.includes(member)) return [`crate '${crate}' may not depend on '${member}'`]
    if (/^napi(-|$)/.test(name) && crate !== NODE_API_CRATE)
      return [`crate '${crate}' may not know Node-API ('${name}')`]
    return []
  })
}
