import type { ProfileName } from '../config/millrace-options.js'

export { PROFILE_NAMES, type ProfileName } from '../config/millrace-options.js'

/**
 * What REST answers look like where versions of SeaTunnel differ. The rows C1 to C10 and C13 of the compatibility table are members;
 * C2 and C3 (a text and a number in the answers of stop-job and stop-jobs) and C12 (ended jobs in the order of their ends) are the
 * same everywhere, and C11 (whether v1 is on) is what the configuration says.
 */
export interface WireProfile {
  readonly name: ProfileName
  /** Last part of the 2.3 release whose endpoints there are; what came later is an unknown path. */
  readonly release: number
  /** C1: the `jobId` in the answer of submit-job. */
  readonly submittedId: 'number' | 'string'
  /** C4, C13: whether `jobId` of submit-job counts always or for starts from a savepoint only. */
  readonly idParameter: 'always' | 'savepoint'
  /** C5: the answer for an unknown id: an object with the id, or an empty one. */
  readonly unknownJob: 'id' | 'empty'
  /** C6: whether running-job shows ended jobs. */
  readonly showsEndedAsRunning: boolean
  /** C7a: the `jobDag` of a running job. */
  readonly runningDag: 'vertices' | 'pipelines' | 'both'
  /** C7b: the `jobDag` of an ended job; `typed` has numbers for ids and an object of vertices. */
  readonly endedDag: 'typed' | 'pipelines'
  /** C8: which members `metrics` has. */
  readonly metrics: 'two' | 'sixteen' | 'all'
  /** C9: whether running jobs have `envOptions` on v1. */
  readonly envOptionsOnV1: boolean
  /** C10: the status for an id that is no number. */
  readonly badIdStatus: 400 | 500
  /** Whether v1 takes the query of a GET as part of the last segment of its path. */
  readonly rawQueries: boolean
  /** Whether faults that a JVM reports by its own exceptions are told in its words. */
  readonly javaMessages: boolean
  /** Whether errors have `code`, `where` and `hint` behind `status` and `message`. */
  readonly errorDetails: boolean
  /** Whether `format` of submit-job chooses the language of the body. */
  readonly bodyFormats: boolean
  /** Whether v2 says that it is Jetty. */
  readonly jettyHeaders: boolean
  /** Keys of secrets that encrypt-config knows. */
  readonly hasTokenSecrets: boolean
  /** Whether system-monitoring-information starts with `isMaster`, `host` and `port`. */
  readonly monitorsMembers: boolean
  /** Whether metric pages say which format they have. */
  readonly typedMetricPages: boolean
}

const DEFAULT: WireProfile = {
  name: 'default',
  release: 12,
  submittedId: 'string',
  idParameter: 'always',
  unknownJob: 'id',
  showsEndedAsRunning: true,
  runningDag: 'both',
  endedDag: 'pipelines',
  metrics: 'all',
  envOptionsOnV1: true,
  badIdStatus: 400,
  rawQueries: false,
  javaMessages: false,
  errorDetails: true,
  bodyFormats: true,
  jettyHeaders: false,
  hasTokenSecrets: true,
  monitorsMembers: true,
  typedMetricPages: true,
}

const RELEASE_9: WireProfile = {
  ...DEFAULT,
  name: '2.3.9',
  release: 9,
  runningDag: 'pipelines',
  metrics: 'sixteen',
  envOptionsOnV1: false,
  rawQueries: true,
  javaMessages: true,
  errorDetails: false,
  bodyFormats: false,
  jettyHeaders: true,
  typedMetricPages: false,
}

const RELEASE_4: WireProfile = {
  ...RELEASE_9,
  name: '2.3.4',
  release: 4,
  submittedId: 'number',
  idParameter: 'savepoint',
  unknownJob: 'empty',
  showsEndedAsRunning: false,
  runningDag: 'vertices',
  endedDag: 'typed',
  metrics: 'two',
  envOptionsOnV1: true,
  badIdStatus: 500,
  hasTokenSecrets: false,
  monitorsMembers: false,
}

/** The profiles by name. */
export const WIRE_PROFILES: Readonly<Record<ProfileName, WireProfile>> = {
  default: DEFAULT,
  '2.3.4': RELEASE_4,
  '2.3.9': RELEASE_9,
}
