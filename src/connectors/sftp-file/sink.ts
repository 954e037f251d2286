import { fileSink } from '../../files/connector.js'
import { SINK_SPEC } from './spec.js'
import { SFTP_STORE } from './store.js'

/** Writes files on an SFTP server. */
export const sink = fileSink(SINK_SPEC, SFTP_STORE)
