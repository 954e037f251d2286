import { MillraceError } from '../core/error.js'
import type { FileFormat } from '../spi/format.js'
import type { PluginRegistry } from '../spi/registry.js'

/**
 * Finds a file format by its name.
 *
 * @throws MillraceError `UNIMPLEMENTED` for a name that job files may have and this build has no format for.
 */
export async function loadFormat(registry: PluginRegistry, name: string): Promise<FileFormat> {
  if (registry.has('format', name)) return registry.load('format', name)
  throw new MillraceError('UNIMPLEMENTED', `file format '${name}' is not implemented`, {
    hint: `formats there are: ${registry.names('format').join(', ')}`,
  })
}
