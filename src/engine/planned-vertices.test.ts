import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PluginBlock, PluginKind } from '../config/job-document.js'
import type { LogicalDag, LogicalNode } from '../plan/logical-dag.js'
import { jobDag } from './job-dag.js'
import type { PlannedJob } from './job-planner.js'
import { plannedVertices } from './planned-vertices.js'

function node(kind: PluginKind, index: number, ...inputs: LogicalNode[]): LogicalNode {
  return { block: { kind, index, pluginName: `${kind}${index}` } as PluginBlock, inputs }
}

/** Vertices as `id kind of source: what is behind it`. */
const texts = (dag: LogicalDag) =>
  plannedVertices(dag).vertices.map(({ id, kind, source, behind }) => `${id} ${kind} of ${source}: ${behind.join()}`)

const [a, b] = [node('source', 0), node('source', 1)] as const

describe('the vertices that are measured', () => {
  it('of a chain of transforms are one, with a first and a last block', () => {
    const first = node('transform', 0, a)
    const last = node('transform', 1, first)
    const dag = { sources: [a], transforms: [first, last], sinks: [node('sink', 0, last)] }
    assert.deepEqual(texts(dag), ['1 source of 0: 2,1', '4 sink of 0: ', '5 transform of 0: 1'])
    const { place } = plannedVertices(dag)
    assert.deepEqual(place(a, first), { vertex: 2, isFirst: true, isLast: false })
    assert.deepEqual(place(a, last), { vertex: 2, isFirst: false, isLast: true })
    assert.equal(place(b, first), null)
  })

  it('of branches: each has only what is behind it', () => {
    const t = node('transform', 0, a)
    const dag = { sources: [a], transforms: [t], sinks: [node('sink', 0, t), node('sink', 1, a)] }
    const { vertices } = plannedVertices(dag)
    const behind = (kind: string) => vertices.find((each) => each.kind === kind)?.behind.map((at) => vertices[at]?.kind)
    assert.deepEqual(behind('source')?.toSorted(), ['sink', 'sink', 'transform'])
    assert.deepEqual(behind('transform'), ['sink'])
  })

  it('of two sources of one sink: each has a sink of its own, in one pipeline of lanes', () => {
    const dag = { sources: [a, b], transforms: [], sinks: [node('sink', 0, a, b)] }
    assert.deepEqual(texts(dag), ['1 source of 0: 1', '2 sink of 0: ', '3 source of 1: 3', '4 sink of 1: '])
    assert.deepEqual(new Set(plannedVertices(dag).vertices.map(({ pipeline }) => pipeline)), new Set([0]))
  })

  it('are vertices of the graph; what the graph repeats is measured once', () => {
    const t = node('transform', 0, a, b)
    const dag = { sources: [a, b], transforms: [t], sinks: [node('sink', 0, t), node('sink', 1, t)] }
    const graph = jobDag({ dag, tables: new Map(), parallelism: new Map() } as unknown as PlannedJob)
    const { vertices } = plannedVertices(dag)
    for (const { id, kind } of vertices) assert.equal(graph.vertices.find((each) => each.id === id)?.kind, kind)
    assert.equal(vertices.filter(({ kind }) => kind === 'source').length, 2)
    assert.equal(vertices.filter(({ kind }) => kind === 'transform').length, 2)
    assert.equal(vertices.filter(({ kind }) => kind === 'sink').length, 4)
    assert.ok(graph.vertices.length > vertices.length)
  })
})
