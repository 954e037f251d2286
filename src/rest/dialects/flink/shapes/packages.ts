import {
  ANYTHING,
  either,
  FLAG,
  INTEGER,
  listOf,
  mapOf,
  named,
  nullable,
  object,
  optional,
  TEXT,
  wordOf,
} from '../../../shape.js'
import { JOB_PLAN } from './jobs.js'
import type { OperationShape } from './operation-shape.js'
import { EMPTY, ID, TIME } from './values.js'

const WORDS = optional(nullable(TEXT))
const CLAIM = optional(nullable(wordOf('CLAIM', 'NO_CLAIM', 'LEGACY')))
const PROGRAM = {
  entryClass: WORDS,
  programArgsList: optional(nullable(listOf(TEXT))),
  programArgs: WORDS,
  parallelism: optional(nullable(either(INTEGER, TEXT))),
  jobId: optional(nullable(ID)),
  flinkConfiguration: optional(nullable(mapOf(TEXT))),
} as const
const RESTORE = {
  allowNonRestoredState: optional(nullable(either(FLAG, TEXT))),
  savepointPath: WORDS,
  claimMode: CLAIM,
  restoreMode: CLAIM,
} as const
const QUERY = {
  programArg: optional(listOf(TEXT)),
  'program-args': optional(TEXT),
  'entry-class': optional(TEXT),
  parallelism: optional(INTEGER),
} as const

const JARS = named(
  'FlinkJars',
  object({
    address: TEXT,
    files: listOf(
      object({
        id: TEXT,
        name: TEXT,
        uploaded: TIME,
        entry: listOf(object({ name: TEXT, description: nullable(TEXT) })),
      }),
    ),
  }),
)

/** Job packages, and what needs a JVM. */
export const PACKAGE_SHAPES = {
  'GET /jars': { answer: JARS },
  'POST /jars/upload': {
    takesFile: true,
    answer: named('FlinkUpload', object({ filename: TEXT, status: wordOf('success') })),
  },
  'DELETE /jars/:jarid': { answer: EMPTY },
  'GET /jars/:jarid/plan': { query: QUERY, answer: JOB_PLAN },
  'POST /jars/:jarid/plan': { query: QUERY, body: object(PROGRAM), answer: JOB_PLAN },
  'POST /jars/:jarid/run': {
    query: { ...QUERY, allowNonRestoredState: optional(TEXT), savepointPath: optional(TEXT) },
    body: object({ ...PROGRAM, ...RESTORE }),
    answer: named('FlinkRun', object({ jobid: ID })),
    refusals: [409],
  },
  'POST /jobs': { takesFile: true, answer: object({ jobUrl: TEXT }) },
  'POST /jobs/:jobid/coordinators/:operatoruid': { body: object({}), answer: ANYTHING },
} as const satisfies Record<string, OperationShape>
