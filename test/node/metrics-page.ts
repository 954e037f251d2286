/** One sample of a page. */
export interface ParsedSample {
  readonly name: string
  readonly labels: readonly (readonly [name: string, value: string])[]
  readonly value: number
  readonly valueText: string
}

/** One family of a page. */
export interface ParsedFamily {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly samples: ParsedSample[]
}

/** Endings that the samples of a family have, by type. */
const SUFFIXES: Readonly<Record<'prometheus' | 'openmetrics', Readonly<Record<string, readonly string[]>>>> = {
  prometheus: { gauge: [''], counter: [''], summary: ['', '_count', '_sum'], histogram: ['_bucket', '_count', '_sum'] },
  openmetrics: {
    gauge: [''],
    counter: ['_total', '_created'],
    summary: ['', '_count', '_sum'],
    histogram: ['_bucket', '_count', '_sum'],
    info: ['_info'],
  },
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"/

/**
 * Parses a page of metrics and refuses everything that a strict reader refuses: samples in front of their type, families or series
 * that come twice, names that do not go with the type, labels that are not escaped, histograms that do not add up.
 */
export function parseMetricsPage(text: string, format: 'prometheus' | 'openmetrics'): readonly ParsedFamily[] {
  if (text === '') return []
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  const lines = text.slice(0, -1).split('\n')
  if (format === 'openmetrics' && lines.pop() !== '# EOF') throw new Error('the page does not end with EOF')
  const families = new Map<string, ParsedFamily>()
  const series = new Set<string>()
  let helpOf: readonly [name: string, help: string] | null = null
  let current: ParsedFamily | null = null
  for (const line of lines) {
    const meta = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line)
    if (line.startsWith('#') && meta === null) throw new Error(`no comment is expected: ${line}`)
    if (meta !== null) {
      const [, kind = '', name = '', rest = ''] = meta
      const isFirst = kind === (format === 'prometheus' ? 'HELP' : 'TYPE')
      if (isFirst) {
        if (families.has(name)) throw new Error(`the family '${name}' comes twice`)
        helpOf = [name, rest]
        current = null
      } else {
        if (helpOf === null || helpOf[0] !== name) throw new Error(`HELP and TYPE of '${name}' are not together`)
        const [help, type] = format === 'prometheus' ? [helpOf[1], rest] : [rest, helpOf[1]]
        if (!(type in SUFFIXES[format])) throw new Error(`'${type}' is no type of '${name}'`)
        current = { name, type, help, samples: [] }
        families.set(name, current)
        helpOf = null
      }
      continue
    }
    if (current === null) throw new Error(`a sample in front of its family: ${line}`)
    const sample = parseSample(line, format)
    const ending = sample.name.startsWith(current.name) ? sample.name.slice(current.name.length) : null
    if (ending === null || !(SUFFIXES[format][current.type] ?? []).includes(ending))
      throw new Error(`'${sample.name}' does not belong to the ${current.type} '${current.name}'`)
    const key = `${sample.name} ${JSON.stringify([...sample.labels].sort())}`
    if (series.has(key)) throw new Error(`the series ${key} comes twice`)
    series.add(key)
    current.samples.push(sample)
  }
  for (const family of families.values()) check(family)
  return [...families.values()]
}

function parseSample(line: string, format: 'prometheus' | 'openmetrics'): ParsedSample {
  const name = NAME.exec(line)?.[0]
  if (name === undefined) throw new Error(`no sample: ${line}`)
  let rest = line.slice(name.length)
  const labels: [string, string][] = []
  if (rest.startsWith('{')) {
    rest = rest.slice(1)
    while (!rest.startsWith('}')) {
      const label = LABEL.exec(rest)
      if (label === null) throw new Error(`no label: ${line}`)
      const [whole, key = '', value = ''] = label
      if (labels.some(([known]) => known === key)) throw new Error(`the label '${key}' comes twice: ${line}`)
      labels.push([key, value.replace(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped))])
      rest = rest.slice(whole.length)
      if (rest.startsWith(',')) {
        rest = rest.slice(1)
        if (format === 'openmetrics' && rest.startsWith('}')) throw new Error(`a comma behind the last label: ${line}`)
      } else if (format === 'prometheus') throw new Error(`no comma behind a label, unlike the Java client: ${line}`)
      else if (!rest.startsWith('}')) throw new Error(`no comma between labels: ${line}`)
    }
    rest = rest.slice(1)
  }
  const value = /^ (-?\d+\.\d+(?:E-?\d+)?|NaN|[+-]Inf)$/.exec(rest)?.[1]
  if (value === undefined) throw new Error(`no number as Java prints it: ${line}`)
  return { name, labels, value: value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value), valueText: value }
}

function check({ name, type, samples }: ParsedFamily): void {
  if (samples.length === 0) throw new Error(`the family '${name}' is empty`)
  if (type === 'counter' && samples.some(({ value }) => value < 0)) throw new Error(`the counter '${name}' is negative`)
  if (type !== 'histogram') return
  const buckets = samples.filter((sample) => sample.name === `${name}_bucket`)
  const last = buckets.at(-1)
  const isRising = buckets.every(({ value }, index) => value >= (buckets[index - 1]?.value ?? 0))
  const count = samples.find((sample) => sample.name === `${name}_count`)?.value
  if (!isRising || last?.labels.at(-1)?.[1] !== '+Inf' || last.value !== count)
    throw new Error(`the buckets of '${name}' do not add up`)
}
