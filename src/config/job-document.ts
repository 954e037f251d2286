import { MillraceError, MillraceErrors, type SourcePosition } from '../core/error.js'
import type { Redactor } from '../core/redact.js'
import { type ConfigNode, type ConfigObject, nodeKindText, nodeText, objectOf } from './document.js'
import { parseHocon, type ReadInclude } from './hocon/hocon.js'
import { parseJson, requireSize } from './json.js'
import { redactorOf, redactorOfText } from './redact-document.js'
import { decryptDocument, type ShadedDocument, type ShadePolicy, type ShadeRegistry } from './shade.js'
import { closest } from './similar.js'
import { parseSqlJob } from './sql-job.js'
import { inOrder } from './validate.js'
import { externalLookup, substituteVariables } from './variables.js'

/** The three languages of a job file. */
export type JobSyntax = 'hocon' | 'json' | 'sql'

/** What kind of plug-in a block configures. */
export type PluginKind = 'source' | 'transform' | 'sink'

/** One element of `source`, `transform` or `sink`. */
export interface PluginBlock {
  readonly kind: PluginKind
  /** 0-based place in its section. */
  readonly index: number
  /** As written; plug-ins are found without regard to case. */
  readonly pluginName: string
  readonly position: SourcePosition
  /** The whole element, wiring names and `plugin_name` included. */
  readonly options: ConfigObject
  /** `plugin_output`, else `result_table_name`, else `null`. Always `null` for a sink. */
  readonly output: string | null
  /** `plugin_input`, else `source_table_name`, in order; empty when absent. Always empty for a source. */
  readonly inputs: readonly string[]
}

/** A parsed, substituted and decrypted job document. */
export interface JobDocument {
  /** The whole tree after substitution and decryption. */
  readonly root: ConfigObject
  /** Empty when the document has none. */
  readonly env: ConfigObject
  readonly source: readonly PluginBlock[]
  readonly transform: readonly PluginBlock[]
  readonly sink: readonly PluginBlock[]
  readonly warnings: readonly MillraceError[]
  /** Knows the document's secrets; everything that is said of the job goes through it. */
  readonly redactor: Redactor
}

/** What is needed to read a job document. */
export interface JobFileInput {
  readonly text: string
  /** Name shown in positions; its suffix chooses the syntax when `syntax` is absent. */
  readonly file: string
  readonly syntax?: JobSyntax
  /** `-i` variables in order. `null` leaves `${…}` in quoted texts alone, as for documents that come over REST. */
  readonly variables: ReadonlyMap<string, string> | null
  /** Members of `env` as texts that go before those of the document. */
  readonly env?: ReadonlyMap<string, string> | undefined
  /** Process environment for unquoted substitutions; empty for documents that come over REST. */
  readonly environment: ReadonlyMap<string, string>
  /** Reads an included file; absent means that `include` is refused. Give it only for files that the user named. */
  readonly readInclude?: ReadInclude
  /** Whether encrypted values are decrypted. Default `true`. */
  readonly decrypt?: boolean
  /** Where keys come from. Default: the environment of this process, whatever the document says. */
  readonly shades?: ShadeRegistry | undefined
  /** What is encrypted, for shades that leave it to the version of SeaTunnel. Default: that of 2.3.9. */
  readonly shadePolicy?: ShadePolicy
}

/** The language that a file name's suffix stands for. */
export function syntaxOf(file: string): JobSyntax {
  return file.endsWith('.json') ? 'json' : file.endsWith('.sql') ? 'sql' : 'hocon'
}

/**
 * Reads a job document: parse, substitute, decrypt, cut into plug-in blocks.
 *
 * @throws MillraceErrors with every fault that can be found. Syntax faults stop at the first: `CONFIG_SYNTAX`,
 *   `CONFIG_DUPLICATE_KEY`, `CONFIG_SUBSTITUTION`, `CONFIG_INCLUDE`, `CONFIG_LIMIT`. Of the rest all are given:
 *   `CONFIG_SQL`, `SHADE`, `JOB_DEFINITION`, `PLUGIN_NAME_MISSING`, `OPTION_TYPE`.
 */
export function parseJobFile(input: JobFileInput): JobDocument {
  const { root, warnings, secrets } = parseJobTree(input)
  try {
    const document = jobDocument(withEnv(root, input.env), warnings)
    for (const secret of secrets) document.redactor.add(secret)
    return document
  } catch (thrown) {
    throw redactorOfText(input.text).thrown(thrown)
  }
}

