import type { BatchFrame } from '../../arrow/frame.js'
import { MillraceError } from '../../core/error.js'
import type { BatchProcessor, ProcessedBatch, ProcessorContext } from '../../spi/transform.js'
import { Sandbox, type SandboxLimits } from './sandbox-client.js'

/** What a processor is made from. Plain data. */
export interface DynamicConfig {
  readonly source: string
  readonly file: string
  readonly limits: SandboxLimits
  /** For every output column the number of the input column it is, or −1 − the number of the computed column. */
  readonly origins: readonly number[]
}

/** While the user's code has one batch, the next one is made ready. */
const BATCHES_IN_FLIGHT = 2

/** Gives batches to the user's code, in a thread of its own. */
export class DynamicProcessor implements BatchProcessor {
  readonly batchesInFlight = BATCHES_IN_FLIGHT
  readonly #config: DynamicConfig
  readonly #context: ProcessorContext
  #sandbox: Sandbox | null = null

  private constructor(config: DynamicConfig, context: ProcessorContext) {
    this.#config = config
    this.#context = context
  }

  static async create(config: DynamicConfig, context: ProcessorContext): Promise<DynamicProcessor> {
    return new DynamicProcessor(config, context)
  }

  async process(frame: BatchFrame, signal: AbortSignal): Promise<ProcessedBatch> {
    const reply = await this.#open(signal).ask({ kind: 'batch', frame }, signal)
    if (reply.kind !== 'batch') throw new Error('the sandbox gave another answer')
    const { frame: processed, error } = reply
    if (error === null) return { frame: processed, failure: null }
    const message = `the user code failed: ${error}`
    return { frame: processed, failure: new MillraceError('SCRIPT_FAILED', message, { row: processed.rows }) }
  }

  /** The sandbox, started with the first batch. */
  #open(signal: AbortSignal): Sandbox {
    if (this.#sandbox !== null) return this.#sandbox
    const { source, file, limits, origins } = this.#config
    const { input, output } = this.#context
    const sandbox = new Sandbox({ source, file }, limits)
    // A failure shows again with the first batch.
    sandbox.ask({ kind: 'open', input, output, origins }, signal).catch(() => undefined)
    this.#sandbox = sandbox
    return sandbox
  }

  async close(): Promise<void> {
    await this.#sandbox?.close()
  }
}
