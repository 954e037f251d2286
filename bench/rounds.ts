import { Bench } from 'tinybench'
import { clearOutput, runChild } from './child.js'
import { canaryIsQuiet, median, medianInterval } from './statistics.js'
import type { Command, Contender, Measure, RunResult, SideReport } from './types.js'

/** One side's runs, in order. */
export type Side = 'reference' | 'subject' | 'canary'

/** Times of one round in seconds. `canary` is the reference once more. */
export type Round = Readonly<Record<Side, number>>

/** Everything that the rounds of one scenario gave. */
export interface RoundSeries {
  readonly rounds: readonly Round[]
  readonly peakMegabytes: Readonly<Record<Side, number>>
}

/** How many rounds to take, and when to stop. */
export interface RoundPlan {
  readonly measure: Measure
  readonly gate: number
  /** Rounds to begin with, and the counts to go on to while nothing is decided. */
  readonly pairs: readonly number[]
  /** Clock reading (`performance.now()`) after which no further round begins. */
  readonly deadline: number
}

/** Runs each side once, in the given order, each in a fresh process, with a bench of one iteration. */
async function oneRound(
  order: readonly Side[],
  commands: Readonly<Record<Side, Command>>,
): Promise<{ round: Round; results: Record<Side, RunResult> }> {
  const bench = new Bench({ iterations: 1, time: 0, warmup: false, retainSamples: true, throws: true })
  const results: Partial<Record<Side, RunResult>> = {}
  for (const side of order) {
    const run = async (): Promise<void> => {
      results[side] = await runChild(commands[side])
    }
    // Emptying the folder belongs to no side's time. `async` keeps the bench from calling the task once to find out.
    bench.add(side, run, { async: true, beforeEach: () => clearOutput(commands[side]) })
  }
  await bench.run()
  const seconds = (side: Side): number => {
    const own = commands[side].hasOwnClock === true ? results[side]?.seconds : undefined
    if (own !== undefined) return own
    const result = bench.getTask(side)?.result
    const milliseconds = result !== undefined && 'latency' in result ? result.latency.samples?.[0] : undefined
    if (milliseconds === undefined) throw new Error(`no sample of '${side}'`)
    return milliseconds / 1000
  }
  const round = { reference: seconds('reference'), subject: seconds('subject'), canary: seconds('canary') }
  return { round, results: results as Record<Side, RunResult> }
}

/** The figure of one round: the two reference runs around the subject stand for one. */
export function figure(measure: Measure, round: Round): number {
  const reference = Math.sqrt(round.reference * round.canary)
  return measure === 'overheadMs' ? (round.subject - reference) * 1000 : reference / round.subject
}

/** The same figure from the fastest runs of all rounds. */
export function bestFigure(measure: Measure, rounds: readonly Round[]): number {
  const fastest = (side: Side): number => Math.min(...rounds.map((round) => round[side]))
  return figure(measure, { reference: fastest('reference'), subject: fastest('subject'), canary: fastest('reference') })
}

/** The reference against itself by the same measure, 1 or 0 ms on a quiet machine: the median of the rounds. */
export function canaryOf(measure: Measure, rounds: readonly Round[]): number {
  const difference = ({ reference, canary }: Round): number => (reference - canary) * 1000
  return median(rounds.map((round) => (measure === 'overheadMs' ? difference(round) : round.reference / round.canary)))
}

/** Whether more rounds could change the verdict. */
function isOpen(plan: RoundPlan, rounds: readonly Round[]): boolean {
  const [low, high] = medianInterval(rounds.map((round) => figure(plan.measure, round)))
  return (
    (low < plan.gate && high > plan.gate) || !canaryIsQuiet(plan.measure, canaryOf(plan.measure, rounds), plan.gate)
  )
}

/**
 * Runs rounds in the orders reference–subject–reference and back, so that drift falls on both sides. Nothing warms up here:
 * both sides ran before, when their results were verified. Goes on to the next count of the plan while the median's interval
 * straddles the gate.
 */
export async function runRounds(plan: RoundPlan, reference: Contender, subject: Contender): Promise<RoundSeries> {
  const commands = { reference: reference.command, subject: subject.command, canary: reference.command }
  const order: readonly Side[] = ['reference', 'subject', 'canary']
  const rounds: Round[] = []
  const peakMegabytes = { reference: 0, subject: 0, canary: 0 }
  for (const count of plan.pairs) {
    while (rounds.length < count) {
      if (rounds.length >= 3 && performance.now() > plan.deadline) return { rounds, peakMegabytes }
      const { round, results } = await oneRound(rounds.length % 2 === 0 ? order : [...order].reverse(), commands)
      rounds.push(round)
      for (const side of order) peakMegabytes[side] = Math.max(peakMegabytes[side], results[side].peakMegabytes)
    }
    if (!isOpen(plan, rounds)) break
  }
  return { rounds, peakMegabytes }
}

/** Sums up one side of a series. */
export function sideReport(name: string, side: Side, series: RoundSeries): SideReport {
  const seconds = series.rounds.map((round) => round[side])
  return {
    name,
    medianSeconds: median(seconds),
    minimumSeconds: Math.min(...seconds),
    peakMegabytes: series.peakMegabytes[side],
  }
}
