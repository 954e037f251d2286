import { fileSink } from '../../files/connector.js'
import { SINK_SPEC } from './spec.js'
import { S3_STORE } from './store.js'

/** Writes files in an S3 bucket. */
export const sink = fileSink(SINK_SPEC, S3_STORE)
