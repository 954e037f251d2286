import type { Scenario } from '../types.js'
import { fakeSubject, idleNode } from './fake.js'

const ID = '16'

/** The row is here so that no report looks complete without it. */
export const nodeStart: Scenario = {
  id: ID,
  title: "cold start of a node → REST answers, over 'node -e 0'",
  measure: 'overheadMs',
  unit: 'jobs',
  gate: 200,
  goal: 80,
  limit: '0',
  unavailable: 'there is no REST node yet; scenario 02b has the cold start of a one-row job',
  work: () => 1,
  prepare: async () => undefined,
  subject: (context) => fakeSubject(context, ID),
  references: (context) => [idleNode(context, ID)],
  verify: async () => ({ ok: false, detail: 'not implemented' }),
}
