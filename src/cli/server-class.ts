/**
 * The original's main class of a node. It stands on the command line of every node, because existing scripts find nodes by it.
 *
 * @source SeaTunnel `stop-seatunnel-cluster.sh`
 */
export const SERVER_CLASS = 'org.apache.seatunnel.core.starter.seatunnel.SeaTunnelServer'
