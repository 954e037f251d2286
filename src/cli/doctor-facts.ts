import { mkdtempSync, readFileSync, rmdirSync } from 'node:fs'
import { availableParallelism, freemem, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'

/** What is found out about a machine; `null` where the system does not say. */
export interface MachineFacts {
  readonly nodeVersion: string
  readonly platform: string
  readonly cores: number
  readonly totalMemoryBytes: number
  readonly freeMemoryBytes: number
  /** Limit of a container, when it is below the machine's memory. */
  readonly memoryLimitBytes: number | null
  readonly temporaryFolder: string
  /** Why nothing can be made in the temporary folder. */
  readonly temporaryFolderFault: string | null
  /** Threads for file work, as the environment sets them. */
  readonly threadPoolSize: number | null
  readonly openFilesLimit: number | null
}

/** Looks at the machine. Makes and removes one folder in the temporary folder. */
export function machineFacts(variables: ReadonlyMap<string, string>): MachineFacts {
  const total = totalmem()
  const constrained = process.constrainedMemory()
  const pool = Number(variables.get('UV_THREADPOOL_SIZE') ?? Number.NaN)
  return {
    nodeVersion: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    cores: availableParallelism(),
    totalMemoryBytes: total,
    freeMemoryBytes: freemem(),
    memoryLimitBytes: constrained !== undefined && constrained > 0 && constrained < total ? constrained : null,
    temporaryFolder: tmpdir(),
    temporaryFolderFault: folderFault(tmpdir()),
    threadPoolSize: Number.isInteger(pool) ? pool : null,
    openFilesLimit: openFilesLimit(),
  }
}

function folderFault(folder: string): string | null {
  try {
    rmdirSync(mkdtempSync(join(folder, 'millrace-doctor-')))
    return null
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown)
  }
}

/** The soft limit of this process; `null` outside Linux. */
function openFilesLimit(): number | null {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8')
    const found = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1]
    if (found === undefined) return null
    return found === 'unlimited' ? Number.POSITIVE_INFINITY : Number(found)
  } catch {
    return null
  }
}
