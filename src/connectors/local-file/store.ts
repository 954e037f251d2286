import type { FileStore } from '../../files/connector.js'
import { LocalFileSystem } from '../../files/local-file-system.js'
import type { FilePolicy } from '../../spi/context.js'
import type { Json } from '../../spi/json.js'

/** The files of this machine, as far as the job may use them. */
export const LOCAL_STORE: FileStore<unknown> = {
  keys: [],
  async settings(_options, _place, context) {
    return { filePolicy: (context.filePolicy ?? null) as Json }
  },
  open: (settings) => new LocalFileSystem(settings.filePolicy as FilePolicy | null),
}
