import type { JobEvent, JobFailure, JobRequest } from './api.js'
import type { JobFsmEvent } from './job-fsm.js'
import type { JobRequirements } from './job-record.js'

/** What comes with an event of the state machine for those who read the timeline. */
export interface EventDetails {
  /** Why the job fails, should it fail with this event. */
  readonly failure?: JobFailure
  readonly notes?: readonly Pick<JobEvent, 'kind' | 'text' | 'data'>[]
  /** Requests that are new or have got on. */
  readonly requests?: readonly JobRequest[]
  /** Why a change of the parallelism comes to nothing, should it do so with this event. */
  readonly reason?: { readonly code: string; readonly message: string }
  /** What is asked for of the parallelism from now on; absent for no change. */
  readonly requirements?: JobRequirements | null
}

/** Something that a job has to deal with. */
export interface InboxEntry {
  /** `null` only writes down what the job has done so far. */
  readonly event: JobFsmEvent | null
  readonly details: EventDetails
  /** Somebody waits for the answer and can ask again; everything else has happened and must be dealt with. */
  readonly isRequest: boolean
  /** Gets whether the event meant something. */
  readonly resolve: (meantSomething: boolean) => void
  readonly reject: (error: unknown) => void
}

/** What is to be dealt with, in order, and taken out all at once so that one write serves it all. */
export class JobInbox {
  #entries: InboxEntry[] = []

  get isEmpty(): boolean {
    return this.#entries.length === 0
  }

  /** Adds something; ends when it has been dealt with. */
  add(event: JobFsmEvent | null, details: EventDetails, isRequest: boolean): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#entries.push({ event, details, isRequest, resolve, reject })
    })
  }

  take(): readonly InboxEntry[] {
    const taken = this.#entries
    this.#entries = []
    return taken
  }

  /** Puts back what could not be dealt with. Requests are refused with the reason instead. */
  putBack(entries: readonly InboxEntry[], reason: unknown): void {
    for (const entry of entries) if (entry.isRequest) entry.reject(reason)
    this.#entries = [...entries.filter(({ isRequest }) => !isRequest), ...this.#entries]
  }

  /** Answers everything that is left: nothing came of it. */
  close(): void {
    for (const { resolve } of this.take()) resolve(false)
  }
}
