import { isErrorCode, MillraceError } from '../core/error.js'
import type { KernelSchema } from '../core/schema.js'
import type {
  Analysis,
  AssembleRequest,
  BackendDescription,
  Expander,
  HeldPartition,
  InspectRequest,
  KernelBackend,
  KernelProgram,
  PatternMatches,
  ProgramContext,
  ProgramDocument,
  ProgramNode,
  ShadeData,
  ShadeKey,
  ShadeResult,
  SqlReference,
  StepPart,
  StepReport,
} from './backend.js'
import { type SamplerBinding, type ThreadSampler, threadSampler } from './sampler.js'
import { packShade, unpackShade } from './shade-layout.js'

/**
 * The functions that both builds export, with the same names and order. Text is JSON; a thrown error's message is the JSON of
 * a coded error.
 */
export interface KernelBinding extends Partial<SamplerBinding> {
  describe(): string
  describeSql(): string
  compile(document: string): number
  describeProgram(handle: number): string
  analyze(request: string): string
  findPattern(pattern: string, text: string): string
  inspect(request: string, piece: Uint8Array): string
  assemble(request: string, metadata: Uint8Array): Uint8Array
  expandOpen(codec: string): number
  expandPush(handle: number, input: Uint8Array): Uint8Array
  expandFinish(handle: number): void
  compress(codec: string, input: Uint8Array): Uint8Array
  shade(request: string, data: Uint8Array): Uint8Array
  begin(handle: number, arguments_: string): void
  step(handle: number, input: Uint8Array, flags: number, limit: number, output: Uint8Array): Float64Array
  held(handle: number, sink: number): string
  flush(
    handle: number,
    sink: number,
    partition: number,
    firstRow: number,
    maxRows: number,
    output: Uint8Array,
  ): Float64Array
  rowEnd(handle: number, sink: number, row: number): number
  takeMetadata(handle: number, sink: number): Uint8Array
  memoryBytes(handle: number): number
  selfTestPanic(handle: number): void
  close(handle: number): void
}

const NOT_COUNTED: readonly number[] = []

/** What of a program's document says which words its reports have. */
export interface ReportShape {
  readonly sinks: number
  readonly operators: number
  /** `null` where nothing is measured. */
  readonly taps: number | null
  readonly isCounted: boolean
}

function shapeOf({ sinks, nodes, countBytes, measure }: ProgramDocument): ReportShape {
  const taps = measure === undefined ? null : measure.taps.length
  return { sinks: sinks.length, operators: nodes.length, taps, isCounted: countBytes === true }
}

/** Of a flush, which encodes and counts nothing. */
const FLUSHED: ReportShape = { sinks: 0, operators: 0, taps: null, isCounted: false }

/** Reads the words of a report; see `Report::to_words` in the Rust crate `program`. */
export function readReport(words: Float64Array, shape: ReportShape): StepReport {
  let at = 0
  const next = (): number => words[at++] ?? 0
  const [status, consumed, rowsRead] = [next(), next(), next()]
  const wantedRanges: (readonly [number, number])[] = []
  for (let left = next(); left > 0; left -= 1) wantedRanges.push([next(), next()])
  const parts: StepPart[] = []
  for (let left = next(); left > 0; left -= 1)
    parts.push({ sink: next(), rows: next(), offset: next(), length: next() })
  const take = (count: number): readonly number[] => {
    at += count
    return count === 0 ? NOT_COUNTED : Array.from(words.subarray(at - count, at))
  }
  const { sinks, operators, taps, isCounted } = shape
  const modelBytesRead = isCounted ? next() : 0
  const sinkModelBytes = take(isCounted ? sinks : 0)
  const report = { status, consumed, rowsRead, wantedRanges, parts, modelBytesRead, sinkModelBytes }
  if (taps === null) return report
  const decodeNanos = next()
  const [operatorNanos, sinkNanos] = [take(operators), take(sinks)]
  return { ...report, measured: { decodeNanos, operatorNanos, sinkNanos, tapRows: take(taps), tapBytes: take(taps) } }
}

