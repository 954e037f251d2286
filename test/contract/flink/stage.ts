import { setImmediate } from 'node:timers/promises'
import type { JobStatus, JobView, NodeService } from '../../../src/node/api.js'
import { probeRecord } from '../../jobs/probe.js'
import { submission } from '../../node/harness.js'

/** A node with jobs that are brought into the states of the recordings. */
export class Stage {
  readonly node: NodeService
  readonly #gates: (() => void)[] = []

  constructor(node: NodeService) {
    this.node = node
  }

  /** Submits a job and waits until it has come to a state, or has ended. */
  async run(text: string, until: JobStatus, more: { readonly jobId?: string } = {}): Promise<string> {
    const isThere: { at?: () => void } = {}
    const arrived = new Promise<void>((resolve) => {
      isThere.at = resolve
    })
    const forget = this.node.onEvent((_id, { status }) => {
      if (status === until) isThere.at?.()
    })
    const isStartWithSavepoint = more.jobId !== undefined
    const { jobId } = await this.node.submit(submission(text, { ...more, isStartWithSavepoint }))
    if (this.node.job(jobId)?.status === until) isThere.at?.()
    await arrived
    forget()
    return jobId
  }

  /** Runs a job to its end. */
  async ended(text: string): Promise<string> {
    const { jobId } = await this.node.submit(submission(text))
    await this.node.waitForEnd(jobId)
    return jobId
  }

  /**
   * Runs a job whose probe of this name waits somewhere, until it waits; {@link release} lets it go.
   *
   * @param whenRunning what is done to the job that it comes there.
   */
  async held(name: string, text: string, whenRunning: (jobId: string) => void = () => undefined): Promise<string> {
    const { gate } = probeRecord(name)
    this.#gates.push(() => gate.release())
    const jobId = await this.run(text, 'RUNNING')
    whenRunning(jobId)
    await gate.arrived()
    return jobId
  }

  /** Lets all go that waits. */
  release(): void {
    for (const open of this.#gates) open()
  }

  /** Waits until a job has taken some checkpoints. */
  checkpointed(jobId: string, count = 2): Promise<void> {
    return this.until(() => (this.node.checkpoints(jobId)?.completed ?? 0) >= count)
  }

  /** Takes a savepoint as soon as there is something to keep. Gives up with the job. */
  async savepoint(jobId: string): Promise<void> {
    while (this.job(jobId).flow.sources.every(({ rows }) => rows === 0)) await setImmediate()
    await this.node.savepoint(jobId, { user: null }).catch((error: unknown) => {
      const { status, finishedAtMs } = this.job(jobId)
      if (finishedAtMs === null && status !== 'CANCELING') throw error
    })
  }

  /** Waits until the parallelism of a job is not being changed. */
  rescaled(jobId: string): Promise<void> {
    return this.until(() => this.job(jobId).rescaleStage === null)
  }

  /** Waits for a condition that is looked at whenever something happens to a job. */
  until(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve()
    return new Promise((resolve) => {
      const forget = this.node.onEvent(() => {
        if (!holds()) return
        forget()
        resolve()
      })
    })
  }

  /** A job that there must be. */
  job(jobId: string): JobView {
    const view = this.node.job(jobId)
    if (view === null) throw new Error(`the job ${jobId} is gone`)
    return view
  }

  async cancel(jobId: string): Promise<void> {
    await this.node.stop(jobId, { withSavepoint: false, user: null })
    await this.node.waitForEnd(jobId)
  }
}
