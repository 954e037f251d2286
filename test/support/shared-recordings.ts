import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../src/native/load.js'
import { parseRecording, type Recording } from './cli.js'

/** Folders in which recordings of the original may lie; a work tree is one folder deeper than a clone. */
const CANDIDATES = [process.env.MILLRACE_SHARED, join(packageRoot(), '../shared'), join(packageRoot(), '../../shared')]

/** Folder of recorded command lines, or `null` where there is none. */
export const RECORDED_COMMANDS: string | null =
  CANDIDATES.flatMap((folder) => (folder === undefined ? [] : [join(folder, 'reference/seatunnel/cli')])).find(
    (folder) => existsSync(folder),
  ) ?? null

/** Why tests of recordings are skipped, or `false`. */
export const SKIP_RECORDED =
  RECORDED_COMMANDS === null
    ? 'the recorded command lines are absent: set MILLRACE_SHARED to the folder that holds them'
    : false

/** Reads a recorded command line. */
export function sharedRecording(name: string): Recording {
  return parseRecording(readFileSync(join(RECORDED_COMMANDS ?? '', `${name}.txt`), 'utf8'), name)
}
