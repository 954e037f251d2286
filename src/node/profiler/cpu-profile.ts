import { posix } from 'node:path'

/** A profile as V8's inspector gives it; only what is used of it. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: {
      readonly functionName: string
      /** Empty for what is not JavaScript. */
      readonly url: string
      /** From 0; of the function's beginning. */
      readonly lineNumber: number
    }
    readonly children?: readonly number[]
  }[]
  /** Microseconds of the monotonic clock. */
  readonly startTime: number
  /** Id of the innermost call of every sample. */
  readonly samples?: readonly number[]
  /** Microseconds since the sample before; the first since the start. */
  readonly timeDeltas?: readonly number[]
}

/** The calls of one sample. */
export interface JavaScriptStack {
  /** The outermost first: `where.function:line`. What V8 calls root is left out. */
  readonly frames: readonly string[]
  /** Whether the kernels were called, which V8 does not look into. */
  readonly isInKernels: boolean
  /** Whether the thread's loop waited for something to happen. */
  readonly isIdle: boolean
}

/** Functions of V8's own are written in brackets: `(idle)`, `(program)`. */
const OWN_NAME = /^\((.*)\)$/
/** What every call of the kernels goes through: `coded` in `src/native/binding.ts`. */
const KERNEL_CALL = /\.coded:\d+$/
const NO_STACK: JavaScriptStack = { frames: [], isInKernels: false, isIdle: false }

/** The samples of a profile, by their times. */
export class CpuSamples {
  readonly #times: Float64Array
  readonly #stacks: readonly JavaScriptStack[]

  constructor(profile: CpuProfile) {
    const byNode = stacksOf(profile)
    const { samples = [], timeDeltas = [], startTime } = profile
    let time = startTime
    this.#times = Float64Array.from(samples, (_, index) => {
      time += timeDeltas[index] ?? 0
      return time
    })
    this.#stacks = samples.map((node) => byNode.get(node) ?? NO_STACK)
  }

  /** All stacks in the order of time. */
  get stacks(): readonly JavaScriptStack[] {
    return this.#stacks
  }

  /**
   * The stack of the sample nearest to a time that was, or was not, in the kernels; `null` when there is none within `withinMicros`.
   */
  near(atMicros: number, isInKernels: boolean, withinMicros: number): JavaScriptStack | null {
    let best: JavaScriptStack | null = null
    let bestDistance = withinMicros
    for (let index = this.#firstFrom(atMicros - withinMicros); index < this.#times.length; index += 1) {
      const time = this.#times[index] ?? 0
      if (time > atMicros + withinMicros) break
      const stack = this.#stacks[index]
      const distance = Math.abs(time - atMicros)
      if (stack === undefined || stack.isInKernels !== isInKernels || distance > bestDistance) continue
      best = stack
      bestDistance = distance
    }
    return best
  }

  #firstFrom(micros: number): number {
    let [low, high] = [0, this.#times.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#times[middle] ?? 0) < micros) low = middle + 1
      else high = middle
    }
    return low
  }
}

function stacksOf({ nodes }: CpuProfile): ReadonlyMap<number, JavaScriptStack> {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)))
  return new Map(
    nodes.map(({ id }) => {
      const frames: string[] = []
      for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
        const node = byId.get(at)
        if (node !== undefined && parents.has(at)) frames.push(frameName(node.callFrame))
      }
      const leaf = byId.get(id)?.callFrame
      const isOwn = leaf === undefined || leaf.url !== '' || OWN_NAME.test(leaf.functionName)
      const isInNative = !isOwn && parents.has(id)
      // V8 gives every function of an addon the name of one of them.
      if (isInNative) frames.shift()
      const isInKernels = isInNative && frames.slice(0, 3).some((frame) => KERNEL_CALL.test(frame))
      return [id, { frames: frames.reverse(), isInKernels, isIdle: leaf?.functionName === '(idle)' }]
    }),
  )
}

function frameName({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  const own = OWN_NAME.exec(functionName)?.[1]
  if (own !== undefined && url === '') return `v8.${own.replaceAll(' ', '-')}`
  const name = functionName === '' ? 'anonymous' : functionName
  if (url === '') return `node.${name}`
  return `${moduleName(url)}.${name}:${lineNumber + 1}`
}

/** `node:fs` is `fs`; a file is its name without what follows its last dot. */
function moduleName(url: string): string {
  const path = url.replace(/^node:/, '').replace(/[?#].*$/, '')
  return posix.basename(path).replace(/\.[^.]+$/, '')
}
