import type { KernelSchema } from '../core/schema.js'
import type { ThreadSampler } from './sampler.js'

/** Version of the boundary protocol that this host speaks. A kernel build with another one is refused. */
export const LAYOUT_VERSION = 1

/** What a program gives to every part when it is compiled. Kernels read nothing from the environment. */
export interface ProgramContext {
  /** IANA name of the zone in which local times are meant. */
  readonly zone: string
  /** Clock of the job's start, microseconds since 1970-01-01T00:00Z. */
  readonly nowMicros: number
  /** Seed of everything random, 0 … 2^53 − 1. */
  readonly seed: number
  /** One value or record may not be longer than this. */
  readonly valueLimitBytes: number
  /** Index of the subtask that the program works for. */
  readonly subtask: number
  /** Index of the worker that runs the program, as several may work for one subtask; 0 when absent. */
  readonly worker?: number
}

/** Which error handler of a program takes rows that fail, and the plug-in that they fail in. */
export interface ProgramOnError {
  readonly handler: number
  readonly plugin: string
}

/** One operator of a program: input 0 is the decoder, `n` is node `n − 1`; `port` chooses an output, 0 or absent the main one. */
export interface ProgramNode {
  readonly operator: string
  readonly input: number
  readonly port?: number
  readonly options: object
  /** Absent where a row that fails is the program's failure. */
  readonly onError?: ProgramOnError | undefined
}

/** One sink of a program. `columns` chooses and orders what is written; `null` writes all. */
export interface ProgramSink {
  readonly input: number
  readonly port?: number
  readonly codec: string
  readonly options: object
  readonly partitionBy: readonly string[]
  readonly columns: readonly string[] | null
  /** Takes rows that the format cannot hold; absent where such a row is the program's failure. */
  readonly onError?: ProgramOnError | undefined
}

/**
 * Makes records of failed rows and writes them. Its sinks are numbered behind the program's own, handler by handler; behind those of
 * all handlers come their logs, one per handler.
 */
export interface ProgramErrorHandler {
  /** Schema of the records; the columns are fixed. */
  readonly schema: KernelSchema
  readonly stage: 'TRANSFORM' | 'SINK'
  /** Id of the job; in records it is a number, or null where it is none. */
  readonly jobId: string
  readonly includeOriginalData: boolean
  readonly originalDataFormat: 'TEXT' | 'JSON'
  /** In UTF-16 units. */
  readonly originalDataMaxLength: number
  /** Operators that records go through; input 0 is the records. */
  readonly nodes: readonly ProgramNode[]
  readonly sinks: readonly ProgramSink[]
  /** How records are written for the host. */
  readonly log: ProgramSink
}

/** What is compiled once per chain and table. */
export interface ProgramDocument {
  readonly layoutVersion: number
  readonly context: ProgramContext
  readonly input: { readonly codec: string; readonly schema: KernelSchema; readonly options: object }
  readonly nodes: readonly ProgramNode[]
  readonly sinks: readonly ProgramSink[]
  /** Absent for none. */
  readonly errorHandlers?: readonly ProgramErrorHandler[]
  /** Whether steps report model bytes, which costs a look at every text. */
  readonly countBytes?: boolean
  /** Who works in its parts, as samples of the thread tell; nobody when absent. */
  readonly owners?: ProgramOwners
  /** Whether steps report how long their parts took and the rows of some outputs; absent where they do not. */
  readonly measure?: {
    /** Outputs of which rows and, where bytes are counted, model bytes are reported; named as in {@link ProgramNode}. */
    readonly taps: readonly { readonly input: number; readonly port: number }[]
  }
}

/** Numbers of those who work in the parts of a program; 0 for nobody. */
export interface ProgramOwners {
  readonly decoder: number
  /** Of every node, in their order. */
  readonly nodes: readonly number[]
  /** Of every sink of its own, in their order. */
  readonly sinks: readonly number[]
}

/** How a step ended. The numbers are those of the Rust crate `program`. */
export const STEP_STATUS = { needInput: 0, outputFull: 1, done: 2 } as const

/** Bits that say where a piece of input stands in its file. The numbers are those of the Rust crate `program`. */
export const STEP_FLAG = { skipPartialRecord: 1, startOfFile: 2, endOfFile: 4 } as const

