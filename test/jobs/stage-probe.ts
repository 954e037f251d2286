import { ColumnBatch, columnOf } from '../../src/arrow/column-batch.js'
import type { BatchFrame } from '../../src/arrow/frame.js'
import { type ArrowLibrary, loadArrow } from '../../src/arrow/library.js'
import { MillraceError } from '../../src/core/error.js'
import { option } from '../../src/spi/option.js'
import type { PluginEntry } from '../../src/spi/registry.js'
import { transformSpec } from '../../src/spi/spec.js'
import { type ProcessedBatch, type ProcessorContext, transformFactory } from '../../src/spi/transform.js'
import { Gate, probeRecord } from './probe.js'

interface Config {
  readonly suffix: string
  readonly failAt: number | null
  readonly rejectAt: number | null
  readonly inFlight: number
  readonly hold: boolean
  readonly words: Int32Array<SharedArrayBuffer>
}

/** Lets the event loop turn: later batches end before earlier ones. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

class Probe {
  readonly #arrow: ArrowLibrary
  readonly #config: Config
  readonly #context: ProcessorContext
  #batches = 0

  constructor(arrow: ArrowLibrary, config: Config, context: ProcessorContext) {
    this.#arrow = arrow
    this.#config = config
    this.#context = context
  }

  async process(frame: BatchFrame, signal: AbortSignal): Promise<ProcessedBatch> {
    const { suffix, failAt, rejectAt, inFlight, hold, words } = this.#config
    const { input, output, shared } = this.#context
    Atomics.add(shared, 0, BigInt(frame.rows))
    if (hold) {
      new Gate(words).arrive()
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      return { frame, failure: null }
    }
    this.#batches += 1
    await turns((inFlight - (this.#batches % inFlight)) * 3)
    const batch = ColumnBatch.read(this.#arrow, input, frame)
    const ids = batch.reader(0)
    const names = batch.reader(1)
    const values = Array.from({ length: batch.rows }, (_, row) => `${names(row)}${suffix}`)
    const at = (id: number | null): number => (id === null ? -1 : values.findIndex((_, row) => Number(ids(row)) === id))
    if (at(rejectAt) >= 0) throw new MillraceError('EXPRESSION_FAILED', `the probe rejects '${rejectAt}'`)
    const failing = at(failAt)
    const rows = failing >= 0 ? failing : batch.rows
    const written = batch.write(output, [0, columnOf('name', { kind: 'STRING' }, values.slice(0, rows))], rows)
    const failure = failing < 0 ? null : new MillraceError('EXPRESSION_FAILED', `the probe fails at '${failAt}'`)
    return { frame: written, failure }
  }
}

/** Appends a text to the column `name`, asynchronously and out of order. */
const stage = transformFactory({
  spec: transformSpec('StageProbe', {
    summary: 'Appends a text to every name.',
    options: {
      suffix: option.string('suffix', { default: '!', doc: 'What is appended.' }),
      batchRows: option.int('batch_rows', { default: 1000, doc: 'Rows of a batch.' }),
      inFlight: option.int('in_flight', { default: 4, doc: 'Batches at a time.' }),
      failAt: option.int('fail_at', { doc: 'The id at which it fails, giving the rows before.' }),
      rejectAt: option.int('reject_at', { doc: 'The id whose batch it refuses.' }),
      hold: option.string('hold', {
        doc: 'Name of the record whose gate is told; then it waits until it is canceled.',
      }),
    },
    example: 'StageProbe { suffix = "?" }',
  }),
  async lower({ suffix, batchRows, inFlight, failAt, rejectAt, hold }, table) {
    const { words } = (hold === null ? null : probeRecord(hold))?.gate ?? new Gate()
    const config = { suffix, inFlight, failAt, rejectAt, hold: hold !== null, words }
    return { table, processor: { config: config as unknown as Record<string, string>, batchRows } }
  },
  createProcessor: async (config, context) => {
    const probe = new Probe(await loadArrow(), config as unknown as Config, context)
    return {
      batchesInFlight: (config as unknown as Config).inFlight,
      process: (frame, signal) => probe.process(frame, signal),
      close: async () => undefined,
    }
  },
})

/** The plug-ins of this file. */
export const STAGE_PLUGINS: readonly PluginEntry[] = [
  { kind: 'transform', name: 'StageProbe', load: async () => stage },
]
