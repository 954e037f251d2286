import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Gate } from './evaluate.js'
import { isAsGood } from './statistics.js'
import type { BenchContext, Measure, Scenario, ScenarioReport } from './types.js'

/** Gates by mode and scenario; committed, and only ever made stricter. */
export type GateTable = Readonly<Record<string, Readonly<Record<string, number>>>>

/** How much of an achieved figure a gate demands. Milliseconds differ between machines: there the goal table's gate holds. */
const RATIO_KEPT = 0.92
const MEMORY_ALLOWED = 1.1

function gateFile(context: BenchContext): string {
  return join(context.root, 'bench', 'results', 'gates.json')
}

/** The committed gates. */
export function readGates(context: BenchContext): GateTable {
  const file = gateFile(context)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as GateTable) : {}
}

/** The gate of a scenario in this mode: the committed one, else the goal table's, which warns until it is reached. */
export function gateOf(gates: GateTable, context: BenchContext, scenario: Scenario): Gate {
  const committed = gates[context.mode]?.[scenario.id]
  return committed === undefined ? { value: scenario.gate, wasReached: false } : { value: committed, wasReached: true }
}

/** The gate that an achieved figure leads to. */
export function gateFor(measure: Measure, achieved: number, tableGate: number): number {
  switch (measure) {
    case 'ratio':
      return Number((achieved * RATIO_KEPT).toFixed(3))
    case 'peakMegabytes':
      return Math.round(achieved * MEMORY_ALLOWED)
    case 'overheadMs':
      return tableGate
  }
}

/** The table with every gate that this run made stricter; a scenario that missed its gate, or decided nothing, changes nothing. */
export function ratchet(
  gates: GateTable,
  mode: string,
  scenarios: readonly Scenario[],
  reports: readonly ScenarioReport[],
): GateTable {
  const row: Record<string, number> = { ...gates[mode] }
  for (const { id, measure, verdict, value } of reports) {
    const scenario = scenarios.find((candidate) => candidate.id === id)
    if (scenario === undefined || value === undefined || (verdict !== 'pass' && verdict !== 'warn')) continue
    const gate = gateFor(measure, value, scenario.gate)
    const known = row[id]
    const reached = measure !== 'overheadMs' || value <= scenario.gate
    if (reached && (known === undefined || isAsGood(measure, gate, known))) row[id] = gate
  }
  return { ...gates, [mode]: row }
}

/** Writes the table back. */
export function writeGates(context: BenchContext, gates: GateTable): void {
  writeFileSync(gateFile(context), `${JSON.stringify(gates, null, 2)}\n`)
}
