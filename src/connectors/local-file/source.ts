import { fileSource } from '../../files/connector.js'
import { SOURCE_SPEC } from './spec.js'
import { LOCAL_STORE } from './store.js'

/** Reads files of this machine. */
export const source = fileSource(SOURCE_SPEC, LOCAL_STORE)
