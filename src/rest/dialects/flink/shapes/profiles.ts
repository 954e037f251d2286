import { INTEGER, listOf, named, nullable, object, optional, TEXT, wordOf } from '../../../shape.js'
import type { OperationShape } from './operation-shape.js'
import { TIME } from './values.js'

const THREADS = named(
  'FlinkThreads',
  object({ threadInfos: listOf(object({ threadName: TEXT, stringifiedThreadInfo: TEXT })) }),
)
const MODE = wordOf('CPU', 'ALLOC', 'LOCK', 'WALL', 'ITIMER')
const PROFILE = named(
  'FlinkProfile',
  object({
    status: wordOf('RUNNING', 'FINISHED', 'FAILED'),
    mode: MODE,
    profilingMode: MODE,
    triggerTime: TIME,
    finishedTime: nullable(TIME),
    duration: INTEGER,
    message: nullable(TEXT),
    outputFile: nullable(TEXT),
  }),
)
const PROFILES = named('FlinkProfiles', object({ profilingList: listOf(PROFILE) }))
const WANTED = object({ mode: optional(MODE), duration: optional(INTEGER) })

/** Threads and profiles. */
export const PROFILE_SHAPES = {
  'GET /jobmanager/thread-dump': { answer: THREADS },
  'GET /jobmanager/profiler': { answer: PROFILES },
  'POST /jobmanager/profiler': { body: WANTED, answer: PROFILE, refusals: [409] },
  'GET /jobmanager/profiler/:filename': {},
  'GET /taskmanagers/:taskmanagerid/thread-dump': { answer: THREADS },
  'GET /taskmanagers/:taskmanagerid/profiler': { answer: PROFILES },
  'POST /taskmanagers/:taskmanagerid/profiler': { body: WANTED, answer: PROFILE, refusals: [409] },
  'GET /taskmanagers/:taskmanagerid/profiler/:filename': {},
} as const satisfies Record<string, OperationShape>
