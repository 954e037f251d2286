import { FILE_SINK_OPTIONS, FILE_SOURCE_OPTIONS, FILE_SOURCE_RULES } from '../../files/options.js'
import { REMOTE_OPTIONS } from '../../files/remote-options.js'
import { FTP_CONNECTION_MODES } from '../../protocols/ftp/settings.js'
import { type OptionValues, option, optionSpec, required, requiredWhen } from '../../spi/option.js'
import { sinkSpec, sourceSpec } from '../../spi/spec.js'

/** Where the server is. @source SeaTunnel `FtpFileBaseOptions` */
const FTP_OPTIONS = {
  host: option.string('host', { doc: 'Name or address of the server.' }),
  port: option.int('port', { min: 1, max: 65_535, doc: 'Port of the server, mostly 21.' }),
  user: option.string('user', { doc: 'Name for the login.' }),
  password: option.string('password', { secret: true, doc: 'Password for the login; it travels in the clear.' }),
  connectionMode: option.enumeration('connection_mode', FTP_CONNECTION_MODES, {
    fallback: ['ftp_connection_mode'],
    default: 'ACTIVE_LOCAL',
    doc: 'Who opens the connection for data: the server with ACTIVE_LOCAL, which it cannot where this machine is behind a firewall; this machine with PASSIVE_LOCAL.',
  }),
  verifiesRemote: option.boolean('remote_verification_enabled', {
    default: true,
    doc: 'Whether connections for data must be with the machine that the control connection is with.',
  }),
  ...REMOTE_OPTIONS,
} as const

const TABLE_OPTIONS = { ...FTP_OPTIONS, ...FILE_SOURCE_OPTIONS } as const

/** Options of the FtpFile source. @source SeaTunnel `FtpFileSourceFactory` */
export const SOURCE_SPEC = sourceSpec('FtpFile', {
  summary: 'Reads files of an FTP server.',
  options: {
    ...TABLE_OPTIONS,
    tablesConfigs: option.objectList('tables_configs', optionSpec({ options: TABLE_OPTIONS }), {
      doc: 'Several tables, each with all options of its own; without a server of its own a table has that of the block.',
    }),
  },
  rules: FILE_SOURCE_RULES,
  example: `FtpFile {
  host = "ftp.example.org"
  port = 21
  user = "reader"
  password = "\${FTP_PASSWORD}"
  connection_mode = "PASSIVE_LOCAL"
  path = "/orders"
  file_format_type = "csv"
  schema { fields { id = bigint, name = string, price = "decimal(10, 2)" } }
}`,
})

/** Options of the FtpFile sink. @source SeaTunnel `FtpFileSinkFactory` */
export const SINK_SPEC = sinkSpec('FtpFile', {
  summary: 'Writes files on an FTP server; every checkpoint renames its files to their final names.',
  options: { ...FTP_OPTIONS, ...FILE_SINK_OPTIONS },
  rules: [required('host', 'port', 'user', 'password'), requiredWhen('fileFormat', 'XML', 'xmlUseAttrFormat')],
  example: `FtpFile {
  host = "ftp.example.org"
  port = 21
  user = "writer"
  password = "\${FTP_PASSWORD}"
  connection_mode = "PASSIVE_LOCAL"
  path = "/out/\${table_name}"
  tmp_path = "/out/tmp"
  file_format_type = "csv"
}`,
})

/** What the connector has beside the options of all file connectors. */
export type FtpOptions = OptionValues<typeof FTP_OPTIONS>

/** Keys of the options that say where the server is. */
export const FTP_KEYS = Object.values(FTP_OPTIONS).map((declared) => declared.key)
