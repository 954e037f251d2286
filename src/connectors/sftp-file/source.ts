import { fileSource } from '../../files/connector.js'
import { SOURCE_SPEC } from './spec.js'
import { SFTP_STORE } from './store.js'

/** Reads files on an SFTP server. */
export const source = fileSource(SOURCE_SPEC, SFTP_STORE)
