import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ROOT } from '../../conventions/layers.js'

/** Versions of which there are recordings, by the profile that stands for them. */
export const RECORDED = { '2.3.4': 'rest-2.3.4.jsonl', '2.3.9': 'rest-2.3.9-SNAPSHOT.jsonl' } as const

/** A profile with recordings. */
export type RecordedProfile = keyof typeof RECORDED

/** A request as it was sent. */
export interface RecordedRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
}

/** An answer as it came. */
export interface RecordedResponse {
  readonly status: number | 'timeout' | null
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
  readonly connectionClosedWithoutReply?: boolean
  readonly keptOpen?: boolean
}

/** One recorded case: a request with its answer, or a dialogue of bytes. */
export interface RecordedCase {
  readonly name: string
  readonly request?: RecordedRequest
  readonly response?: RecordedResponse
  /** What was sent in two steps, and what came after each. */
  readonly exchange?: readonly (readonly [step: string, received: string])[]
  readonly sent?: string
  readonly received?: string
  /** Status and body of answers on one connection. */
  readonly responses?: readonly (readonly [status: number, body: string])[]
}

const FOLDERS =
  process.env.MILLRACE_SHARED === undefined ? ['../shared', '../../shared'] : [process.env.MILLRACE_SHARED]
const FOLDER = FOLDERS.map((folder) => resolve(ROOT, folder)).find((folder) =>
  existsSync(join(folder, 'reference/seatunnel', RECORDED['2.3.9'])),
)

/** Folder of what is shared with other work, or `null` where it is not. */
export const SHARED: string | null = FOLDER ?? null

/** All cases of a version by name. */
export function recordedCases(profile: RecordedProfile): ReadonlyMap<string, RecordedCase> {
  if (SHARED === null) return new Map()
  const text = readFileSync(join(SHARED, 'reference/seatunnel', RECORDED[profile]), 'utf8')
  const lines = text.split('\n').filter((line) => line !== '')
  return new Map(lines.map((line) => JSON.parse(line) as RecordedCase).map((each) => [each.name, each]))
}
