import { readFileSync } from 'node:fs'
import { MillraceError } from '../core/error.js'
import { STEP_FLAG, STEP_STATUS } from './backend.js'
import { BoundBackend, type KernelBinding } from './binding.js'

/** The largest piece of input that is copied into linear memory at once; a longer record makes it grow. */
const INPUT_PIECE_BYTES = 256 * 1024
/** Linear memory never shrinks: an instance above this is replaced as soon as it holds no program. */
const INSTANCE_LIMIT_BYTES = 1024 * 1024 * 1024

type Exports = Record<string, (...arguments_: number[]) => number> & { readonly memory: WebAssembly.Memory }

interface Region {
  pointer: number
  length: number
}

/** Loads the WASM build of the kernels; one instance per calling thread. */
export function loadWasm(path: string): BoundBackend {
  return new BoundBackend('wasm', new WasmBinding(new WebAssembly.Module(readFileSync(path))))
}

/**
 * The binding over linear memory. Memory of JavaScript is copied in and out: pieces of input up to 256 KiB, output as it is
 * produced. A trap (what a Rust panic becomes here) discards the instance with all its programs; their handles answer
 * `HANDLE_CLOSED` from then on and new programs get a fresh instance.
 */
class WasmBinding implements KernelBinding {
  readonly #module: WebAssembly.Module
  #exports: Exports
  #input: Region = { pointer: 0, length: 0 }
  #output: Region = { pointer: 0, length: 0 }
  #generation = 0
  #wantsRanges = new Set<number>()
  #live = new Set<number>()

  constructor(module: WebAssembly.Module) {
    this.#module = module
    this.#exports = this.#instantiate()
  }

  describe = (): string => this.#text(() => this.#call('mr_describe'))

  describeSql = (): string => this.#text(() => this.#call('mr_describe_sql'))

