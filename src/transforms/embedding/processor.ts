import { ColumnBatch, columnOf } from '../../arrow/column-batch.js'
import type { ColumnValue } from '../../arrow/column-buffers.js'
import type { BatchFrame } from '../../arrow/frame.js'
import { type ArrowLibrary, loadArrow } from '../../arrow/library.js'
import { MillraceError } from '../../core/error.js'
import type { DataType } from '../../core/schema.js'
import { type ClientSettings, ModelClient } from '../../protocols/model/client.js'
import { settingsOfWorker } from '../../protocols/model/options.js'
import type { Timers } from '../../protocols/model/timers.js'
import { plainText } from '../../protocols/model/value-text.js'
import type { BatchProcessor, ProcessedBatch, ProcessorContext } from '../../spi/transform.js'
import { type Modality, modalityOfAddress } from './media.js'
import { EmbeddingModel } from './model.js'
import type { EmbeddingConfig, EmbeddingInput } from './requests.js'

/** A column that becomes vectors. */
export interface VectorField {
  /** Number of the input column. */
  readonly column: number
  readonly format: 'text' | 'url' | 'binary'
  /** `null` for what the suffix of each value tells. */
  readonly modality: Modality | null
}

/** What a processor is made from. Plain data. */
export interface EmbeddingProcessorConfig {
  readonly embedding: EmbeddingConfig
  readonly client: ClientSettings
  readonly inputsPerRequest: number
  readonly fields: readonly VectorField[]
  /** For every output column the number of the input column it is, or −1 − the number of the field. */
  readonly columns: readonly number[]
}

/** An input and the place of its vector. */
interface PlacedInput {
  readonly row: number
  readonly field: number
  readonly input: EmbeddingInput
}

/** Batches that wait for answers at the same time. */
const BATCHES_IN_FLIGHT = 2

/** Asks a model for the vectors of batches. */
export class EmbeddingProcessor implements BatchProcessor {
  readonly batchesInFlight = BATCHES_IN_FLIGHT
  readonly #arrow: ArrowLibrary
  readonly #config: EmbeddingProcessorConfig
  readonly #context: ProcessorContext
  readonly #model: EmbeddingModel

  private constructor(
    arrow: ArrowLibrary,
    config: EmbeddingProcessorConfig,
    context: ProcessorContext,
    timers?: Timers,
  ) {
    this.#arrow = arrow
    this.#config = config
    this.#context = context
    const client = new ModelClient(settingsOfWorker(config.client, context.workers), context.shared, timers)
    this.#model = new EmbeddingModel(config.embedding, client)
  }

  static async create(
    config: EmbeddingProcessorConfig,
    context: ProcessorContext,
    timers?: Timers,
  ): Promise<EmbeddingProcessor> {
    return new EmbeddingProcessor(await loadArrow(), config, context, timers)
  }

  async process(frame: BatchFrame, signal: AbortSignal): Promise<ProcessedBatch> {
    const { input, output } = this.#context
    const batch = ColumnBatch.read(this.#arrow, input, frame)
    const vectors: (Float32Array | null)[][] = this.#config.fields.map(() => new Array(batch.rows).fill(null))
    const failure = await this.#fill(vectors, this.#inputs(batch), signal)
    const rows = failure?.details.row ?? batch.rows
    const columns = this.#config.columns.map((column, index) => {
      if (column >= 0) return column
      const type: DataType = { kind: 'FLOAT_VECTOR' }
      return columnOf(output.columns[index]?.name ?? '', type, vectors[-1 - column]?.slice(0, rows) ?? [])
    })
    return { frame: batch.write(output, columns, rows), failure }
  }

  async close(): Promise<void> {
    // Connections that are idle do not keep a thread alive.
  }

  /** Everything that becomes a vector, row by row; a null stays a null. */
  #inputs(batch: ColumnBatch): readonly PlacedInput[] {
    const readers = this.#config.fields.map(({ column }) => batch.reader(column))
    const inputs: PlacedInput[] = []
    for (let row = 0; row < batch.rows; row += 1) {
      for (const [field, { format, modality, column }] of this.#config.fields.entries()) {
        const value = readers[field]?.(row) ?? null
        const type = batch.schema.columns[column]?.type
        if (value === null || type === undefined) continue
        inputs.push({ row, field, input: inputOf(value, type, format, modality) })
      }
    }
    return inputs
  }

  /** Asks for the vectors, several inputs per request; gives the failure of the lowest row. */
  async #fill(
    vectors: (Float32Array | null)[][],
    inputs: readonly PlacedInput[],
    signal: AbortSignal,
  ): Promise<MillraceError | null> {
    const { inputsPerRequest } = this.#config
    const pieces: (readonly PlacedInput[])[] = []
    for (let start = 0; start < inputs.length; start += inputsPerRequest) {
      pieces.push(inputs.slice(start, start + inputsPerRequest))
    }
    const requests = pieces.map((piece) => {
      const request = this.#model.vectors(
        piece.map((each) => each.input),
        signal,
      )
      // It is waited for below, or never when an earlier one fails.
      request.catch(() => undefined)
      return request
    })
    for (const [index, request] of requests.entries()) {
      const piece = pieces[index] ?? []
      try {
        const found = await request
        for (const [at, { row, field }] of piece.entries()) (vectors[field] ?? [])[row] = found[at] ?? null
      } catch (thrown) {
        if (!(thrown instanceof MillraceError)) throw thrown
        return new MillraceError(thrown.code, thrown.message, { ...thrown.details, row: piece[0]?.row ?? 0 })
      }
    }
    return null
  }
}

function inputOf(
  value: ColumnValue,
  type: DataType,
  format: VectorField['format'],
  modality: Modality | null,
): EmbeddingInput {
  if (format === 'binary' && value instanceof Uint8Array) {
    const { group, name } = modality ?? { group: 'image', name: 'jpeg' }
    return {
      modality: { group, name } as Modality,
      text: `data:${group}/${name};base64,${Buffer.from(value).toString('base64')}`,
    }
  }
  const text = plainText(value, type)
  return { modality: modality ?? (format === 'url' ? modalityOfAddress(text) : { group: 'text', name: 'text' }), text }
}
