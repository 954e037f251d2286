import type { FunctionName, ThreadSampler } from '../../native/sampler.js'

/** Addresses whose names are kept; all are forgotten when there are more. */
const MAX_NAMES = 50_000

/** What is known of a native stack. */
export interface NativeStack {
  /** Whether the kernels were at work. */
  readonly isInKernels: boolean
  /** The outermost first: `crate::module::function`, or `library.function` outside of the kernels. */
  readonly frames: readonly string[]
}

/** Names of addresses, which are looked up once: files of libraries are large. */
export class NativeNames {
  readonly #sampler: ThreadSampler
  readonly #names = new Map<number, FunctionName>()

  constructor(sampler: ThreadSampler) {
    this.#sampler = sampler
  }

  /** Looks up what is not known yet, all together. */
  learn(addresses: Iterable<number>): void {
    const unknown = [...new Set(addresses)].filter((address) => !this.#names.has(address))
    if (unknown.length === 0) return
    if (this.#names.size + unknown.length > MAX_NAMES) this.#names.clear()
    const names = this.#sampler.names(unknown)
    for (const [index, address] of unknown.entries()) this.#names.set(address, names[index] ?? UNKNOWN)
  }

  /** @param addresses the innermost first; learned before. */
  stack(addresses: readonly number[]): NativeStack {
    return nativeStack(addresses.map((address) => this.#names.get(address) ?? UNKNOWN))
  }
}

const UNKNOWN: FunctionName = { library: null, name: '?' }
/** What stands between the boundary and the kernels, and around every thread. */
const GLUE =
  /^(?:<?(?:napi|millrace_native|core::ops::function|core::panic|std::panic|std::sys|std::thread|__rustc)\b|__rust|rust_|_?_napi)/

/** What V8 has between JavaScript and what it calls. */
const V8_GLUE =
  /^node\.(?:Builtins_|v8::internal::(?:Builtin_HandleApiCall|\(anonymous\)::HandleApiCallHelper|FunctionCallbackArguments|InvokeFunctionCallback))/

/**
 * The frames that say something: within the kernels those of the kernels and what they call; elsewhere what was called from JavaScript, or
 * everything when no JavaScript runs.
 *
 * @param names the innermost first.
 */
export function nativeStack(names: readonly FunctionName[]): NativeStack {
  const outermostOwn = names.findLastIndex(({ library }) => library === '')
  if (outermostOwn >= 0) {
    const frames = names.slice(0, outermostOwn + 1).map(text)
    while (frames.length > 1 && GLUE.test(frames.at(-1) ?? '')) frames.pop()
    return { isInKernels: true, frames: frames.filter(isKnown).reverse() }
  }
  const javaScript = names.findIndex(({ library }) => library === null)
  const called = javaScript < 0 ? names : names.slice(0, javaScript)
  const frames = called.map(text)
  while (V8_GLUE.test(frames.at(-1) ?? '')) frames.pop()
  return { isInKernels: false, frames: frames.filter(isKnown).reverse() }
}

function text({ library, name }: FunctionName): string {
  if (name === '?') return ''
  return library === '' || library === null ? name : `${library}.${name}`
}

const isKnown = (frame: string): boolean => frame !== ''
