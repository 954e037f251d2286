import type { CheckpointEvent, CheckpointOverview } from '../checkpoint/events.js'
import type { JobDocument } from '../config/job-document.js'
import { secretKeysOf } from '../config/option.js'
import { addDeclaredSecrets } from '../config/redact-document.js'
import type { Redactor } from '../core/redact.js'
import type { PluginRegistry } from '../spi/registry.js'
import type { JobRequest, PreparedJob } from './job-service.js'

/** Makes the values of options that plug-ins declare as secret known to the document's redactor. Plug-ins that are not there have none. */
export async function learnDeclaredSecrets(document: JobDocument, registry: PluginRegistry): Promise<void> {
  const { redactor } = document
  for (const { kind, pluginName, options } of [...document.source, ...document.transform, ...document.sink]) {
    if (!registry.has(kind, pluginName)) continue
    const { spec } = await registry.load(kind, pluginName)
    addDeclaredSecrets(redactor, options, secretKeysOf(spec))
  }
}

/** Prepares a job whose warnings, errors, events and lines for failed rows are free of its document's secrets. */
export async function prepareRedacted(
  request: JobRequest,
  prepare: (request: JobRequest) => Promise<PreparedJob>,
): Promise<PreparedJob> {
  const { warn, rowError } = request
  const { redactor } = request.document
  try {
    const job = await prepare({
      ...request,
      warn: warn === undefined ? undefined : (warning) => warn(redactor.error(warning)),
      rowError: rowError === undefined ? undefined : (line) => rowError(redactor.text(line)),
    })
    return redactedJob(job, redactor)
  } catch (thrown) {
    throw redactor.thrown(thrown)
  }
}

function redactedJob(job: PreparedJob, redactor: Redactor): PreparedJob {
  return {
    ...job,
    warnings: job.warnings.map((warning) => redactor.error(warning)),
    run: async () => {
      const outcome = await job.run()
      return { ...outcome, errors: outcome.errors.map((error) => redactor.error(error)) }
    },
    savepoint: (options) =>
      job.savepoint(options).catch((thrown: unknown) => {
        const errors = redactor.thrown(thrown)
        throw errors.errors.length === 1 ? errors.errors[0] : errors
      }),
    checkpoints: () => redactedOverview(job.checkpoints(), redactor),
    onEvent: (listener) => job.onEvent((event) => listener(redactedEvent(event, redactor))),
  }
}

function redactedOverview(overview: CheckpointOverview, redactor: Redactor): CheckpointOverview {
  const { lastFailure } = overview
  if (lastFailure === null) return overview
  return { ...overview, lastFailure: { ...lastFailure, error: redactor.error(lastFailure.error) } }
}

function redactedEvent(event: CheckpointEvent, redactor: Redactor): CheckpointEvent {
  return event.type === 'checkpointFailed' ? { ...event, error: redactor.error(event.error) } : event
}
