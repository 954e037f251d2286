import { FILE_SINK_OPTIONS, FILE_SOURCE_OPTIONS, FILE_SOURCE_RULES } from '../../files/options.js'
import { REMOTE_OPTIONS } from '../../files/remote-options.js'
import { type OptionValues, option, optionSpec, required, requiredWhen } from '../../spi/option.js'
import { sinkSpec, sourceSpec } from '../../spi/spec.js'

/** Where the server is. @source SeaTunnel `SftpFileBaseOptions` */
const SFTP_OPTIONS = {
  host: option.string('host', { doc: 'Name or address of the server.' }),
  port: option.int('port', { min: 1, max: 65_535, doc: 'Port of the server, mostly 22.' }),
  user: option.string('user', { doc: 'Name for the login.' }),
  password: option.string('password', { secret: true, doc: 'Password for the login; not needed with a key.' }),
  privateKeyPath: option.string('private_key_path', {
    fallback: ['keyfile'],
    doc: 'File on this machine with the private key for the login, in OpenSSH or PEM form.',
  }),
  privateKeyPassphrase: option.string('private_key_passphrase', {
    secret: true,
    doc: 'Passphrase of the private key, where it has one.',
  }),
  knownHostsPath: option.string('known_hosts_path', {
    doc: "File on this machine, in the form of OpenSSH's known_hosts, that must list the server's key. Without it and without host_key_fingerprint any key is accepted, with a warning.",
  }),
  hostKeyFingerprint: option.string('host_key_fingerprint', {
    doc: "Fingerprint that the server's key must have, as ssh-keygen -l prints it: SHA256 and a colon in front.",
  }),
  ...REMOTE_OPTIONS,
} as const

const TABLE_OPTIONS = { ...SFTP_OPTIONS, ...FILE_SOURCE_OPTIONS } as const

/** Options of the SftpFile source. @source SeaTunnel `SftpFileSourceFactory` */
export const SOURCE_SPEC = sourceSpec('SftpFile', {
  summary: 'Reads files of an SFTP server.',
  options: {
    ...TABLE_OPTIONS,
    tablesConfigs: option.objectList('tables_configs', optionSpec({ options: TABLE_OPTIONS }), {
      doc: 'Several tables, each with all options of its own; without a server of its own a table has that of the block.',
    }),
  },
  rules: FILE_SOURCE_RULES,
  example: `SftpFile {
  host = "sftp.example.org"
  port = 22
  user = "reader"
  private_key_path = "/etc/millrace/id_ed25519"
  known_hosts_path = "/etc/millrace/known_hosts"
  path = "/orders"
  file_format_type = "parquet"
}`,
})

/** Options of the SftpFile sink. @source SeaTunnel `SftpFileSinkFactory` */
export const SINK_SPEC = sinkSpec('SftpFile', {
  summary: 'Writes files on an SFTP server; every checkpoint renames its files to their final names.',
  options: { ...SFTP_OPTIONS, ...FILE_SINK_OPTIONS },
  rules: [required('host', 'port', 'user'), requiredWhen('fileFormat', 'XML', 'xmlUseAttrFormat')],
  example: `SftpFile {
  host = "sftp.example.org"
  port = 22
  user = "writer"
  password = "\${SFTP_PASSWORD}"
  host_key_fingerprint = "SHA256:mVPwvezndPv/ARoIadVY98vAC0g+P/5633yTC4d/wXE"
  path = "/out/\${table_name}"
  tmp_path = "/out/tmp"
  file_format_type = "json"
}`,
})

/** What the connector has beside the options of all file connectors. */
export type SftpOptions = OptionValues<typeof SFTP_OPTIONS>

/** Keys of the options that say where the server is. */
export const SFTP_KEYS = Object.values(SFTP_OPTIONS).map((declared) => declared.key)
