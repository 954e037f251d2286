import { setTimeout as sleep } from 'node:timers/promises'
import { MillraceError } from '../core/error.js'
import { END_STATES, type NodeOverview } from '../node/api.js'
import { type CliEnvironment, EXIT } from './environment.js'
import { jobsText } from './jobs-command.js'
import type { NodeApi, RemoteJob, RemoteNode } from './node-api.js'
import { nodeCommand } from './node-command.js'
import { durationText } from './progress.js'

/** How often the table is drawn by default, in seconds, and at least. */
const INTERVAL_SECONDS = 1
const INTERVAL_LEAST_SECONDS = 0.1
/** Ended jobs below those that run. */
const SHOWN_ENDED = 10
const HOME_AND_CLEAR = '\u001b[H\u001b[J'
const OTHER_SCREEN = '\u001b[?1049h\u001b[?25l'
const OWN_SCREEN = '\u001b[?1049l\u001b[?25h'

/** Shows a node and its jobs: drawn again and again on a terminal, once otherwise. */
export const topCommand = nodeCommand(
  {
    name: 'top',
    summary: 'Shows a node and its jobs, again and again on a terminal; Ctrl-C ends it.',
    operand: '',
    options: [{ names: ['--interval'], kind: 'value', value: 'SECONDS', doc: 'Time between two looks.' }],
  },
  async ({ given, api, environment, isJson }) => {
    const intervalMs = intervalOf(given.value('--interval'))
    if (isJson) {
      const [node, jobs] = await look(api)
      environment.out(`${JSON.stringify({ node, jobs })}\n`)
      return EXIT.ok
    }
    if (environment.isOutTerminal) return redraw(api, intervalMs, environment)
    environment.out(topText(...(await look(api)), environment.now()))
    return EXIT.ok
  },
)

function look(api: NodeApi): Promise<[RemoteNode, readonly RemoteJob[]]> {
  return Promise.all([api.node(), api.jobs()])
}

async function redraw(api: NodeApi, intervalMs: number, environment: CliEnvironment): Promise<number> {
  const end = new AbortController()
  const forget = environment.onSignal(() => end.abort())
  environment.out(OTHER_SCREEN)
  try {
    while (!end.signal.aborted) {
      const text = topText(...(await look(api)), environment.now())
      const columns = environment.columns() ?? Number.POSITIVE_INFINITY
      const lines = text.split('\n').map((line) => line.slice(0, columns))
      environment.out(`${HOME_AND_CLEAR}${lines.join('\n')}`)
      await sleep(intervalMs, undefined, { signal: end.signal }).catch(() => undefined)
    }
  } finally {
    environment.out(OWN_SCREEN)
    forget()
  }
  return EXIT.ok
}

/** One drawing: the node in two lines, then jobs that run and the last that ended. */
export function topText(node: RemoteNode, jobs: readonly RemoteJob[], nowMs: number): string {
  const isRunning = ({ status }: RemoteJob): boolean => !END_STATES.has(status)
  const ended = jobs
    .filter((job) => !isRunning(job))
    .sort((left, right) => (right.finishedAtMs ?? 0) - (left.finishedAtMs ?? 0))
  const shown = [...jobs.filter(isRunning), ...ended.slice(0, SHOWN_ENDED)]
  const up = durationText(nowMs - node.startedAtMs)
  const head = `Millrace ${node.version}, cluster ${node.clusterName} at ${node.host}:${node.port}, up ${up}`
  return `${head}\n${overviewText(node.overview)}\n\n${jobsText(shown, nowMs)}`
}

function overviewText(overview: NodeOverview): string {
  const { running, pending, finished, failed, canceled, savepointed, isDynamicSlots, totalSlots, unassignedSlots } =
    overview
  const slots = isDynamicSlots ? 'slots as needed' : `${unassignedSlots} of ${totalSlots} slots free`
  const ended = `${finished} finished, ${failed} failed, ${canceled} canceled, ${savepointed} with a savepoint`
  return `${running} running, ${pending} pending, ${ended}; ${slots}`
}

function intervalOf(text: string | null): number {
  if (text === null) return INTERVAL_SECONDS * 1000
  const seconds = Number(text)
  if (Number.isFinite(seconds) && seconds >= INTERVAL_LEAST_SECONDS) return seconds * 1000
  throw new MillraceError(
    'CLI_USAGE',
    `'--interval' is a number of seconds from ${INTERVAL_LEAST_SECONDS}, not '${text}'`,
  )
}
