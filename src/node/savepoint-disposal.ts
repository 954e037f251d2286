import { parseLocation } from '../checkpoint/location.js'
import { MillraceError } from '../core/error.js'
import type { NodeCheckpoints } from './attempt-planner.js'
import type { JobRecord } from './job-record.js'

/** Removes savepoints that no job uses. */
export class SavepointDisposal {
  readonly #savepoints: NodeCheckpoints['savepoints']
  readonly #unended: () => readonly JobRecord[]

  /** @param unended jobs that have not ended, those that begin included. */
  constructor(savepoints: NodeCheckpoints['savepoints'], unended: () => readonly JobRecord[]) {
    this.#savepoints = savepoints
    this.#unended = unended
  }

  /**
   * Removes the savepoint at a location.
   *
   * @throws MillraceError `SAVEPOINT_LOCATION` when there is none, or it may not be removed; `JOB_STATE` while a job uses it.
   */
  async dispose(location: string): Promise<void> {
    if (parseLocation(location).type === 'checkpoint') {
      const message = `'${location}' is a checkpoint of the node, which removes it itself`
      throw new MillraceError('SAVEPOINT_LOCATION', message)
    }
    const user = this.#userOf(this.#savepoints.canonical(location))
    if (user !== null) {
      throw new MillraceError('JOB_STATE', `the savepoint '${location}' is used by job '${user}'`, {
        hint: 'stop the job that went on behind it first',
      })
    }
    await this.#savepoints.dispose(location)
  }

  /** Removes a savepoint that belongs to a job of which nothing is left. What cannot be removed stays, as does what another job uses. */
  async dropClaimed({ restoreFrom }: JobRecord): Promise<void> {
    if (restoreFrom?.isClaimed !== true) return
    await this.dispose(restoreFrom.location).catch(() => undefined)
  }

  /** The job that has not ended and went on behind a savepoint; `null` for none. */
  #userOf(address: string): string | null {
    for (const { jobId, restoreFrom } of this.#unended()) {
      if (restoreFrom === undefined || parseLocation(restoreFrom.location).type === 'checkpoint') continue
      if (this.#isAt(restoreFrom.location, address)) return jobId
    }
    return null
  }

  /** Whether a location is a folder of savepoints; one that may not be used any more is none. */
  #isAt(location: string, address: string): boolean {
    try {
      return this.#savepoints.canonical(location) === address
    } catch {
      return false
    }
  }
}
