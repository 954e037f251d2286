import { fileSource } from '../../files/connector.js'
import { SOURCE_SPEC } from './spec.js'
import { FTP_STORE } from './store.js'

/** Reads files on an FTP server. */
export const source = fileSource(SOURCE_SPEC, FTP_STORE)
