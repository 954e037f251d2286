import type { JobDocument } from '../config/job-document.js'
import { asMillraceErrors, type MillraceError } from '../core/error.js'
import { errorText } from './error-report.js'
import { type ClientLog, LOGGER } from './seatunnel-log.js'
import { SourceLines } from './source-excerpt.js'

const RULE = '='.repeat(79)
const EXCEPTION = 'org.apache.seatunnel.core.starter.exception.CommandExecuteException: SeaTunnel job executed failed'

/**
 * The banner that SeaTunnel prints when a command fails, with our errors in the place of its stack traces.
 *
 * @param document what the job file says, when it could be read; names plug-ins in causes.
 * @source SeaTunnel `SeaTunnel.showFatalError`
 */
export function failureReport(
  thrown: unknown,
  document: JobDocument | null,
  log: ClientLog,
  err: (text: string) => void,
): void {
  const lines = new SourceLines()
  const errors = asMillraceErrors(thrown)
  const causes = [...new Set(errors.flatMap((error) => causesOf(error, document)))].map(
    (cause) => `Caused by: ${cause}`,
  )
  const places = errors.map((error, index) => errorText(error, { lines, number: [index + 1, errors.length] }))
  log.error(LOGGER.starter, `\n\n${RULE}\n\n`)
  log.error(LOGGER.starter, 'Fatal Error, \n')
  log.error(LOGGER.starter, 'Reason:SeaTunnel job executed failed \n')
  log.error(LOGGER.starter, `Exception StackTrace:${[EXCEPTION, ...causes, ...places].join('\n')}\n `)
  log.error(LOGGER.starter, `\n${RULE}\n\n\n`)
  err(`${[`Exception in thread "main" ${EXCEPTION}`, ...causes].join('\n')}\n`)
}

/** The original's messages for an error, outermost first. */
function causesOf(error: MillraceError, document: JobDocument | null): readonly string[] {
  const missing = error.code === 'CONFIG_FILE_NOT_FOUND' ? /'(.+)' does not exist/.exec(error.message)?.[1] : undefined
  if (missing !== undefined) {
    return [
      `ErrorCode:[COMMON-22], ErrorDescription:[SeaTunnel read file '${missing}' failed, because it not existed.]`,
    ]
  }
  const block = blockOf(error, document)
  if (block === null) return [error.seatunnelText()]
  const { kind, pluginName } = block
  if (error.code === 'PLUGIN_NOT_FOUND' && kind !== 'transform') {
    return [
      `Plugin PluginIdentifier{engineType='seatunnel', pluginType='${kind}', pluginName='${pluginName}'} not found.`,
    ]
  }
  if (!error.code.startsWith('OPTION_') && error.code !== 'PLUGIN_CREATE') return [error.seatunnelText()]
  const frame = `ErrorCode:[API-06], ErrorDescription:[Factory initialize failed] - Unable to create a ${kind} for identifier '${pluginName}'.`
  return [frame, error.seatunnelText()]
}

function blockOf(error: MillraceError, document: JobDocument | null): JobDocument['source'][number] | null {
  const found = /^(source|transform|sink)\[(\d+)\]/.exec(error.details.path ?? '')
  if (document === null || found === null) return null
  return document[found[1] as 'source' | 'transform' | 'sink'][Number(found[2])] ?? null
}
