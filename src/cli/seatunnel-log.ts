import { logLine } from '../core/log-line.js'
import type { CliEnvironment } from './environment.js'

/** Names of the original's loggers, which scripts look for. */
export const LOGGER = {
  client: 's.c.s.s.c.ClientExecuteCommand',
  proxy: 'o.a.s.e.c.j.ClientJobProxy',
  metrics: 'o.a.s.e.c.j.JobMetricsRunner',
  status: 'o.a.s.e.c.j.JobStatusRunner',
  connection: '.c.i.c.ClientConnectionManager',
  errors: 'o.a.s.e.s.t.e.RowErrorHandler',
  config: 'o.a.s.c.s.u.ConfigBuilder',
  shade: 'o.a.s.c.s.u.ConfigShadeUtils',
  encrypt: 'o.a.s.c.s.c.ConfEncryptCommand',
  decrypt: 'o.a.s.c.s.c.ConfDecryptCommand',
  master: 'ommandArgs$MasterTypeValidator',
  starter: 'o.a.s.c.s.SeaTunnel',
} as const

/**
 * The log of the client: INFO goes to standard output, WARN and ERROR to standard error.
 *
 * @source SeaTunnel `log4j2_client.properties`
 */
export class ClientLog {
  readonly #environment: Pick<CliEnvironment, 'out' | 'err'>

  constructor(environment: Pick<CliEnvironment, 'out' | 'err'>) {
    this.#environment = environment
  }

  info(logger: string, message: string, thread?: string): void {
    this.#environment.out(`${logLine('INFO', logger, message, thread)}\n`)
  }

  warn(logger: string, message: string): void {
    this.#environment.err(`${logLine('WARN', logger, message)}\n`)
  }

  error(logger: string, message: string): void {
    this.#environment.err(`${logLine('ERROR', logger, message)}\n`)
  }
}