/** The coded error of whatever the boundary threw. */
export function boundaryError(thrown: unknown): MillraceError {
  if (thrown instanceof MillraceError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const parsed = parseErrorText(message)
  if (parsed === null) return new MillraceError('KERNEL_PANIC', `the kernel call failed: ${message}`, { cause: thrown })
  const { code, row, field, offset } = parsed
  return new MillraceError(code, parsed.message, {
    row: row ?? undefined,
    field: field ?? undefined,
    offset: offset ?? undefined,
  })
}

interface ErrorText {
  readonly code: MillraceError['code']
  readonly message: string
  readonly row: number | null
  readonly field: string | null
  readonly offset: number | null
  readonly part?: number | null
}

function parseErrorText(message: string): ErrorText | null {
  if (!message.startsWith('{')) return null
  try {
    const value = JSON.parse(message) as ErrorText
    return isErrorCode(value.code) ? value : null
  } catch {
    return null
  }
}

/** The typed face of a binding: JSON is parsed and errors become coded ones. It adds no defaults and no policy. */
export class BoundBackend implements KernelBackend {
  readonly kind: 'native' | 'wasm'
  readonly sampler: ThreadSampler | null
  readonly #binding: KernelBinding

  constructor(kind: 'native' | 'wasm', binding: KernelBinding) {
    this.kind = kind
    this.#binding = binding
    this.sampler = threadSampler(binding)
  }

  describe(): BackendDescription {
    return JSON.parse(this.#binding.describe()) as BackendDescription
  }

  compile(document: ProgramDocument): KernelProgram {
    return coded(
      () => new BoundProgram(this.#binding, this.#binding.compile(JSON.stringify(document)), shapeOf(document)),
    )
  }

  describeSql(): SqlReference {
    return JSON.parse(this.#binding.describeSql()) as SqlReference
  }

  analyze(context: ProgramContext, schema: KernelSchema, node: ProgramNode): Analysis {
    return coded(() => JSON.parse(this.#binding.analyze(JSON.stringify({ context, schema, node }))) as Analysis)
  }

  findPattern(pattern: string, text: string): PatternMatches {
    return coded(() => JSON.parse(this.#binding.findPattern(pattern, text)) as PatternMatches)
  }

  inspect(request: InspectRequest, piece: Uint8Array): unknown {
    return coded(() => JSON.parse(this.#binding.inspect(JSON.stringify(request), piece)) as unknown)
  }

  assemble(request: AssembleRequest): Uint8Array {
    const pieces = request.pieces.map((piece) => [piece.offset, piece.metadata.length])
    const metadata = Buffer.concat(request.pieces.map((piece) => piece.metadata))
    return coded(() => this.#binding.assemble(JSON.stringify({ ...request, pieces }), metadata))
  }

  openExpander(codec: string): Expander {
    return coded(() => new BoundExpander(this.#binding, this.#binding.expandOpen(codec)))
  }

  compress(codec: string, input: Uint8Array): Uint8Array {
    return coded(() => this.#binding.compress(codec, input))
  }

  shade(operation: 'encrypt' | 'decrypt', keys: readonly ShadeKey[], data: ShadeData): readonly ShadeResult[] {
    const request = { operation, prefixes: keys.map(({ prefix }) => prefix), count: data.texts.length }
    const bytes = packShade(keys, data)
    const answer = coded(() => this.#binding.shade(JSON.stringify(request), bytes))
    bytes.fill(0)
    return unpackShade(answer, data.texts.length)
  }
}

class BoundExpander implements Expander {
  readonly #binding: KernelBinding
  readonly #handle: number

  constructor(binding: KernelBinding, handle: number) {
    this.#binding = binding
    this.#handle = handle
  }

  push(input: Uint8Array): Uint8Array {
    return coded(() => this.#binding.expandPush(this.#handle, input))
  }

  finish(): void {
    coded(() => this.#binding.expandFinish(this.#handle))
  }
}

class BoundProgram implements KernelProgram {
  readonly schemas: readonly KernelSchema[]
  readonly holdsRows: readonly boolean[]
  readonly #binding: KernelBinding
  readonly #handle: number
  readonly #shape: ReportShape
  #failedPart: number | null = null

  constructor(binding: KernelBinding, handle: number, shape: ReportShape) {
    this.#binding = binding
    this.#handle = handle
    this.#shape = shape
    const described = JSON.parse(binding.describeProgram(handle)) as Pick<KernelProgram, 'schemas' | 'holdsRows'>
    this.schemas = described.schemas
    this.holdsRows = described.holdsRows
  }

  begin(arguments_: string): void {
    coded(() => this.#binding.begin(this.#handle, arguments_))
  }

  step(input: Uint8Array, flags: number, limit: number, output: Uint8Array): StepReport {
    try {
      return readReport(this.#binding.step(this.#handle, input, flags, limit, output), this.#shape)
    } catch (thrown) {
      this.#failedPart = thrown instanceof Error ? (parseErrorText(thrown.message)?.part ?? null) : null
      throw boundaryError(thrown)
    }
  }

  get failedPart(): number | null {
    return this.#failedPart
  }

  held(sink: number): readonly HeldPartition[] {
    return JSON.parse(coded(() => this.#binding.held(this.#handle, sink))) as readonly HeldPartition[]
  }

  flush(sink: number, partition: number, firstRow: number, maxRows: number, output: Uint8Array): StepReport {
    return readReport(
      coded(() => this.#binding.flush(this.#handle, sink, partition, firstRow, maxRows, output)),
      FLUSHED,
    )
  }

  rowEnd(sink: number, row: number): number {
    return coded(() => this.#binding.rowEnd(this.#handle, sink, row))
  }

  takeMetadata(sink: number): Uint8Array {
    return coded(() => this.#binding.takeMetadata(this.#handle, sink))
  }

  memoryBytes(): number {
    return coded(() => this.#binding.memoryBytes(this.#handle))
  }

  selfTestPanic(): void {
    coded(() => this.#binding.selfTestPanic(this.#handle))
  }

  close(): void {
    coded(() => this.#binding.close(this.#handle))
  }
}

/** Calls the kernels; profiles know such calls by the name of this function. */
function coded<T>(call: () => T): T {
  try {
    return call()
  } catch (thrown) {
    throw boundaryError(thrown)
  }
}
