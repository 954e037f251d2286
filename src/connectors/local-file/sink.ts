import { fileSink } from '../../files/connector.js'
import { SINK_SPEC } from './spec.js'
import { LOCAL_STORE } from './store.js'

/** Writes files on this machine. */
export const sink = fileSink(SINK_SPEC, LOCAL_STORE)
