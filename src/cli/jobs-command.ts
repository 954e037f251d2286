import { MillraceError } from '../core/error.js'
import { dateTimeText } from '../core/log-line.js'
import { END_STATES, type JobCheckpoints, type JobEvent } from '../node/api.js'
import { EXIT } from './environment.js'
import { JOB_HEAD, JOB_NUMBERS, jobCells, jobFigures, runText } from './job-figures.js'
import { textTable } from './job-table.js'
import type { RemoteJob } from './node-api.js'
import { nodeCommand } from './node-command.js'

/** Lines of the table unless another number is asked for. */
const TABLE_LINES = 100

/** Lists the jobs of a node, newest first. */
export const jobsCommand = nodeCommand(
  {
    name: 'jobs',
    summary: 'Lists the jobs of a node, newest first.',
    operand: '',
    options: [
      { names: ['--running'], kind: 'flag', doc: 'Only jobs that have not ended.' },
      { names: ['--state'], kind: 'value', value: 'STATE', doc: 'Only jobs of a state, for example FAILED.' },
      {
        names: ['--limit'],
        kind: 'value',
        value: 'N',
        doc: `Lines of the table, ${TABLE_LINES} by default; 0 for all.`,
      },
    ],
  },
  async ({ given, api, environment, isJson }) => {
    const state = given.value('--state')?.toUpperCase() ?? null
    const jobs = [...(await api.jobs())]
      .filter(
        ({ status }) => (!given.has('--running') || !END_STATES.has(status)) && (state === null || status === state),
      )
      .sort((left, right) => right.createdAtMs - left.createdAtMs)
    if (isJson) {
      environment.out(`${JSON.stringify(jobs)}\n`)
      return EXIT.ok
    }
    const limit = limitOf(given.value('--limit'))
    environment.out(jobsText(jobs.slice(0, limit), environment.now()))
    if (jobs.length > limit) environment.out(`and ${jobs.length - limit} more; --limit 0 shows all\n`)
    return EXIT.ok
  },
)

/** @throws MillraceError `CLI_USAGE` */
function limitOf(text: string | null): number {
  if (text === null) return TABLE_LINES
  if (!/^\d{1,9}$/.test(text)) throw new MillraceError('CLI_USAGE', `'--limit' is a whole number, not '${text}'`)
  return text === '0' ? Number.POSITIVE_INFINITY : Number(text)
}

/** A table of jobs; one sentence when there is none. */
export function jobsText(jobs: readonly RemoteJob[], nowMs: number): string {
  if (jobs.length === 0) return 'There are no jobs.\n'
  return textTable(
    JOB_HEAD,
    jobs.map((job) => jobCells(job, nowMs)),
    JOB_NUMBERS,
  )
}

/** Shows one job: how it stands, what it did, what happened to it. */
export const jobCommand = nodeCommand(
  {
    name: 'job',
    summary: 'Shows one job: its state, figures, checkpoints and what happened to it.',
    operand: 'ID',
    options: [],
  },
  async ({ given, api, environment, isJson }) => {
    const jobId = given.rest[0] ?? ''
    const job = await api.job(jobId)
    if (job === null) throw unknownJob(jobId)
    const [timeline, checkpoints] = await Promise.all([api.timeline(jobId), api.checkpoints(jobId)])
    if (isJson) environment.out(`${JSON.stringify({ ...job, timeline, checkpoints })}\n`)
    else environment.out(jobText(job, timeline, checkpoints, environment.now()))
    return EXIT.ok
  },
)

/** The error for a job that the node does not know. */
export function unknownJob(jobId: string): MillraceError {
  const hint = '"millrace jobs" lists those that it knows'
  return new MillraceError('JOB_NOT_FOUND', `the node does not know job '${jobId}'`, { hint })
}

function jobText(
  job: RemoteJob,
  timeline: readonly JobEvent[],
  checkpoints: JobCheckpoints | null,
  nowMs: number,
): string {
  const { rowsRead, rowsWritten, rowsPerSecond, runMs } = jobFigures(job, nowMs)
  const plugins = (kind: string): string =>
    job.dag.vertices.flatMap((vertex) => (vertex.kind === kind ? vertex.plugins : [])).join(', ')
  const facts: readonly (readonly [name: string, value: string | null])[] = [
    ['job', `${job.jobName} (${job.jobId})`],
    ['state', job.pendingReason === null ? job.status : `${job.status}: ${job.pendingReason}`],
    ['mode', job.mode],
    ['sources', plugins('source')],
    ['sinks', plugins('sink')],
    ['submitted', dateTimeText(new Date(job.createdAtMs))],
    ['ended', job.finishedAtMs === null ? null : dateTimeText(new Date(job.finishedAtMs))],
    ['ran', runText(runMs)],
    ['read', `${rowsRead} rows, ${rowsPerSecond} rows/s`],
    ['written', `${rowsWritten} rows`],
    ['failed rows', job.flow.errorRows === 0 ? null : String(job.flow.errorRows)],
    ['parallelism', parallelismText(job)],
    ['restarts', job.restarts === 0 ? null : String(job.restarts)],
    ['checkpoints', checkpointsText(checkpoints)],
    ['failure', job.failure?.text.trimEnd().replaceAll('\n', `\n${' '.repeat(13)}`) ?? null],
  ]
  const lines = facts.flatMap(([name, value]) => (value === null || value === '' ? [] : [`${name.padEnd(13)}${value}`]))
  const events = timeline.map(
    ({ atMs, kind, text }) => `  ${dateTimeText(new Date(atMs))}  ${kind.padEnd(10)}  ${text}`,
  )
  return `${[...lines, ...(events.length === 0 ? [] : ['', ...events])].join('\n')}\n`
}

/** What the vertices have, and what the job waits for to have more. */
function parallelismText({ dag, rescalePending }: RemoteJob): string {
  const now = Math.max(1, ...dag.vertices.map(({ parallelism }) => parallelism))
  return rescalePending == null ? String(now) : `${now}: ${rescalePending}`
}

function checkpointsText(checkpoints: JobCheckpoints | null): string | null {
  if (checkpoints === null || checkpoints.triggered === 0) return null
  const { triggered, completed, failed, history } = checkpoints
  const last = history.findLast(({ status }) => status === 'COMPLETED')
  const when = last?.endedAtMs == null ? '' : `, the last at ${dateTimeText(new Date(last.endedAtMs))}`
  return `${completed} of ${triggered}, ${failed} failed${when}`
}
