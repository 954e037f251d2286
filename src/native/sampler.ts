/** What one thread did at one moment. */
export interface ThreadSample {
  /** Number that the operating system has given the thread. */
  readonly thread: number
  /** Microseconds of the monotonic clock, the one of V8's profiles. */
  readonly atMicros: number
  /** Whether it ran, or was ready to. */
  readonly isRunning: boolean
  /** The words that the thread keeps; see {@link ThreadSampler.join}. */
  readonly tag: readonly number[]
  /** For whom a program worked, as its document says; 0 outside of programs. */
  readonly owner: number
  /** Addresses inside the calls, the innermost first. */
  readonly frames: readonly number[]
}

/** Where an address is. */
export interface FunctionName {
  /** The library's name; empty for the kernels, `null` for code that was made while the process runs. */
  readonly library: string | null
  /** `?` where the library does not tell. */
  readonly name: string
}

/**
 * Samples of threads of this process. Only threads that have joined can be sampled; what it costs them when nobody asks is nothing. One
 * thread of a process asks and takes.
 */
export interface ThreadSampler {
  /**
   * Makes the calling thread one that samples can be taken of, until it ends.
   *
   * @param name its name in the operating system from now on; 15 characters of it are kept.
   * @returns words that the thread may write at any time, and that are copied into its samples; `null` when there is no room for it.
   */
  join(name: string): Int32Array | null
  /** Threads that have joined and not ended. */
  threads(): readonly number[]
  /** Asks threads for a sample each and waits for nothing. A thread that has not answered yet is not asked again. */
  request(threads: readonly number[]): void
  /** The samples that came since the last call. */
  take(): readonly ThreadSample[]
  /** Names of addresses; reads the files of the libraries that they are in. */
  names(addresses: readonly number[]): readonly FunctionName[]
}

/** The functions of the addon behind a sampler. */
export interface SamplerBinding {
  samplerJoin(name: string): Int32Array | null
  samplerThreads(): number[]
  samplerRequest(threads: readonly number[]): void
  samplerTake(): Float64Array
  samplerNames(addresses: readonly number[]): string[]
}

/** Words that a thread has. */
export const TAG_WORDS = 8

/** Processors for which there are samples. */
const PROCESSORS: ReadonlySet<string> = new Set(['x64', 'arm64'])

/** The sampler of an addon; `null` where the addon or the system has none. */
export function threadSampler(binding: Partial<SamplerBinding>): ThreadSampler | null {
  if (process.platform !== 'linux' || !PROCESSORS.has(process.arch)) return null
  return isSamplerBinding(binding) ? new BoundSampler(binding) : null
}

function isSamplerBinding(binding: Partial<SamplerBinding>): binding is SamplerBinding {
  return typeof binding.samplerJoin === 'function'
}

class BoundSampler implements ThreadSampler {
  readonly #binding: SamplerBinding

  constructor(binding: SamplerBinding) {
    this.#binding = binding
  }

  join(name: string): Int32Array | null {
    return this.#binding.samplerJoin(name)
  }

  threads(): readonly number[] {
    return this.#binding.samplerThreads()
  }

  request(threads: readonly number[]): void {
    this.#binding.samplerRequest(threads)
  }

  take(): readonly ThreadSample[] {
    return readSamples(this.#binding.samplerTake())
  }

  names(addresses: readonly number[]): readonly FunctionName[] {
    return this.#binding.samplerNames(addresses).map(readName)
  }
}

/** Reads the numbers of `sampler_take` in the Rust crate `native`. */
export function readSamples(numbers: Float64Array): readonly ThreadSample[] {
  const samples: ThreadSample[] = []
  let at = 0
  const next = (): number => numbers[at++] ?? 0
  const list = (length: number): readonly number[] => {
    at += length
    return Array.from(numbers.subarray(at - length, at))
  }
  while (at < numbers.length) {
    const [thread, atMicros, running] = [next(), next(), next()]
    const tag = list(TAG_WORDS)
    const owner = next()
    samples.push({ thread, atMicros, isRunning: running === 1, tag, owner, frames: list(next()) })
  }
  return samples
}

/** Reads a line of `names` in the Rust crate `sampler`. */
export function readName(line: string): FunctionName {
  const end = line.indexOf('\t')
  return end < 0 ? { library: null, name: '?' } : { library: line.slice(0, end), name: line.slice(end + 1) }
}
