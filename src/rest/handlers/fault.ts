import type { MillraceError } from '../../core/error.js'

/** What a client can be told beside the message: our code, the place in the document, what to change. */
export interface FaultDetails {
  readonly code: string
  readonly where: string | null
  readonly hint: string | null
}

/** A request that cannot be served, in the words of the original's API. `null`: there are none. */
export class RestFault extends Error {
  override readonly name = 'RestFault'

  constructor(
    readonly status: number,
    readonly text: string | null,
    /** One for every fault of a document, the first one first. */
    readonly details: readonly FaultDetails[] = [],
  ) {
    super(text ?? '')
  }
}

/** An argument that is wrong. */
export function badRequest(text: string): RestFault {
  return new RestFault(400, text)
}

/** What a coded error has to say beside its message. */
export function faultDetails(error: MillraceError): FaultDetails {
  return { code: error.code, where: placeText(error), hint: error.details.hint ?? null }
}

/** `source[0].row.num at line 3, column 7`, as far as it is known. */
export function placeText({ details }: MillraceError): string | null {
  const { path, position } = details
  const place = position === undefined ? null : `line ${position.line}, column ${position.column}`
  if (path === undefined) return place
  return place === null ? path : `${path} at ${place}`
}
