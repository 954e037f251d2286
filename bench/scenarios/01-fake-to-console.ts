import { standingQuery } from '../data.js'
import { duckdbProgram } from '../peers/conversions.js'
import type { BenchContext, Scenario } from '../types.js'
import { fakeSubject, prepareFakeJob, verifyRowCount } from './fake.js'

const ID = '01'

/** Twice the standing file: 10 M rows in a full run. */
function fakeRows(context: BenchContext): number {
  return context.rows * 2
}

/** The peer makes eight columns of the same types and looks at every value. */
function aggregate(rows: number): string {
  return `SELECT sum(id), max(name), max(email), max(city), sum(amount), sum(qty), max(ts), count(*) FILTER (flag) FROM (${standingQuery(rows)})`
}

/** Generated rows, discarded. */
export const fakeToConsole: Scenario = {
  id: ID,
  title: 'FakeSource → Console, printing off',
  measure: 'ratio',
  unit: 'rows',
  gate: 0.4,
  goal: 0.8,
  limit: 'memory fill',
  work: fakeRows,
  prepare: (context) => prepareFakeJob(context, ID, fakeRows(context)),
  subject: (context) => fakeSubject(context, ID),
  references: (context) => [duckdbProgram(context, ID, [aggregate(fakeRows(context))])],
  verify: async (context, contender, result) => verifyRowCount(contender, result, fakeRows(context)),
}
