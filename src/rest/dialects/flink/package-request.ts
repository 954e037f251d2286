import type { MillraceError } from '../../../core/error.js'
import { PARALLELISM_LIMIT } from '../../../engine/parallelism.js'
import { badFormat, booleanMember, type FlinkCall, idMember, textMember, wordMember } from './call.js'
import { FlinkFault, unreadable } from './fault.js'
import { readConfiguration } from './flink-configuration.js'
import { argumentVariables, splitArguments } from './program-arguments.js'

/** What a request for a package asks for. */
export interface PackageRequest {
  /** Which configuration; `null` for the only one. */
  readonly entry: string | null
  readonly variables: ReadonlyMap<string, string>
  readonly env: ReadonlyMap<string, string>
  readonly jobName: string | undefined
  readonly clientTimeoutMs: number | undefined
  /** 32 hexadecimal digits; `null` for a new one. */
  readonly flinkJobId: string | null
  /** What the client set and what is shown with the job. */
  readonly settings: ReadonlyMap<string, string>
  readonly notices: readonly MillraceError[]
  /** What the job goes on from; `null` for its beginning. */
  readonly restore: PackageRestore | null
}

/** Where a job goes on from. */
export interface PackageRestore {
  readonly path: string
  readonly claimMode: 'CLAIM' | 'NO_CLAIM' | 'LEGACY'
  /** Whether state may be there that no part of the job takes up. */
  readonly allowsNonRestored: boolean
}

type Body = Readonly<Record<string, unknown>>

const CLAIM_MODES = ['CLAIM', 'NO_CLAIM', 'LEGACY'] as const

/**
 * Reads what runs or plans a package, from the body and, where that does not say, from the query. An empty text is as good as none.
 *
 * @param format Flink's name of the body: `JarRunRequestBody`, `JarPlanRequestBody`.
 * @throws FlinkFault 400; MillraceErrors `CONFIG_VARIABLE`
 */
export function packageRequest(call: FlinkCall, format: string): PackageRequest {
  const body = call.body(format)
  const settings = mapMember(body, format, 'flinkConfiguration')
  const configuration = readConfiguration(settings)
  const parallelism = parallelismOf(call, body, format)
  const env = new Map(configuration.env)
  if (parallelism !== null) env.set('parallelism', String(parallelism))
  return {
    entry: filled(textMember(body, format, 'entryClass')) ?? single(call, 'entry-class'),
    variables: argumentVariables(argumentsOf(call, body, format)),
    env,
    jobName: configuration.jobName ?? undefined,
    clientTimeoutMs: configuration.clientTimeoutMs ?? undefined,
    flinkJobId: idMember(body, format, 'jobId'),
    settings,
    notices: configuration.notices,
    restore: restoreOf(call, body, format, configuration.restore),
  }
}

function filled(text: string | null): string | null {
  return text === null || text.trim() === '' ? null : text
}

/** A parameter of the query that has one value. @throws FlinkFault 400 for several */
function single(call: FlinkCall, name: string): string | null {
  const values = call.list(name) ?? []
  if (values.length > 1) throw new FlinkFault(400, `Expected only one value [${values.join(', ').slice(0, 200)}].`)
  return filled(values[0] ?? null)
}

function parallelismOf(call: FlinkCall, body: Body, format: string): number | null {
  const own = filled(textMember(body, format, 'parallelism'))
  const text = own ?? single(call, 'parallelism')
  if (text === null) return null
  if (!/^\s*-?\d{1,9}\s*$/.test(text)) throw own === null ? unreadable('query', 'parallelism', text) : badFormat(format)
  const value = Number(text)
  // As if it were not there. @source Flink `ExecutionConfig.PARALLELISM_DEFAULT`
  if (value === -1) return null
  if (value < 1)
    throw new FlinkFault(
      400,
      'Parallelism must be at least one, or ExecutionConfig.PARALLELISM_DEFAULT (use system default).',
    )
  if (value > PARALLELISM_LIMIT) throw new FlinkFault(400, `the parallelism may be ${PARALLELISM_LIMIT} at most`)
  return value
}

/** Arguments of the program: a list, or a line in one of the spellings of older clients. */
function argumentsOf(call: FlinkCall, body: Body, format: string): readonly string[] {
  const list = listMember(body, format, 'programArgsList')
  if (list !== null && list.length > 0) return list
  const line = filled(textMember(body, format, 'programArgs'))
  if (line !== null) return splitArguments(line)
  const given = call.list('programArg')
  if (given !== null) return given
  return splitArguments(call.request.query.get('program-args') ?? '')
}

function listMember(body: Body, format: string, name: string): readonly string[] | null {
  const value = Object.hasOwn(body, name) ? body[name] : null
  if (value === undefined || value === null || value === '') return null
  if (!Array.isArray(value)) throw badFormat(format)
  return value.map((item: unknown) => scalarText(item, format))
}

function mapMember(body: Body, format: string, name: string): ReadonlyMap<string, string> {
  const value = Object.hasOwn(body, name) ? body[name] : null
  if (value === undefined || value === null || value === '') return new Map()
  if (typeof value !== 'object' || Array.isArray(value)) throw badFormat(format)
  return new Map(Object.entries(value).map(([key, item]) => [key, item === null ? '' : scalarText(item, format)]))
}

function scalarText(value: unknown, format: string): string {
  if (typeof value === 'object' || value === undefined) throw badFormat(format)
  return String(value)
}

function restoreOf(
  call: FlinkCall,
  body: Body,
  format: string,
  settings: ReturnType<typeof readConfiguration>['restore'],
): PackageRestore | null {
  const own = filled(textMember(body, format, 'savepointPath'))
  const mode =
    wordMember(body, format, 'claimMode', CLAIM_MODES) ?? wordMember(body, format, 'restoreMode', CLAIM_MODES)
  const isAllowed = booleanMember(body, format, 'allowNonRestoredState')
  // An old dashboard sends the program's arguments under this name, beside a body that has the member.
  const asked = Object.hasOwn(body, 'savepointPath') ? own : single(call, 'savepointPath')
  const path = asked ?? settings.path
  if (path === null) return null
  const fromSettings = CLAIM_MODES.find((word) => word === settings.claimMode?.toUpperCase())
  return {
    path,
    claimMode: mode ?? fromSettings ?? 'NO_CLAIM',
    allowsNonRestored:
      isAllowed || call.first('allowNonRestoredState')?.toLowerCase() === 'true' || settings.allowsUnclaimed === true,
  }
}
