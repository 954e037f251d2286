import { option, REPLICA_NO_EFFECT } from '../../config/option.js'
import { sinkSpec } from '../../spi/spec.js'

/** Options of Console. @source SeaTunnel `ConsoleSinkFactory` */
export const spec = sinkSpec('Console', {
  summary: 'Prints rows to standard output.',
  options: {
    printData: option.boolean('log.print.data', {
      default: true,
      doc: 'Whether rows are printed. `false` counts them only.',
    }),
    printDelayMs: option.int('log.print.delay.ms', {
      default: 0,
      min: 0,
      doc: 'Pause in milliseconds after every printed row.',
    }),
    multiTableSinkReplica: option.int('multi_table_sink_replica', {
      default: 1,
      min: 1,
      doc: 'Accepted for compatibility; writers are spread over all cores anyway.',
      noEffect: REPLICA_NO_EFFECT,
    }),
  },
  example: 'Console { log.print.data = true }',
})