  compile = (document: string): number => {
    this.#recycle()
    const local = this.#number(() =>
      this.#withText(document, (pointer, length) => this.#call('mr_compile', pointer, length)),
    )
    const handle = this.#generation * HANDLES_PER_GENERATION + local
    this.#live.add(handle)
    return handle
  }

  describeProgram = (handle: number): string => this.#text(() => this.#call('mr_describe_program', this.#local(handle)))

  analyze = (request: string): string =>
    this.#text(() => this.#withText(request, (pointer, length) => this.#call('mr_analyze', pointer, length)))

  findPattern = (pattern: string, text: string): string =>
    this.#text(() => this.#withBytes('mr_find_pattern', pattern, new TextEncoder().encode(text)))

  inspect = (request: string, piece: Uint8Array): string =>
    this.#text(() => this.#withBytes('mr_inspect', request, piece))

  assemble = (request: string, metadata: Uint8Array): Uint8Array =>
    this.#bytes(() => this.#withBytes('mr_assemble', request, metadata))

  expandOpen = (codec: string): number =>
    this.#number(() => this.#withText(codec, (pointer, length) => this.#call('mr_expand_open', pointer, length)))

  expandPush = (handle: number, input: Uint8Array): Uint8Array =>
    this.#bytes(() => this.#lend(input, (pointer, length) => this.#call('mr_expand_push', handle, pointer, length)))

  expandFinish = (handle: number): void => {
    this.#bytes(() => this.#call('mr_expand_finish', handle))
  }

  compress = (codec: string, input: Uint8Array): Uint8Array =>
    this.#bytes(() => this.#withBytes('mr_compress', codec, input))

  shade = (request: string, data: Uint8Array): Uint8Array =>
    this.#bytes(() => this.#withBytes('mr_shade', request, data))

  begin = (handle: number, arguments_: string): void => {
    this.#wantsRanges.delete(handle)
    this.#bytes(() =>
      this.#withText(arguments_, (pointer, length) => this.#call('mr_begin', this.#local(handle), pointer, length)),
    )
  }

  step = (handle: number, input: Uint8Array, flags: number, limit: number, output: Uint8Array): Float64Array => {
    const merged = new MergedReport()
    let pieceBytes = this.#wantsRanges.has(handle) ? input.length : INPUT_PIECE_BYTES
    for (;;) {
      const piece = input.subarray(merged.consumed, merged.consumed + pieceBytes)
      const isWhole = merged.consumed + piece.length === input.length
      const pieceFlags = isWhole ? flags : flags & ~STEP_FLAG.endOfFile
      const words = this.#stepPiece(
        handle,
        piece,
        pieceFlags,
        limit - merged.consumed,
        output.subarray(merged.produced),
      )
      const consumed = words[1] ?? 0
      merged.add(words)
      if (merged.wantsRanges) this.#wantsRanges.add(handle)
      if (merged.status !== STEP_STATUS.needInput || merged.wantsRanges) return merged.words()
      if (consumed === 0) {
        if (isWhole) return merged.words()
        pieceBytes *= 4
      }
    }
  }

  held = (handle: number, sink: number): string => this.#text(() => this.#call('mr_held', this.#local(handle), sink))

  flush = (
    handle: number,
    sink: number,
    partition: number,
    firstRow: number,
    maxRows: number,
    output: Uint8Array,
  ): Float64Array => {
    const local = this.#local(handle)
    const region = this.#reserve(this.#output, output.length)
    const words = this.#words(() =>
      this.#call('mr_flush', local, sink, partition, firstRow, maxRows, region.pointer, output.length),
    )
    this.#copyOut(words, output)
    return words
  }

  rowEnd = (handle: number, sink: number, row: number): number =>
    this.#number(() => this.#call('mr_row_end', this.#local(handle), sink, row))

  takeMetadata = (handle: number, sink: number): Uint8Array =>
    this.#bytes(() => this.#call('mr_take_metadata', this.#local(handle), sink))

  memoryBytes = (handle: number): number => this.#number(() => this.#call('mr_memory_bytes', this.#local(handle)))

  selfTestPanic = (handle: number): void => {
    const local = this.#local(handle)
    this.#bytes(() => this.#call('mr_self_test_panic', local))
  }

  close = (handle: number): void => {
    const local = this.#local(handle)
    this.#live.delete(handle)
    this.#wantsRanges.delete(handle)
    this.#bytes(() => this.#call('mr_close', local))
  }

  #stepPiece(handle: number, piece: Uint8Array, flags: number, limit: number, output: Uint8Array): Float64Array {
    const local = this.#local(handle)
    const source = this.#reserve(this.#input, piece.length)
    const target = this.#reserve(this.#output, output.length)
    new Uint8Array(this.#exports.memory.buffer, source.pointer, piece.length).set(piece)
    const words = this.#words(() =>
      this.#call('mr_step', local, source.pointer, piece.length, flags, limit, target.pointer, output.length),
    )
    this.#copyOut(words, output)
    return words
  }

  #copyOut(words: Float64Array, output: Uint8Array): void {
    const end = outputEnd(words)
    if (end > 0) output.set(new Uint8Array(this.#exports.memory.buffer, this.#output.pointer, end))
  }

  #instantiate(): Exports {
    return new WebAssembly.Instance(this.#module, {}).exports as Exports
  }

  #discard(): void {
    this.#generation += 1
    this.#exports = this.#instantiate()
    this.#input = { pointer: 0, length: 0 }
    this.#output = { pointer: 0, length: 0 }
    this.#live.clear()
    this.#wantsRanges.clear()
  }

  #recycle(): void {
    if (this.#live.size === 0 && this.#exports.memory.buffer.byteLength > INSTANCE_LIMIT_BYTES) this.#discard()
  }

  #local(handle: number): number {
    if (Math.floor(handle / HANDLES_PER_GENERATION) !== this.#generation) {
      throw new MillraceError('HANDLE_CLOSED', `program handle '${handle}' was lost when a kernel trapped`)
    }
    return handle % HANDLES_PER_GENERATION
  }

  #call(name: string, ...arguments_: number[]): number {
    try {
      const call = this.#exports[name]
      if (call === undefined) throw new MillraceError('BACKEND_LAYOUT', `the WASM build does not export '${name}'`)
      return call(...arguments_)
    } catch (thrown) {
      if (!(thrown instanceof WebAssembly.RuntimeError)) throw thrown
      this.#discard()
      throw new MillraceError('KERNEL_PANIC', `a kernel trapped: ${thrown.message}`, { cause: thrown })
    }
  }

  #bytes(call: () => number): Uint8Array {
    const status = call()
    const pointer = this.#call('mr_result_pointer')
    const length = this.#call('mr_result_length')
    const bytes = new Uint8Array(this.#exports.memory.buffer, pointer, length).slice()
    if (status !== 0) throw new Error(new TextDecoder().decode(bytes))
    return bytes
  }

  #text(call: () => number): string {
    return new TextDecoder().decode(this.#bytes(call))
  }

  #words(call: () => number): Float64Array {
    return new Float64Array(this.#bytes(call).buffer)
  }

  #number(call: () => number): number {
    return this.#words(call)[0] ?? 0
  }

  #withText<T>(text: string, use: (pointer: number, length: number) => T): T {
    return this.#lend(new TextEncoder().encode(text), use)
  }

  #withBytes(name: string, request: string, bytes: Uint8Array): number {
    return this.#withText(request, (pointer, length) =>
      this.#lend(bytes, (data, dataLength) => this.#call(name, pointer, length, data, dataLength)),
    )
  }

  #lend<T>(bytes: Uint8Array, use: (pointer: number, length: number) => T): T {
    const generation = this.#generation
    const pointer = this.#allocate(bytes.length)
    new Uint8Array(this.#exports.memory.buffer, pointer, bytes.length).set(bytes)
    try {
      return use(pointer, bytes.length)
    } finally {
      if (generation === this.#generation) this.#call('mr_free', pointer, bytes.length)
    }
  }

  #reserve(region: Region, length: number): Region {
    if (region.length >= length && region.pointer !== 0) return region
    if (region.pointer !== 0) this.#call('mr_free', region.pointer, region.length)
    region.pointer = this.#allocate(length)
    region.length = length
    return region
  }

  #allocate(length: number): number {
    const pointer = this.#call('mr_alloc', length)
    if (pointer === 0) throw new MillraceError('MEMORY_EXCEEDED', `the WASM memory has no room for '${length}' bytes`)
    return pointer
  }
}

