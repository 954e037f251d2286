import { option } from '../../spi/option.js'
import { sourceSpec } from '../../spi/spec.js'

/** Options of Socket. @source SeaTunnel `SocketSourceFactory` */
export const spec = sourceSpec('Socket', {
  summary: 'Reads lines that a server sends over TCP.',
  options: {
    host: option.string('host', { required: true, doc: 'Host name or address of the server.' }),
    port: option.int('port', { required: true, min: 1, max: 65_535, doc: 'Port of the server.' }),
    connectTimeoutMs: option.int('connect_timeout_ms', {
      default: 30_000,
      min: 1,
      doc: 'Longest wait for the connection. An addition to SeaTunnel, which waits for ever.',
    }),
  },
  rules: [],
  example: 'Socket { host = "localhost", port = 9999 }',
})
