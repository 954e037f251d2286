import { outputFolder } from '../jobs.js'
import type { BenchContext, Contender, Scenario } from '../types.js'

const ID = '00'

/** Iterations of the fixed piece of work; the slow side does a quarter more. */
const ITERATIONS = 120_000_000
const SLOW_DOWN = 1.25

/** A process that does a fixed amount of arithmetic. */
function worker(context: BenchContext, name: string, iterations: number): Contender {
  const code = `let x = 1; for (let i = 0; i < ${iterations}; i++) x = (x * 1103515245 + 12345) | 0; if (x === 7) console.log(x)`
  return { name, command: { argv: [process.execPath, '-e', code], output: outputFolder(context, ID, name) } }
}

/** The harness's own test: a side that is slower by a quarter has to fail a gate of 1. */
export const selfTest: Scenario = {
  id: ID,
  title: 'self-test: a slow-down by a quarter fails',
  measure: 'ratio',
  unit: 'jobs',
  gate: 1,
  goal: 1,
  limit: String(1 / SLOW_DOWN),
  work: () => 1,
  prepare: async () => undefined,
  subject: (context) => worker(context, 'slow', ITERATIONS * SLOW_DOWN),
  references: (context) => [worker(context, 'plain', ITERATIONS)],
  verify: async () => ({ ok: true, detail: 'nothing to compare' }),
}
