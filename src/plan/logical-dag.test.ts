import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseJobFile } from '../config/job-document.js'
import type { MillraceError } from '../core/error.js'
import { buildLogicalDag, type LogicalNode, pipelinesOf } from './logical-dag.js'

interface Built {
  readonly sources: readonly string[]
  readonly transforms: readonly string[]
  readonly sinks: readonly string[]
  readonly pipelines: readonly (readonly string[])[]
  /** `code line:column path: message`. */
  readonly faults: readonly string[]
  readonly hints: readonly (string | undefined)[]
  readonly warnings: readonly string[]
}

function textOf(error: MillraceError): string {
  const { position, path } = error.details
  return `${error.code} ${position?.line}:${position?.column} ${path ?? '-'}: ${error.message}`
}

/** A node as `name(inputs)`. */
function nodeText({ block, inputs }: LogicalNode): string {
  const name = block.output ?? block.pluginName
  return inputs.length === 0 ? name : `${name}(${inputs.map((input) => input.block.output ?? input.block.pluginName)})`
}

function build(text: string): Built {
  const document = parseJobFile({ text, file: 'job.conf', variables: new Map(), environment: new Map() })
  const warnings: string[] = []
  const { dag, faults } = buildLogicalDag(document, (warning) => warnings.push(textOf(warning)))
  return {
    sources: dag.sources.map(nodeText),
    transforms: dag.transforms.map(nodeText),
    sinks: dag.sinks.map(nodeText),
    pipelines:
      faults.length > 0 ? [] : pipelinesOf(dag).map((members) => members.map((node) => node.block.output ?? '-')),
    faults: faults.map(textOf),
    hints: faults.map((fault) => fault.details.hint),
    warnings,
  }
}

/** A job of blocks written as `Name in,in > out`, one per line and section. */
function job(source: string, transform: string, sink: string): string {
  const section = (name: string, blocks: string): string => {
    const lines = blocks.split(';').flatMap((block) => {
      const [, plugin, inputs, output] = /^\s*(\w+)(?: ([\w,]+))?(?: > (\w+))?\s*$/.exec(block) ?? []
      if (plugin === undefined) return []
      const input = inputs === undefined ? '' : `plugin_input = [${inputs}], `
      return [`  ${plugin} { ${input}${output === undefined ? '' : `plugin_output = ${output} `}}`]
    })
    return `${name} {\n${lines.join('\n')}\n}`
  }
  return [section('source', source), section('transform', transform), section('sink', sink)].join('\n')
}

describe('a job of one source, at most one transform and one sink', () => {
  const cases: readonly [title: string, text: string, transforms: string[], sinks: string[], warnings: number][] = [
    ['needs no names', job('A', '', 'Z'), [], ['Z(A)'], 0],
    ['is connected with its transform', job('A', 'T', 'Z'), ['T(A)'], ['Z(T)'], 0],
    ['may have names', job('A > a', 'T a > t', 'Z t'), ['t(a)'], ['Z(t)'], 0],
    ['is only warned of a wrong input', job('A > a', '', 'Z b'), [], ['Z(a)'], 1],
    ['is warned of every wrong input', job('A > a', 'T x > t', 'Z y'), ['t(a)'], ['Z(t)'], 2],
    ['is not warned where the output has no name', job('A', '', 'Z b'), [], ['Z(A)'], 0],
    ['may leave an output unused', job('A > a', '', 'Z'), [], ['Z(a)'], 0],
  ]
  for (const [title, text, transforms, sinks, warnings] of cases) {
    it(title, () => {
      const built = build(text)
      assert.deepEqual(built.faults, [])
      assert.deepEqual([built.transforms, built.sinks, built.warnings.length], [transforms, sinks, warnings])
    })
  }

  it('says which input is used instead of a wrong one', () => {
    assert.deepEqual(build(job('A > a', '', 'Z b')).warnings, [
      "JOB_DEFINITION 8:3 sink[0]: the input 'b' of 'Z' is not the output of 'A', which is used all the same",
    ])
  })
})