/** A document with other members of `env`. One that has something else as `env` stays: that is a fault of its own. */
function withEnv(root: ConfigObject, members: ReadonlyMap<string, string> | undefined): ConfigObject {
  const env = root.entries.get('env')
  if (members === undefined || members.size === 0 || (env !== undefined && !['object', 'null'].includes(env.kind)))
    return root
  const position = env?.position ?? root.position
  const own = env?.kind === 'object' ? env : objectOf([], position)
  const entries = new Map(own.entries)
  for (const [key, value] of members) entries.set(key, { kind: 'string', position, value })
  return { ...root, entries: new Map(root.entries).set('env', { ...own, entries }) }
}

/** How a document that was sent to the node is read. */
export interface SentDocumentOptions extends Pick<JobFileInput, 'shades' | 'shadePolicy' | 'env'> {
  /** Name in positions: of the request or of the uploaded file. Default `request`. */
  readonly file?: string
  /** Values of `${name}`; absent: placeholders in quoted texts stay. */
  readonly variables?: ReadonlyMap<string, string> | undefined
}

/**
 * Reads a document that was sent to the node, in any of the languages: parse, decrypt, cut into blocks, as for files, but without
 * anything of this machine: no environment, no includes, and no variables but those that were sent with it.
 *
 * @throws MillraceErrors as {@link parseJobFile}.
 */
export function documentFromText(text: string, syntax: JobSyntax, options: SentDocumentOptions = {}): JobDocument {
  const { file = 'request', variables = null, ...more } = options
  return parseJobFile({ text, syntax, file, ...more, variables, environment: new Map() })
}

/**
 * The tree of a job document after substitution and decryption, not yet looked at as a job: what `--encrypt`, `--decrypt`
 * and rendering need.
 *
 * @throws MillraceErrors as {@link parseJobFile} for the steps it does.
 */
export function parseJobTree(input: JobFileInput): ShadedDocument {
  try {
    const parsed = parseText(input)
    const root = input.variables === null ? parsed : substituteVariables(parsed, input.variables)
    if (input.decrypt === false) return { root, warnings: [], secrets: [] }
    return decryptDocument(root, input.shades, input.shadePolicy)
  } catch (error) {
    if (error instanceof MillraceError || error instanceof MillraceErrors)
      throw redactorOfText(input.text).thrown(error)
    throw error
  }
}

function parseText(input: JobFileInput): ConfigObject {
  const external = externalLookup(input.variables ?? new Map(), input.environment)
  switch (input.syntax ?? syntaxOf(input.file)) {
    case 'sql':
      requireSize(input.text, input.file)
      return parseSqlJob(input.text, input.file, { external })
    case 'hocon': {
      const { readInclude } = input
      return parseHocon(input.text, input.file, readInclude === undefined ? { external } : { external, readInclude })
    }
    case 'json': {
      requireSize(input.text, input.file)
      const root = parseJson(input.text, input.file)
      if (root.kind === 'object') return root
      const message = `a document must be an object, not ${nodeKindText(root)}`
      throw new MillraceError('CONFIG_SYNTAX', message, { position: root.position, hint: 'start with {' })
    }
  }
}

/**
 * Cuts a tree into blocks.
 *
 * @throws MillraceErrors as {@link parseJobFile} for what is no valid job.
 */
export function jobDocument(root: ConfigObject, earlier: readonly MillraceError[] = []): JobDocument {
  const faults: MillraceError[] = []
  const warnings = [...earlier, ...unknownSections(root)]
  const env = readEnvObject(root, faults)
  const section = (kind: PluginKind) => readSection(root, kind, faults, warnings)
  const document = { root, env, source: section('source'), transform: section('transform'), sink: section('sink') }
  for (const kind of ['source', 'sink'] as const) {
    const node = root.entries.get(kind)
    if (node === undefined || node.kind === 'null' || (node.kind === 'list' && node.items.length === 0)) {
      const position = node?.position ?? root.position
      const hint = `add a section ${kind} with a plug-in`
      faults.push(
        new MillraceError('JOB_DEFINITION', 'Source And Sink can not be null', { path: kind, position, hint }),
      )
    }
  }
  if (faults.length > 0) throw new MillraceErrors(inOrder(faults))
  return { ...document, warnings: inOrder(warnings), redactor: redactorOf(root) }
}

const SECTIONS = ['env', 'source', 'transform', 'sink'] as const

/** Other members are ignored, which is how values for substitution are declared; only near misses are worth a warning. */
function unknownSections(root: ConfigObject): MillraceError[] {
  return [...root.entries.keys()].flatMap((key) => {
    const near = (SECTIONS as readonly string[]).includes(key) ? null : closest(key, SECTIONS)
    if (near === null || root.entries.has(near)) return []
    const position = root.keyPositions.get(key)
    const message = `section '${key}' is not known and has no effect`
    return [new MillraceError('OPTION_UNKNOWN', message, { path: key, position, hint: `did you mean '${near}'?` })]
  })
}

