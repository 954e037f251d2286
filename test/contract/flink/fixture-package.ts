import { zip } from '../../../src/node/packages/testing.js'
import type { RecordedCall } from './recordings.js'
import { ENDLESS } from './scenes.js'

/** A recorded package in a path, its id as it stands there. */
export const JAR_OF_PATH = /\/jars\/([0-9a-f]{8}-[0-9a-f-]{27}_[^/?]*\.jar)(?=[/?]|$)/
/** A recorded savepoint in a body. */
export const SAVEPOINT_OF_BODY = /file:\{FLINK_WORK\}\/sp\/savepoint-[0-9a-f-]+/

/** The job in the package: the recorded program is called so. */
const ENTRY = 'FixtureJobs'

/** What a recorded program was asked to be. */
export type FixtureKind = 'streaming' | 'batch' | 'none'

/** What is to stand for the package of a recorded call: our programs have no argument for how they run. */
export function fixtureKind({ request: { path }, response: { body } }: RecordedCall): FixtureKind {
  if (/no-main/.test(path)) return 'none'
  return JSON.stringify(body ?? null).includes('"type":"BATCH"') ? 'batch' : 'streaming'
}

/** A package with a job that runs until it is stopped, or without any. */
export function fixturePackage(kind: FixtureKind): Buffer {
  if (kind === 'none') return zip([{ name: 'readme.txt' }])
  const named = ENDLESS.replace('job.name = contract', 'job.name = "${name:fixture}"')
  const job = kind === 'batch' ? named.replace('STREAMING', 'BATCH') : named
  const manifest = { name: 'META-INF/MANIFEST.MF', content: `Manifest-Version: 1.0\nMain-Class: ${ENTRY}\n` }
  return zip([manifest, { name: ENTRY, content: job }])
}
