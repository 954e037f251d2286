import assert from 'node:assert/strict'
import { parseJobFile } from '../../src/config/job-document.js'
import { JobService, type PreparedJob } from '../../src/engine/job-service.js'
import { kernelBackend } from '../../src/native/load.js'
import { PLUGINS } from '../../src/plugins.generated.js'
import type { JobOutcome } from '../../src/runtime/job-runner.js'
import { PluginRegistry } from '../../src/spi/registry.js'

/** Plans a job with the real plug-ins, kernels and workers. */
export async function prepareJob(text: string): Promise<PreparedJob> {
  const service = new JobService({
    registry: new PluginRegistry(PLUGINS),
    backend: kernelBackend,
    workerEntry: new URL('../../src/worker.js', import.meta.url),
    now: () => Date.UTC(2024, 0, 31),
    zone: 'UTC',
    workers: 3,
  })
  return service.prepare({
    document: parseJobFile({ text, file: 'job.conf', variables: new Map(), environment: new Map() }),
  })
}

/** Runs a job that must succeed. */
export async function finishJob(text: string): Promise<JobOutcome> {
  const outcome = await (await prepareJob(text)).run()
  assert.deepEqual([outcome.status, outcome.errors.map((error) => `${error.code} ${error.message}`)], ['FINISHED', []])
  return outcome
}

/** Runs a job that must fail, while it is planned or while it runs, and gives what is said about it. */
export async function failJob(text: string): Promise<string> {
  try {
    const outcome = await (await prepareJob(text)).run()
    assert.equal(outcome.status, 'FAILED')
    return outcome.errors.map((error) => said(error, error.details.hint)).join('\n')
  } catch (thrown) {
    const { errors } = thrown as { errors?: readonly { code: string; message: string; details: { hint?: string } }[] }
    if (errors === undefined) throw thrown
    return errors.map((error) => said(error, error.details.hint)).join('\n')
  }
}

function said(error: { readonly code: string; readonly message: string }, hint: string | undefined): string {
  return `${error.code} ${error.message}${hint === undefined ? '' : ` (${hint})`}`
}
