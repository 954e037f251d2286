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

/** Loggers of the client itself, whose lines scripts look for. */
const CLIENT_LOGGER =
  /\[(?:s\.c\.s\.s\.c\.ClientExecuteCommand|o\.a\.s\.e\.c\.j\.ClientJobProxy|o\.a\.s\.c\.s\.u\.Config(?:Builder|ShadeUtils)|o\.a\.s\.c\.s\.SeaTunnel) *\]/
/**
 * Lines that ours does not have: the shutdown hook of the original runs at every end, it asks for bug reports, closes its node of a
 * local run, and names the class that reads SQL files.
 */
const NOISE = /run shutdown hook because|Please submit bug report|Closed HazelcastInstance|With config adapter spi/

/** The head lines of the client's own messages, in order, without what differs from run to run: times, new job ids, paths, jars. */
export function clientLines(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => CLIENT_LOGGER.test(line) && !NOISE.test(line))
    .map((line) => shape(line.slice(line.search(/\d{4}-/))))
}

function shape(line: string): string {
  return line
    .replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} /, '')
    .replace(/\b\d{18,19}\b/g, 'ID')
    .replace(/path: .*\//, 'path: ')
    .replace(/plugin jar \[.*\]/, 'plugin jar []')
    .replace('shade spi: [base64, aes-256-gcm]', 'shade spi: [base64]')
}

/** Messages of Java and its libraries themselves, in whose place ours say what was wrong. */
const JAVA_CAUSE =
  /^Cannot invoke|^$|^java\.lang|closed\. Reason|NullPointerException|Config#resolve|expecting a close parentheses|found for key 'env'/

/** The causes that a recorded failure names, without those that are Java's. */
export function recordedCauses(text: string): readonly string[] {
  const causes = [...text.matchAll(/^Caused by: (?:[\w.$]+: )*(.*)$/gm)].map((match) => match[1] ?? '')
  return causes.filter((cause) => !JAVA_CAUSE.test(cause))
}
