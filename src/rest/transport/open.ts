import { MillraceError } from '../../core/error.js'
import type { Listener, ListenerOptions, Transport, TransportKind } from './listener.js'
import { listenNode } from './node-http/listener.js'
import { uwsAddon } from './uws/addon.js'
import { listenUws } from './uws/listener.js'

/** Environment variable that chooses the transport. */
export const TRANSPORT_VARIABLE = 'MILLRACE_HTTP'

/**
 * Begins to load what a listener of plain HTTP needs, beside the other work of a start. What fails shows when the listener is opened.
 *
 * @param choice value of {@link TRANSPORT_VARIABLE}.
 */
export function prepareTransport(choice: string | undefined): void {
  if (choice !== 'node') uwsAddon().catch(() => {})
}

/**
 * Opens a listener with the transport that suits it: node:http where TLS or HTTP/1.0 is needed, or the addon cannot be used, and
 * uWebSockets.js otherwise.
 *
 * @param choice value of {@link TRANSPORT_VARIABLE}: `node`, `uws`, or nothing.
 * @param warn gets one clause when the addon cannot be used.
 * @param uws the transport to prefer; tests give another.
 * @throws MillraceError `LISTEN_FAILED`; `HTTP_SETTINGS` for an unknown choice or `uws` with TLS.
 */
export async function openListener(
  options: ListenerOptions,
  choice: string | undefined,
  warn: (message: string) => void,
  uws: Transport = listenUws,
): Promise<Listener> {
  const kind = transportKind(choice)
  if (options.tls !== null || kind === 'node') return listenNode(options)
  try {
    return await uws(options)
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'BACKEND_UNAVAILABLE') throw error
    warn(`${error.message}; requests are served by node:http, which is several times slower`)
    return listenNode(options)
  }
}

/** @throws MillraceError `HTTP_SETTINGS` */
function transportKind(choice: string | undefined): TransportKind | null {
  if (choice === undefined || choice === '') return null
  if (choice === 'node' || choice === 'uws') return choice
  throw new MillraceError('HTTP_SETTINGS', `'${TRANSPORT_VARIABLE}' is '${choice}'`, {
    hint: "set it to 'uws' or 'node', or leave it out",
  })
}
