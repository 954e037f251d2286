import type { ServeRequest } from './cli/serve-request.js'
import { KEY_FILE_VARIABLE } from './config/shade-key.js'
import type { JobPolicy } from './engine/job-service.js'
import type { NodeSecurity } from './node-security.js'
import { isLocalAddress } from './rest/exposure.js'

/** What jobs may do that come over REST. What the node itself is made of, and its secrets, is out of reach for all of them. */
export function restJobPolicy(
  { config, files, dataFolder, logsFolder, usersFile, variables }: ServeRequest,
  { addresses, authenticator }: Pick<NodeSecurity, 'addresses' | 'authenticator'>,
): JobPolicy {
  const { engine, millrace } = config
  const namespace = engine.checkpointPluginConfig.get('namespace')?.replace(/^file:(?:\/\/)?/i, '') ?? ''
  const own = [
    dataFolder,
    logsFolder,
    usersFile,
    files.seatunnel,
    files.hazelcast,
    engine.keyStorePath,
    engine.trustStorePath,
    variables.get(KEY_FILE_VARIABLE),
    millrace.configKeyFile,
    namespace,
  ]
  const isProtected = authenticator !== null || addresses.every(isLocalAddress)
  return {
    files: {
      allowed: millrace.jobFolders ?? null,
      forbidden: own.filter((path): path is string => typeof path === 'string' && /^\/./.test(path)),
    },
    allowsUserCode: millrace.jobUserCode ?? isProtected,
  }
}
