import { fileSink } from '../../files/connector.js'
import { SINK_SPEC } from './spec.js'
import { FTP_STORE } from './store.js'

/** Writes files on an FTP server. */
export const sink = fileSink(SINK_SPEC, FTP_STORE)