/** A run of encoded rows in the output. Offsets and lengths in bytes. */
export interface StepPart {
  readonly sink: number
  readonly rows: number
  readonly offset: number
  readonly length: number
}

/** What one step or flush did. */
export interface StepReport {
  readonly status: number
  readonly consumed: number
  readonly rowsRead: number
  /** Byte ranges [start, length] of the file that the decoder wants to see next, concatenated. */
  readonly wantedRanges: readonly (readonly [start: number, length: number])[]
  readonly parts: readonly StepPart[]
  /** Bytes by SeaTunnel's size model, of the rows that were decoded; 0 unless they are counted. */
  readonly modelBytesRead: number
  /** The same of the rows that reached each of the document's sinks; empty unless they are counted. */
  readonly sinkModelBytes: readonly number[]
  /** Absent unless the document asks for it. */
  readonly measured?: StepMeasure | undefined
}

/** How long the parts of a step took, and what passed the document's taps. */
export interface StepMeasure {
  /** Nanoseconds of every operator; all 0 where the build has no clock, as the WASM build. */
  readonly operatorNanos: readonly number[]
  /** Nanoseconds that encoding for each of the document's sinks took. */
  readonly sinkNanos: readonly number[]
  readonly decodeNanos: number
  readonly tapRows: readonly number[]
  /** Model bytes; 0 unless they are counted. */
  readonly tapBytes: readonly number[]
}

/** Rows that a sink holds until the host knows their number. */
export interface HeldPartition {
  /** Java text of the partition values. Empty without partitions. */
  readonly keys: readonly string[]
  readonly rows: number
}

/** What a kernel build says of itself. */
export interface BackendDescription {
  readonly layoutVersion: number
  readonly version: string
  readonly target: string
  readonly codecs: readonly { readonly name: string; readonly reads: boolean; readonly writes: boolean }[]
  readonly operators: readonly string[]
  readonly programs: number
}

/**
 * The result of an operator over a schema. `lineage` names, per output column, the input column it is a copy of; `sides` has the
 * schemas of its outputs beside the main one.
 */
export interface Analysis {
  readonly schema: KernelSchema
  readonly sides: readonly KernelSchema[]
  readonly lineage: readonly (number | null)[]
}

/** Where a Java regular expression is in a text. */
export interface PatternMatches {
  /** Whether it matches the whole text, as Java's `matches`. */
  readonly isWhole: boolean
  /** What Java's `find` gives one after the other, empty matches included: begin and end as in `slice`. */
  readonly ranges: readonly (readonly [start: number, end: number])[]
}

/**
 * A compiled program. Belongs to the thread that compiled it. Every call throws `HANDLE_CLOSED` after `close`, and the coded
 * error of the lowest failing row where data is at fault.
 */
export interface KernelProgram {
  /** Schemas of the decoder and of every node's main output, in order. */
  readonly schemas: readonly KernelSchema[]
  /** Per sink, whether its rows wait for `flush`. */
  readonly holdsRows: readonly boolean[]
  /** Starts a piece of work with the JSON arguments of its decoder. */
  begin(arguments_: string): void
  /** Decodes `input`, applies the operators and encodes into `output`. `limit` bounds where records may begin. */
  step(input: Uint8Array, flags: number, limit: number, output: Uint8Array): StepReport
  /** The part in which the last step failed: operators first, then sinks, by number; `null` for the decoder. */
  readonly failedPart: number | null
  /** What a sink holds, in order of first appearance. */
  held(sink: number): readonly HeldPartition[]
  /** Encodes at most `maxRows` held rows numbered from `firstRow`; called again while the output was full. */
  flush(sink: number, partition: number, firstRow: number, maxRows: number, output: Uint8Array): StepReport
  /** End of a row (0-based in this piece of work) relative to the first byte of the sink's output. */
  rowEnd(sink: number, row: number): number
  /** What the piece that was just finished adds to its file's footer. */
  takeMetadata(sink: number): Uint8Array
  /** Bytes held outside the caller's arenas. */
  memoryBytes(): number
  /** Makes a kernel panic inside this program. @throws MillraceError `KERNEL_PANIC`; the program is lost. */
  selfTestPanic(): void
  close(): void
}

/** Request of `inspect`: a piece of a file before a job is planned. */
export interface InspectRequest {
  readonly context: ProgramContext
  readonly codec: string
  readonly options: object
  readonly fileLength: number
  readonly offset: number
}

