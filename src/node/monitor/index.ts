export { NodeCounters } from './node-counters.js'
export { type ExtraMetric, type MonitorOptions, ProcessMonitor } from './node-monitor.js'
