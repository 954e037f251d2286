import type { Members, Shape } from '../../../shape.js'

/** What an operation takes and gives. */
export interface OperationShape {
  /** Parameters of the query, by name. */
  readonly query?: Members
  /** Members of the body; none of them is sent by a client that has nothing to say. */
  readonly body?: Shape<unknown>
  /** Whether the body is a file, as `multipart/form-data`. */
  readonly takesFile?: true
  /** What a good answer holds; absent: a text, as `text/plain`. */
  readonly answer?: Shape<unknown>
  /** Statuses of refusals beside those that every operation has. */
  readonly refusals?: readonly number[]
}