describe('a job of more blocks', () => {
  it('is connected by its names', () => {
    const built = build(job('A > a; B > b', 'T a > t; U t,b > u', 'Y u; Z a,t'))
    assert.deepEqual(built.faults, [])
    assert.deepEqual(
      [built.transforms, built.sinks],
      [
        ['t(a)', 'u(t,b)'],
        ['Y(u)', 'Z(a,t)'],
      ],
    )
  })

  it('may name its transforms in any order', () => {
    const built = build(job('A > a', 'V u > v; U t > u; T a > t', 'Z v'))
    assert.deepEqual([built.faults, built.transforms], [[], ['t(a)', 'u(t)', 'v(u)']])
  })

  it('may read the same rows several times', () => {
    const built = build(job('A > a', 'T a > t; U a > u', 'X t; Y u; Z a'))
    assert.deepEqual([built.faults, built.sinks], [[], ['X(t)', 'Y(u)', 'Z(a)']])
  })

  it('has a transform behind both ways to it', () => {
    const built = build(job('A > a', 'D b,c > d; B a > b; C a > c', 'Z d'))
    assert.deepEqual([built.faults, built.transforms], [[], ['b(a)', 'c(a)', 'd(b,c)']])
  })

  const faults: readonly [title: string, text: string, expected: string[]][] = [
    [
      'a transform without an input',
      job('A > a', 'T > t; U a > u', 'Z t,u'),
      ["JOB_DEFINITION 5:3 transform[0]: The transform/sink(T) is not configured with 'plugin_input' option"],
    ],
    [
      'a sink without an input',
      job('A > a', '', 'Y a; Z'),
      ["JOB_DEFINITION 9:3 sink[1]: The transform/sink(Z) is not configured with 'plugin_input' option"],
    ],
    [
      'a source without an output',
      job('A; B > b', '', 'Z b'),
      ["JOB_DEFINITION 2:3 source[0]: The source/transform(A) is not configured with 'plugin_output' option"],
    ],
    [
      'a transform without an output',
      job('A > a', 'T a; U a > u', 'Z u'),
      ["JOB_DEFINITION 5:3 transform[0]: The source/transform(T) is not configured with 'plugin_output' option"],
    ],
    [
      'an input that nothing gives',
      job('A > a', '', 'Y a; Z x'),
      [
        "JOB_DEFINITION 9:3 sink[1]: The 'plugin_input' option configured in [Z] is incorrect, and the source/transform[x] is not found.",
      ],
    ],
    [
      'an output that nothing takes',
      job('A > a; B > b', '', 'Z a'),
      [
        "JOB_DEFINITION 3:3 source[1]: The 'plugin_output' option configured is incorrect, this table(b) belonging to source/transform(B) is not used.",
      ],
    ],
    [
      'two outputs of one name',
      job('A > a; B > a', '', 'Z a'),
      [
        "JOB_DEFINITION 3:3 source[1]: The value of the 'plugin_output' option of the (A and B) plugins is both 'a', and they must be different.",
      ],
    ],
    [
      'a transform that feeds itself',
      job('A > a', 'T a,t > t', 'Y t; Z a'),
      ["JOB_CYCLE 5:3 transform[0]: the transforms feed themselves: 't' -> 't'"],
    ],
    [
      'transforms that feed each other',
      job('A > a', 'T a,v > t; U t > u; V u > v', 'Z v'),
      ["JOB_CYCLE 5:3 transform[0]: the transforms feed themselves: 't' -> 'v' -> 'u' -> 't'"],
    ],
  ]
  for (const [title, text, expected] of faults) {
    it(`cannot have ${title}`, () => assert.deepEqual(build(text).faults, expected))
  }

  it('is told of all its faults at once', () => {
    const { faults: found } = build(job('A; B > b; C > b', 'T > t', 'Y x; Z'))
    assert.equal(found.length, 7, found.join('\n'))
  })

  it('is told which names there are', () => {
    assert.deepEqual(build(job('A > a; B > b', '', 'Z a,b; Y c')).hints, ["outputs of this job: 'a', 'b' (not 'c')"])
  })
})

describe('a job without a source or a sink', () => {
  const document = parseJobFile({
    text: job('A', '', 'Z'),
    file: 'job.conf',
    variables: new Map(),
    environment: new Map(),
  })
  for (const missing of ['source', 'sink'] as const) {
    it(`is refused without a ${missing}`, () => {
      const { faults } = buildLogicalDag({ ...document, [missing]: [] }, () => undefined)
      assert.deepEqual(faults.map(textOf), ['JOB_DEFINITION 1:1 -: Source And Sink can not be null'])
    })
  }
})

describe('pipelines', () => {
  const cases: readonly [title: string, text: string, expected: string[][]][] = [
    ['one for one source', job('A', '', 'Z'), [['-']]],
    ['one per source with a sink of its own', job('A > a; B > b', '', 'Y a; Z b'), [['a'], ['b']]],
    ['one for sources of a union', job('A > a; B > b; C > c', '', 'Y a,c; Z b'), [['a', 'c'], ['b']]],
    ['one for sources that meet in a transform', job('A > a; B > b', 'T a,b > t', 'Z t'), [['a', 'b']]],
    [
      'one for sources that are connected over others',
      job('A > a; B > b; C > c', '', 'X a,b; Y b,c'),
      [['a', 'b', 'c']],
    ],
    [
      'one when two groups meet late',
      job('A > a; B > b; C > c; D > d', '', 'W a,b; X c,d; Y a,d'),
      [['a', 'b', 'c', 'd']],
    ],
    ['one for a source with many sinks', job('A > a', '', 'X a; Y a; Z a'), [['a']]],
  ]
  for (const [title, text, expected] of cases) {
    it(title, () => assert.deepEqual(build(text).pipelines, expected))
  }
})
