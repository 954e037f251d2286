import type { JsonSchema } from '../described-route.js'
import type { WireProfile } from '../profile.js'

const TEXT: JsonSchema = { type: 'string' }
const NUMBER: JsonSchema = { type: 'number' }
const FLAG: JsonSchema = { type: 'boolean' }
const TEXT_MAP: JsonSchema = { type: 'object', additionalProperties: TEXT }
const ID_NUMBER: JsonSchema = { type: 'integer' }

function object(properties: Readonly<Record<string, JsonSchema>>, optional: readonly string[] = []): JsonSchema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name))
  return { type: 'object', properties, required }
}

const list = (items: JsonSchema): JsonSchema => ({ type: 'array', items })

/** An error. Its message is absent where a JVM had none. */
export const FAILURE = object({ status: { type: 'string', enum: ['fail'] }, message: TEXT }, ['message'])

const TOTAL_KEYS = [
  'SourceReceivedCount',
  'SourceReceivedQPS',
  'SourceReceivedBytes',
  'SourceReceivedBytesPerSeconds',
  'SinkWriteCount',
  'SinkWriteQPS',
  'SinkWriteBytes',
  'SinkWriteBytesPerSeconds',
] as const

function metricsSchema({ metrics }: WireProfile): JsonSchema {
  if (metrics === 'two') return object({ SourceReceivedCount: TEXT, SinkWriteCount: TEXT })
  return object({
    ...Object.fromEntries(TOTAL_KEYS.map((key) => [key, TEXT])),
    ...Object.fromEntries(TOTAL_KEYS.map((key) => [`Table${key}`, TEXT_MAP])),
  })
}

const PIPELINE_DAG = object({
  jobId: TEXT,
  pipelineEdges: {
    type: 'object',
    additionalProperties: list(object({ inputVertexId: TEXT, targetVertexId: TEXT })),
  },
  envOptions: TEXT_MAP,
  vertexInfoMap: list(
    object({
      vertexId: NUMBER,
      type: { type: 'string', enum: ['source', 'transform', 'sink'] },
      vertexName: TEXT,
      tablePaths: list(TEXT),
    }),
  ),
})

const TYPED_DAG = object({
  jobId: ID_NUMBER,
  pipelineEdges: {
    type: 'object',
    additionalProperties: list(object({ inputVertexId: ID_NUMBER, targetVertexId: ID_NUMBER })),
  },
  vertexInfoMap: {
    type: 'object',
    additionalProperties: object({ vertexId: NUMBER, type: TEXT, connectorType: TEXT }),
  },
})

const VERTICES_DAG = object({
  vertices: list(object({ id: NUMBER, name: TEXT, parallelism: NUMBER })),
  edges: list(object({ inputVertex: TEXT, targetVertex: TEXT })),
})

/** A job that has not ended. */
export function runningJobSchema(profile: WireProfile, withEnvOptions: boolean): JsonSchema {
  const dags = { vertices: VERTICES_DAG, pipelines: PIPELINE_DAG, both: { allOf: [PIPELINE_DAG, VERTICES_DAG] } }
  const schema = {
    jobId: TEXT,
    jobName: TEXT,
    jobStatus: TEXT,
    envOptions: TEXT_MAP,
    createTime: TEXT,
    jobDag: dags[profile.runningDag],
    pluginJarsUrls: list(object({ jarPath: TEXT })),
    isStartWithSavePoint: FLAG,
    metrics: metricsSchema(profile),
  }
  return object(schema, withEnvOptions ? [] : ['envOptions'])
}

/** An ended job. */
export function endedJobSchema(profile: WireProfile): JsonSchema {
  const isTyped = profile.endedDag === 'typed'
  return object(
    {
      jobId: TEXT,
      jobName: TEXT,
      jobStatus: TEXT,
      errorMsg: { type: ['string', 'null'] },
      createTime: TEXT,
      finishTime: TEXT,
      jobDag: isTyped ? TYPED_DAG : PIPELINE_DAG,
      pluginJarsUrls: list(object({ jarPath: TEXT })),
      metrics: metricsSchema(profile),
    },
    isTyped ? ['pluginJarsUrls'] : [],
  )
}

/** A running job, an ended one, or what is said of an id that is not known. */
export function anyJobSchema(profile: WireProfile, withEnvOptions: boolean): JsonSchema {
  const unknown = profile.unknownJob === 'id' ? object({ jobId: TEXT }) : { type: 'object' }
  return { anyOf: [runningJobSchema(profile, withEnvOptions), endedJobSchema(profile), unknown] }
}

/** The summary of the node. */
export const OVERVIEW = object(
  {
    projectVersion: TEXT,
    gitCommitAbbrev: TEXT,
    totalSlot: TEXT,
    unassignedSlot: TEXT,
    runningJobs: TEXT,
    finishedJobs: TEXT,
    failedJobs: TEXT,
    cancelledJobs: TEXT,
    workers: TEXT,
    pendingJobs: TEXT,
  },
  ['pendingJobs'],
)

/** Health of all members. */
export const MONITORING = list(TEXT_MAP)

/** The answer to a submission. */
export function submittedSchema({ submittedId }: WireProfile): JsonSchema {
  return object({ jobId: submittedId === 'number' ? ID_NUMBER : TEXT, jobName: TEXT })
}

/** The answers to many submissions. */
export const SUBMITTED_LIST = list(object({ jobId: TEXT, jobName: TEXT }))
/** The answer to a stop. */
export const STOPPED = object({ jobId: TEXT })
/** The answers to many stops. */
export const STOPPED_LIST = list(object({ jobId: ID_NUMBER }))
/** A job document. */
export const JOB_DOCUMENT: JsonSchema = {
  type: 'object',
  properties: {
    env: { type: 'object' },
    source: list({ type: 'object' }),
    transform: list({ type: 'object' }),
    sink: list({ type: 'object' }),
  },
}
/** What is said when something was done. */
export const DONE = object({ status: TEXT, message: TEXT }, ['message'])
/** Names of threads. */
export const THREADS = list(object({ threadName: TEXT, classLoader: TEXT }))
/** Threads with their stacks. */
export const THREAD_DUMP = list(object({ threadName: TEXT, threadId: NUMBER, threadState: TEXT, stackTrace: TEXT }))
/** Log files of all nodes. */
export const LOG_LIST = list(object({ node: TEXT, logLink: TEXT, logName: TEXT }))
/** Names of log files. */
export const LOG_NAMES = list(TEXT)
/** Health of the cluster. */
export const HEALTH = object({
  nodeState: TEXT,
  clusterState: TEXT,
  clusterSafe: FLAG,
  migrationQueueSize: NUMBER,
  clusterSize: NUMBER,
})
/** The members of the cluster. */
export const CLUSTER = object({
  members: list(object({ address: TEXT, liteMember: FLAG, localMember: FLAG, uuid: TEXT, memberVersion: TEXT })),
  connectionCount: NUMBER,
  allConnectionCount: NUMBER,
})
/** The name of this member. */
export const INSTANCE = object({ name: TEXT })
/** Levels by logger. */
export const LOG_LEVELS = TEXT_MAP
/** Any JSON value. */
export const ANY: JsonSchema = {}
