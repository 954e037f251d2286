import type { Refusal } from '../refusal.js'
import type { RestRequest } from '../request.js'
import type { User } from './user.js'

/** Finds out who sent a request. */
export interface Authenticator {
  /** A promise only where a hash has to be computed: credentials that were right a moment ago are known at once. */
  authenticate(request: RestRequest): User | Refusal | Promise<User | Refusal>
}
