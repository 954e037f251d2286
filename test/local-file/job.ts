import { readdirSync, readFileSync } from 'node:fs'
import { parseJobFile } from '../../src/config/job-document.js'
import { JobService } from '../../src/engine/job-service.js'
import { BACKEND_VARIABLE, kernelBackend, loadBackend } from '../../src/native/load.js'
import { PLUGINS } from '../../src/plugins.generated.js'
import type { JobOutcome } from '../../src/runtime/job-runner.js'
import { PluginRegistry } from '../../src/spi/registry.js'

/** Runs a job file with the real kernels and workers; `build` is the kernels' build for this and every later job. */
export async function runJob(text: string, workers = 3, build?: 'native' | 'wasm'): Promise<JobOutcome> {
  // Workers load their kernels themselves, as the variable says.
  if (build !== undefined) process.env[BACKEND_VARIABLE] = build
  const service = new JobService({
    registry: new PluginRegistry(PLUGINS),
    backend: build === undefined ? kernelBackend : () => loadBackend(build),
    workerEntry: new URL('../../src/worker.js', import.meta.url),
    now: () => Date.UTC(2024, 0, 31),
    zone: 'UTC',
    workers,
  })
  const document = parseJobFile({ text, file: 'job.conf', variables: new Map(), environment: new Map() })
  const job = await service.prepare({ document })
  return job.run()
}

/** The reason to skip a test whose kernels this build does not have, else `false`. */
export function missingCodec(name: string): string | false {
  const codec = kernelBackend()
    .describe()
    .codecs.find((candidate) => candidate.name === name)
  return codec?.reads === true && codec.writes ? false : `the kernels of this build cannot read and write '${name}'`
}

/** Contents of the files below a folder, by path, in byte order of their paths. */
export function contents(folder: string): readonly (readonly [path: string, text: string])[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`)
    .sort()
    .map((path) => [path.slice(folder.length + 1), readFileSync(path, 'utf8')] as const)
}
