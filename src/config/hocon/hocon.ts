import { MillraceError, type SourcePosition } from '../../core/error.js'
import type { ConfigObject } from '../document.js'
import { MAX_DOCUMENT_BYTES } from '../json.js'
import { type Includer, parseRaw } from './parser.js'
import { type RawObject, rawObject } from './raw.js'
import { type ExternalLookup, resolveRaw } from './resolver.js'

/** Files that one document may include, and how deep they may include one another. */
export const INCLUDE_LIMITS = { files: 100, depth: 16 } as const

/** A file that an `include` found. */
export interface IncludedText {
  /** Name shown in positions, and given as `from` for its own includes. */
  readonly file: string
  readonly text: string
}

/**
 * Reads the file that an `include` names.
 *
 * @param name as written. @param from the file that holds the include; relative names are relative to it.
 * @returns `null` when there is no such file.
 */
export type ReadInclude = (name: string, from: string) => IncludedText | null

/** Settings of {@link parseHocon}. */
export interface HoconOptions {
  /** Absent: `include` is refused. Only texts that a user gave by path may include files. */
  readonly readInclude?: ReadInclude
  /** Where names that the document does not have are looked up. Absent: nowhere. */
  readonly external?: ExternalLookup
  /** Whether objects under `source`, `transform` and `sink` become lists of plug-ins. Default `true`. */
  readonly pluginSections?: boolean
  /** Where the text starts in a larger file: positions count on from here. */
  readonly start?: SourcePosition
}

/**
 * Reads a document in SeaTunnel's dialect of HOCON: `->` separates paths, dots are part of keys, and the sections
 * `source`, `transform` and `sink` are ordered lists of plug-ins.
 *
 * Nothing outside the text is touched but what `readInclude` and `external` give. Bounded: 16 MiB of text with its
 * includes, 128 levels, 64 Mi characters after substitution.
 *
 * @throws MillraceError `CONFIG_SYNTAX`, `CONFIG_SUBSTITUTION`, `CONFIG_INCLUDE`, `CONFIG_LIMIT`, each with its position.
 * @source SeaTunnel's fork of Typesafe config: `ConfigDocumentParser`, `ConfigParser`, `PathParser`
 */
export function parseHocon(text: string, file: string, options: HoconOptions = {}): ConfigObject {
  const loader = new IncludeLoader(options.readInclude ?? null, options.pluginSections ?? true)
  const root = loader.parse(text, file, [], options.start)
  return resolveRaw(root, options.external ?? (() => null))
}

class IncludeLoader implements Includer {
  private bytes = 0
  private files = 0
  private depth = 0

  constructor(
    private readonly readInclude: ReadInclude | null,
    private readonly pluginSections: boolean,
  ) {}

  parse(text: string, file: string, prefix: readonly string[], start?: SourcePosition): RawObject {
    this.bytes += Buffer.byteLength(text)
    if (this.bytes > MAX_DOCUMENT_BYTES) {
      throw new MillraceError('CONFIG_LIMIT', `the document is larger than ${MAX_DOCUMENT_BYTES} bytes`, {
        position: { file, line: 1, column: 1 },
        hint: 'split the job, or read long values from files',
      })
    }
    return parseRaw(text, file, { includer: this, prefix, pluginSections: this.pluginSections, start })
  }

  include(name: string, required: boolean, from: SourcePosition, prefix: readonly string[]): RawObject | null {
    if (this.readInclude === null) {
      throw new MillraceError('CONFIG_INCLUDE', `'include' is not allowed in this document: '${name}'`, {
        position: from,
        hint: 'put the included text into the document itself',
      })
    }
    this.files += 1
    this.depth += 1
    if (this.files > INCLUDE_LIMITS.files || this.depth > INCLUDE_LIMITS.depth) {
      const message = `includes are limited to ${INCLUDE_LIMITS.files} files and ${INCLUDE_LIMITS.depth} levels, reached at '${name}'`
      throw new MillraceError('CONFIG_LIMIT', message, { position: from, hint: 'check that no file includes itself' })
    }
    const found = this.readInclude(name, from.file)
    if (found === null && required) {
      const hint = `create the file, or write include "${name}" without required()`
      throw new MillraceError('CONFIG_INCLUDE', `included file '${name}' does not exist`, { position: from, hint })
    }
    const result = found === null ? rawObject(from) : this.parse(found.text, found.file, [...prefix])
    this.depth -= 1
    return result
  }
}
