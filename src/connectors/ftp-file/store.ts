import type { FileStore } from '../../files/connector.js'
import { FtpFileSystem } from '../../files/ftp-file-system.js'
import { requireOptions } from '../../files/required.js'
import type { FtpSettings } from '../../protocols/ftp/settings.js'
import { FTP_KEYS, type FtpOptions } from './spec.js'

/** Files of an FTP server. */
export const FTP_STORE: FileStore<FtpOptions> = {
  keys: FTP_KEYS,
  async settings(options, place) {
    const { host, port, user, password, connectionMode, verifiesRemote, networkTimeoutMs, networkAttempts } = options
    requireOptions(place, { host, port, user, password })
    const settings: FtpSettings = {
      host: host ?? '',
      port: port ?? 0,
      user: user ?? '',
      password: password ?? '',
      connectionMode,
      verifiesRemote,
      timeoutMs: networkTimeoutMs,
      attempts: networkAttempts,
    }
    return settings
  },
  open: (settings) => new FtpFileSystem(settings as FtpSettings),
}
