/**
 * The original's main class of a node. It stands on the command line of every node, because existing scripts find nodes by it.
 *
 * @source SeaTunnel `stop-seatunnel-cluster.sh`
 */
export const SERVER_CLASS = 'org.apache.seatunnel.core.starter.seatunnel.SeaTunnelServer'

/** Whether a command line that begins with a word runs a node in its process. */
export function runsNode(word: string | undefined): boolean {
  return word === SERVER_CLASS || word === 'serve' || word === 'seatunnel-cluster'
}
