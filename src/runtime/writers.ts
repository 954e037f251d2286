import type { PhysicalPlan } from '../plan/physical-plan.js'
import type { PluginRegistry } from '../spi/registry.js'
import type { SinkWriter } from '../spi/sink.js'
import type { PreparedData } from './messages.js'

/** The sink writers of one worker, made when the first rows arrive: one per sink table and lane. */
export class Writers {
  readonly #plan: PhysicalPlan
  readonly #registry: PluginRegistry
  readonly #checkpointId: () => number
  readonly #writers = new Map<
    string,
    { readonly sink: number; readonly table: number; readonly lane: number; readonly writer: SinkWriter }
  >()

  constructor(plan: PhysicalPlan, registry: PluginRegistry, checkpointId: () => number) {
    this.#plan = plan
    this.#registry = registry
    this.#checkpointId = checkpointId
  }

  async get(sink: number, table: number, lane: number): Promise<SinkWriter> {
    const key = `${sink}/${table}/${lane}`
    const known = this.#writers.get(key)
    if (known !== undefined) return known.writer
    const planned = this.#plan.sinks[sink]
    const config = planned?.tables[table]?.writerConfig
    if (planned === undefined || config === undefined) throw new Error(`the plan has no sink table ${sink}/${table}`)
    const factory = await this.#registry.load('sink', planned.plugin)
    const subtask = this.#plan.lanes[lane]?.subtask ?? 0
    const writer = await factory.createWriter(config, { subtask, checkpointId: this.#checkpointId })
    this.#writers.set(key, { sink, table, lane, writer })
    return writer
  }

  /** Phase one over all writers of this worker; `onWriter` is told the sink and lane of each before it begins. */
  async prepareCommit(onWriter: (sink: number, lane: number) => void): Promise<readonly PreparedData[]> {
    const all: PreparedData[] = []
    for (const { sink, table, lane, writer } of this.#writers.values()) {
      onWriter(sink, lane)
      all.push({ sink, table, lane, prepared: await writer.prepareCommit() })
    }
    return all
  }

  async close(): Promise<void> {
    for (const { writer } of this.#writers.values()) await writer.close()
    this.#writers.clear()
  }
}
