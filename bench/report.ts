import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { CountReport } from './counts.js'
import type { Machine } from './machine.js'
import type { NodeFigure } from './node/measure.js'
import { type RateReport, rateText } from './rates.js'
import type { Measure, ScenarioReport } from './types.js'

/** Everything one run found. */
export interface BenchReport {
  readonly date: string
  readonly mode: 'quick' | 'full'
  readonly rows: number
  readonly threads: number
  /** Whether the sides wrote into a file system in memory. */
  readonly resultsInMemory: boolean
  readonly machine: Machine
  readonly scenarios: readonly ScenarioReport[]
  readonly counts: readonly CountReport[]
  readonly rates: readonly RateReport[]
  readonly node: readonly NodeFigure[]
}

/** A figure with its unit. */
export function figureText(measure: Measure, value: number): string {
  switch (measure) {
    case 'ratio':
      return `${value.toFixed(2)}×`
    case 'overheadMs':
      return `${value.toFixed(0)} ms`
    case 'peakMegabytes':
      return `${value.toFixed(0)} MB`
  }
}

/** The other side with its time and memory, and what else was tried. */
function referenceText(report: ScenarioReport): string {
  const [, reference, ...others] = report.sides ?? []
  if (reference === undefined) return ''
  const rest = others.map((side) => `${side.name} ${side.minimumSeconds.toFixed(2)} s`).join(', ')
  return `${reference.name} ${reference.medianSeconds.toFixed(2)} s, ${reference.peakMegabytes.toFixed(0)} MB${rest === '' ? '' : ` (${rest})`}`
}

/** One line of the Markdown table. */
function scenarioLine(report: ScenarioReport): string {
  const { measure, value, interval, canary, pairs } = report
  const subject = report.sides?.[0]
  const cells = [
    report.id,
    report.title,
    value === undefined ? '' : `**${figureText(measure, value)}**`,
    interval === undefined ? '' : interval.map((bound) => figureText(measure, bound)).join(' to '),
    figureText(measure, report.gate),
    figureText(measure, report.goal),
    report.limit,
    subject === undefined ? '' : `${subject.medianSeconds.toFixed(2)} s, ${subject.peakMegabytes.toFixed(0)} MB`,
    referenceText(report),
    canary === undefined ? '' : `${canary.toFixed(3)} (${pairs} pairs)`,
    `${report.verdict}: ${report.reason.split('\n')[0]?.replaceAll('|', '\\|')}`,
  ]
  return `| ${cells.join(' | ')} |`
}

/** One line of the table of counts. */
function countLine(report: CountReport): string {
  const { name, instructionsPerRow, baseline, verdict, reason } = report
  const cells = [name, instructionsPerRow?.toFixed(1) ?? '', baseline?.toFixed(1) ?? '', `${verdict}: ${reason}`]
  return `| ${cells.join(' | ')} |`
}

/** The report as Markdown. */
export function markdown(report: BenchReport): string {
  const { machine } = report
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`)
  return [
    `# Benchmark, ${report.mode}`,
    '',
    `${report.date}; ${machine.processor}, ${machine.cores} cores, ${machine.memoryGigabytes} GB, ${machine.system}; load at start ${machine.loadAtStart}; ${report.rows.toLocaleString('en')} rows, ${report.threads} threads a side; results ${report.resultsInMemory ? 'in memory, because only Millrace waits for the disk' : 'on disk, which only Millrace waits for'}.`,
    '',
    `${versions.join('; ')}.`,
    '',
    'Ratios are reference time ÷ our time, taken pair by pair: above 1 is faster than the reference. Times are for orientation only.',
    '',
    '| # | scenario | figure | interval of the median | gate | goal | limit | ours | reference | canary | verdict |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...report.scenarios.map(scenarioLine),
    '',
    '| instructions | per row | committed | verdict |',
    '| --- | --- | --- | --- |',
    ...report.counts.map(countLine),
    '',
    '| one part on one core | rate | verdict |',
    '| --- | --- | --- |',
    ...report.rates.map((rate) => `| ${rate.name} | ${rateText(rate)} | ${rate.verdict}: ${rate.reason} |`),
    '',
    '| a running node | figure | must be | verdict |',
    '| --- | --- | --- | --- |',
    ...report.node.map(({ name, figure, must, verdict, reason }) => {
      return `| ${name} | ${figure} | ${must} | ${verdict}: ${reason} |`
    }),
    '',
  ].join('\n')
}

/** Writes `<path>.json` and `<path>.md`. */
export function writeReport(path: string, report: BenchReport): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${path}.json`, `${JSON.stringify(report, null, 2)}\n`)
  writeFileSync(`${path}.md`, markdown(report))
}

/** One line for the terminal. */
export function summaryLine(report: ScenarioReport): string {
  const value = report.value === undefined ? '' : ` ${figureText(report.measure, report.value)}`
  const bounds = `gate ${figureText(report.measure, report.gate)}, goal ${figureText(report.measure, report.goal)}`
  return `${report.verdict.toUpperCase().padEnd(12)} ${report.id.padEnd(8)} ${report.title}:${value} (${bounds}) ${report.reason}`
}
