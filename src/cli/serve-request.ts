import type { ProfileName } from '../config/millrace-options.js'
import type { NodeConfig } from '../config/node-config.js'
import type { NodeRole } from './node-files.js'

/** What a node is started with. */
export interface ServeRequest {
  readonly config: NodeConfig
  /** The files that it was read from, for messages; `null` for none. */
  readonly files: { readonly seatunnel: string | null; readonly hazelcast: string | null }
  readonly role: NodeRole
  /** Where jobs, their state and the history are kept; made when it is not there. Absolute. */
  readonly dataFolder: string
  /** Where log files go; made when it is not there. Absolute. */
  readonly logsFolder: string
  /** Text of `log4j2.properties`, or `null` for the defaults. */
  readonly logProperties: string | null
  /** `-D` properties of the command line, which texts of configuration files may use. */
  readonly properties: ReadonlyMap<string, string>
  readonly variables: ReadonlyMap<string, string>
  /** Address to listen on, over what the files say; `null` for that. */
  readonly host: string | null
  /** Wire dialect of REST where versions of SeaTunnel differ. */
  readonly profile: ProfileName
  /** File of users, or `null` for none. Absolute. */
  readonly usersFile: string | null
  /** Whether the node may listen beyond loopback without authentication. */
  readonly isInsecure: boolean
  /** Whether the node may listen beyond loopback as root. */
  readonly isRootAllowed: boolean
  readonly version: string
  readonly now: () => number
}

/** A running node. */
export interface ServedNode {
  /** Lines that say where it listens and what is open to whom, for the log. */
  readonly exposure: readonly string[]
  /** Ends with the reason when something other than the command line asks the node to stop, for example a request. */
  readonly stopAsked: Promise<string>
  /** Writes a line to the node's log. */
  readonly log: (level: 'INFO' | 'WARN', message: string) => void
  /** Takes no more requests and jobs and frees ports and folders. Running jobs resume at the next start. */
  close(): Promise<void>
}
