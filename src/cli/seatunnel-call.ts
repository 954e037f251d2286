import { type ConfigObject, toJsonText } from '../config/document.js'
import type { JobDocument } from '../config/job-document.js'
import { redactDocument } from '../config/redact-document.js'
import { ShadeRegistry } from '../config/shade.js'
import { MillraceError } from '../core/error.js'
import type { ParsedArguments } from './arguments.js'
import type { CliEnvironment } from './environment.js'
import type { JobFileRequest } from './job-file.js'
import { type ClientLog, LOGGER } from './seatunnel-log.js'

/** How long a job that was stopped by a signal may take to end, in milliseconds. @source SeaTunnel `ClientExecuteCommand` */
export const CLOSE_LIMIT_MS = 15_000

/** Name that stands for none. @source SeaTunnel `Constants.LOGO` */
const NAME_DEFAULT = 'SeaTunnel'

/** One call of the client with valid arguments. */
export interface ClientCall {
  readonly given: ParsedArguments
  /** `-D` properties of the command line. */
  readonly properties: ReadonlyMap<string, string>
  readonly environment: CliEnvironment
  readonly log: ClientLog
  /** The job file as it was written, as soon as it is read: failures find their places in it. */
  document: JobDocument | null
}

/** The job file that the call names. @throws MillraceError `CLI_USAGE` when it names none. */
export function jobFileRequest({ given, environment }: ClientCall): JobFileRequest {
  const file = given.value('--config')
  if (file === null) throw new MillraceError('CLI_USAGE', 'no config file was given', { hint: 'give it with -c' })
  return {
    file,
    variables: given.values('--variable'),
    environment: environment.variables,
    redactor: environment.redactor,
  }
}

/** The id that the call gives a job; `null` for none. */
export function jobIdOf({ given }: ClientCall): string | null {
  return given.value('--set-job-id')?.replace(/^\+/, '') ?? null
}

/** The name that the call gives a job; `null` for none. */
export function jobNameOf({ given }: ClientCall): string | null {
  const name = given.value('--name')
  return name === NAME_DEFAULT ? null : name
}

/** The line of the log about kinds of encryption. */
export function logShades(log: ClientLog): void {
  const shades = new ShadeRegistry().identifiers().filter((identifier) => identifier !== 'default')
  log.info(LOGGER.shade, `Load config shade spi: [${shades.join(', ')}]`)
}

/** The lines of the log about a job file that was read, with its secrets hidden. */
export function logJobFile(log: ClientLog, root: ConfigObject): void {
  logShades(log)
  log.info(LOGGER.config, `Parsed config file: \n${toJsonText(redactDocument(root), 4)}\n`)
}
