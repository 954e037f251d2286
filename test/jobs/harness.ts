import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseJobFile } from '../../src/config/job-document.js'
import { type JobRequest, JobService, type JobServiceParts, type PreparedJob } from '../../src/engine/job-service.js'
import { kernelBackend } from '../../src/native/load.js'
import { PLUGINS } from '../../src/plugins.generated.js'
import type { JobOutcome } from '../../src/runtime/job-runner.js'
import { PluginRegistry } from '../../src/spi/registry.js'
import { FAULTY_PLUGINS } from '../restore/faulty-file.js'
import { TEST_PLUGINS } from './probe.js'
import { STAGE_PLUGINS } from './stage-probe.js'

/** The real plug-ins, kernels and workers, and the plug-ins of tests. */
export function testService(
  workers = 2,
  more: Pick<Partial<JobServiceParts>, 'stopGraceMs' | 'startWorker'> = {},
): JobService {
  return new JobService({
    registry: new PluginRegistry([...PLUGINS, ...TEST_PLUGINS, ...STAGE_PLUGINS, ...FAULTY_PLUGINS]),
    backend: kernelBackend,
    workerEntry: new URL('./worker.js', import.meta.url),
    now: () => Date.UTC(2024, 0, 31),
    zone: 'UTC',
    workers,
    ...more,
  })
}

/** Plans a job of {@link testService}. */
export async function prepareJob(text: string, workers?: number, more: Partial<JobRequest> = {}): Promise<PreparedJob> {
  const document = parseJobFile({ text, file: 'job.conf', variables: new Map(), environment: new Map() })
  return testService(workers).prepare({ document, ...more })
}

/** Runs a job to its end. */
export async function runJob(text: string, workers?: number, more: Partial<JobRequest> = {}): Promise<JobOutcome> {
  return (await prepareJob(text, workers, more)).run()
}

/** Runs a job that must succeed. */
export async function finishJob(text: string, workers?: number, more: Partial<JobRequest> = {}): Promise<JobOutcome> {
  const outcome = await runJob(text, workers, more)
  assert.deepEqual([outcome.status, outcome.errors.map((error) => `${error.code} ${error.message}`)], ['FINISHED', []])
  return outcome
}

/** All lines of all files below a folder, file by file; none when there is no such folder. */
export function linesBelow(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
    .flatMap((file) => readFileSync(file, 'utf8').split('\n'))
    .filter((line) => line !== '')
}

/** Lines `first … first + count - 1` of a csv file with the columns of {@link SCHEMA}. */
export function csvRows(count: number, first = 0): string {
  return Array.from({ length: count }, (_, index) => `${first + index},name ${first + index}`).join('\n')
}

/** The schema of {@link csvRows}. */
export const SCHEMA = 'schema { fields { id = bigint, name = string } }'

/** A csv source block. */
export function csvSource(path: string, options = ''): string {
  return `LocalFile { path = "${path}", file_format_type = csv, ${SCHEMA} ${options} }`
}

/** A csv sink block that writes below `<folder>/<name>`. */
export function csvSink(folder: string, name = 'out', options = ''): string {
  return `LocalFile { path = "${folder}/${name}", tmp_path = "${folder}/tmp", file_format_type = csv ${options} }`
}
