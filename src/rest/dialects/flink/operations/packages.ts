import { type FlinkOperation, notYet } from '../operation.js'
import { UNDOCUMENTED } from './notes.js'

const JARS = 'needs job packages'
const JAR_QUERY = ['programArg', 'entry-class', 'parallelism'] as const

/** Job packages, and what needs a JVM. */
export const PACKAGE_OPERATIONS: readonly FlinkOperation[] = [
  notYet('GET /jars', 'Uploaded job packages', { note: JARS }),
  notYet('POST /jars/upload', 'Uploads a job package', { note: JARS, access: 'submit' }),
  notYet('DELETE /jars/:jarid', 'Deletes a job package', { note: JARS, access: 'submit' }),
  notYet('GET /jars/:jarid/plan', 'The graph of a job package', { note: JARS, query: JAR_QUERY, ...UNDOCUMENTED }),
  notYet('POST /jars/:jarid/plan', 'The graph of a job package', { note: JARS, query: JAR_QUERY, access: 'submit' }),
  notYet('POST /jars/:jarid/run', 'Runs a job package', {
    note: JARS,
    query: [...JAR_QUERY, 'allowNonRestoredState', 'savepointPath'],
    access: 'submit',
  }),
  notYet('POST /jobs', 'Runs a serialized Java graph', {
    note: 'cannot work without a JVM',
    access: 'submit',
    ...UNDOCUMENTED,
  }),
  notYet('POST /jobs/:jobid/coordinators/:operatoruid', 'Asks an operator', {
    note: 'serialized Java',
    ...UNDOCUMENTED,
  }),
]
