import { ColumnBatch, columnOf } from '../../arrow/column-batch.js'
import type { BatchFrame } from '../../arrow/frame.js'
import { type ArrowLibrary, loadArrow } from '../../arrow/library.js'
import { MillraceError } from '../../core/error.js'
import type { DataType } from '../../core/schema.js'
import { type ClientSettings, ModelClient } from '../../protocols/model/client.js'
import { settingsOfWorker } from '../../protocols/model/options.js'
import type { Timers } from '../../protocols/model/timers.js'
import { jsonText } from '../../protocols/model/value-text.js'
import type { BatchProcessor, ProcessedBatch, ProcessorContext } from '../../spi/transform.js'
import { type ChatConfig, chatRequest, readAnswer, typedValue } from './chat.js'

/** What a processor is made from. Plain data. */
export interface LlmConfig {
  readonly chat: ChatConfig
  readonly client: ClientSettings
  /** Rows of one request at most. */
  readonly rowsPerRequest: number
  /** Numbers of the columns that the model sees. */
  readonly columns: readonly number[]
}

/** Values of rows from the first on, and what kept the next row from having one. */
interface Answered {
  readonly values: readonly unknown[]
  readonly failure: MillraceError | null
}

/** Batches that wait for answers at the same time: while one is asked about, the next is made ready. */
const BATCHES_IN_FLIGHT = 2

/** Asks a model about the rows of batches. */
export class LlmProcessor implements BatchProcessor {
  readonly batchesInFlight = BATCHES_IN_FLIGHT
  readonly #arrow: ArrowLibrary
  readonly #config: LlmConfig
  readonly #context: ProcessorContext
  readonly #client: ModelClient

  private constructor(arrow: ArrowLibrary, config: LlmConfig, context: ProcessorContext, timers?: Timers) {
    this.#arrow = arrow
    this.#config = config
    this.#context = context
    this.#client = new ModelClient(settingsOfWorker(config.client, context.workers), context.shared, timers)
  }

  static async create(config: LlmConfig, context: ProcessorContext, timers?: Timers): Promise<LlmProcessor> {
    return new LlmProcessor(await loadArrow(), config, context, timers)
  }

  async process(frame: BatchFrame, signal: AbortSignal): Promise<ProcessedBatch> {
    const { input, output } = this.#context
    const batch = ColumnBatch.read(this.#arrow, input, frame)
    const { values, failure } = await this.#askAll(this.#rowTexts(batch), signal)
    const column = output.columns.at(-1)
    if (column === undefined) throw new Error('the output has no column')
    const columns = [...input.columns.keys(), columnOf(column.name, column.type, values)]
    return { frame: batch.write(output, columns, values.length), failure }
  }

  async close(): Promise<void> {
    // Connections that are idle do not keep a thread alive.
  }

  /** Every row as a JSON object of the columns that the model sees. */
  #rowTexts(batch: ColumnBatch): readonly string[] {
    const columns = this.#config.columns.map((index) => {
      const { name = '', type = { kind: 'NULL' } as DataType } = batch.schema.columns[index] ?? {}
      return { name: JSON.stringify(name), type, read: batch.reader(index) }
    })
    return Array.from({ length: batch.rows }, (_, row) => {
      return `{${columns.map(({ name, type, read }) => `${name}:${jsonText(read(row), type)}`).join(',')}}`
    })
  }

  /** Asks about all rows, as many at a time as a request takes; the first failure in row order counts. */
  async #askAll(rows: readonly string[], signal: AbortSignal): Promise<Answered> {
    const { rowsPerRequest } = this.#config
    const requests: Promise<Answered>[] = []
    for (let start = 0; start < rows.length; start += rowsPerRequest) {
      const request = this.#ask(rows.slice(start, start + rowsPerRequest), start, signal)
      // It is waited for below, or never when an earlier one fails.
      request.catch(() => undefined)
      requests.push(request)
    }
    const values: unknown[] = []
    for (const request of requests) {
      const answered = await settled(request)
      values.push(...answered.values)
      if (answered.failure !== null) return { values, failure: answered.failure }
    }
    return { values, failure: null }
  }

  /** Asks about some rows. A model that loses count of them is asked about half as many, down to one. */
  async #ask(rows: readonly string[], firstRow: number, signal: AbortSignal): Promise<Answered> {
    const { chat } = this.#config
    const answer = await this.#client.send(chatRequest(chat, `[${rows.join(',')}]`), signal)
    const values = readAnswer(chat, answer, rows.length)
    if (values !== null) return this.#typed(values, firstRow)
    if (rows.length === 1) {
      const shown = this.#client.shown(JSON.stringify(answer))
      const message = `the answer of the model '${chat.model}' is not a JSON array of one value: ${shown}`
      return { values: [], failure: new MillraceError('MODEL_ANSWER_INVALID', message, { row: firstRow }) }
    }
    const half = Math.ceil(rows.length / 2)
    const first = await this.#ask(rows.slice(0, half), firstRow, signal)
    if (first.failure !== null) return first
    const second = await settled(this.#ask(rows.slice(half), firstRow + half, signal))
    return { values: [...first.values, ...second.values], failure: second.failure }
  }

  #typed(values: readonly unknown[], firstRow: number): Answered {
    const { outputType, model } = this.#config.chat
    const typed: unknown[] = []
    for (const [index, value] of values.entries()) {
      const read = typedValue(value, outputType)
      if (read === undefined) {
        const shown = this.#client.shown(JSON.stringify(value) ?? String(value))
        const message = `the model '${model}' answered ${shown}, which is not a value of the type ${outputType}`
        return { values: typed, failure: new MillraceError('MODEL_ANSWER_INVALID', message, { row: firstRow + index }) }
      }
      typed.push(read)
    }
    return { values: typed, failure: null }
  }
}

/** A failed request as a failure of its first row. Cancelling is no failure. */
async function settled(request: Promise<Answered>): Promise<Answered> {
  try {
    return await request
  } catch (thrown) {
    if (thrown instanceof MillraceError) return { values: [], failure: thrown }
    throw thrown
  }
}