const HANDLES_PER_GENERATION = 0x1_0000_0000

/** Bytes of output that a report's parts cover. */
function outputEnd(words: Float64Array): number {
  const ranges = words[3] ?? 0
  const partsAt = 4 + ranges * 2
  const parts = words[partsAt] ?? 0
  if (parts === 0) return 0
  const last = partsAt + 1 + (parts - 1) * 4
  return (words[last + 2] ?? 0) + (words[last + 3] ?? 0)
}

/** Several reports of one step as one. */
class MergedReport {
  status = 0
  consumed = 0
  produced = 0
  wantsRanges = false
  #rowsRead = 0
  #ranges: number[] = []
  #parts: number[] = []
  /** Model bytes read and of every sink; empty where they are not counted. */
  #modelBytes: number[] = []

  add(words: Float64Array): void {
    this.status = words[0] ?? 0
    this.consumed += words[1] ?? 0
    this.#rowsRead += words[2] ?? 0
    const ranges = words[3] ?? 0
    this.wantsRanges = ranges > 0
    this.#ranges = Array.from(words.subarray(4, 4 + ranges * 2))
    const start = this.produced
    const partsEnd = 5 + ranges * 2 + (words[4 + ranges * 2] ?? 0) * 4
    for (let at = 5 + ranges * 2; at < partsEnd; at += 4) {
      this.#parts.push(words[at] ?? 0, words[at + 1] ?? 0, start + (words[at + 2] ?? 0), words[at + 3] ?? 0)
    }
    for (let at = partsEnd; at < words.length; at += 1)
      this.#modelBytes[at - partsEnd] = (this.#modelBytes[at - partsEnd] ?? 0) + (words[at] ?? 0)
    this.produced = start + outputEnd(words)
  }

  words(): Float64Array {
    const head = [this.status, this.consumed, this.#rowsRead, this.#ranges.length / 2, ...this.#ranges]
    return Float64Array.from([...head, this.#parts.length / 4, ...this.#parts, ...this.#modelBytes])
  }
}
