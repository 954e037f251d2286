// npm run bench -- [--quick] [--only id,id] [--pairs n] [--ratchet] [--update-counts] [--output folder] [--subject reference]
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type CountReport, countAll } from './counts.js'
import { STANDING_ROWS } from './data.js'
import { type Effort, evaluate } from './evaluate.js'
import { gateOf, ratchet, readGates, writeGates } from './gates.js'
import { describeMachine, type Machine } from './machine.js'
import { measureFlink } from './node/flink.js'
import { measureNode, type NodeFigure } from './node/measure.js'
import { isInMemory, outputRoot } from './outputs.js'

import { pythonEnvironment } from './peers/python.js'
import { measureRates, type RateReport, rateText } from './rates.js'
import { summaryLine, writeReport } from './report.js'
import { SCENARIOS, selfTest } from './scenarios/index.js'
import type { BenchContext, Scenario, ScenarioReport } from './types.js'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** Seconds that the scenarios of a run may take together. */
const TIME_BUDGET = { quick: 190, full: 1400 } as const

/** Pairs to begin with and to go on to. */
const PAIRS = { quick: [5, 7, 11], full: [7, 11, 21] } as const

const HELP = `npm run bench -- [options]

  --quick               a fifth of the data, DuckDB from npm only, at most 4 minutes
  --only <id>[,<id>]    these scenarios only; 'node' and 'flink' for what a running node does
  --pairs <n>           exactly n pairs
  --ratchet             makes the committed gates stricter where this run allows it
  --update-counts       commits the instruction counts of this run
  --output <folder>     where results go: memory (/dev/shm) where there is room, else the bench's folder
  --subject reference   the reference on both sides: a check of the harness itself
  --help                this text`

/** Name what a running node does, beside the scenarios' ids. */
const NODE = 'node'
const FLINK = 'flink'

/** What the command line asks for. */
interface Options {
  readonly quick: boolean
  readonly scenarios: readonly Scenario[]
  /** Whether a running node is measured. */
  readonly node: boolean
  /** Whether its API of Flink is. */
  readonly flink: boolean
  readonly pairs: number | null
  readonly ratchet: boolean
  readonly updateCounts: boolean
  readonly output: string | undefined
  readonly selfCompare: boolean
}

const OF_NODE: ReadonlySet<string> = new Set([NODE, FLINK])
const isOnlyNode = (only: readonly string[]): boolean => only.length > 0 && only.every((id) => OF_NODE.has(id))

/** Reads the command line; `null` after printing the help. */
function readOptions(): Options | null {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      pairs: { type: 'string' },
      ratchet: { type: 'boolean', default: false },
      'update-counts': { type: 'boolean', default: false },
      output: { type: 'string' },
      subject: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const only = values.only?.split(',') ?? []
  if (values.help) {
    console.log(HELP)
    return null
  }
  return {
    quick: values.quick,
    scenarios: isOnlyNode(only) ? [] : namedScenarios(only.filter((id) => !OF_NODE.has(id))),
    node: only.length === 0 || only.includes(NODE),
    flink: only.length === 0 || only.includes(FLINK),
    pairs: values.pairs === undefined ? null : Number(values.pairs),
    ratchet: values.ratchet,
    updateCounts: values['update-counts'],
    output: values.output === undefined ? undefined : resolve(values.output),
    selfCompare: values.subject === 'reference',
  }
}

/** The surroundings of this run; a full one builds for release and makes the peers' environment. */
function makeContext(options: Options): BenchContext {
  const mode = options.quick ? 'quick' : 'full'
  const cache = join(ROOT, '.cache', 'bench')
  mkdirSync(cache, { recursive: true })
  if (mode === 'full' && !options.selfCompare) {
    const built = spawnSync(process.execPath, [join(ROOT, 'scripts', 'build.mjs'), '--release'], {
      cwd: ROOT,
      stdio: 'inherit',
    })
    if (built.status !== 0) throw new Error('the release build failed')
  }
  return {
    mode,
    root: ROOT,
    cache,
    outputs: outputRoot(options.output, cache),
    rows: STANDING_ROWS[mode],
    threads: availableParallelism(),
    python: mode === 'full' ? pythonEnvironment(cache) : null,
    program: join(ROOT, 'bin', 'millrace'),
  }
}

/** The scenario with its first reference on both sides. */
function compareWithItself(context: BenchContext, scenario: Scenario): Scenario {
  const [reference] = scenario.references(context)
  return reference === undefined
    ? { ...scenario, unavailable: 'there is no reference' }
    : { ...scenario, subject: () => reference }
}

/** The scenario, marked when one of its sides is the program under test and that is not there. */
function markUnavailable(context: BenchContext, scenario: Scenario): Scenario {
  const sides = [scenario.subject(context), ...scenario.references(context)]
  const needsProgram = sides.some(({ command }) => command.argv.includes(context.program))
  return needsProgram && !existsSync(context.program)
    ? { unavailable: 'there is no bin/millrace', ...scenario }
    : scenario
}

/** The scenarios that the command line names, or all. */
function namedScenarios(only: readonly string[]): readonly Scenario[] {
  const unknown = only.find((id) => !SCENARIOS.some((scenario) => matches(scenario.id, id)))
  if (unknown !== undefined)
    throw new Error(`there is no scenario '${unknown}': ${SCENARIOS.map(({ id }) => id).join(', ')}`)
  return SCENARIOS.filter(({ id }) => only.length === 0 || only.some((wanted) => matches(id, wanted)))
}

