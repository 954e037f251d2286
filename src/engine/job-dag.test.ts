import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PluginBlock, PluginKind } from '../config/job-document.js'
import type { LogicalNode } from '../plan/logical-dag.js'
import { jobDag } from './job-dag.js'
import type { PlannedJob } from './job-planner.js'

interface Graph {
  readonly sources: readonly LogicalNode[]
  readonly transforms: readonly LogicalNode[]
  readonly sinks: readonly LogicalNode[]
}

function node(kind: PluginKind, index: number, ...inputs: LogicalNode[]): LogicalNode {
  const pluginName = `${kind.slice(0, 2)}${index}`
  return { block: { kind, index, pluginName } as PluginBlock, inputs }
}

function planned(graph: Graph): PlannedJob {
  return { dag: graph, tables: new Map(), parallelism: new Map() } as unknown as PlannedJob
}

/** `pipeline: id name, …` and `pipeline: from-to, …`. */
function texts(graph: Graph): readonly string[] {
  const { vertices, edges } = jobDag(planned(graph))
  return [
    vertices.map(({ id, name }) => `${id} ${name}`).join(', '),
    edges.map(({ pipeline, from, to }) => `${pipeline}: ${from}-${to}`).join(', '),
  ]
}

const [a, b] = [node('source', 0), node('source', 1)] as const
const t = node('transform', 0, a)

describe('the vertices of a job', () => {
  it('of one source and one sink', () => {
    assert.deepEqual(texts({ sources: [a], transforms: [], sinks: [node('sink', 0, a)] }), [
      '1 pipeline-1 [Source[0]-so0], 2 pipeline-1 [Sink[0]-si0-MultiTableSink]',
      '1: 1-2',
    ])
  })

  it('of one source and two sinks are one pipeline', () => {
    assert.deepEqual(texts({ sources: [a], transforms: [], sinks: [node('sink', 0, a), node('sink', 1, a)] }), [
      '1 pipeline-1 [Source[0]-so0], 2 pipeline-1 [Sink[0]-si0-MultiTableSink], 3 pipeline-1 [Sink[1]-si1-MultiTableSink]',
      '1: 1-2, 1: 1-3',
    ])
  })

  it('of a chain and a branch behind it: a transform that feeds two ends its chain', () => {
    const u = node('transform', 1, t)
    const graph = { sources: [a], transforms: [t, u], sinks: [node('sink', 0, t), node('sink', 1, u)] }
    assert.deepEqual(texts(graph), [
      [
        '1 pipeline-1 [Source[0]-so0]',
        '4 pipeline-1 [Sink[0]-si0-MultiTableSink]',
        '5 pipeline-1 [Sink[1]-si1-MultiTableSink]',
        '6 pipeline-1 [TransformChain[Transform[0]-tr0]]',
        '7 pipeline-1 [TransformChain[Transform[1]-tr1]]',
      ].join(', '),
      '1: 1-6, 1: 6-7, 1: 6-4, 1: 7-5',
    ])
  })

  it('of two sources into one sink are a pipeline for each source, with a sink of its own', () => {
    assert.deepEqual(texts({ sources: [a, b], transforms: [], sinks: [node('sink', 0, a, b)] }), [
      [
        '1 pipeline-1 [Source[0]-so0]',
        '2 pipeline-1 [Sink[0]-si0-MultiTableSink]',
        '3 pipeline-2 [Source[1]-so1]',
        '4 pipeline-2 [Sink[0]-si0-MultiTableSink]',
      ].join(', '),
      '1: 1-2, 2: 3-4',
    ])
  })

  it('of a union beside another pipeline have numbers of their own', () => {
    const c = node('source', 2)
    const graph = { sources: [a, b, c], transforms: [], sinks: [node('sink', 0, a, b), node('sink', 1, c)] }
    const { vertices, edges } = jobDag(planned(graph))
    assert.equal(new Set(vertices.map(({ id }) => id)).size, vertices.length)
    assert.deepEqual([...new Set(edges.map(({ pipeline }) => pipeline))], [1, 2, 3])
  })
})
