import type { GraphChain, GraphNode, GraphTable, JobGraph } from '../engine/job-graph.js'

/** A planned job as text for people: plug-ins in order, then what runs fused, then who reads what. */
export function graphText(graph: JobGraph): string {
  const { jobName, jobMode, isBounded, nodes, chains, lanes } = graph
  const head = `${jobName} (${jobMode}${isBounded ? '' : ', without an end'})`
  const laneLines = lanes.map(({ pipeline, subtask, splits, morsels }) => {
    const work = morsels === null ? 'cut while reading' : plural(morsels, 'morsel')
    return `  pipeline ${pipeline + 1} subtask ${subtask}: ${plural(splits, 'split')}, ${work}`
  })
  const parts = [
    head,
    '',
    'plug-ins',
    ...nodes.flatMap(nodeLines),
    '',
    'fused chains: one kernel call per piece of input',
    ...chains.flatMap(chainLines),
    '',
    'lanes: what one subtask reads, in order; morsels are shared by all workers',
    ...laneLines,
  ]
  return `${parts.join('\n')}\n`
}

function nodeLines(node: GraphNode): string[] {
  const inputs = node.inputs.length === 0 ? '' : ` <- ${node.inputs.join(', ')}`
  const output = node.output === null ? '' : ` as '${node.output}'`
  const head = `  ${node.id} ${node.plugin}${output}${inputs}  (pipeline ${node.pipeline + 1}, parallelism ${node.parallelism})`
  return [head, ...node.tables.map((table) => `      ${tableText(table)}`)]
}

function tableText({ path, columns }: GraphTable): string {
  return `${path}: ${columns.map(columnText).join(', ')}`
}

function columnText({ name, type, nullable }: GraphTable['columns'][number]): string {
  return `${name} ${type}${nullable ? '' : ' not null'}`
}

function chainLines(chain: GraphChain): string[] {
  const steps = chain.operators.map(({ name, input }, index) => `      ${index + 1}. ${name} <- ${inputText(input)}`)
  const sinks = chain.sinks.map(({ sink, encoder, input, partitionBy }) => {
    const partitions = partitionBy.length === 0 ? '' : `, partitioned by ${partitionBy.join(', ')}`
    return `      encode ${encoder} for ${sink}${partitions} <- ${inputText(input)}`
  })
  const stages = chain.stages.map(({ transform, encoder, input }) => {
    return `      encode ${encoder} for ${transform}, asynchronous <- ${inputText(input)}`
  })
  return [`  ${chain.source} ${chain.table}`, `      decode ${chain.decoder}`, ...steps, ...sinks, ...stages]
}

function inputText(input: number): string {
  return input === 0 ? 'decode' : String(input)
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** The plug-ins as a Mermaid flow chart; edges carry the columns. */
export function graphMermaid({ nodes }: JobGraph): string {
  const lines = nodes.map((node) => `  ${name(node.id)}["${mermaidText(`${node.plugin} ${node.id}`)}"]`)
  const edges = edgesOf(nodes).map(
    ([from, to, tables]) => `  ${name(from)} -->|"${mermaidText(tables.map(edgeText).join('; '))}"| ${name(to)}`,
  )
  return `${['flowchart LR', ...lines, ...edges].join('\n')}\n`
}

/** The plug-ins as a Graphviz graph; one cluster per pipeline, edges carry the columns. */
export function graphDot({ jobName, nodes }: JobGraph): string {
  const pipelines = [...new Set(nodes.map((node) => node.pipeline))].toSorted((left, right) => left - right)
  const clusters = pipelines.flatMap((pipeline) => [
    `  subgraph cluster_${pipeline} {`,
    `    label=${dotText(`pipeline ${pipeline + 1}`)}`,
    ...nodes
      .filter((node) => node.pipeline === pipeline)
      .map((node) => `    ${name(node.id)} [label=${dotText(`${node.plugin}\n${node.id}`)} shape=${shape(node)}]`),
    '  }',
  ])
  const edges = edgesOf(nodes).map(
    ([from, to, tables]) => `  ${name(from)} -> ${name(to)} [label=${dotText(tables.map(edgeText).join('\n'))}]`,
  )
  return `${[`digraph ${dotText(jobName)} {`, '  rankdir=LR', ...clusters, ...edges, '}'].join('\n')}\n`
}

type Edge = readonly [from: string, to: string, tables: readonly GraphTable[]]

function edgesOf(nodes: readonly GraphNode[]): readonly Edge[] {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  return nodes.flatMap((node) => node.inputs.map((input): Edge => [input, node.id, byId.get(input)?.tables ?? []]))
}

function edgeText({ path, columns }: GraphTable): string {
  return `${path}: ${columns.map((column) => column.name).join(', ')}`
}

function name(id: string): string {
  return id.replace(/[[\]]/g, '_')
}

function shape({ kind }: GraphNode): string {
  return kind === 'transform' ? 'box' : 'cylinder'
}

function mermaidText(text: string): string {
  return text.replaceAll('"', '#quot;').replaceAll('\n', ' ')
}

function dotText(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
}
