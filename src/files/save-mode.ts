import { MillraceError } from '../core/error.js'
import type { FileSystem } from './file-system.js'
import type { DATA_SAVE_MODES, SCHEMA_SAVE_MODES } from './options.js'

/** What happens with a target folder before a job. */
export interface SaveModes {
  readonly schema: (typeof SCHEMA_SAVE_MODES)[number]
  readonly data: (typeof DATA_SAVE_MODES)[number]
}

/**
 * Prepares a target folder, which stands for a table.
 *
 * @throws MillraceError `SINK_TABLE_NOT_EXIST` and `SINK_DATA_EXISTS` where the modes forbid what is found, `SAVE_MODE_FAILED` when
 *   the folder cannot be changed or is the root of the file system.
 * @source SeaTunnel `DefaultSaveModeHandler`, `AbstractFileCatalog`
 */
export async function applySaveModes(fileSystem: FileSystem, path: string, modes: SaveModes): Promise<void> {
  try {
    await applySchemaMode(fileSystem, path, modes.schema)
    await applyDataMode(fileSystem, path, modes.data)
  } catch (thrown) {
    if (!(thrown instanceof MillraceError)) throw thrown
    if (thrown.code === 'SINK_TABLE_NOT_EXIST' || thrown.code === 'SINK_DATA_EXISTS') throw thrown
    const message = `preparing '${path}' for the job failed: ${thrown.message}`
    throw new MillraceError('SAVE_MODE_FAILED', message, { ...thrown.details, cause: thrown })
  }
}

async function applySchemaMode(fileSystem: FileSystem, path: string, mode: SaveModes['schema']): Promise<void> {
  switch (mode) {
    case 'RECREATE_SCHEMA':
      await emptyFolder(fileSystem, path)
      return
    case 'CREATE_SCHEMA_WHEN_NOT_EXIST':
      if ((await fileSystem.stat(path)) === null) await fileSystem.makeDirectory(path)
      return
    case 'ERROR_WHEN_SCHEMA_NOT_EXIST':
      if ((await fileSystem.stat(path)) === null) {
        throw new MillraceError('SINK_TABLE_NOT_EXIST', `the target folder '${path}' does not exist`, {
          hint: "create it, or set schema_save_mode to 'CREATE_SCHEMA_WHEN_NOT_EXIST'",
        })
      }
      return
    case 'IGNORE':
  }
}

async function applyDataMode(fileSystem: FileSystem, path: string, mode: SaveModes['data']): Promise<void> {
  if (mode === 'APPEND_DATA' || (await fileSystem.stat(path)) === null) return
  if (mode === 'DROP_DATA') {
    await emptyFolder(fileSystem, path)
    return
  }
  const [first] = await fileSystem.list(path)
  if (first === undefined) return
  throw new MillraceError('SINK_DATA_EXISTS', `the target folder '${path}' already has '${first.path}'`, {
    hint: "remove the files, or set data_save_mode to 'APPEND_DATA' or 'DROP_DATA'",
  })
}

async function emptyFolder(fileSystem: FileSystem, path: string): Promise<void> {
  if (/^\/*$/.test(path)) throw new MillraceError('SAVE_MODE_FAILED', 'the root of a file system is never emptied')
  await fileSystem.deleteTree(path)
  await fileSystem.makeDirectory(path)
}
