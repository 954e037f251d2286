import type { JobSyntax } from '../../config/job-document.js'

/** A configuration in a job package. */
export interface PackageEntry {
  /** Its file inside of the package. */
  readonly name: string
  /** What its first comment says; `null` without one. */
  readonly description: string | null
}

/** An uploaded file with configurations of jobs, and perhaps with files that they read. */
export interface JobPackage {
  /** `UUID_NAME` */
  readonly id: string
  /** What the client called the file. */
  readonly name: string
  readonly bytes: number
  readonly uploadedAtMs: number
  /** Empty when there is none: a file of another kind is kept too. */
  readonly entries: readonly PackageEntry[]
}

/** A configuration that was taken out of a package. */
export interface PackagedJob {
  readonly text: string
  readonly format: JobSyntax
  /** Its file inside of the package. */
  readonly fileName: string
  /** Names the package's content for `JobSubmission.packageContent`; `null` when there are no other files. */
  readonly content: string | null
  /** To be called once: until then the content stays, whatever happens to the package. */
  release(): void
}

/** Job packages of the node. They survive restarts. */
export interface JobPackages {
  /** The newest first. */
  list(): readonly JobPackage[]
  /**
   * Keeps a file; ends when it is durable. Nothing is left of one that fails.
   *
   * @param name as the client has it; only its last part counts.
   * @throws MillraceError `BODY_TOO_LARGE` for one that is too large or has no room, `STORE_FAILED`; what the content throws passes.
   */
  upload(name: string, content: AsyncIterable<Uint8Array>): Promise<JobPackage>
  /** Forgets a package; jobs that read from it go on. @returns whether there was one. */
  remove(id: string): Promise<boolean>
  /**
   * Takes a configuration out of a package.
   *
   * @param entry its name; `null` for the only one that there is.
   * @returns `null` without such a package.
   * @throws MillraceError `JOB_PACKAGE` when it cannot be run: no such entry, several and none named, no configuration at all;
   *   `ARCHIVE_REFUSED` when the archive is not one that may be unpacked; `FILE_READ_FAILED`.
   */
  open(id: string, entry: string | null): Promise<PackagedJob | null>
}
