import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ROOT } from '../../conventions/layers.js'

/** Lines of Flink of which there are recordings. */
export const FLINK_RECORDED = { '2.1': 'rest-2.2.1.jsonl', '1.20': 'rest-1.20.5.jsonl' } as const

/** A profile with recordings. */
export type RecordedFlink = keyof typeof FLINK_RECORDED

/** One recorded call. */
export interface RecordedCall {
  readonly name: string
  /** Method and pattern of the path. */
  readonly operation: string
  readonly request: {
    readonly method: string
    readonly path: string
    readonly headers: Readonly<Record<string, string>>
    readonly body: unknown
  }
  readonly response: {
    readonly status: number
    readonly headers: readonly (readonly [name: string, value: string])[]
    readonly body: unknown
  }
}

const FOLDERS =
  process.env.MILLRACE_SHARED === undefined ? ['../shared', '../../shared'] : [process.env.MILLRACE_SHARED]
const FOLDER = FOLDERS.map((folder) => resolve(ROOT, folder, 'reference/flink/recorded')).find((folder) =>
  existsSync(folder),
)

/** Why tests of recordings are skipped, or `false`. */
export const SKIP_FLINK: string | false =
  FOLDER === undefined ? 'the recorded answers are absent: set MILLRACE_SHARED to the folder that holds them' : false

/** The calls of a line in the order in which they were made. */
export function recordedCalls(line: RecordedFlink): readonly RecordedCall[] {
  if (FOLDER === undefined) return []
  const lines = readFileSync(join(FOLDER, FLINK_RECORDED[line]), 'utf8').split('\n')
  return lines.filter((text) => text !== '').map((text) => JSON.parse(text) as RecordedCall)
}

/** Any other file of recordings, an object a line; nothing where there are none. */
export function flinkRecording(name: string): readonly { readonly name: string; readonly [member: string]: unknown }[] {
  if (FOLDER === undefined) return []
  const lines = readFileSync(join(FOLDER, name), 'utf8').split('\n')
  return lines.filter((text) => text !== '').map((text) => JSON.parse(text))
}
