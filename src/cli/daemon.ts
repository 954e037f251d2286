import { closeSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { type CliEnvironment, EXIT } from './environment.js'

/** What is shown of the output of a node that did not come up, in characters from its end. */
const SHOWN_OUTPUT = 4000

/**
 * Starts this program in the background with its output appended to a file, and waits until it says that it is ready or ends.
 *
 * @returns 0 when it is ready; 1 when it ended, with the end of its output on standard error.
 */
export async function startDaemon(
  argv: readonly string[],
  outputFile: string,
  { self, variables, err }: CliEnvironment,
): Promise<number> {
  const { spawn } = await import('node:child_process')
  mkdirSync(dirname(outputFile), { recursive: true, mode: 0o700 })
  const output = openSync(outputFile, 'a', 0o600)
  const from = statSync(outputFile).size
  const [program, ...rest] = self
  const child = spawn(program, [...rest, ...argv], {
    detached: true,
    stdio: ['ignore', output, output, 'ipc'],
    env: Object.fromEntries(variables),
  })
  closeSync(output)
  const isReady = await new Promise<boolean>((resolve) => {
    child.once('message', () => resolve(true))
    child.once('exit', () => resolve(false))
    child.once('error', () => resolve(false))
  })
  if (isReady) {
    child.disconnect()
    child.unref()
    return EXIT.ok
  }
  const text = readFileSync(outputFile).subarray(from).toString('utf8')
  err(`the node did not start; from '${outputFile}':\n${text.slice(-SHOWN_OUTPUT)}`)
  return EXIT.failed
}
