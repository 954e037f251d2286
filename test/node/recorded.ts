import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ROOT } from '../conventions/layers.js'

const FOLDERS =
  process.env.MILLRACE_SHARED === undefined ? ['../shared', '../../shared'] : [process.env.MILLRACE_SHARED]
const FILE = FOLDERS.map((folder) => join(resolve(ROOT, folder), 'reference/seatunnel/rest-2.3.9-SNAPSHOT.jsonl')).find(
  existsSync,
)

/** A request and what the original answered. */
export interface RecordedAnswer {
  readonly request: string
  readonly answer: string
}

/** Recorded answers of 2.3.9-SNAPSHOT by name; `null` where the recordings are not. */
export const RECORDED_REST: ReadonlyMap<string, RecordedAnswer> | null = FILE === undefined ? null : recordings(FILE)

function recordings(file: string): ReadonlyMap<string, RecordedAnswer> {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
  return new Map(
    lines.map((line) => {
      const { name, request, response } = JSON.parse(line)
      return [name, { request: request?.body ?? '', answer: response?.body ?? '' }]
    }),
  )
}