function readEnvObject(root: ConfigObject, faults: MillraceError[]): ConfigObject {
  const env = root.entries.get('env')
  if (env?.kind === 'object') return env
  if (env !== undefined && env.kind !== 'null') {
    const message = `'env' must be an object, but it is ${nodeKindText(env)}`
    faults.push(
      new MillraceError('OPTION_TYPE', message, { path: 'env', position: env.position, hint: 'write env { … }' }),
    )
  }
  return objectOf([], root.position)
}

function readSection(
  root: ConfigObject,
  kind: PluginKind,
  faults: MillraceError[],
  warnings: MillraceError[],
): PluginBlock[] {
  const section = root.entries.get(kind)
  if (section === undefined || section.kind === 'null') return []
  if (section.kind !== 'list') {
    const message = `'${kind}' must be a list of plug-ins, but it is ${nodeKindText(section)}`
    const hint = `in JSON write "${kind}": [{ "plugin_name": … }], in HOCON write ${kind} { Name { … } }`
    faults.push(new MillraceError('JOB_DEFINITION', message, { path: kind, position: section.position, hint }))
    return []
  }
  const blocks: PluginBlock[] = []
  for (const [index, item] of section.items.entries()) {
    const block = readBlock(item, kind, index, faults, warnings)
    if (block !== null) blocks.push(block)
  }
  return blocks
}

function readBlock(
  item: ConfigNode,
  kind: PluginKind,
  index: number,
  faults: MillraceError[],
  warnings: MillraceError[],
): PluginBlock | null {
  const { position } = item
  const path = `${kind}[${index}]`
  if (item.kind !== 'object') {
    const message = `a ${kind} must be an object, but it is ${nodeKindText(item)}`
    faults.push(new MillraceError('JOB_DEFINITION', message, { path, position, hint: 'write Name { … }' }))
    return null
  }
  const name = item.entries.get('plugin_name')
  const pluginName = name === undefined || name.kind === 'null' ? '' : nodeText(name).trim()
  if (pluginName === '') {
    const message = "The 'plugin_name' option is not configured, please configure it."
    const hint = `add plugin_name with the name of the ${kind}`
    faults.push(new MillraceError('PLUGIN_NAME_MISSING', message, { path, position: name?.position ?? position, hint }))
    return null
  }
  const wiring = new Wiring(item, path, faults, warnings)
  const output = kind === 'sink' ? null : wiring.output()
  const inputs = kind === 'source' ? [] : wiring.inputs()
  return { kind, index, pluginName, position, options: item, output, inputs }
}

/** Reads the names that connect blocks; the newer key wins when both are there. */
class Wiring {
  constructor(
    private readonly block: ConfigObject,
    private readonly path: string,
    private readonly faults: MillraceError[],
    private readonly warnings: MillraceError[],
  ) {}

  output(): string | null {
    const found = this.find('plugin_output', 'result_table_name')
    if (found === null) return null
    if (found.node.kind !== 'list' && found.node.kind !== 'object') return nodeText(found.node)
    this.fault(
      found.key,
      `option '${found.key}' must be a name, but it is ${nodeKindText(found.node)}`,
      found.node.position,
    )
    return null
  }

  inputs(): readonly string[] {
    const found = this.find('plugin_input', 'source_table_name')
    if (found === null) return []
    const { key, node } = found
    if (node.kind === 'list') return node.items.flatMap((item, index) => this.name(item, `${key}[${index}]`))
    if (node.kind === 'string' && node.value.includes(',')) {
      const message = `option '${key}' is a list; the text is split at ','`
      const hint = 'write it as ["a", "b"]'
      this.warnings.push(
        new MillraceError('OPTION_TYPE', message, { path: `${this.path}.${key}`, position: node.position, hint }),
      )
      return node.value.split(',').map((name) => name.trim())
    }
    return this.name(node, key)
  }

  private name(node: ConfigNode, key: string): string[] {
    if (node.kind !== 'list' && node.kind !== 'object' && node.kind !== 'null') return [nodeText(node)]
    this.fault(key, `option '${key}' must be a name or a list of names, but it is ${nodeKindText(node)}`, node.position)
    return []
  }

  private find(...keys: string[]): { key: string; node: ConfigNode } | null {
    for (const key of keys) {
      const node = this.block.entries.get(key)
      if (node !== undefined && node.kind !== 'null') return { key, node }
    }
    return null
  }

  private fault(key: string, message: string, position: SourcePosition): void {
    const details = { path: `${this.path}.${key}`, position, hint: 'write a name in quotes' }
    this.faults.push(new MillraceError('OPTION_TYPE', message, details))
  }
}
