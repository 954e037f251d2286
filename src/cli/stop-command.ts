import { MillraceError } from '../core/error.js'
import { EXIT } from './environment.js'
import { followJob } from './follow-job.js'
import { unknownJob } from './jobs-command.js'
import { failureOf } from './node-api.js'
import { type NodeCall, nodeCommand } from './node-command.js'

/** Stops a job and waits until it has ended. */
export const stopCommand = nodeCommand(
  {
    name: 'stop',
    summary: 'Stops a job and waits until it has ended.',
    operand: 'ID',
    options: [
      { names: ['--savepoint'], kind: 'flag', doc: 'Keeps a savepoint, from which "millrace resume" goes on.' },
      {
        names: ['--directory'],
        kind: 'value',
        value: 'DIR',
        doc: "With --savepoint: folder on the node below which it is kept; the node's own by default.",
      },
      {
        names: ['--drain'],
        kind: 'flag',
        doc: 'With --savepoint: the sinks commit as at the end of all data. The job cannot go on from there.',
      },
      { names: ['--force'], kind: 'flag', doc: 'Ends threads that do not end by themselves at once.' },
      { names: ['--no-wait'], kind: 'flag', doc: 'Ends when the request is durable.' },
    ],
  },
  async (call) => {
    const { given, api } = call
    const jobId = given.rest[0] ?? ''
    const withSavepoint = given.has('--savepoint')
    const directory = given.value('--directory')
    const isDrained = given.has('--drain')
    if (!withSavepoint && (directory !== null || isDrained))
      throw new MillraceError('CLI_USAGE', "'--directory' and '--drain' go with '--savepoint'")
    await api.stop(jobId, { withSavepoint, force: given.has('--force'), directory, isDrained })
    if (given.has('--no-wait')) return tell(call, { jobId, status: withSavepoint ? 'DOING_SAVEPOINT' : 'CANCELING' })
    const job = await followJob(api, jobId)
    if (job === null) throw unknownJob(jobId)
    if (job.status === 'FAILED' || job.status === 'UNKNOWABLE') throw failureOf(job)
    return tell(call, { jobId, status: job.status })
  },
)

/** Takes a savepoint of a job that goes on. */
export const savepointCommand = nodeCommand(
  {
    name: 'savepoint',
    summary: 'Takes a savepoint of a job, which goes on; "millrace stop --savepoint" ends it with one.',
    operand: 'ID',
    options: [
      {
        names: ['--directory'],
        kind: 'value',
        value: 'DIR',
        doc: "Folder on the node below which it is kept; the node's own by default.",
      },
    ],
  },
  async ({ given, api, environment, isJson }) => {
    const jobId = given.rest[0] ?? ''
    const savepoint = await api.savepoint(jobId, given.value('--directory'))
    if (savepoint.status === 'FAILED') {
      throw new MillraceError('JOB_STATE', `the savepoint failed: ${savepoint.failure ?? 'no reason was given'}`)
    }
    const place = savepoint.location === undefined ? '' : `, ${savepoint.location}`
    const text = `savepoint ${savepoint.id} of job ${jobId} ${savepoint.status}, ${savepoint.sizeBytes} bytes${place}`
    environment.out(isJson ? `${JSON.stringify({ jobId, ...savepoint })}\n` : `${text}\n`)
    return EXIT.ok
  },
)

/** Changes the parallelism of a job that goes on. */
export const rescaleCommand = nodeCommand(
  {
    name: 'rescale',
    summary: 'Changes the parallelism of a running job, which goes on behind a savepoint.',
    operand: 'ID',
    options: [
      { names: ['--parallelism'], kind: 'value', value: 'N', doc: 'Subtasks that it goes on with, from 1 to 1024.' },
    ],
  },
  async ({ given, api, environment, isJson }) => {
    const jobId = given.rest[0] ?? ''
    const text = given.value('--parallelism') ?? ''
    if (!/^[1-9]\d{0,3}$/.test(text)) {
      throw new MillraceError('CLI_USAGE', `'--parallelism' is a whole number from 1 to 1024, not '${text}'`)
    }
    const { status, dag } = await api.rescale(jobId, Number(text))
    const parallelism = Math.max(1, ...dag.vertices.map((vertex) => vertex.parallelism))
    const shown = isJson
      ? JSON.stringify({ jobId, status, parallelism })
      : `job ${jobId} ${status}, parallelism ${parallelism}`
    environment.out(`${shown}\n`)
    return EXIT.ok
  },
)

function tell({ environment, isJson }: NodeCall, state: { readonly jobId: string; readonly status: string }): number {
  environment.out(isJson ? `${JSON.stringify(state)}\n` : `job ${state.jobId} ${state.status}\n`)
  return EXIT.ok
}
