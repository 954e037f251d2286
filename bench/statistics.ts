import type { Measure, Verdict } from './types.js'

/** The middle value; the mean of the two middle ones for an even count. `values` is not empty. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** The chance that at most `successes` of `trials` fair coins show heads. */
function fairCoins(successes: number, trials: number): number {
  let term = 0.5 ** trials
  let sum = 0
  for (let k = 0; k <= successes; k++) {
    sum += term
    term *= (trials - k) / (k + 1)
  }
  return sum
}

/**
 * The interval between two order statistics that holds the true median with at least 95 % confidence.
 *
 * @param values at least one; with fewer than six the whole range is given, whatever its confidence.
 */
export function medianInterval(values: readonly number[]): readonly [low: number, high: number] {
  const sorted = [...values].sort((left, right) => left - right)
  let cut = 0
  while (2 * (cut + 1) < sorted.length && 2 * fairCoins(cut, sorted.length) <= 0.05) cut++
  const index = Math.max(0, cut - 1)
  return [sorted[index] ?? Number.NaN, sorted[sorted.length - 1 - index] ?? Number.NaN]
}

/** Limits inside which the reference has to agree with itself, as a ratio. */
const CANARY_LIMITS = [0.93, 1.07] as const

/** Share of the gate by which the reference may differ from itself, for a difference of times. */
const CANARY_SHARE = 0.1

/** Whether the machine was quiet enough to decide anything. */
export function canaryIsQuiet(measure: Measure, canary: number, gate: number): boolean {
  if (measure === 'overheadMs') return Math.abs(canary) <= gate * CANARY_SHARE
  return canary >= CANARY_LIMITS[0] && canary <= CANARY_LIMITS[1]
}

/** Whether `value` is at least as good as `bound`. */
export function isAsGood(measure: Measure, value: number, bound: number): boolean {
  return measure === 'ratio' ? value >= bound : value <= bound
}

/** What {@link decide} decides on. */
export interface Evidence {
  readonly measure: Measure
  readonly value: number
  /** The same figure from the fastest run of each side. */
  readonly best: number
  /** `null` where nothing is compared with itself: memory. */
  readonly canary: number | null
  readonly gate: number
  readonly goal: number
  /** Whether the gate was reached before; until then missing it is no failure. */
  readonly gateWasReached: boolean
}

/**
 * The verdict: `fail` only when both estimators are worse than a gate that was reached before, `warn` below the goal,
 * `inconclusive` when the canary was out and the figure is not good enough beyond doubt.
 */
export function decide(evidence: Evidence): { verdict: Verdict; reason: string } {
  const { measure, value, best, canary, gate, goal, gateWasReached } = evidence
  if (canary !== null && !canaryIsQuiet(measure, canary, gate)) {
    return {
      verdict: 'inconclusive',
      reason: `the reference against itself gave ${canary.toFixed(2)}: the machine is not quiet`,
    }
  }
  if (!isAsGood(measure, value, gate) && !isAsGood(measure, best, gate)) {
    return gateWasReached
      ? { verdict: 'fail', reason: 'worse than the gate' }
      : { verdict: 'warn', reason: 'the gate was not reached yet' }
  }
  return isAsGood(measure, value, goal)
    ? { verdict: 'pass', reason: 'at its goal' }
    : { verdict: 'warn', reason: 'past the gate, short of the goal' }
}
