import { answers, type FlinkOperation } from '../operation.js'
import {
  deletePackage,
  listPackages,
  planPackage,
  refuseCoordination,
  refuseGraph,
  runPackage,
  uploadPackage,
} from '../packages.js'
import { UNDOCUMENTED } from './notes.js'

const SUBMIT = { access: 'submit', needsSubmit: true } as const
const PLANNED = 'from the configuration alone: nothing outside of the package is looked at'

/** Job packages, and what needs a JVM. */
export const PACKAGE_OPERATIONS: readonly FlinkOperation[] = [
  answers('GET /jars', 'Uploaded job packages', 'exact', listPackages, {
    needsSubmit: true,
    note: 'the configurations of a package are its entries',
  }),
  answers('POST /jars/upload', 'Uploads a job package', 'exact', uploadPackage, { ...SUBMIT, body: 'form' }),
  answers('DELETE /jars/:jarid', 'Deletes a job package', 'exact', deletePackage, {
    ...SUBMIT,
    note: 'jobs that were run from it go on',
  }),
  answers('GET /jars/:jarid/plan', 'The graph of a job package', 'approximated', planPackage, {
    needsSubmit: true,
    note: PLANNED,
    ...UNDOCUMENTED,
  }),
  answers('POST /jars/:jarid/plan', 'The graph of a job package', 'approximated', planPackage, {
    ...SUBMIT,
    note: PLANNED,
  }),
  answers('POST /jars/:jarid/run', 'Runs a job package', 'exact', runPackage, {
    ...SUBMIT,
    note: 'the arguments are variables of the configuration; a package of Java classes is refused',
  }),
  answers('POST /jobs', 'Runs a serialized Java graph', 'constant', refuseGraph, {
    note: '400: nothing here runs Java',
    access: 'submit',
    body: 'none',
    ...UNDOCUMENTED,
  }),
  answers('POST /jobs/:jobid/coordinators/:operatoruid', 'Asks an operator', 'constant', refuseCoordination, {
    note: '404: nothing here takes serialized Java',
    ...UNDOCUMENTED,
  }),
]
