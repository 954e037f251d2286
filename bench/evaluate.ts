import { clearOutput, runChild } from './child.js'
import { bestFigure, canaryOf, figure, type RoundSeries, runRounds, sideReport } from './rounds.js'
import { decide, median, medianInterval } from './statistics.js'
import type { BenchContext, Contender, RunResult, Scenario, ScenarioReport } from './types.js'

/** How thoroughly a scenario is measured. */
export interface Effort {
  /** Numbers of pairs to begin with and to go on to. */
  readonly pairs: readonly number[]
  /** Runs of a scenario that compares nothing. */
  readonly soloRuns: number
  /** Clock reading after which nothing new begins. */
  readonly deadline: number
}

/** A gate with what is known of it. */
export interface Gate {
  readonly value: number
  readonly wasReached: boolean
}

/** What every report of a scenario begins with. */
function header(scenario: Scenario, gate: Gate) {
  const { id, title, measure, goal, limit } = scenario
  return { id, title, measure, goal, limit, gate: gate.value }
}

/** A run of one side with its result checked. */
async function verifiedRun(
  context: BenchContext,
  scenario: Scenario,
  contender: Contender,
): Promise<{ run: RunResult; fault: string | null }> {
  clearOutput(contender.command)
  const run = await runChild(contender.command)
  const verification = await scenario.verify(context, contender, run)
  return { run, fault: verification.ok ? null : `${contender.name}: ${verification.detail}` }
}

/** What is known of the references of a scenario. */
interface ReferenceChoice {
  readonly best: Contender
  /** The faster of the runs of every reference whose result is right. */
  readonly runs: ReadonlyMap<string, RunResult>
}

/**
 * The fastest reference whose result is right. Where there is a choice all of them run twice, in turn, so that a neighbour's
 * burst of work does not decide.
 *
 * A peer that fails or differs is named and left out; the first one, which every run has, must be right.
 */
async function chooseReference(context: BenchContext, scenario: Scenario): Promise<ReferenceChoice> {
  const candidates = scenario.references(context)
  const [first] = candidates
  if (first === undefined) throw new Error(`scenario '${scenario.id}' has no reference`)
  const runs = new Map<string, RunResult>()
  const sound: Contender[] = []
  for (const contender of candidates) {
    try {
      const { run, fault } = await verifiedRun(context, scenario, contender)
      if (fault !== null) throw new Error(fault)
      runs.set(contender.name, run)
      sound.push(contender)
    } catch (error) {
      if (contender === first) throw error
      console.log(`  without ${contender.name}: ${(error as Error).message.split('\n')[0]}`)
    }
  }
  if (sound.length === 1) return { best: first, runs }
  const secondsOf = (contender: Contender): number => runs.get(contender.name)?.seconds ?? Number.POSITIVE_INFINITY
  for (const contender of sound) {
    clearOutput(contender.command)
    const run = await runChild(contender.command)
    if (run.seconds < secondsOf(contender)) runs.set(contender.name, run)
  }
  return { best: sound.reduce((best, next) => (secondsOf(next) < secondsOf(best) ? next : best)), runs }
}

/** Sums a series up. */
function pairReport(
  scenario: Scenario,
  gate: Gate,
  names: { reference: string; subject: string },
  series: RoundSeries,
  work: number,
): ScenarioReport {
  const figures = series.rounds.map((round) => figure(scenario.measure, round))
  const value = median(figures)
  const best = bestFigure(scenario.measure, series.rounds)
  const canary = canaryOf(scenario.measure, series.rounds)
  const { measure, goal } = scenario
  const decision = decide({ measure, value, best, canary, gate: gate.value, goal, gateWasReached: gate.wasReached })
  const sides = [
    sideReport(names.subject, 'subject', series),
    sideReport(names.reference, 'reference', series),
  ] as const
  return {
    ...header(scenario, gate),
    ...decision,
    value,
    interval: medianInterval(figures),
    minimumRatio: best,
    canary,
    pairs: figures.length,
    unitsPerSecond: work / sides[0].medianSeconds,
    sides,
  }
}

/** Peak memory: the worst of some runs. */
async function evaluateMemory(
  context: BenchContext,
  scenario: Scenario,
  gate: Gate,
  effort: Effort,
): Promise<ScenarioReport> {
  const subject = scenario.subject(context)
  const runs: RunResult[] = []
  while (runs.length < effort.soloRuns) {
    const { run, fault } = await verifiedRun(context, scenario, subject)
    if (fault !== null) return { ...header(scenario, gate), verdict: 'wrong', reason: fault }
    runs.push(run)
  }
  const value = Math.max(...runs.map((run) => run.peakMegabytes))
  const { measure, goal } = scenario
  const decision = decide({
    measure,
    value,
    best: value,
    canary: null,
    gate: gate.value,
    goal,
    gateWasReached: gate.wasReached,
  })
  const seconds = runs.map((run) => run.seconds)
  const side = {
    name: subject.name,
    medianSeconds: median(seconds),
    minimumSeconds: Math.min(...seconds),
    peakMegabytes: value,
  }
  return { ...header(scenario, gate), ...decision, value, sides: [side] }
}

/** Verifies both sides, then measures them in pairs. */
async function evaluatePairs(
  context: BenchContext,
  scenario: Scenario,
  gate: Gate,
  effort: Effort,
): Promise<ScenarioReport> {
  const subject = scenario.subject(context)
  const { fault } = await verifiedRun(context, scenario, subject)
  if (fault !== null) return { ...header(scenario, gate), verdict: 'wrong', reason: fault }
  const { best, runs } = await chooseReference(context, scenario)
  const plan = { measure: scenario.measure, gate: gate.value, pairs: effort.pairs, deadline: effort.deadline }
  const series = await runRounds(plan, best, subject)
  const report = pairReport(
    scenario,
    gate,
    { reference: best.name, subject: subject.name },
    series,
    scenario.work(context),
  )
  const others = [...runs]
    .filter(([name]) => name !== best.name)
    .map(([name, { seconds, peakMegabytes }]) => ({
      name,
      medianSeconds: seconds,
      minimumSeconds: seconds,
      peakMegabytes,
    }))
  return { ...report, sides: [...(report.sides ?? []), ...others] }
}

/** Runs one scenario to its verdict. A side that cannot run, or whose result is wrong, is a verdict too. */
export async function evaluate(
  context: BenchContext,
  scenario: Scenario,
  gate: Gate,
  effort: Effort,
): Promise<ScenarioReport> {
  if (scenario.unavailable !== undefined) {
    return { ...header(scenario, gate), verdict: 'unavailable', reason: scenario.unavailable }
  }
  if (performance.now() > effort.deadline) {
    return { ...header(scenario, gate), verdict: 'unavailable', reason: 'no time was left' }
  }
  try {
    await scenario.prepare(context)
    return scenario.measure === 'peakMegabytes'
      ? await evaluateMemory(context, scenario, gate, effort)
      : await evaluatePairs(context, scenario, gate, effort)
  } catch (error) {
    return { ...header(scenario, gate), verdict: 'wrong', reason: (error as Error).message.slice(0, 2000) }
  }
}
