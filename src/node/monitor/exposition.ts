import { javaDoubleText } from '../../config/java-text.js'

/** Names and values of the labels of a sample, in the order in which they are written. */
export type Labels = readonly (readonly [name: string, value: string])[]

/** One value of a family. */
export interface MetricSample {
  /** Behind the family's name: `_count`, `_sum` or `_bucket`; empty for the value itself. */
  readonly suffix?: '' | '_count' | '_sum' | '_bucket'
  readonly labels: Labels
  readonly value: number
  /** Seconds since 1970 when counting began; of counters only. */
  readonly createdSeconds?: number | undefined
}

/** What is measured under one name. */
export interface MetricFamily {
  /** Of counters without `_total`, of an info without `_info`. */
  readonly name: string
  readonly type: 'gauge' | 'counter' | 'summary' | 'histogram' | 'info'
  readonly help: string
  readonly samples: readonly MetricSample[]
}

/** Formats of a page of metrics: the text format 0.0.4 of Prometheus and OpenMetrics 1.0. */
export type MetricFormat = 'prometheus' | 'openmetrics'

/**
 * A page of metrics in the words of the Java client: numbers as Java prints doubles and, in the old format, a comma behind the last
 * label. Families without samples are left out, as they are there.
 *
 * @source Prometheus Java client 0.16 `TextFormat`
 */
export function metricsPage(families: readonly MetricFamily[], format: MetricFormat): string {
  const filled = families.filter(({ samples }) => samples.length > 0)
  if (format === 'openmetrics') return `${filled.map(openMetricsFamily).join('')}# EOF\n`
  // The old format has no place for the time of creation: it becomes a family of its own, behind all others.
  return [...filled, ...filled.flatMap(createdFamily)].map(prometheusFamily).join('')
}

function createdFamily({ name, type, help, samples }: MetricFamily): readonly MetricFamily[] {
  const created = samples.flatMap(({ labels, createdSeconds }) =>
    createdSeconds === undefined ? [] : [{ labels, value: createdSeconds }],
  )
  return type === 'counter' && created.length > 0
    ? [{ name: `${name}_created`, type: 'gauge', help, samples: created }]
    : []
}

function prometheusFamily(family: MetricFamily): string {
  const { type, help, samples } = family
  const name = `${family.name}${valueSuffix(type)}`
  const lines = samples.map((sample) => {
    const labels = labelsText(sample.labels)
    return `${nameOf(family, sample)}${labels === '' ? '' : `{${labels},}`} ${numberText(sample.value)}\n`
  })
  const head = `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type === 'info' ? 'gauge' : type}\n`
  return head + lines.join('')
}

function openMetricsFamily(family: MetricFamily): string {
  const { name, type, help, samples } = family
  const lines = samples.map((sample) => {
    const text = labelsText(sample.labels)
    const labels = text === '' ? '' : `{${text}}`
    const line = `${nameOf(family, sample)}${labels} ${numberText(sample.value)}\n`
    const { createdSeconds } = sample
    return createdSeconds === undefined ? line : `${line}${name}_created${labels} ${numberText(createdSeconds)}\n`
  })
  return `# TYPE ${name} ${type}\n# HELP ${name} ${escaped(help)}\n${lines.join('')}`
}

function nameOf({ name, type }: MetricFamily, { suffix = '' }: MetricSample): string {
  return `${name}${suffix === '' ? valueSuffix(type) : suffix}`
}

function valueSuffix(type: MetricFamily['type']): '' | '_total' | '_info' {
  return type === 'counter' ? '_total' : type === 'info' ? '_info' : ''
}

function labelsText(labels: Labels): string {
  return labels.map(([name, value]) => `${name}="${escaped(value).replaceAll('"', '\\"')}"`).join(',')
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : javaDoubleText(value)
}

/** A family with one value. */
export function single(
  type: 'gauge' | 'counter',
  name: string,
  help: string,
  value: number,
  labels: Labels = [],
): MetricFamily {
  return { name, type, help, samples: [{ labels, value }] }
}

/** A family with one value for each value of a label, the last one behind those that all have. */
export function byLabel(
  type: 'gauge' | 'counter',
  name: string,
  help: string,
  label: string,
  values: Iterable<readonly [label: string, value: number]>,
  common: Labels = [],
): MetricFamily {
  return {
    name,
    type,
    help,
    samples: [...values].map(([text, value]) => ({ labels: [...common, [label, text]], value })),
  }
}
