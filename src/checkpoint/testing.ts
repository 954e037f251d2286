import { type CheckpointRecord, RECORD_VERSION } from './record.js'

/** What tests of checkpoints share. Not part of the product. */

/** Numbers in [0, 1) that follow from a seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A record with something in every part. */
export function testRecord(checkpointId: number, changes: Partial<CheckpointRecord> = {}): CheckpointRecord {
  return {
    version: RECORD_VERSION,
    jobId: '890123456789012345',
    jobName: 'orders → files',
    epoch: 1,
    checkpointId,
    kind: 'periodic',
    triggeredMs: 1_700_000_000_000,
    preparedMs: 1_700_000_000_007,
    context: { zone: 'Europe/Berlin', nowMicros: 1_700_000_000_000_000, seed: 2 ** 53 - 1 },
    plugins: [{ kind: 'source', index: 0, plugin: 'localfile', output: null, key: { columns: [['t', 'id BIGINT']] } }],
    lanes: [
      {
        pipeline: 0,
        subtask: 0,
        splits: [
          {
            source: 0,
            split: { id: 'a.csv', table: 0, morsels: 3, delayMs: 0, payload: { path: '/in/ä.csv', bytes: [0, 9] } },
            deliveredMorsels: 2,
          },
          { source: 0, split: { id: 'b.gz', table: 0, morsels: null, delayMs: 0, payload: null } },
        ],
        rowTotals: { '0/0': { '': 12, '["x"]': 3 } },
        firstErrors: null,
      },
    ],
    gone: [{ pipeline: 0, subtask: 1, rowTotals: { '0/0': { '': 4 } }, firstErrors: { 0: 'the first' } }],
    parallelism: [1],
    discoveries: [{ source: 0, state: [['/in/ä.csv']] }],
    commits: [
      { infos: [{ table: 0, subtask: 0, prepared: [{ files: [] }], state: null, rows: 12 }], settled: { targets: [] } },
    ],
    errorBudget: [12, 0],
    counts: {
      sources: [{ rows: 12, bytes: 345.5, tables: [{ table: 'shop.orders', rows: 12, bytes: 345.5, modelBytes: 0 }] }],
      sinks: [{ rows: 12, bytes: 67, tables: [] }],
      errorRows: 0,
    },
    ...changes,
  }
}
