import { fileSource } from '../../files/connector.js'
import { SOURCE_SPEC } from './spec.js'
import { S3_STORE } from './store.js'

/** Reads files in an S3 bucket. */
export const source = fileSource(SOURCE_SPEC, S3_STORE)
