import type { Scenario } from '../types.js'
import { fakeSubject, idleNode, prepareFakeJob, verifyRowCount } from './fake.js'

/** A whole job over `node -e 0`: what starting, planning, running and ending cost. */
function smallJob(id: string, rows: number, goal: number): Scenario {
  return {
    id,
    title: `whole job of ${rows} ${rows === 1 ? 'row' : 'rows'}, over 'node -e 0'`,
    measure: 'overheadMs',
    unit: 'jobs',
    gate: 150,
    goal,
    limit: '0',
    work: () => 1,
    prepare: (context) => prepareFakeJob(context, id, rows),
    subject: (context) => fakeSubject(context, id),
    references: (context) => [idleNode(context, id)],
    verify: async (_, contender, result) => verifyRowCount(contender, result, rows),
  }
}

export const smallJobs: readonly Scenario[] = [smallJob('02a', 100_000, 60), smallJob('02b', 1, 60)]
