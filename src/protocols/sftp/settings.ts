/** How a server is reached. Plain data. */
export type SftpSettings = {
  readonly host: string
  readonly port: number
  readonly user: string
  /** `null` where a key logs in. */
  readonly password: string | null
  /** Text of a private key in OpenSSH or PEM form. */
  readonly privateKey: string | null
  readonly passphrase: string | null
  /** Text of a `known_hosts` file that must list the server's key; `null` for no such check. */
  readonly knownHosts: string | null
  /** `SHA256:…` of the server's key; `null` for no such check. */
  readonly hostKeyFingerprint: string | null
  /** Milliseconds without a byte after which a step is given up. */
  readonly timeoutMs: number
  /** Tries of one step in all. */
  readonly attempts: number
}
