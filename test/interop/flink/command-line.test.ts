import assert from 'node:assert/strict'
import { test } from 'node:test'
import { flinkRecording } from '../../contract/flink/recordings.js'
import { temporaryFolder } from '../../support/served-node.js'
import { FlinkNode, UNKNOWN_ID } from './flink-node.js'
import { CLIENT_LINES, type ClientLine, JavaClients, missingClients } from './java-clients.js'

/** Jobs that commands are about. */
type JobName = 'running' | 'stopped' | 'drained' | 'detached' | 'canceled' | 'saved' | 'finished' | 'failed' | 'unknown'

/** A command: how it is called, how it ends, what it says. */
interface Command {
  /** Name in the recording of the real cluster; `null` for what was not recorded. */
  readonly recorded: string | null
  /** `{NAME}` stands for a job's id. */
  readonly words: string
  readonly exitCode: 0 | 1
  /** What it has to print, of ours. */
  readonly says: readonly RegExp[]
}

const SAVED = /Savepoint completed\. Path: (\S+)/
const PROGRAM_FAILED = /The program finished with the following exception:/

/** The commands in the order in which they are run. */
const COMMANDS: readonly Command[] = [
  { recorded: 'list', words: 'list', exitCode: 0, says: [/\{running\} : contract \(RUNNING\)/, /No scheduled jobs\./] },
  { recorded: 'list-running', words: 'list -r', exitCode: 0, says: [/\{running\} : contract \(RUNNING\)/] },
  { recorded: 'list-scheduled', words: 'list -s', exitCode: 0, says: [/No scheduled jobs\./] },
  { recorded: null, words: 'list -r -s', exitCode: 0, says: [/\{running\} : contract \(RUNNING\)/, /No scheduled/] },
  {
    recorded: 'list-all',
    words: 'list -a',
    exitCode: 0,
    says: [
      /\{running\} : contract \(RUNNING\)/,
      /\{finished\} : contract \(FINISHED\)/,
      /\{failed\} : contract \(FAILED\)/,
    ],
  },
  { recorded: null, words: 'savepoint {running}', exitCode: 0, says: [SAVED] },
  { recorded: 'savepoint-detached', words: 'savepoint -detached {running}', exitCode: 0, says: [/triggerId: \{ID\}/] },
  {
    recorded: 'savepoint-err-unknown-job',
    words: 'savepoint {unknown}',
    exitCode: 1,
    says: [PROGRAM_FAILED, /Job \{unknown\} not found/],
  },
  {
    recorded: null,
    words: 'savepoint {failed}',
    exitCode: 1,
    says: [PROGRAM_FAILED, /Caused by: io\.millrace\.JOB_STATE: .*has ended, it is FAILED/],
  },
  {
    recorded: 'savepoint-err-malformed',
    words: 'savepoint xyz',
    exitCode: 1,
    says: [/Cannot parse JobID from "xyz"/],
  },
  {
    recorded: 'savepoint',
    words: 'savepoint {running} {folder}',
    exitCode: 0,
    says: [/Savepoint completed\. Path: \{location\}/],
  },
  { recorded: 'savepoint-native', words: 'savepoint -type native {running} {folder}', exitCode: 0, says: [SAVED] },
  {
    recorded: 'savepoint-err-unwritable',
    words: 'savepoint {running} file:///proc/nope',
    exitCode: 1,
    says: [PROGRAM_FAILED, /\/proc\/nope/],
  },
  {
    recorded: 'savepoint-dispose',
    words: 'savepoint -d {location}',
    exitCode: 0,
    says: [/Savepoint '\{location\}' disposed\./],
  },
  {
    recorded: 'savepoint-dispose-err-again',
    words: 'savepoint -d {location}',
    exitCode: 1,
    says: [PROGRAM_FAILED, /io\.millrace\.SAVEPOINT_LOCATION: there is no savepoint at/],
  },
  { recorded: 'checkpoint', words: 'checkpoint {running}', exitCode: 0, says: [/Checkpoint \d+ for job/] },
  { recorded: 'checkpoint-full', words: 'checkpoint -full {running}', exitCode: 0, says: [/Checkpoint\(FULL\) \d+/] },
  {
    recorded: 'checkpoint-err-unknown',
    words: 'checkpoint {unknown}',
    exitCode: 1,
    says: [PROGRAM_FAILED, /Job \{unknown\} not found/],
  },
  { recorded: 'stop', words: 'stop -p {folder} {stopped}', exitCode: 0, says: [SAVED] },
  { recorded: 'stop-drain', words: 'stop -d {drained}', exitCode: 0, says: [/Draining job/, SAVED] },
  { recorded: 'stop-detached', words: 'stop -detached {detached}', exitCode: 0, says: [/triggerId: \{ID\}/] },
  {
    recorded: 'stop-err-finished',
    words: 'stop {finished}',
    exitCode: 1,
    says: [PROGRAM_FAILED, /Could not stop with a savepoint job/],
  },
  {
    recorded: 'stop-err-unknown',
    words: 'stop {unknown}',
    exitCode: 1,
    says: [PROGRAM_FAILED, /Job \{unknown\} not found/],
  },
  { recorded: 'cancel', words: 'cancel {canceled}', exitCode: 0, says: [/Cancelled job/] },
  { recorded: 'cancel-again', words: 'cancel {canceled}', exitCode: 0, says: [/Cancelled job/] },
  {
    recorded: 'cancel-with-savepoint',
    words: 'cancel -s file://{folder} {saved}',
    exitCode: 0,
    says: [/Savepoint stored in \S+/],
  },
  {
    recorded: 'cancel-err-finished',
    words: 'cancel {finished}',
    exitCode: 1,
    says: [PROGRAM_FAILED, /RestClientException: \[.*FINISHED/],
  },
  {
    recorded: 'cancel-err-unknown',
    words: 'cancel {unknown}',
    exitCode: 1,
    says: [PROGRAM_FAILED, /RestClientException: \[Job could not be found\./],
  },
  { recorded: 'info', words: 'info {jar}', exitCode: 0, says: [/Execution Plan/] },
  {
    recorded: null,
    words: 'run -d {jar}',
    exitCode: 1,
    says: [PROGRAM_FAILED, /RestClientException: \[serialised Java job graphs cannot run here; upload a job package/],
  },
]

/** One text for what two runs print about different jobs, times and places. */
function plain(text: string): readonly string[] {
  const lines = text
    .replaceAll(/\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d : [0-9a-f]{32} : .* \(\w+\)/g, 'JOB')
    .replaceAll(/[0-9a-f]{32}/g, 'ID')
    .replaceAll(/(?:file|millrace|memory):[^\s']+/g, 'PATH')
    .replaceAll(/(?<=Checkpoint(?:\(FULL\))? )\d+/g, 'NUMBER')
    .replaceAll(/ to PATH(?=\.)/g, '')
    .split('\n')
  return lines.filter((line, index) => line !== 'JOB' || lines[index - 1] !== 'JOB')
}

/** The first line of what is printed of an exception. */
function exceptionOf(stderr: string): string | null {
  const line = /^org\.apache\.flink\.\S+: .*$/m.exec(stderr)?.[0] ?? null
  return line === null ? null : plain(line).join()
}

for (const line of Object.keys(CLIENT_LINES) as ClientLine[]) {
  test(`the command line of Flink ${line}`, { skip: missingClients(line) }, async (context) => {
    const node = await FlinkNode.start(context, line, line === '2.1' ? 'uws' : 'node')
    const clients = JavaClients.start(context, line, node.port)
    const jobs = new Map<string, string>([
      ['jar', clients.jar],
      ['folder', temporaryFolder(context, 'millrace-savepoints-')],
    ])
    for (const name of ['running', 'stopped', 'drained', 'detached', 'canceled', 'saved'] satisfies JobName[])
      jobs.set(name, await node.run('endless'))
    jobs
      .set('finished', await node.run('batch'))
      .set('failed', await node.run('failing'))
      .set('unknown', UNKNOWN_ID)
    const recording = flinkRecording('cli-2.2.1.jsonl')
    for (const { recorded, words, exitCode, says } of COMMANDS) {
      await context.test(words, async () => {
        const [action = '', ...rest] = words.replaceAll(/\{(\w+)\}/g, (_, name) => jobs.get(name) ?? '').split(' ')
        const run = await clients.cli(action, ...(action === 'info' ? [] : ['-m', node.address]), ...rest)
        let text = `${run.stdout}\n${run.stderr}`
        const location = SAVED.exec(run.stdout)?.[1]
        if (words.includes('{folder}') && location !== undefined && !jobs.has('location'))
          jobs.set('location', location)
        assert.equal(run.exitCode, exitCode, text)
        // The longest first: a savepoint is below its folder.
        for (const [name, id] of [...jobs].toSorted(([, a], [, b]) => b.length - a.length))
          text = text.replaceAll(id, `{${name}}`)
        text = text.replaceAll(/[0-9a-f]{32}/g, '{ID}')
        for (const pattern of says) assert.match(text, pattern)
        const real = recording.find(({ name }) => name === recorded) as
          | { readonly stdout: string; readonly stderr: string; readonly exit: number }
          | undefined
        // Other programs have other plans, and the line 1.20 other words.
        if (real === undefined || action === 'info' || line !== '2.1') return
        assert.deepEqual(plain(run.stdout), plain(real.stdout))
        assert.deepEqual([run.exitCode, exceptionOf(run.stderr)], [real.exit, exceptionOf(real.stderr)])
      })
    }
    await context.test('leaves the jobs as it says', async () => {
      const { jobs: all } = (await node.json('/jobs')) as { jobs: readonly { id: string; status: string }[] }
      const states = Object.fromEntries(
        [...jobs].map(([name, id]) => [name, all.find((each) => each.id === id)?.status]),
      )
      const { running, stopped, drained, canceled } = states
      assert.deepEqual(
        { running, stopped, drained, canceled },
        { running: 'RUNNING', stopped: 'FINISHED', drained: 'FINISHED', canceled: 'CANCELED' },
      )
    })
  })
}

test('the command line says when nobody listens', { skip: missingClients('2.1') }, async (context) => {
  const clients = JavaClients.start(context, '2.1', 1)
  const run = await clients.cli('list', '-m', '127.0.0.1:1')
  assert.equal(run.exitCode, 1)
  assert.match(run.stderr, /Failed to retrieve job list/)
})
