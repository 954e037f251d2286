import { option } from '../spi/option.js'

/** What every file system of another machine has. */
export const REMOTE_OPTIONS = {
  networkTimeoutMs: option.durationMs('network_timeout', {
    default: 60_000,
    min: 100,
    doc: 'Time without a byte from the server after which a step is given up and tried again.',
  }),
  networkAttempts: option.int('network_attempts', {
    default: 5,
    min: 1,
    max: 100,
    doc: 'How often a step is tried in all when it fails in passing: a lost connection, a busy server.',
  }),
} as const

/** Keys of {@link REMOTE_OPTIONS}. */
export const REMOTE_KEYS = Object.values(REMOTE_OPTIONS).map((declared) => declared.key)
