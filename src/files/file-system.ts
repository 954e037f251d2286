/** A file as a listing shows it. Paths use `/`. */
export interface FileEntry {
  readonly path: string
  readonly sizeBytes: number
  readonly modifiedMs: number
  /** Absent where the file system does not keep it. */
  readonly createdMs?: number
}

/** A file or folder. */
export interface FileStatus {
  readonly isDirectory: boolean
  readonly sizeBytes: number
  readonly modifiedMs: number
}

/** A file open for reading by position. */
export interface ReadableFile {
  readonly sizeBytes: number
  /**
   * Fills `target` from `position` on and gives the number of bytes, fewer than asked for only at the end of the file.
   *
   * @param aheadBytes how many bytes from `position` on will be read in order, this read included; a file of another machine
   *   asks for them at once.
   */
  read(target: Uint8Array, position: number, aheadBytes?: number): Promise<number>
  close(): Promise<void>
}

/** A file open for writing by position. */
export interface WritableFile {
  /**
   * Writes all of `bytes` at `position`. Where the file system writes in any order, others may write elsewhere in the file at
   * the same time and what nobody wrote reads as zeros; else `position` is the end of the file.
   */
  write(bytes: Uint8Array, position: number): Promise<void>
  /** Returns when everything written so far, by whomever, survives a loss of power. */
  sync(): Promise<void>
  close(): Promise<void>
}

/** How files below a path are listed. */
export interface ListOptions {
  /** Whether folders in the folder are gone through too. */
  readonly isRecursive: boolean
  /** Whether `modifiedMs` is needed; else it may be 0 where it costs a question per file. */
  readonly withTimes: boolean
}

/** Everything below a path, without times. */
export const LIST_ALL: ListOptions = { isRecursive: true, withTimes: false }

/**
 * Where the file connectors read and write. Every method rejects with a MillraceError that names the path: `FILE_LIST_FAILED`
 * for listings, `FILE_READ_FAILED` for reading, `FILE_WRITE_FAILED` for everything that changes something.
 */
export interface FileSystem {
  /** Whether a staged file may be written at several places side by side, or only at its end, one write after the other. */
  readonly writeOrder: 'any' | 'sequential'
  /** Least bytes of a file that one worker should read at a time: opening a file in its middle has a price. */
  readonly morselBytes: number
  /** The one spelling of a path of a job file: no trailing `/`, no `.` and `..`. */
  resolve(path: string): string
  /** The files below a folder, or the file itself; in no particular order. By default at any depth. */
  list(path: string, options?: ListOptions): Promise<readonly FileEntry[]>
  /** `null` when there is nothing at the path. */
  stat(path: string): Promise<FileStatus | null>
  /** @param sizeBytes size of the file where it is known; saves a question to another machine. */
  openForReading(path: string, sizeBytes?: number): Promise<ReadableFile>
  /** Opens a file for writing; it and its folders are made when they are missing, and existing content is kept. */
  openForWriting(path: string): Promise<WritableFile>
  /**
   * Moves a file so that the new name shows the whole file or nothing; an existing file is replaced and folders are made. The
   * change survives a loss of power.
   */
  move(from: string, to: string): Promise<void>
  makeDirectory(path: string): Promise<void>
  /**
   * Returns when the names of what is in these folders survive a loss of power. Absent where a name survives as soon as its file
   * does.
   */
  syncFolders?(paths: readonly string[]): Promise<void>
  /** Deletes a file or a folder with everything in it; nothing to delete is no error. */
  deleteTree(path: string): Promise<void>
  /** Ends idle connections; the file system can still be used. */
  close(): Promise<void>
}
