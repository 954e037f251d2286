import { logLine } from '../../core/log-line.js'
import { dataTypeText } from '../../core/schema.js'
import type { JsonObject } from '../../spi/json.js'
import { type SinkWriter, sinkFactory } from '../../spi/sink.js'
import { RowOutput } from './row-output.js'
import { spec } from './spec.js'

const LOGGER = '.a.s.c.s.c.s.ConsoleSinkWriter'

/** Prints rows in the order of their subtask; `log.print.data = false` only counts them. */
export const sink = sinkFactory({
  spec,
  async create({ printData, printDelayMs }, tables, { rowLog }) {
    const output = new RowOutput(rowLog)
    const line = (message: string, thread?: string): string =>
      `${output.linePrefix}${logLine('INFO', LOGGER, message, thread)}`
    return {
      // What is printed cannot be taken back.
      isAtLeastOnce: printData,
      tables: tables.map(() => ({
        encoder: {
          codec: printData ? 'console' : 'discard',
          // A union of several tables prints each row with the path of its own table.
          options: { prefix: line('', 'st-multi-table-sink-writer-1') },
          partitionBy: [],
          columns: null,
        },
        rowsPerFile: null,
        writerConfig: { printDelayMs, output: output.config() },
      })),
      committer: {
        async open() {
          for (const table of tables) {
            const types = table.columns.map((column) => `${column.name}<${dataTypeText(column.type)}>`).join(', ')
            output.write(Buffer.from(`${line(`output rowType: ${types}`)}\n`))
          }
        },
        async commit() {},
        async abort() {},
      },
    }
  },
  async createWriter({ printDelayMs, output }): Promise<SinkWriter> {
    return new ConsoleWriter(RowOutput.fromConfig(output as JsonObject), Number(printDelayMs))
  },
})

class ConsoleWriter implements SinkWriter {
  readonly initialState = null
  readonly #output: RowOutput
  readonly #printDelayMs: number

  constructor(output: RowOutput, printDelayMs: number) {
    this.#output = output
    this.#printDelayMs = printDelayMs
  }

  async place(segment: Parameters<SinkWriter['place']>[0]) {
    for (const bytes of segment.bytes) this.#output.write(bytes)
    if (this.#printDelayMs > 0) await pause(segment.rows * this.#printDelayMs)
    return { state: null, write: null }
  }

  async prepareCommit() {
    return null
  }

  async close() {}
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
