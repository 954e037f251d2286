import type { JobDocument, PluginBlock } from '../config/job-document.js'
import { MillraceError } from '../core/error.js'

/** A plug-in of the job and where its rows come from. */
export interface LogicalNode {
  readonly block: PluginBlock
  /** The nodes that feed it, in the order of `plugin_input`. Empty for sources. */
  readonly inputs: readonly LogicalNode[]
}

/** What the user wrote, connected. Transforms stand behind everything that feeds them. */
export interface LogicalDag {
  readonly sources: readonly LogicalNode[]
  readonly transforms: readonly LogicalNode[]
  readonly sinks: readonly LogicalNode[]
}

interface MutableNode {
  readonly block: PluginBlock
  inputs: MutableNode[]
}

const OUTPUT_OPTION = 'plugin_output'
const INPUT_OPTION = 'plugin_input'

/**
 * Connects the plug-ins of a job by their names.
 *
 * A job of one source, at most one transform and one sink needs no names, and wrong ones are only warned of; any other job
 * needs all of them.
 *
 * @param warn gets what is odd and harmless.
 * @returns the graph and everything wrong with it; the graph is only meaningful without faults.
 * @source SeaTunnel `MultipleTableJobConfigParser`, `ConfigParserUtil` (rules and wording)
 */
export function buildLogicalDag(
  document: JobDocument,
  warn: (warning: MillraceError) => void,
): { readonly dag: LogicalDag; readonly faults: readonly MillraceError[] } {
  const faults: MillraceError[] = []
  if (document.source.length === 0 || document.sink.length === 0) {
    faults.push(definitionFault('Source And Sink can not be null', document.root.position, undefined))
    return { dag: { sources: [], transforms: [], sinks: [] }, faults }
  }
  const [sources, transforms, sinks] = [document.source, document.transform, document.sink].map((blocks) =>
    blocks.map((block): MutableNode => ({ block, inputs: [] })),
  ) as [MutableNode[], MutableNode[], MutableNode[]]
  const isSimple = sources.length === 1 && transforms.length <= 1 && sinks.length === 1
  if (isSimple) connectSimple([...sources, ...transforms, ...sinks], warn)
  else connectByName(sources, transforms, sinks, faults)
  const ordered = faults.length > 0 ? transforms : orderTransforms(transforms, faults)
  return { dag: { sources, transforms: ordered, sinks }, faults }
}

function connectSimple(chain: readonly MutableNode[], warn: (warning: MillraceError) => void): void {
  for (const [index, node] of chain.entries()) {
    const upstream = chain[index - 1]
    if (upstream === undefined) continue
    node.inputs = [upstream]
    const unknown = node.block.inputs.find((name) => upstream.block.output !== null && name !== upstream.block.output)
    if (unknown !== undefined) {
      warn(
        new MillraceError(
          'JOB_DEFINITION',
          `the input '${unknown}' of '${node.block.pluginName}' is not the output of '${upstream.block.pluginName}', which is used all the same`,
          {
            path: blockPath(node.block),
            position: node.block.position,
          },
        ),
      )
    }
  }
}

function connectByName(
  sources: readonly MutableNode[],
  transforms: readonly MutableNode[],
  sinks: readonly MutableNode[],
  faults: MillraceError[],
): void {
  const producers = new Map<string, MutableNode>()
  for (const node of [...sources, ...transforms]) addProducer(node, producers, faults)
  const used = new Set<MutableNode>()
  for (const node of [...transforms, ...sinks]) {
    if (node.block.inputs.length === 0) {
      const message = `The transform/sink(${node.block.pluginName}) is not configured with '${INPUT_OPTION}' option`
      faults.push(blockFault(message, node.block))
    }
    for (const name of node.block.inputs) {
      const producer = producers.get(name)
      if (producer === undefined) {
        const message = `The '${INPUT_OPTION}' option configured in [${node.block.pluginName}] is incorrect, and the source/transform[${name}] is not found.`
        faults.push(blockFault(message, node.block, nearest(name, [...producers.keys()])))
        continue
      }
      node.inputs.push(producer)
      used.add(producer)
    }
  }
  for (const [name, node] of producers) {
    if (used.has(node)) continue
    const message = `The '${OUTPUT_OPTION}' option configured is incorrect, this table(${name}) belonging to source/transform(${node.block.pluginName}) is not used.`
    faults.push(blockFault(message, node.block))
  }
}

