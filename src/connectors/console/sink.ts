import { writeSync } from 'node:fs'
import { logLine } from '../../core/log-line.js'
import { dataTypeText } from '../../core/schema.js'
import { type SinkWriter, sinkFactory } from '../../spi/sink.js'
import { spec } from './spec.js'

const STDOUT = 1
const LOGGER = '.a.s.c.s.c.s.ConsoleSinkWriter'

/** Prints rows in the order of their subtask; `log.print.data = false` only counts them. */
export const sink = sinkFactory({
  spec,
  async create({ printData, printDelayMs }, tables) {
    return {
      // What is printed cannot be taken back.
      isAtLeastOnce: printData,
      tables: tables.map(() => ({
        encoder: {
          codec: printData ? 'console' : 'discard',
          // A union of several tables prints each row with the path of its own table.
          options: { prefix: logLine('INFO', LOGGER, '', 'st-multi-table-sink-writer-1') },
          partitionBy: [],
          columns: null,
        },
        rowsPerFile: null,
        writerConfig: { printDelayMs },
      })),
      committer: {
        async open() {
          for (const table of tables) {
            const types = table.columns.map((column) => `${column.name}<${dataTypeText(column.type)}>`).join(', ')
            print(Buffer.from(`${logLine('INFO', LOGGER, `output rowType: ${types}`)}\n`))
          }
        },
        async commit() {},
        async abort() {},
      },
    }
  },
  async createWriter({ printDelayMs }): Promise<SinkWriter> {
    return new ConsoleWriter(Number(printDelayMs))
  },
})

class ConsoleWriter implements SinkWriter {
  readonly initialState = null
  readonly #printDelayMs: number

  constructor(printDelayMs: number) {
    this.#printDelayMs = printDelayMs
  }

  async place(segment: Parameters<SinkWriter['place']>[0]) {
    for (const bytes of segment.bytes) print(bytes)
    if (this.#printDelayMs > 0) await pause(segment.rows * this.#printDelayMs)
    return { state: null, write: null }
  }

  async prepareCommit() {
    return null
  }

  async close() {}
}

/** Writes all bytes, waiting where standard output is a full pipe. */
function print(bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(STDOUT, bytes, written)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
