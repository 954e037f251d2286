import { MillraceError } from '../../core/error.js'
import type { FileStore } from '../../files/connector.js'
import { atOption, type OptionPlace, optionFault } from '../../files/fault.js'
import { LocalFileSystem } from '../../files/local-file-system.js'
import { requireOptions } from '../../files/required.js'
import { SftpFileSystem } from '../../files/sftp-file-system.js'
import type { SftpSettings } from '../../protocols/sftp/settings.js'
import type { PlanContext } from '../../spi/context.js'
import { SFTP_KEYS, type SftpOptions } from './spec.js'

/** Keys and lists of hosts are small; whatever is larger is neither. */
const TEXT_LIMIT_BYTES = 1024 * 1024

/** Files of an SFTP server. */
export const SFTP_STORE: FileStore<SftpOptions> = {
  keys: SFTP_KEYS,
  async settings(options, place, context) {
    const { host, port, user, password, privateKeyPath, knownHostsPath, hostKeyFingerprint } = options
    requireOptions(place, { host, port, user, ...(privateKeyPath === null ? { password } : {}) })
    if (knownHostsPath === null && hostKeyFingerprint === null) {
      const message = `the host key of '${host ?? ''}' is not checked, so that another machine could take its place`
      const hint = "set 'known_hosts_path' or 'host_key_fingerprint'"
      context.warn(optionFault(place, 'host', 'OPTION_INVALID', message, { hint }))
    }
    if (hostKeyFingerprint !== null && !/^SHA256:[A-Za-z0-9+/]{43}$/.test(hostKeyFingerprint)) {
      const message = `'${hostKeyFingerprint}' is not a fingerprint like SHA256:… with 43 characters`
      throw optionFault(place, 'host_key_fingerprint', 'OPTION_INVALID', message)
    }
    const settings: SftpSettings = {
      host: host ?? '',
      port: port ?? 0,
      user: user ?? '',
      password,
      privateKey: await textAt(privateKeyPath, 'private_key_path', place, context),
      passphrase: options.privateKeyPassphrase,
      knownHosts: await textAt(knownHostsPath, 'known_hosts_path', place, context),
      hostKeyFingerprint,
      timeoutMs: options.networkTimeoutMs,
      attempts: options.networkAttempts,
    }
    return settings
  },
  open: (settings) => new SftpFileSystem(settings as SftpSettings),
}

/** The text of a file of this machine, which the job must be allowed to read. */
async function textAt(
  path: string | null,
  key: string,
  place: OptionPlace,
  context: PlanContext,
): Promise<string | null> {
  if (path === null || path === '') return null
  return atOption(place, key, async () => {
    const fileSystem = new LocalFileSystem(context.filePolicy ?? null)
    const file = await fileSystem.openForReading(fileSystem.resolve(path))
    try {
      if (file.sizeBytes > TEXT_LIMIT_BYTES) {
        throw new MillraceError('VALUE_TOO_LARGE', `'${path}' has more than '${TEXT_LIMIT_BYTES}' bytes`)
      }
      const bytes = Buffer.alloc(file.sizeBytes)
      return bytes.toString('utf8', 0, await file.read(bytes, 0))
    } finally {
      await file.close()
    }
  })
}
