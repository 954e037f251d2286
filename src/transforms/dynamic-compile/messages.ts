import type { BatchFrame } from '../../arrow/frame.js'
import type { KernelSchema } from '../../core/schema.js'

/** What a sandbox is started with. */
export interface SandboxStart {
  readonly source: string
  /** What stack traces call the code. */
  readonly file: string
}

/** What a sandbox is asked; it answers every request with one reply. */
export type SandboxRequest =
  | { readonly kind: 'columns'; readonly table: string }
  | {
      readonly kind: 'open'
      readonly input: KernelSchema
      readonly output: KernelSchema
      /** For every output column the number of the input column it is, or −1 − the number of the computed column. */
      readonly origins: readonly number[]
    }
  | { readonly kind: 'batch'; readonly frame: BatchFrame }

/** What a sandbox answers. `error` is what the user's code threw. */
export type SandboxReply =
  /** The thread has started; the user's code has not run yet. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'columns'; readonly text: string }
  | { readonly kind: 'opened' }
  | { readonly kind: 'batch'; readonly frame: BatchFrame; readonly error: string | null }
  | { readonly kind: 'failed'; readonly error: string }
