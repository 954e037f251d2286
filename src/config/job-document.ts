import { MillraceError, type SourcePosition } from '../core/error.js'
import type { ConfigObject } from './document.js'

/** The three languages of a job file. */
export type JobSyntax = 'hocon' | 'json' | 'sql'

/** What kind of plug-in a block configures. */
export type PluginKind = 'source' | 'transform' | 'sink'

/** One element of `source`, `transform` or `sink`. */
export interface PluginBlock {
  readonly kind: PluginKind
  /** 0-based place in its section. */
  readonly index: number
  /** As written; plug-ins are found without regard to case. */
  readonly pluginName: string
  readonly position: SourcePosition
  /** The whole element, wiring names and `plugin_name` included. */
  readonly options: ConfigObject
  /** `plugin_output`, else `result_table_name`, else `null`. Always `null` for a sink. */
  readonly output: string | null
  /** `plugin_input`, else `source_table_name`, in order; empty when absent. Always empty for a source. */
  readonly inputs: readonly string[]
}

/** A parsed, substituted and decrypted job document. */
export interface JobDocument {
  /** The whole tree after substitution and decryption. */
  readonly root: ConfigObject
  /** Empty when the document has none. */
  readonly env: ConfigObject
  readonly source: readonly PluginBlock[]
  readonly transform: readonly PluginBlock[]
  readonly sink: readonly PluginBlock[]
  readonly warnings: readonly MillraceError[]
}

/** What is needed to read a job document. */
export interface JobFileInput {
  readonly text: string
  /** Name shown in positions; its suffix chooses the syntax when `syntax` is absent. */
  readonly file: string
  readonly syntax?: JobSyntax
  /** `-i` variables in order. `null` leaves `${…}` in quoted texts alone, as for documents that come over REST. */
  readonly variables: ReadonlyMap<string, string> | null
  /** Process environment for unquoted substitutions; empty for documents that come over REST. */
  readonly environment: ReadonlyMap<string, string>
  /** Reads an included file; absent means that `include` is refused. */
  readonly readInclude?: (path: string, from: string) => IncludedText | null
  /** Whether encrypted values are decrypted. Default `true`. */
  readonly decrypt?: boolean
}

/** A file that an `include` found. */
export interface IncludedText {
  readonly file: string
  readonly text: string
}

/**
 * Reads a job document: parse, resolve, substitute, decrypt, cut into blocks.
 *
 * @throws MillraceErrors with every fault that one pass can find.
 */
export function parseJobFile(input: JobFileInput): JobDocument {
  throw new MillraceError('UNIMPLEMENTED', `reading job documents is not implemented, '${input.file}'`)
}
