import { javaDoubleText } from '../../config/java-text.js'
import type { JobFlow, TableFlow } from '../../node/api.js'
import type { WireProfile } from '../profile.js'

/** Counters of one side of a job: of all tables, and by table. */
interface Side {
  rows: number
  bytes: number
  readonly tables: Map<string, { rows: number; bytes: number }>
}

const MILLISECONDS = 1000

function sideOf(flows: readonly TableFlow[]): Side {
  const side: Side = { rows: 0, bytes: 0, tables: new Map() }
  for (const { table, rows, bytes } of flows) {
    side.rows += rows
    side.bytes += bytes
    const known = side.tables.get(table)
    if (known === undefined) side.tables.set(table, { rows, bytes })
    else {
      known.rows += rows
      known.bytes += bytes
    }
  }
  return side
}

/**
 * The `metrics` object of a job as JSON text: every value is a text, rates are averages since the job started.
 *
 * @source SeaTunnel `RestJobExecutionEnvironment`, `BaseService.getJobMetrics`
 */
export function metricsJson(flow: JobFlow, metrics: WireProfile['metrics']): string {
  const source = sideOf(flow.sources)
  const sink = sideOf(flow.sinks)
  if (metrics === 'two') return `{"SourceReceivedCount":"${source.rows}","SinkWriteCount":"${sink.rows}"}`
  const rate = (count: number) => javaDoubleText(flow.elapsedMs > 0 ? (count * MILLISECONDS) / flow.elapsedMs : 0)
  const perTable = (side: Side, value: (counts: { rows: number; bytes: number }) => string) =>
    `{${[...side.tables].map(([table, counts]) => `${JSON.stringify(table)}:"${value(counts)}"`).join(',')}}`
  const counts = (side: Side) => perTable(side, ({ rows }) => String(rows))
  const countRates = (side: Side) => perTable(side, ({ rows }) => rate(rows))
  const sizes = (side: Side) => perTable(side, ({ bytes }) => String(bytes))
  const sizeRates = (side: Side) => perTable(side, ({ bytes }) => rate(bytes))
  // The order is the original's: that of its hash map.
  const members = [
    `"TableSourceReceivedCount":${counts(source)}`,
    `"TableSourceReceivedQPS":${countRates(source)}`,
    `"TableSinkWriteQPS":${countRates(sink)}`,
    `"TableSinkWriteCount":${counts(sink)}`,
    `"SinkWriteCount":"${sink.rows}"`,
    `"SinkWriteBytesPerSeconds":"${rate(sink.bytes)}"`,
    `"TableSinkWriteBytesPerSeconds":${sizeRates(sink)}`,
    `"SinkWriteQPS":"${rate(sink.rows)}"`,
    `"SourceReceivedBytes":"${source.bytes}"`,
    `"SourceReceivedBytesPerSeconds":"${rate(source.bytes)}"`,
    `"SourceReceivedCount":"${source.rows}"`,
    `"SourceReceivedQPS":"${rate(source.rows)}"`,
    `"TableSourceReceivedBytesPerSeconds":${sizeRates(source)}`,
    `"TableSourceReceivedBytes":${sizes(source)}`,
    `"SinkWriteBytes":"${sink.bytes}"`,
    `"TableSinkWriteBytes":${sizes(sink)}`,
  ]
  if (metrics === 'all') {
    const committed = sideOf(flow.committedSinks)
    members.push(
      `"SinkCommittedCount":"${committed.rows}"`,
      `"SinkCommittedQPS":"${rate(committed.rows)}"`,
      `"SinkCommittedBytes":"${committed.bytes}"`,
      `"SinkCommittedBytesPerSeconds":"${rate(committed.bytes)}"`,
      `"TableSinkCommittedCount":${counts(committed)}`,
      `"TableSinkCommittedQPS":${countRates(committed)}`,
      `"TableSinkCommittedBytes":${sizes(committed)}`,
      `"TableSinkCommittedBytesPerSeconds":${sizeRates(committed)}`,
      // Rows never wait between source and sink: a worker takes them through in one step.
      `"IntermediateQueueSize":"0"`,
      // The page of 2.3.3 spells these two with a small first letter.
      `"sourceReceivedCount":"${source.rows}"`,
      `"sinkWriteCount":"${sink.rows}"`,
    )
  }
  return `{${members.join(',')}}`
}
