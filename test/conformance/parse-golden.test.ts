import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { toJson } from '../../src/config/document.js'
import { parseHocon } from '../../src/config/hocon/hocon.js'
import { parseJson } from '../../src/config/json.js'
import { isErrorCode, MillraceError } from '../../src/core/error.js'

/** One recorded parse of SeaTunnel's own parser. */
interface Golden {
  readonly path: string
  readonly config?: unknown
  readonly error?: true
  readonly unresolved?: true
}

function repositoryRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder)
  return folder
}

function sharedFolder(): string | null {
  const given = process.env.MILLRACE_SHARED
  const candidates = [given, join(repositoryRoot(), '../shared'), join(repositoryRoot(), '../../shared')]
  const found = candidates.find(
    (folder) => folder !== undefined && existsSync(join(folder, 'conformance/golden-parse.jsonl')),
  )
  return found === undefined ? null : join(found, 'conformance')
}

/** The value with a prototype, members sorted, bigints as numbers: what the recording, made with JSON, can hold. */
function comparable(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(comparable)
  if (value === null || typeof value !== 'object') return value
  const members = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1))
  return Object.fromEntries(members.map(([key, member]) => [key, comparable(member)]))
}

function parse(folder: string, path: string): unknown {
  const file = [join(folder, 'suite', path), join(folder, 'parse', path)].find(existsSync)
  assert.ok(file !== undefined, `${path} is missing`)
  const text = readFileSync(file, 'utf8')
  return comparable(toJson(path.endsWith('.json') ? parseJson(text, path) : parseHocon(text, path)))
}

function failure(folder: string, path: string): MillraceError {
  try {
    parse(folder, path)
  } catch (error) {
    assert.ok(error instanceof MillraceError, String(error))
    return error
  }
  return assert.fail(`${path} was accepted`)
}

const folder = sharedFolder()
const skip =
  folder === null ? 'the recorded parses are absent: set MILLRACE_SHARED to the folder that holds conformance/' : false
const lines = folder === null ? [] : readFileSync(join(folder, 'golden-parse.jsonl'), 'utf8').trim().split('\n')

describe('job files parse to what SeaTunnel makes of them', { skip }, () => {
  for (const line of lines) {
    const golden: Golden = JSON.parse(line)
    it(golden.path, () => {
      if (folder === null) return
      if (golden.config !== undefined) assert.deepEqual(parse(folder, golden.path), comparable(golden.config))
      else {
        const { code, details } = failure(folder, golden.path)
        assert.equal(code, golden.unresolved ? 'CONFIG_SUBSTITUTION' : 'CONFIG_SYNTAX')
        assert.ok(isErrorCode(code))
        assert.ok((details.position?.line ?? 0) > 0 && (details.hint ?? '') !== '')
      }
    })
  }
})
