/** A file of a storage. */
export interface StoredFile {
  readonly name: string
  readonly sizeBytes: number
}

/**
 * Keeps small files, each in the folder of a job. Folders and names are single path segments. Every method rejects with a MillraceError
 * `CHECKPOINT_FAILED`.
 */
export interface CheckpointStorage {
  /** Keeps a file as a whole in place of one of that name; it is there after a loss of power once this has returned. */
  put(folder: string, name: string, bytes: Uint8Array): Promise<void>
  /** `null` when there is no such file. */
  get(folder: string, name: string): Promise<Uint8Array | null>
  /** The files of a folder in any order; unfinished ones are left out. Empty when there is no such folder. */
  list(folder: string): Promise<readonly StoredFile[]>
  remove(folder: string, name: string): Promise<void>
  /** Removes a folder with everything in it; an absent one is no error. */
  removeFolder(folder: string): Promise<void>
}

/** A storage that ends with the process, for tests. */
export class MemoryCheckpointStorage implements CheckpointStorage {
  readonly folders = new Map<string, Map<string, Uint8Array>>()

  async put(folder: string, name: string, bytes: Uint8Array): Promise<void> {
    const files = this.folders.get(folder) ?? new Map<string, Uint8Array>()
    files.set(name, bytes.slice())
    this.folders.set(folder, files)
  }

  async get(folder: string, name: string): Promise<Uint8Array | null> {
    return this.folders.get(folder)?.get(name)?.slice() ?? null
  }

  async list(folder: string): Promise<readonly StoredFile[]> {
    return [...(this.folders.get(folder) ?? [])].map(([name, bytes]) => ({ name, sizeBytes: bytes.length }))
  }

  async remove(folder: string, name: string): Promise<void> {
    this.folders.get(folder)?.delete(name)
  }

  async removeFolder(folder: string): Promise<void> {
    this.folders.delete(folder)
  }
}
