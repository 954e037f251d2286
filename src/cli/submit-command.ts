import { toJsonText } from '../config/document.js'
import { jobDocument } from '../config/job-document.js'
import { asMillraceErrors, MillraceError, MillraceErrors } from '../core/error.js'
import { newJobId } from '../engine/job-id.js'
import type { RestoreRequest } from '../node/api.js'
import type { ArgumentOption, ParsedArguments } from './arguments.js'
import { EXIT, signalExit } from './environment.js'
import { placedErrors } from './error-place.js'
import { ErrorReporter, errorJson } from './error-report.js'
import { followJob, metricsOf } from './follow-job.js'
import { readJobTree } from './job-file.js'
import { failureOf, type RemoteJob } from './node-api.js'
import { type NodeCall, nodeCommand } from './node-command.js'
import { ProgressReporter, totals } from './progress.js'

const FILE_OPTIONS: readonly ArgumentOption[] = [
  { names: ['--variable', '-i'], kind: 'value', value: 'K=V', doc: 'Variable of the job file; may be repeated.' },
  { names: ['--name', '-n'], kind: 'value', value: 'NAME', doc: 'Name of the job; overrides job.name.' },
  { names: ['--wait'], kind: 'flag', doc: 'Waits for the end; Ctrl-C leaves the job alone.' },
]

/** Hands a job to a node. Exit code 1 when it is refused, or with `--wait` when it fails. */
export const submitCommand = nodeCommand(
  {
    name: 'submit',
    summary: 'Hands a job to a node and prints its id.',
    operand: 'JOB_FILE',
    options: [
      ...FILE_OPTIONS,
      { names: ['--id'], kind: 'value', value: 'ID', doc: 'Id of the job; a new one by default.' },
      {
        names: ['--from'],
        kind: 'value',
        value: 'LOCATION',
        doc: 'Savepoint or checkpoint that the job goes on behind.',
      },
      {
        names: ['--allow-missing-state'],
        kind: 'flag',
        doc: 'With --from: what it holds of plug-ins that the job has no more is dropped.',
      },
      {
        names: ['--claim'],
        kind: 'flag',
        doc: 'With --from: the savepoint belongs to the job and is removed with it.',
      },
    ],
  },
  (call) => submit(call, call.given.rest[0] ?? '', call.given.value('--id'), false),
)

/** Starts a job that ended from its last savepoint or checkpoint. */
export const resumeCommand = nodeCommand(
  {
    name: 'resume',
    summary: 'Starts a job again from its last savepoint or checkpoint.',
    operand: 'ID JOB_FILE',
    options: FILE_OPTIONS,
  },
  (call) => submit(call, call.given.rest[1] ?? '', call.given.rest[0] ?? '', true),
)

async function submit(call: NodeCall, file: string, id: string | null, isResumed: boolean): Promise<number> {
  const { given, api, environment, isJson } = call
  const root = readJobTree(
    {
      file,
      variables: given.values('--variable'),
      environment: environment.variables,
    },
    environment.redactor,
  )
  jobDocument(root)
  const { jobId, jobName, warnings } = await api
    .submit({
      text: toJsonText(root),
      format: 'json',
      jobId: id ?? newJobId(environment.now()),
      jobName: given.value('--name'),
      isStartWithSavepoint: isResumed,
      restoreFrom: isResumed ? undefined : restoreOf(given),
    })
    .catch((thrown: unknown) => {
      throw new MillraceErrors(placedErrors(asMillraceErrors(thrown), root))
    })
  new ErrorReporter(environment, isJson).warnings(placedErrors(warnings, root))
  if (!given.has('--wait')) {
    environment.out(isJson ? `${JSON.stringify({ jobId, jobName })}\n` : `${jobId}\n`)
    return EXIT.ok
  }
  return waitForEnd(call, jobId)
}

/** What the job is to go on behind. @throws MillraceError `CLI_USAGE` */
function restoreOf(given: ParsedArguments): RestoreRequest | undefined {
  const location = given.value('--from')
  const allowsMissingState = given.has('--allow-missing-state')
  const isClaimed = given.has('--claim')
  if (location !== null) return { location, allowsMissingState, isClaimed }
  if (!allowsMissingState && !isClaimed) return undefined
  throw new MillraceError('CLI_USAGE', "'--allow-missing-state' and '--claim' go with '--from'")
}

async function waitForEnd(call: NodeCall, jobId: string): Promise<number> {
  const { api, environment, isJson } = call
  const end = new AbortController()
  let signal: string | null = null
  const forget = environment.onSignal((name) => {
    signal = name
    end.abort()
  })
  let last: RemoteJob | null = null
  let progress: ProgressReporter | null = null
  const onLook = (seen: RemoteJob): void => {
    last = seen
    if (progress !== null) return
    progress = new ProgressReporter({
      metrics: () => metricsOf(last ?? seen),
      pipelines: [],
      write: environment.err,
      now: environment.now,
      columns: environment.columns,
    })
    if (isJson || !environment.isTerminal) progress.startJson()
    else progress.startLive()
  }
  const stopProgress = (reporter: ProgressReporter | null): void => reporter?.stop()
  try {
    const job = await followJob(api, jobId, { onLook, signal: end.signal })
    if (job === null) throw new MillraceError('JOB_NOT_FOUND', `the node does not know job '${jobId}' any more`)
    stopProgress(progress)
    return report(call, job, signal)
  } finally {
    forget()
    stopProgress(progress)
  }
}

function report({ environment, isJson }: NodeCall, job: RemoteJob, signal: string | null): number {
  const { jobId, jobName, status } = job
  const sums = totals(metricsOf(job))
  const hasFailed = status === 'FAILED' || status === 'UNKNOWABLE'
  const errors = hasFailed ? failureOf(job).errors : []
  if (isJson) {
    const result = { type: 'result', jobId, jobName, status, ...sums, errors: errors.map(errorJson) }
    environment.out(`${JSON.stringify(result)}\n`)
  } else {
    if (errors.length > 0) new ErrorReporter(environment).errors(new MillraceErrors(errors))
    environment.out(`${jobName} (${jobId}) ${status}: read ${sums.rowsRead} rows, wrote ${sums.rowsWritten} rows\n`)
  }
  if (hasFailed) return EXIT.failed
  return signal === null ? EXIT.ok : signalExit(signal)
}
