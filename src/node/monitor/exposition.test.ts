import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { byLabel, type MetricFamily, metricsPage, single } from './exposition.js'
import { Histogram } from './histogram.js'

describe('a page of metrics', () => {
  const families: readonly MetricFamily[] = [
    { name: 'jvm', type: 'info', help: 'a\nb\\c', samples: [{ labels: [['v', 'x"y\\z\n']], value: 1 }] },
    {
      name: 'made',
      type: 'counter',
      help: 'h',
      samples: [{ labels: [['p', 'q']], value: 12_345_678, createdSeconds: 1.5 }],
    },
    { name: 'empty', type: 'gauge', help: 'h', samples: [] },
    single('gauge', 'plain', 'h', 0.0005),
    byLabel(
      'gauge',
      'states',
      'h',
      's',
      [
        ['a', Number.NaN],
        ['b', Number.POSITIVE_INFINITY],
        ['c', Number.NEGATIVE_INFINITY],
      ],
      [['cluster', 'x']],
    ),
  ]

  it('is as the Java client writes the old format', () => {
    assert.equal(
      metricsPage(families, 'prometheus'),
      '# HELP jvm_info a\\nb\\\\c\n# TYPE jvm_info gauge\njvm_info{v="x\\"y\\\\z\\n",} 1.0\n' +
        '# HELP made_total h\n# TYPE made_total counter\nmade_total{p="q",} 1.2345678E7\n' +
        '# HELP plain h\n# TYPE plain gauge\nplain 5.0E-4\n' +
        '# HELP states h\n# TYPE states gauge\nstates{cluster="x",s="a",} NaN\nstates{cluster="x",s="b",} +Inf\nstates{cluster="x",s="c",} -Inf\n' +
        '# HELP made_created h\n# TYPE made_created gauge\nmade_created{p="q",} 1.5\n',
    )
  })

  it('is as the Java client writes OpenMetrics', () => {
    assert.equal(
      metricsPage(families.slice(0, 3), 'openmetrics'),
      '# TYPE jvm info\n# HELP jvm a\\nb\\\\c\njvm_info{v="x\\"y\\\\z\\n"} 1.0\n' +
        '# TYPE made counter\n# HELP made h\nmade_total{p="q"} 1.2345678E7\nmade_created{p="q"} 1.5\n# EOF\n',
    )
  })

  it('has nothing without families', () => {
    assert.deepEqual([metricsPage([], 'prometheus'), metricsPage([], 'openmetrics')], ['', '# EOF\n'])
  })
})

describe('a histogram', () => {
  it('counts into the first bucket that is wide enough', () => {
    const histogram = new Histogram([1, 2.5])
    for (const value of [0, 1, 1.5, 2.5, 3, Number.POSITIVE_INFINITY]) histogram.add(value)
    assert.deepEqual(
      histogram.samples([['a', 'b']]).map(({ suffix, labels, value }) => [suffix, labels.at(-1)?.[1], value]),
      [
        ['_bucket', '1.0', 2],
        ['_bucket', '2.5', 4],
        ['_bucket', '+Inf', 6],
        ['_count', 'b', 6],
        ['_sum', 'b', Number.POSITIVE_INFINITY],
      ],
    )
  })
})
