import { option } from '../../src/spi/option.js'
import type { PluginEntry } from '../../src/spi/registry.js'
import { type SinkWriter, sinkFactory } from '../../src/spi/sink.js'
import { sinkSpec } from '../../src/spi/spec.js'

/** Where a probe can stop or fail: on the main thread, or in a worker. */
export const PROBE_POINTS = ['open', 'place', 'write', 'prepare', 'commit', 'close'] as const
export type ProbePoint = (typeof PROBE_POINTS)[number]

const WORD = { arrived: 0, released: 1 } as const

/** A place where a job waits for its test. */
export class Gate {
  readonly words: Int32Array<SharedArrayBuffer>

  constructor(words = new Int32Array(new SharedArrayBuffer(8))) {
    this.words = words
  }

  /** Ends when the job has come to the gate. */
  async arrived(): Promise<void> {
    while (Atomics.load(this.words, WORD.arrived) === 0) {
      const result = Atomics.waitAsync(this.words, WORD.arrived, 0)
      if (result.async) await result.value
    }
  }

  release(): void {
    Atomics.store(this.words, WORD.released, 1)
    Atomics.notify(this.words, WORD.released)
  }

  /** Tells the test, without waiting for it. */
  arrive(): void {
    Atomics.store(this.words, WORD.arrived, 1)
    Atomics.notify(this.words, WORD.arrived)
  }

  /** Blocks a worker until the test opens the gate. */
  pass(): void {
    this.arrive()
    Atomics.wait(this.words, WORD.released, 0)
  }

  /** As {@link pass} for the main thread, which must not block. */
  async passAsync(): Promise<void> {
    this.arrive()
    const result = Atomics.waitAsync(this.words, WORD.released, 0)
    if (result.async) await result.value
  }
}

/** What a test and its probes share on the main thread, by the probe's name. */
interface ProbeRecord {
  readonly gate: Gate
  readonly events: string[]
}

const RECORDS = new Map<string, ProbeRecord>()

/** A fresh record for a name that job files may use. */
export function probeRecord(name: string): ProbeRecord {
  const record = { gate: new Gate(), events: [] }
  RECORDS.set(name, record)
  return record
}

interface WriterConfig {
  readonly holdAt: ProbePoint | null
  readonly failAt: ProbePoint | null
  readonly words: Int32Array<SharedArrayBuffer>
}

const pointOption = (key: string, doc: string) => option.string(key, { doc })

/** A sink that keeps nothing and stops or fails where it is told to. */
const probe = sinkFactory({
  spec: sinkSpec('Probe', {
    summary: 'Stops or fails where a test asks.',
    options: {
      name: option.string('name', { required: true, doc: 'Name of its record.' }),
      holdAt: pointOption('hold_at', 'Where it waits for the test.'),
      failAt: pointOption('fail_at', 'Where it fails.'),
    },
    example: 'Probe { name = a }',
  }),
  async create({ name, holdAt, failAt }, tables) {
    const { gate, events } = RECORDS.get(name) ?? probeRecord(name)
    const at = async (point: ProbePoint): Promise<void> => {
      if (holdAt === point) await gate.passAsync()
      if (failAt === point) throw new Error(`the probe fails at ${point}`)
    }
    // The gate's words are shared memory, which crosses to workers like any other data.
    const writerConfig = { holdAt, failAt, words: gate.words } as unknown as Record<string, string>
    return {
      tables: tables.map(() => ({
        encoder: { codec: 'csv', options: {}, partitionBy: [], columns: null },
        rowsPerFile: null,
        writerConfig,
      })),
      committer: {
        open: async () => {
          events.push('open')
          await at('open')
        },
        commit: async (checkpointId, infos, isLast) => {
          const rows = infos.reduce((sum, info) => sum + info.rows, 0)
          events.push(`commit ${isLast ? 'last' : checkpointId} ${rows}`)
          await at('commit')
        },
        abort: async () => void events.push('abort'),
      },
    }
  },
  createWriter: async (config): Promise<SinkWriter> => {
    const { holdAt, failAt, words } = config as unknown as WriterConfig
    const gate = new Gate(words)
    const at = (point: ProbePoint): void => {
      if (holdAt === point) gate.pass()
      if (failAt === point) throw new Error(`the probe fails at ${point}`)
    }
    return {
      initialState: null,
      place: async () => {
        at('place')
        return { state: null, write: async () => at('write') }
      },
      prepareCommit: async () => {
        at('prepare')
        return null
      },
      close: async () => at('close'),
    }
  },
})

/** The gate of a record that a job made. */
export function knownGate(name: string): Gate {
  const record = RECORDS.get(name)
  if (record === undefined) throw new Error(`there is no record '${name}'`)
  return record.gate
}

/** Plug-ins that only tests have. */
export const TEST_PLUGINS: readonly PluginEntry[] = [{ kind: 'sink', name: 'Probe', load: async () => probe }]
