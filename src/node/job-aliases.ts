/** Other names of jobs. No two jobs have the same. */
export class JobAliases {
  readonly #jobs = new Map<string, string>()
  readonly #aliases = new Map<string, string>()

  /** The job with a name; `null` without one. */
  jobId(alias: string): string | null {
    return this.#jobs.get(alias) ?? null
  }

  /** Gives a job its name, which no other has any more, in the place of the one that it had. */
  set(jobId: string, alias: string | undefined): void {
    this.remove(jobId)
    if (alias === undefined) return
    const before = this.#jobs.get(alias)
    if (before !== undefined) this.#aliases.delete(before)
    this.#jobs.set(alias, jobId)
    this.#aliases.set(jobId, alias)
  }

  /** The job is not known any more. */
  remove(jobId: string): void {
    const alias = this.#aliases.get(jobId)
    if (alias !== undefined) this.#jobs.delete(alias)
    this.#aliases.delete(jobId)
  }
}
