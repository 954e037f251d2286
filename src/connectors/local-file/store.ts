import type { FileStore } from '../../files/connector.js'
import { LocalFileSystem } from '../../files/local-file-system.js'

/** The files of this machine, as far as the job may use them. */
export const LOCAL_STORE: FileStore<unknown> = {
  keys: [],
  async settings(_options, _place, context) {
    return { fileRoots: context.fileRoots ?? null }
  },
  open: (settings) => new LocalFileSystem(settings.fileRoots as readonly string[] | null),
}