/** The named scenarios as this run can do them. */
function chooseScenarios(context: BenchContext, options: Options): readonly Scenario[] {
  const compared = options.selfCompare
    ? options.scenarios.map((scenario) => compareWithItself(context, scenario))
    : options.scenarios
  return compared.map((scenario) => markUnavailable(context, scenario))
}

/** Whether a scenario is meant: by its id, with or without leading zeros, or by the number that several share. */
function matches(id: string, wanted: string): boolean {
  const plain = id.replace(/^0+/, '')
  return id === wanted || plain === wanted || plain.replace(/[a-z-].*$/, '') === wanted
}

/** Measures the deliberate slow-down: anything but a failure means that the harness is blind. */
async function runSelfTest(context: BenchContext, effort: Effort): Promise<ScenarioReport> {
  const report = await evaluate(context, selfTest, { value: selfTest.gate, wasReached: true }, effort)
  if (report.verdict === 'fail') return { ...report, verdict: 'pass', reason: 'the slow-down was found' }
  if (report.verdict === 'inconclusive') return report
  return {
    ...report,
    verdict: 'fail',
    reason: `a slow-down by a quarter ended as '${report.verdict}': ${report.reason}`,
  }
}

/** Runs the scenarios one after another, each with its share of the time that is left. */
async function runScenarios(context: BenchContext, options: Options): Promise<ScenarioReport[]> {
  const scenarios = chooseScenarios(context, options)
  const gates = readGates(context)
  const end = performance.now() + TIME_BUDGET[context.mode] * 1000
  const effort = (remaining: number): Effort => ({
    pairs: options.pairs === null ? PAIRS[context.mode] : [options.pairs],
    soloRuns: context.mode === 'quick' ? 3 : 5,
    deadline: performance.now() + (end - performance.now()) / Math.max(1, remaining),
  })
  const reports = [await runSelfTest(context, effort(scenarios.length + 1))]
  console.log(summaryLine(reports[0] as ScenarioReport))
  for (const [index, scenario] of scenarios.entries()) {
    const report = await evaluate(context, scenario, gateOf(gates, context, scenario), effort(scenarios.length - index))
    console.log(summaryLine(report))
    reports.push(report)
  }
  if (options.ratchet) writeGates(context, ratchet(gates, context.mode, scenarios, reports))
  return reports
}

/** Prints the counts and says whether all hold. */
function runCounts(options: Options, machine: Machine): CountReport[] {
  const counts = countAll(ROOT, machine, options.updateCounts)
  if (counts.length === 0) console.log('there are no counting programs (crates/*/examples/count_*.rs)')
  for (const { name, verdict, reason, instructionsPerRow } of counts) {
    console.log(
      `${verdict.toUpperCase().padEnd(12)} ${name}: ${instructionsPerRow?.toFixed(1) ?? 'no'} instructions a row, ${reason}`,
    )
  }
  return counts
}

/** Prints what single parts do on one core. */
function runRates(): RateReport[] {
  const rates = measureRates(ROOT)
  for (const rate of rates) {
    console.log(`${rate.verdict.toUpperCase().padEnd(12)} ${rate.name}: ${rateText(rate)} (${rate.reason})`)
  }
  return rates
}

/** Prints what a running node does. */
async function runNode(options: Options): Promise<readonly NodeFigure[]> {
  const figures = [
    ...(options.node ? await measureNode(ROOT, options.quick) : []),
    ...(options.flink ? await measureFlink(ROOT, options.quick) : []),
  ]
  for (const { name, verdict, figure, must, reason } of figures) {
    console.log(`${verdict.toUpperCase().padEnd(12)} ${name}: ${figure}, must be ${must} (${reason})`)
  }
  return figures
}

/** Runs the bench and reports. Fails on a wrong result, a missed gate, a count that grew, and a blind harness. */
async function main(): Promise<void> {
  const options = readOptions()
  if (options === null) return
  const machine = describeMachine(ROOT, !options.quick)
  const context = makeContext(options)
  const scenarios = await runScenarios(context, options).finally(() => {
    // Memory is given back; what stands on a disk can be looked at.
    if (options.output === undefined) rmSync(context.outputs, { recursive: true, force: true })
  })
  const isWhole = options.scenarios.length === SCENARIOS.length
  const rates = isWhole ? runRates() : []
  const counts = isWhole ? runCounts(options, machine) : []
  const node = options.selfCompare ? [] : await runNode(options)
  const partial = !isWhole || options.selfCompare || options.quick
  const path = join(ROOT, 'bench', 'results', ...(partial ? ['tmp'] : []), context.mode)
  const { mode, rows, threads, outputs } = context
  const resultsInMemory = isInMemory(outputs)
  writeReport(path, {
    date: new Date().toISOString(),
    mode,
    rows,
    threads,
    resultsInMemory,
    machine,
    scenarios,
    counts,
    rates,
    node,
  })
  console.log(`report: ${path}.md`)
  const failed = [...scenarios, ...counts, ...rates, ...node].filter(
    ({ verdict }) => verdict === 'fail' || verdict === 'wrong',
  )
  if (failed.length > 0) process.exitCode = 1
}

try {
  await main()
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
