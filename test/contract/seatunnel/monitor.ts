import type { NodeMonitor, NodeService } from '../../../src/node/api.js'

/** The monitor of the node under test. */
export function contractMonitor(_node: NodeService, isEnabled: boolean): NodeMonitor {
  return {
    systemInformation: () => new Map([['isMaster', 'true']]),
    metricsText: (format) => (isEnabled ? '# TYPE cluster_info gauge\n' : format === 'openmetrics' ? '# EOF\n' : ''),
    threads: () => [{ name: 'main', id: 1, state: 'RUNNABLE', stack: 'main' }],
  }
}
