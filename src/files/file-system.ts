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
  /** Fills `target` from `position` on and gives the number of bytes, fewer than asked for only at the end of the file. */
  read(target: Uint8Array, position: number): Promise<number>
  close(): Promise<void>
}

/** A file open for writing by position. */
export interface WritableFile {
  /** Writes all of `bytes` at `position`; what lies between the old end and `position` reads as zeros. */
  write(bytes: Uint8Array, position: number): Promise<void>
  /** Returns when everything written so far, by whomever, survives a loss of power. */
  sync(): Promise<void>
  close(): Promise<void>
}

/**
 * Where the file connectors read and write. Every method rejects with a MillraceError that names the path: `FILE_LIST_FAILED`
 * for listings, `FILE_READ_FAILED` for reading, `FILE_WRITE_FAILED` for everything that changes something.
 */
export interface FileSystem {
  /** All files below a folder, at any depth, or the file itself; in no particular order. */
  list(path: string): Promise<readonly FileEntry[]>
  /** `null` when there is nothing at the path. */
  stat(path: string): Promise<FileStatus | null>
  openForReading(path: string): Promise<ReadableFile>
  /** Opens a file for writing; it and its folders are made when they are missing, and existing content is kept. */
  openForWriting(path: string): Promise<WritableFile>
  /**
   * Moves a file so that the new name shows the whole file or nothing; an existing file is replaced and folders are made. The
   * change survives a loss of power.
   */
  move(from: string, to: string): Promise<void>
  makeDirectory(path: string): Promise<void>
  /** Deletes a file or a folder with everything in it; nothing to delete is no error. */
  deleteTree(path: string): Promise<void>
}
