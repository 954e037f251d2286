/** Takes nothing. */
export const SILENT_LOGGER: Logger = {
  isDebugEnabled: false,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}

/** Takes log lines of one logger, perhaps on behalf of one job. Never throws and never waits: what cannot be kept is dropped and counted. */
export interface Logger {
  readonly isDebugEnabled: boolean
  debug(message: string): void
  info(message: string): void
  /** @param cause kept behind the line: its message, the messages of its causes, and the stack of what has no error code. */
  warn(message: string, cause?: unknown): void
  error(message: string, cause?: unknown): void
}
