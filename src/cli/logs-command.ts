import { MillraceError } from '../core/error.js'
import { EXIT, signalExit } from './environment.js'
import { nodeCommand } from './node-command.js'

/** Lines that are shown of a log by default, and at most. */
const TAIL_DEFAULT = 100
const TAIL_LIMIT = 100_000

/** Shows the end of a job's log or of the node's, and follows it. */
export const logsCommand = nodeCommand(
  {
    name: 'logs',
    summary: 'Shows the log of a job, or of the node when no id is given.',
    operand: '[ID]',
    options: [
      { names: ['--follow', '-f'], kind: 'flag', doc: 'Goes on with what is added; Ctrl-C ends it.' },
      { names: ['--tail'], kind: 'value', value: 'N', doc: `Lines from the end, ${TAIL_DEFAULT} by default.` },
    ],
  },
  async ({ given, api, environment }) => {
    const jobId = given.rest[0] ?? null
    const tail = tailOf(given.value('--tail'))
    if (!given.has('--follow')) {
      environment.out(await api.log(jobId, tail))
      return EXIT.ok
    }
    const end = new AbortController()
    let signal: string | null = null
    const forget = environment.onSignal((name) => {
      signal = name
      end.abort()
    })
    // A character of several bytes may be cut by the network.
    const decoder = new TextDecoder()
    for await (const chunk of api.followLog(jobId, tail, end.signal))
      environment.out(decoder.decode(chunk, { stream: true }))
    forget()
    return signal === null ? EXIT.ok : signalExit(signal)
  },
)

function tailOf(text: string | null): number {
  if (text === null) return TAIL_DEFAULT
  const lines = Number(text)
  if (/^\d+$/.test(text) && lines <= TAIL_LIMIT) return lines
  throw new MillraceError('CLI_USAGE', `'--tail' is a whole number from 0 to ${TAIL_LIMIT}, not '${text}'`)
}
