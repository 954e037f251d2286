export { checkpointLocation } from '../checkpoint/location.js'
export type { JobDag, JobEdge, JobVertex } from '../engine/job-dag.js'
export type {
  AttemptView,
  FailedTask,
  JobAttempts,
  SubtaskFigures,
  TaskFigures,
  TaskRates,
  VertexFigures,
  VertexRates,
  VertexTotal,
} from './attempt-api.js'
export type {
  CheckpointDetail,
  CheckpointRequest,
  JobCheckpoint,
  JobCheckpointing,
  JobCheckpoints,
  JobRequest,
  StopKind,
} from './checkpoint-api.js'
export type {
  JobEvent,
  JobFailure,
  JobFlow,
  JobOutline,
  JobStatus,
  JobSubmission,
  JobView,
  RescaleRequest,
  RestoreRequest,
  StopRequest,
  SubmittedJob,
  TableFlow,
  VertexBounds,
} from './job-api.js'
export { END_STATES } from './job-api.js'
export type { CollectionFigures, LogFile, LogLevel, NodeLogs, NodeMonitor, ProcessFigures } from './monitor-api.js'
export type { JobPackage, JobPackages, PackagedJob, PackageEntry } from './packages/api.js'
export type {
  FlameGraph,
  FlameGraphRequest,
  FlameGraphType,
  FlameNode,
  NodeProfile,
  NodeProfiler,
  ProfileMode,
  ProfileRequest,
  ProfileScope,
  ThreadStack,
} from './profiler-api.js'
export type { NodeIdentity, NodeOverview, NodeService } from './service-api.js'
