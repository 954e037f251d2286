import { MillraceError } from '../core/error.js'
import type { JobFailure } from './api.js'

/** What the original throws at a job that finds no slots, which its clients look for. */
const NO_SLOTS = 'org.apache.seatunnel.engine.server.resourcemanager.NoEnoughResourceException'

/** Why a job failed, with the first cause first. */
export function jobFailure(errors: readonly MillraceError[]): JobFailure {
  return { text: errors.map(causeText).join('\n'), errors }
}

/** The failure of a job that finds no slots. */
export function slotFailure(reason: string): JobFailure {
  const hint = 'free slots, raise slot-service.slot-num, or set job-schedule-strategy to WAIT'
  const error = new MillraceError('SLOTS_EXHAUSTED', reason, { hint })
  return { text: `${NO_SLOTS}: ${reason}`, errors: [error] }
}

/**
 * Whether the same work could succeed another time. A fault of the job or of its data would be found again; the original tries
 * it again all the same and fails later.
 */
export function canRetry(errors: readonly MillraceError[]): boolean {
  return !errors.some((error) => error.definition.domain === 'user')
}

function causeText(error: MillraceError): string {
  return error.seatunnelText()
}
