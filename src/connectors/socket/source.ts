import { contentTable } from '../../config/table-schema.js'
import type { Column } from '../../core/schema.js'
import { refuseForbiddenHost } from '../../protocols/egress.js'
import { type Source, type SourceReader, sourceFactory } from '../../spi/source.js'
import { LineSocket, type LineSocketSettings } from './line-socket.js'
import { spec } from './spec.js'

/** The only column. */
const VALUE: Column = {
  name: 'value',
  type: { kind: 'STRING' },
  nullable: true,
  length: null,
  scale: null,
  defaultValue: null,
  comment: null,
}

/** A delimiter that no line of text holds: a line is one field. */
const NO_DELIMITER = '\u0000\u0001\u0000millrace\u0000\u0001\u0000'

/**
 * Lines of a TCP connection, one row each, in one column `value`.
 *
 * BATCH reads what comes with the first read and ends, STREAMING reads until the server closes the connection. There is one
 * connection, whatever the parallelism, and nothing is read again after a failure.
 *
 * @source SeaTunnel `SocketSource`, `SocketSourceReader`
 */
export const source = sourceFactory({
  spec,
  async create({ host, port, connectTimeoutMs }, { block, jobMode, parallelism }): Promise<Source> {
    refuseForbiddenHost(host)
    const isBounded = jobMode === 'BATCH'
    const settings: LineSocketSettings = { host, port, connectTimeoutMs, isBounded }
    const split = { id: `${host}:${port}`, table: 0, morsels: null, delayMs: 0, payload: null }
    return {
      tables: [
        {
          table: { ...contentTable({ output: block.output }), columns: [VALUE] },
          decoder: { codec: 'text', options: { fieldDelimiter: NO_DELIMITER } },
        },
      ],
      isBounded,
      isReplayable: false,
      enumerator: {
        enumerate: async () => Array.from({ length: parallelism }, (_, subtask) => (subtask === 0 ? [split] : [])),
      },
      readerConfig: { ...settings },
    }
  },
  async createReader(config): Promise<SourceReader> {
    const settings = config as unknown as LineSocketSettings
    let connection: LineSocket | null = null
    return {
      open: async () => {
        connection = await LineSocket.connect(settings)
        return connection.morsel()
      },
      // A job that is stopped does not close its morsel: an open connection would keep the worker alive.
      close: async () => connection?.close(),
    }
  },
})
