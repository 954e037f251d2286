/** Quantiles that summaries have. */
const QUANTILES = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99, p999: 0.999 } as const

type Quantiles = Readonly<Record<keyof typeof QUANTILES, number | 'NaN'>>

/** What summaries tell of values. */
export interface Summary extends Quantiles {
  readonly min: number
  readonly max: number
  readonly avg: number
}

function extent(values: readonly number[]): Pick<Summary, 'min' | 'max' | 'avg'> {
  const sum = values.reduce((total, value) => total + value, 0)
  return {
    min: values.length === 0 ? 0 : Math.min(...values),
    max: values.length === 0 ? 0 : Math.max(...values),
    avg: values.length === 0 ? 0 : Math.trunc(sum / values.length),
  }
}

function allQuantiles(of: (part: number) => number | 'NaN'): Quantiles {
  const entries = Object.entries(QUANTILES).map(([name, part]) => [name, of(part)])
  return Object.fromEntries(entries) as Quantiles
}

/** A quantile lies on the line between the two values around it. @source Apache Commons Math `Percentile` */
export function summary(values: readonly number[]): Summary {
  const sorted = values.toSorted((left, right) => left - right)
  const quantile = (part: number): number | 'NaN' => {
    if (sorted.length === 0) return 'NaN'
    const place = part * (sorted.length + 1)
    const below = Math.floor(place)
    const [low, high] = [sorted[Math.max(0, below - 1)] ?? 0, sorted[Math.min(sorted.length - 1, below)] ?? 0]
    return low + (place - below) * (high - low)
  }
  return { ...extent(values), ...allQuantiles(quantile) }
}

/** A summary of subtasks: Flink keeps no quantiles of them. */
export function subtaskSummary(values: readonly number[]): Summary {
  return { ...extent(values), ...allQuantiles(() => 'NaN') }
}

/** A member that Flink fills no more. */
export const NO_BUFFERS: Summary = { ...extent([]), ...allQuantiles(() => 0) }
