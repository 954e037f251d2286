export { consoleTarget } from './console.js'
export { parseLogLevel } from './levels.js'
export { DEFAULT_LOG_SETTINGS, type LogSettings, type ReadLogSettings, readLogSettings } from './log4j2.js'
export { jobLogName, type LogEntry, NodeLog, type NodeLogOptions } from './node-log.js'
