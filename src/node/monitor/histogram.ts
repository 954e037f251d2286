import type { Labels, MetricFamily, MetricSample } from './exposition.js'

/** Counts values by size. */
export class Histogram {
  readonly #bounds: readonly number[]
  readonly #counts: number[]
  #sum = 0

  /** @param bounds upper bounds of the buckets, rising; a last one without a bound is added. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = new Array<number>(bounds.length + 1).fill(0)
  }

  add(value: number): void {
    const found = this.#bounds.findIndex((bound) => value <= bound)
    const bucket = found === -1 ? this.#bounds.length : found
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
    this.#sum += value
  }

  /** As samples: every bucket holds what the ones before it hold too. */
  samples(labels: Labels = []): readonly MetricSample[] {
    let count = 0
    const buckets = this.#counts.map((inBucket, index): MetricSample => {
      count += inBucket
      const bound = this.#bounds[index]
      return {
        suffix: '_bucket',
        labels: [...labels, ['le', bound === undefined ? '+Inf' : boundText(bound)]],
        value: count,
      }
    })
    return [...buckets, { suffix: '_count', labels, value: count }, { suffix: '_sum', labels, value: this.#sum }]
  }

  family(name: string, help: string): MetricFamily {
    return { name, type: 'histogram', help, samples: this.samples() }
  }
}

function boundText(bound: number): string {
  return Number.isInteger(bound) ? `${bound}.0` : String(bound)
}
