/** One line of the audit log: who did what from where. It never holds a configuration, a password or a query. */
export interface AuditEntry {
  /** Milliseconds since 1970. */
  readonly timeMs: number
  /** `null` when authentication is off or failed. */
  readonly user: string | null
  readonly remoteAddress: string
  readonly dialect: string
  readonly method: string
  /** Id of the route; `null` when the request was refused before it had one. */
  readonly route: string | null
  readonly jobId: string | null
  /** Hash of the configuration that came with the request. */
  readonly configHash: string | null
  readonly status: number
}

/**
 * Where entries go. Called for every request that changes something, after it was answered, and for every one that was refused for who
 * sent it. Must not throw and must not block.
 */
export type AuditSink = (entry: AuditEntry) => void

/** One entry as a line of JSON without line break. Texts that came from outside are escaped by JSON. */
export function auditLine(entry: AuditEntry): string {
  const { timeMs, ...rest } = entry
  return JSON.stringify({ time: new Date(timeMs).toISOString(), ...rest })
}

/** Drops everything. */
export const NO_AUDIT: AuditSink = () => {}
