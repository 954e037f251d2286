import { readEnv } from '../config/env-options.js'
import { envTexts } from '../config/java-text.js'
import { documentFromText, type JobDocument } from '../config/job-document.js'
import { redactDocument } from '../config/redact-document.js'
import { type ShadeRegistry, sensitiveOptions } from '../config/shade.js'
import { type MillraceError, MillraceErrors } from '../core/error.js'
import { isSecretKey, REDACTED, redactUrls } from '../core/redact.js'
import { jobDag } from '../engine/job-dag.js'
import type { PreparedJob } from '../engine/job-service.js'
import type { JobCheckpointing, JobEvent, JobSubmission } from './api.js'
import { NO_ATTEMPTS } from './attempt-history.js'
import { QUEUED_JOB, QUEUED_PASSED } from './job-fsm.js'
import { type JobProgress, type JobRecord, NO_CHECKPOINTS, NO_FLOW } from './job-record.js'
import { slotsNeeded } from './slots-needed.js'

/** The document of a job. Variables of the process are not looked at: the text may come from anybody. @throws MillraceErrors */
export function documentOf(
  { text, format, fileName, variables, env }: Pick<JobSubmission, 'text' | 'format' | 'fileName' | 'variables' | 'env'>,
  shades: ShadeRegistry | undefined,
): JobDocument {
  const file = fileName ?? `job.${format === 'hocon' ? 'conf' : format}`
  return documentFromText(text, format, { file, shades, variables, env })
}

/** The document of a stored job. @throws MillraceErrors */
export function storedDocument(record: JobRecord, shades: ShadeRegistry | undefined): JobDocument {
  const { variables, env } = record
  return documentOf({ ...record, variables: variables && new Map(variables), env: new Map(env) }, shades)
}

/** What a new job is stored as. */
export function recordOf(
  submission: JobSubmission,
  document: JobDocument,
  prepared: PreparedJob,
  { createdAtMs, sequence, firstEpoch }: Pick<JobRecord, 'createdAtMs' | 'sequence' | 'firstEpoch'>,
): JobRecord {
  const { values, faults } = readEnv(document.env)
  if (values === null) throw new MillraceErrors(faults)
  const dag = jobDag(prepared.planned)
  const { text, format, fileName, isStartWithSavepoint, restoreFrom, origin, user } = submission
  const { variables, env, alias, clientSettings, clientTimeoutMs, packageContent } = submission
  return {
    jobId: prepared.id,
    alias,
    jobName: prepared.name,
    mode: values.jobMode,
    text,
    format,
    fileName,
    variables: variables && [...variables],
    env: [...(env ?? [])],
    clientSettings: shownSettings(clientSettings),
    clientTimeoutMs,
    packageContent,
    isStartWithSavepoint,
    ...(restoreFrom === undefined ? {} : { restoreFrom }),
    origin,
    user,
    createdAtMs,
    sequence,
    envOptions: shownEnv(document),
    dag,
    slots: slotsNeeded(dag),
    tagFilter: [...(values.tagFilter ?? [])],
    retry: { times: values.jobRetryTimes, intervalMs: values.jobRetryIntervalSeconds * 1000 },
    firstEpoch,
    checkpointing: checkpointingOf(prepared),
  }
}

function checkpointingOf({ checkpointSettings, isExactlyOnce }: PreparedJob): JobCheckpointing {
  const { intervalMs, minPauseMs, timeoutMs } = checkpointSettings
  return { intervalMs, minPauseMs, timeoutMs, isExactlyOnce }
}

/** The members of `env` as clients see them: without secrets. */
function shownEnv({ root, env, redactor }: JobDocument): readonly (readonly [string, string])[] {
  const shown = envTexts(redactDocument(env, sensitiveOptions(root)))
  return [...shown].map(([key, text]) => [key, redactor.text(text)] as const)
}

/** Settings of a client that are kept of a job. */
const SETTINGS_LIMIT = 1000

/** Settings of a client without secrets: nothing here needs them. */
function shownSettings(settings: ReadonlyMap<string, string> = new Map()): readonly (readonly [string, string])[] {
  const shown = [...settings].slice(0, SETTINGS_LIMIT)
  return shown.map(([key, value]) => [key, isSecretKey(key) ? REDACTED : redactUrls(value)] as const)
}

/** Warnings that are kept with a job. */
const WARNING_LIMIT = 20

/** Where a new job stands. */
export function firstProgress({ createdAtMs }: JobRecord, warnings: readonly MillraceError[]): JobProgress {
  const warned = warnings.slice(0, WARNING_LIMIT).map(({ code, message }): JobEvent => {
    return { atMs: createdAtMs, kind: 'warning', text: message, status: 'INITIALIZING', data: { code } }
  })
  const passed = QUEUED_PASSED.map((status): JobEvent => {
    return { atMs: createdAtMs, kind: 'state', text: `the job is ${status}`, status, data: {} }
  })
  return {
    state: QUEUED_JOB,
    epoch: 0,
    startedAtMs: null,
    finishedAtMs: null,
    failure: null,
    pendingReason: null,
    timeline: [...passed.slice(0, 1), ...warned, ...passed.slice(1)],
    flow: NO_FLOW,
    checkpoints: NO_CHECKPOINTS,
    requests: [],
    attempts: NO_ATTEMPTS,
    hasLeftovers: false,
  }
}