function addProducer(node: MutableNode, producers: Map<string, MutableNode>, faults: MillraceError[]): void {
  const name = node.block.output
  if (name === null) {
    const message = `The source/transform(${node.block.pluginName}) is not configured with '${OUTPUT_OPTION}' option`
    faults.push(blockFault(message, node.block))
    return
  }
  const other = producers.get(name)
  if (other === undefined) {
    producers.set(name, node)
    return
  }
  const message = `The value of the '${OUTPUT_OPTION}' option of the (${other.block.pluginName} and ${node.block.pluginName}) plugins is both '${name}', and they must be different.`
  faults.push(blockFault(message, node.block))
}

/** Transforms in an order in which every one stands behind its inputs; a cycle is a fault at each of its members. */
function orderTransforms(transforms: readonly MutableNode[], faults: MillraceError[]): readonly MutableNode[] {
  const ordered: MutableNode[] = []
  const state = new Map<MutableNode, 'open' | 'done'>()
  const visit = (node: MutableNode, path: readonly MutableNode[]): void => {
    if (node.block.kind !== 'transform' || state.get(node) === 'done') return
    if (state.get(node) === 'open') {
      const cycle = path.slice(path.indexOf(node)).map((member) => member.block.output ?? member.block.pluginName)
      faults.push(
        new MillraceError('JOB_CYCLE', `the transforms feed themselves: '${[...cycle, cycle[0]].join("' -> '")}'`, {
          path: blockPath(node.block),
          position: node.block.position,
        }),
      )
      return
    }
    state.set(node, 'open')
    for (const input of node.inputs) visit(input, [...path, node])
    state.set(node, 'done')
    ordered.push(node)
  }
  for (const node of transforms) visit(node, [])
  return ordered
}

/** Groups of sources that share a sink, directly or through transforms: they checkpoint and keep order together. */
export function pipelinesOf(dag: LogicalDag): readonly (readonly LogicalNode[])[] {
  const groups = new Map<LogicalNode, Set<LogicalNode>>(dag.sources.map((source) => [source, new Set([source])]))
  for (const sink of dag.sinks) {
    const merged = new Set<LogicalNode>()
    for (const source of sourcesOf(sink)) for (const member of groups.get(source) ?? []) merged.add(member)
    for (const member of merged) groups.set(member, merged)
  }
  return [...new Set(groups.values())].map((group) => dag.sources.filter((source) => group.has(source)))
}

/** Every source whose rows reach a node. */
export function sourcesOf(node: LogicalNode): readonly LogicalNode[] {
  return node.inputs.length === 0 ? [node] : [...new Set(node.inputs.flatMap(sourcesOf))]
}

/** Path of a block in the document, for example `sink[1]`. */
export function blockPath(block: PluginBlock): string {
  return `${block.kind}[${block.index}]`
}

function blockFault(message: string, block: PluginBlock, hint?: string): MillraceError {
  return definitionFault(message, block.position, blockPath(block), hint)
}

function definitionFault(
  message: string,
  position: PluginBlock['position'],
  path: string | undefined,
  hint?: string,
): MillraceError {
  return new MillraceError('JOB_DEFINITION', message, { position, path, hint })
}

function nearest(name: string, known: readonly string[]): string | undefined {
  return known.length === 0 ? undefined : `outputs of this job: '${known.join("', '")}' (not '${name}')`
}
