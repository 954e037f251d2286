/** Who opens the connection for data. */
export const FTP_CONNECTION_MODES = ['ACTIVE_LOCAL', 'PASSIVE_LOCAL'] as const

/** How a server is reached. Plain data. */
export type FtpSettings = {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  /** In active mode the server connects to this machine, in passive mode this machine to the server. */
  readonly connectionMode: (typeof FTP_CONNECTION_MODES)[number]
  /** Whether connections for data must be with the machine that the control connection is with. */
  readonly verifiesRemote: boolean
  /** Milliseconds without a byte after which a step is given up. */
  readonly timeoutMs: number
  /** Tries of one step in all. */
  readonly attempts: number
}
