import { deleteDataset, pollDatasetDeletion } from '../changes.js'
import {
  dashboardConfig,
  datasets,
  environment,
  logContent,
  logFiles,
  nodeConfiguration,
  nodeLogName,
  overview,
  shutDown,
} from '../cluster.js'
import { noSuchLog } from '../fault.js'
import { jobManagerMetrics } from '../metrics.js'
import { answers, type FlinkOperation, responds } from '../operation.js'
import { ONE_PROCESS, UNDOCUMENTED } from './notes.js'

/** The cluster, its settings and its logs. */
export const CLUSTER_OPERATIONS: readonly FlinkOperation[] = [
  responds('DELETE /cluster', 'Shuts the node down', 'exact', shutDown, {
    access: 'submit',
    note: '403 unless `flink.allow-shutdown` is on; jobs go on when the node starts again',
  }),
  answers('GET /config', 'What the dashboard may offer', 'exact', dashboardConfig),
  answers('GET /overview', 'Numbers of slots and jobs', 'exact', overview),
  answers('GET /datasets', 'Results kept between jobs', 'constant', datasets, { note: 'there are none' }),
  answers('GET /datasets/delete/:triggerid', 'Polls a deletion', 'constant', pollDatasetDeletion, {
    note: 'there are none',
  }),
  answers('DELETE /datasets/:datasetid', 'Deletes a data set', 'constant', deleteDataset, {
    status: 202,
    note: 'there are none',
  }),
  answers('GET /jobmanager/config', 'Settings of the node', 'approximated', nodeConfiguration, {
    note: "under the node's own keys, behind the keys of Flink that clients read; nested maps and secrets are hidden",
  }),
  answers('GET /jobmanager/environment', 'What the process runs on', 'approximated', environment, {
    note: 'Node.js in the place of the JVM; no class path',
  }),
  answers('GET /jobmanager/logs', 'Log files', 'exact', logFiles),
  responds(
    'GET /jobmanager/log',
    "The node's own log",
    'exact',
    async (call, { wire }) => wire.text(await logContent(call, await nodeLogName(call))),
    UNDOCUMENTED,
  ),
  responds(
    'GET /jobmanager/logs/:filename',
    'A log file',
    'exact',
    async (call, { wire }) => wire.text(await logContent(call, call.part('filename'))),
    UNDOCUMENTED,
  ),
  responds('GET /jobmanager/stdout', 'Standard output', 'constant', noOutput, {
    ...UNDOCUMENTED,
    note: 'it goes to no file: 404',
  }),
  answers('GET /jobmanager/metrics', 'Metrics of the process', 'approximated', jobManagerMetrics, {
    note: `${ONE_PROCESS}; heap and collections are V8's`,
  }),
]

/** Standard output goes to no file. @throws FlinkFault 404 */
export function noOutput(): never {
  throw noSuchLog()
}
