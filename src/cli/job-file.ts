import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { ConfigObject } from '../config/document.js'
import type { IncludedText } from '../config/hocon/hocon.js'
import { type JobDocument, parseJobFile, parseJobTree } from '../config/job-document.js'
import { redactorOf, redactorOfText } from '../config/redact-document.js'
import { ShadeRegistry } from '../config/shade.js'
import { systemShadeAccess } from '../config/shade-key.js'
import { parseVariables } from '../config/variables.js'
import { MillraceError } from '../core/error.js'
import type { Redactor } from '../core/redact.js'

/** Largest job file that is read, in bytes. */
const JOB_FILE_LIMIT_BYTES = 16 * 1024 * 1024

/** What a job file is read with. */
export interface JobFileRequest {
  readonly file: string
  /** `-i` arguments as given. */
  readonly variables: readonly string[]
  readonly environment: ReadonlyMap<string, string>
  /** Learns the secrets of the file. */
  readonly redactor: Redactor
}

/**
 * Reads and parses a job file of the user.
 *
 * @throws MillraceError `CONFIG_FILE_NOT_FOUND`, `CONFIG_FILE_UNREADABLE`; MillraceErrors with every fault of the text.
 */
export function readJobFile(request: JobFileRequest): JobDocument {
  const { input, warnings } = jobFileInput(request)
  try {
    const document = parseJobFile(input)
    request.redactor.include(document.redactor)
    return { ...document, warnings: [...warnings, ...document.warnings] }
  } catch (thrown) {
    request.redactor.include(redactorOfText(input.text))
    throw thrown
  }
}

/**
 * The tree of a job file as it was written, secrets included, not looked at as a job.
 *
 * @param redactor learns the secrets as they are written; `null` where the tree itself is to be shown.
 * @throws as {@link readJobFile}.
 */
export function readJobTree(request: Omit<JobFileRequest, 'redactor'>, redactor: Redactor | null): ConfigObject {
  const { input } = jobFileInput(request)
  try {
    const { root } = parseJobTree({ ...input, decrypt: false })
    redactor?.include(redactorOf(root))
    return root
  } catch (thrown) {
    redactor?.include(redactorOfText(input.text))
    throw thrown
  }
}

/** The shades for files of the user, which may name their key file. */
export function shadesOf({ environment }: Pick<JobFileRequest, 'environment'>): ShadeRegistry {
  return new ShadeRegistry(systemShadeAccess({ variables: environment, trustsDocuments: true }))
}

function jobFileInput({ file, variables, environment }: Omit<JobFileRequest, 'redactor'>) {
  const parsed = parseVariables(variables)
  const shades = shadesOf({ environment })
  return {
    input: { text: readText(file), file, variables: parsed.variables, environment, readInclude, shades },
    warnings: parsed.warnings,
  }
}

function readText(file: string): string {
  try {
    const { size } = statSync(file)
    if (size > JOB_FILE_LIMIT_BYTES) {
      throw new MillraceError(
        'CONFIG_LIMIT',
        `the job file '${file}' has '${size}' bytes, at most '${JOB_FILE_LIMIT_BYTES}' are read`,
      )
    }
    return readFileSync(file, 'utf8')
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new MillraceError('CONFIG_FILE_NOT_FOUND', `the job file '${file}' does not exist`, {
        cause,
        hint: 'give its path with -c',
      })
    }
    throw new MillraceError('CONFIG_FILE_UNREADABLE', `the job file '${file}' cannot be read`, { cause })
  }
}

function readInclude(path: string, from: string): IncludedText | null {
  const file = resolve(dirname(from), path)
  try {
    if (statSync(file).size > JOB_FILE_LIMIT_BYTES) return null
    return { file, text: readFileSync(file, 'utf8') }
  } catch {
    return null
  }
}
