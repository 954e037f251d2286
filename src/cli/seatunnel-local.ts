import { MillraceError, MillraceErrors } from '../core/error.js'
import type { JobOutcome, PreparedJob } from '../engine/job-service.js'
import { EXIT, signalExit } from './environment.js'
import { errorText } from './error-report.js'
import { readJobFile } from './job-file.js'
import { ProgressReporter, totals } from './progress.js'
import { CLOSE_LIMIT_MS, type ClientCall, jobFileRequest, jobIdOf, jobNameOf, logJobFile } from './seatunnel-call.js'
import { LOGGER } from './seatunnel-log.js'
import { jobStatistics } from './statistics.js'

/** The files that say how often progress is shown are read only for jobs that run longer than this, in milliseconds. */
const PROGRESS_DELAY_MS = 900

/** Runs a job in this process to its end. */
export async function runLocal(call: ClientCall): Promise<number> {
  const { environment, log } = call
  const startMs = environment.now()
  let hasStarted = false
  try {
    const job = await prepare(call)
    hasStarted = true
    const { outcome, signal } = await follow(job, call)
    log.info(LOGGER.proxy, `Job (${job.id}) end with state ${outcome.status}`)
    if (outcome.status === 'FAILED') throw new MillraceErrors(outcome.errors)
    const { rowsRead, rowsWritten } = totals(outcome.metrics)
    const endMs = environment.now()
    log.info(LOGGER.client, jobStatistics({ startMs, endMs, rowsRead, rowsWritten }))
    return signal === null ? EXIT.ok : signalExit(signal)
  } finally {
    log.info(LOGGER.client, 'Closed SeaTunnel client......')
    if (hasStarted) log.info(LOGGER.client, 'Closed metrics executor service ......')
  }
}

async function prepare(call: ClientCall): Promise<PreparedJob> {
  const { given, environment, log } = call
  const request = jobFileRequest(call)
  if (given.has('--async')) log.warn(LOGGER.client, 'The job is running in local mode, can not use async mode.')
  log.info(LOGGER.config, `Loading config file from path: ${request.file}`)
  const document = readJobFile(request)
  call.document = document
  const service = await environment.service()
  await service.learnSecrets(document)
  logJobFile(log, document.root)
  const job = await service.prepare({
    document,
    jobId: jobIdOf(call) ?? undefined,
    jobName: jobNameOf(call) ?? undefined,
    rowError: (line) => log.warn(LOGGER.errors, line),
  })
  for (const warning of job.warnings) log.warn(LOGGER.client, errorText(warning, { label: 'warning' }))
  log.info(LOGGER.proxy, `Start submit job, job id: ${job.id}, with plugin jar []`)
  return job
}

/** Waits for the job and shows its progress. A signal cancels it; what does not end in time is left. */
async function follow(
  job: PreparedJob,
  { properties, environment, log }: ClientCall,
): Promise<{ readonly outcome: JobOutcome; readonly signal: string | null }> {
  const progress = new ProgressReporter({
    metrics: () => job.metrics(),
    pipelines: job.pipelines,
    write: (text) => log.info(LOGGER.metrics, text, `job-metrics-runner-${job.id}`),
    now: environment.now,
  })
  const startProgress = setTimeout(() => void startBlocks(), PROGRESS_DELAY_MS)
  const startBlocks = async (): Promise<void> => {
    const { progressIntervalMs } = await import('./client-settings.js')
    if (!hasEnded) progress.startBlocks(job.id, progressIntervalMs({ ...environment, properties }))
  }
  let hasEnded = false
  let giveUp: (outcome: JobOutcome) => void = () => {}
  const tooLate = new Promise<JobOutcome>((resolve) => {
    giveUp = resolve
  })
  let signal: string | null = null
  let limit: NodeJS.Timeout | null = null
  const forgetSignals = environment.onSignal((name) => {
    signal = name
    log.info(LOGGER.client, 'run shutdown hook because get close signal')
    // With -cj a job in a node would go on; one in this process ends with it and is ended properly.
    log.info(LOGGER.client, 'Task will be closed due to client shutdown.')
    job.cancel()
    limit = setTimeout(() => giveUp(lateOutcome(job)), CLOSE_LIMIT_MS)
  })
  log.info(LOGGER.proxy, `Submit job finished, job id: ${job.id}, job name: ${job.name}`)
  const outcome = await Promise.race([job.run(), tooLate])
  hasEnded = true
  if (limit !== null) clearTimeout(limit)
  clearTimeout(startProgress)
  forgetSignals()
  progress.stop()
  return { outcome, signal }
}

function lateOutcome(job: PreparedJob): JobOutcome {
  const message = `the job did not end within '${CLOSE_LIMIT_MS}' ms after it was canceled`
  return {
    status: 'FAILED',
    errors: [new MillraceError('JOB_CANCELED', message)],
    metrics: job.metrics(),
    failedAt: [],
  }
}