/** Request of `assemble`: what completes a file from its pieces. */
export interface AssembleRequest {
  readonly context: ProgramContext
  readonly codec: string
  readonly schema: KernelSchema
  readonly options: object
  /** File offset and metadata of each piece, in file order. */
  readonly pieces: readonly { readonly offset: number; readonly metadata: Uint8Array }[]
}

/** A function of SQL, or a form of its grammar that is written like one. */
export interface SqlFunction {
  /** In capitals; the first is the one in messages. */
  readonly names: readonly string[]
  readonly syntax: string
  readonly result: string
  readonly doc: string
  /** An expression and the text of its result; `null` without a constant one. */
  readonly example: readonly [expression: string, result: string] | null
}

/** What CAST does for one target. */
export interface SqlCast {
  readonly target: string
  readonly names: readonly string[]
  readonly sources: string
  readonly rule: string
  readonly example: readonly [expression: string, result: string]
}

/** The part of the SQL dialect that the kernels keep in registries. */
export interface SqlReference {
  readonly groups: readonly { readonly name: string; readonly functions: readonly SqlFunction[] }[]
  readonly forms: readonly SqlFunction[]
  readonly casts: readonly SqlCast[]
}

/** The kernels, whichever build they come from. */
export interface KernelBackend {
  readonly kind: 'native' | 'wasm'
  /** Samples of threads; `null` where the build or the system has none. */
  readonly sampler: ThreadSampler | null
  describe(): BackendDescription
  /** For documentation. */
  describeSql(): SqlReference
  /** @throws MillraceError `PROGRAM_INVALID`, `UNIMPLEMENTED`, and what the parts say of their options. */
  compile(document: ProgramDocument): KernelProgram
  /** @throws MillraceError with `details.offset` for faults in SQL text. */
  analyze(context: ProgramContext, schema: KernelSchema, node: ProgramNode): Analysis
  /** Looks for a Java regular expression in a short text. @throws MillraceError `OPTION_INVALID` when it does not parse. */
  findPattern(pattern: string, text: string): PatternMatches
  /** @throws MillraceError what the format says of the bytes. */
  inspect(request: InspectRequest, piece: Uint8Array): unknown
  /** @throws MillraceError `UNIMPLEMENTED` for formats that need no completion. */
  assemble(request: AssembleRequest): Uint8Array
  /** A decompressor of whole files (`lzo`). @throws MillraceError `CODEC_UNAVAILABLE` */
  openExpander(codec: string): Expander
  /** A whole compressed file of the bytes. @throws MillraceError `CODEC_UNAVAILABLE` */
  compress(codec: string, input: Uint8Array): Uint8Array
  /**
   * Encrypts or decrypts texts with AES-256-GCM, all in one call; results are in the order of the texts.
   *
   * `encrypt` uses the first key, `decrypt` for every text the one whose prefix it has.
   *
   * @throws MillraceError `PROGRAM_INVALID` without a key to encrypt with, for a key that has not 32 bytes, or for fewer nonces than
   *   texts.
   */
  shade(operation: 'encrypt' | 'decrypt', keys: readonly ShadeKey[], data: ShadeData): readonly ShadeResult[]
}

/** A key of `shade`. */
export interface ShadeKey {
  /** What the texts that it encrypts begin with; bound to them. */
  readonly prefix: string
  /** 32 bytes. */
  readonly bytes: Uint8Array
}

/** The texts of one call of `shade`. */
export interface ShadeData {
  readonly texts: readonly string[]
  /** To encrypt: 12 bytes for each text, never used before with the key. Empty to decrypt. */
  readonly nonces: Uint8Array
}

/** A text, or why it was not decrypted: it begins with the prefix of no key, or it is not what its key encrypted. */
export type ShadeResult = string | { readonly refused: 'prefix' | 'broken' }

/** Decompresses one file piece by piece. Belongs to the thread that opened it. */
export interface Expander {
  /** @throws MillraceError `FILE_TYPE_INVALID`, `FILE_CORRUPT`, `VALUE_TOO_LARGE` */
  push(input: Uint8Array): Uint8Array
  /** Ends the file and closes the decompressor. @throws MillraceError `FILE_CORRUPT` when it is cut off. */
  finish(): void
}
