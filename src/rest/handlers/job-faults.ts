import type { ConfigNode, ConfigObject } from '../../config/document.js'
import { nodeText } from '../../config/document.js'
import { javaText } from '../../config/java-text.js'
import { asMillraceErrors, type MillraceError } from '../../core/error.js'
import { faultDetails, RestFault } from './fault.js'
import type { Wire } from './wire.js'

type Section = 'source' | 'transform' | 'sink'

/** Faults of one document that an answer has; the first ones say enough. */
const TOLD_FAULTS = 100
const JOB_EXCEPTION = 'org.apache.seatunnel.engine.common.exception.JobException'

/**
 * Checks what the original checks before it looks at a job: both ends are there, and `env`.
 *
 * @throws RestFault 400 for empty lists, 500 for what is missing.
 * @source SeaTunnel `ConfigShadeUtils.processConfig`, `MultipleTableJobConfigParser`
 */
export function requireSections(root: ConfigObject, wire: Wire): void {
  for (const section of ['source', 'sink'] as const) requireList(root.entries.get(section), section, wire)
}

function requireList(node: ConfigNode | undefined, section: 'source' | 'sink', { profile }: Wire): void {
  const name = section === 'source' ? '<Source>' : '<Sink>'
  const missing = `Miss ${name} config! Please check the config file.`
  if (node === undefined || node.kind === 'null') {
    const java = `Cannot invoke "java.util.List.isEmpty()" because "${section}s" is null`
    throw new RestFault(500, profile.javaMessages ? java : missing)
  }
  if (node.kind === 'list') {
    if (node.items.length === 0) throw new RestFault(400, missing)
    return
  }
  const java =
    'class java.util.LinkedHashMap cannot be cast to class java.util.ArrayList (java.util.LinkedHashMap and ' +
    "java.util.ArrayList are in module java.base of loader 'bootstrap')"
  throw new RestFault(500, profile.javaMessages ? java : `'${section}' must be a list of plug-ins`)
}

/** @throws RestFault 500 without `env`. */
export function requireEnv(root: ConfigObject): void {
  if (root.entries.get('env')?.kind !== 'object')
    throw new RestFault(500, "No configuration setting found for key 'env'")
}

/**
 * What a submission was refused for, in the original's words: the frame of the first fault, and behind it, where the profile has
 * details, what the fault is.
 *
 * @param thrown what `NodeService.submit` threw.
 * @param root the document, to name plug-ins; `null` when it is not known.
 */
export function submitFault(thrown: unknown, root: ConfigObject | null, jobId: string | null, wire: Wire): RestFault {
  const errors = asMillraceErrors(thrown)
  const [first] = errors
  if (first === undefined) return new RestFault(500, null)
  const { status, text, isFrame } = wording(first, root, jobId, wire)
  const message = isFrame && wire.profile.errorDetails ? `${text} ${first.seatunnelText()}` : text
  return new RestFault(status, message, errors.slice(0, TOLD_FAULTS).map(faultDetails))
}

/** How a fault is told; a frame only says which plug-in it is about. */
interface Wording {
  readonly status: number
  readonly text: string
  readonly isFrame?: boolean
}

function wording(error: MillraceError, root: ConfigObject | null, jobId: string | null, wire: Wire): Wording {
  const code: string = error.code
  const path = error.details.path ?? ''
  if (code === 'JOB_EXISTS') {
    const text = `The job id ${jobId ?? ''} has already been submitted and is not starting with a savepoint.`
    return { status: 500, text: `${JOB_EXCEPTION}: ${JOB_EXCEPTION}: ${text}` }
  }
  if (code === 'SHADE') return { status: 400, text: error.message }
  if (path === 'env.job.mode' || path === 'job.mode') return badMode(root, error)
  const block = blockOf(path, root)
  if (code === 'PLUGIN_NAME_MISSING') {
    const java =
      'Cannot invoke "String.toLowerCase()" because the return value of ' +
      '"org.apache.seatunnel.plugin.discovery.PluginIdentifier.getPluginName()" is null'
    return { status: 500, text: wire.profile.release <= 4 ? java : error.message }
  }
  if (code === 'PLUGIN_NOT_FOUND' && block !== null) return unknownPlugin(block, error, wire)
  if (code === 'JOB_DEFINITION')
    return { status: 500, text: wire.profile.release <= 9 ? oldOptionNames(error.message) : error.message }
  if (block !== null && isCreation(code)) {
    const text = `ErrorCode:[API-06], ErrorDescription:[Factory initialize failed] - Unable to create a ${block.section} for identifier '${block.name}'.`
    return { status: 500, text, isFrame: true }
  }
  return { status: error.definition.domain === 'user' ? 400 : 500, text: error.seatunnelText() }
}

/** Faults that the original finds while it creates a plug-in. */
function isCreation(code: string): boolean {
  return /^(?:OPTION_|SCHEMA_|TYPE_|FILE_|SINK_|SAVE_|FIELD|PLUGIN_CREATE$)/.test(code)
}

interface Block {
  readonly section: Section
  readonly name: string
}

function blockOf(path: string, root: ConfigObject | null): Block | null {
  const found = /^(source|transform|sink)\[(\d+)\]/.exec(path)
  if (found === null || root === null) return null
  const section = found[1] as Section
  const list = root.entries.get(section)
  const item = list?.kind === 'list' ? list.items[Number(found[2])] : undefined
  const name = item?.kind === 'object' ? item.entries.get('plugin_name') : undefined
  return name === undefined ? null : { section, name: nodeText(name) }
}

function unknownPlugin({ section, name }: Block, error: MillraceError, { profile }: Wire): Wording {
  if (section !== 'transform' || profile.release <= 4) {
    const text = `Plugin PluginIdentifier{engineType='seatunnel', pluginType='${section}', pluginName='${name}'} not found.`
    return { status: 500, text }
  }
  return { status: 500, text: error.seatunnelText() }
}

function badMode(root: ConfigObject | null, error: MillraceError): Wording {
  const env = root?.entries.get('env')
  const mode = env?.kind === 'object' ? env.entries.get('job.mode') : undefined
  if (mode === undefined) return { status: 400, text: error.message }
  const type = 'org.apache.seatunnel.common.constants.JobMode'
  return { status: 400, text: `Json parsing exception, value '${javaText(mode)}', and expected type '${type}'` }
}

/** Messages about the wiring name the options as 2.3.9-SNAPSHOT did, which calls an output that nobody reads an input. */
function oldOptionNames(message: string): string {
  return message
    .replace("'plugin_output' option configured is incorrect", "'source_table_name' option configured is incorrect")
    .replaceAll("'plugin_input'", "'source_table_name'")
    .replaceAll("'plugin_output'", "'result_table_name'")
}
