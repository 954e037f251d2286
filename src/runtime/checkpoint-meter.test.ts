import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CheckpointRecord } from '../checkpoint/record.js'
import { testRecord } from '../checkpoint/testing.js'
import type { LaneSplit } from '../plan/physical-plan.js'
import { CheckpointMeter } from './checkpoint-meter.js'

const split = (id: string, source = 0): LaneSplit => {
  return { source, split: { id, table: 0, morsels: 1, delayMs: 0, payload: null } }
}

/** A record whose one lane has these splits. */
function recordOf(splits: readonly LaneSplit[], sources = 1): CheckpointRecord {
  const record = testRecord(1)
  const flow = { rows: 0, bytes: 0 }
  return {
    ...record,
    lanes: record.lanes.map((lane) => ({ ...lane, splits })),
    discoveries: [],
    counts: { ...record.counts, sources: Array.from({ length: sources }, () => flow), sinks: [flow] },
  }
}

/** A meter whose values are as large as the ids of their splits are long, and how many it measured. */
function measuring() {
  const meter = new CheckpointMeter()
  let measured = 0
  const sizeOf = (value: unknown): number => {
    if (typeof value !== 'object' || value === null || !('split' in value)) return 1
    measured += 1
    return (value as LaneSplit).split.id.length
  }
  const bytesOf = (splits: readonly LaneSplit[], sources = 1): readonly (number | undefined)[] =>
    meter
      .parts(recordOf(splits, sources), sizeOf)
      .filter(({ kind }) => kind === 'source')
      .map(({ subtasks }) => subtasks[0]?.bytes)
  return { bytesOf, measured: () => measured }
}

test('the splits that are left are measured once each, however they come and go', () => {
  const { bytesOf, measured } = measuring()
  const [a, b, c, d] = [split('a'), split('bb'), split('ccc'), split('dddd')]
  assert.deepEqual([bytesOf([]), measured()], [[0], 0])
  assert.deepEqual([bytesOf([a, b, c]), measured()], [[6], 3])
  assert.deepEqual([bytesOf([a, b, c]), measured()], [[6], 3])
  assert.deepEqual([bytesOf([b, c]), measured()], [[5], 3])
  // What was delivered of the first one is noted in a copy of it.
  assert.deepEqual([bytesOf([{ ...b, deliveredMorsels: 1 }, c]), measured()], [[5], 4])
  assert.deepEqual([bytesOf([c, d]), measured()], [[7], 5])
  assert.deepEqual([bytesOf([d]), measured()], [[4], 5])
  assert.deepEqual([bytesOf([]), measured()], [[0], 5])
})

test('the splits of several sources in one lane are told apart', () => {
  const { bytesOf } = measuring()
  const splits = [split('a', 0), split('bb', 1), split('ccc', 0), split('dddd', 1)]
  assert.deepEqual(bytesOf(splits, 2), [4, 6])
  assert.deepEqual(bytesOf(splits.slice(1), 2), [3, 6])
})

test('a subtask took as long as the slowest worker that writes for it', () => {
  const meter = new CheckpointMeter()
  const prepared = [{ sink: 0, table: 0, lane: 0, prepared: null }]
  const message = { type: 'prepared', checkpointId: 1, isLast: false, sinceMs: 0 } as const
  assert.equal(meter.prepared({ ...message, worker: 0, prepared, tookMs: 3 }).startDelayMs, 0)
  meter.prepared({ ...message, worker: 1, prepared: [], tookMs: 9 })
  assert.equal(meter.prepared({ ...message, worker: 2, prepared, tookMs: 5, isLast: true }).startDelayMs, null)
  meter.take()
  const syncOf = () => meter.parts(recordOf([split('a')]), () => 1).map(({ subtasks }) => subtasks[0]?.syncMs)
  assert.deepEqual(syncOf(), [5, 5])
  meter.take()
  assert.deepEqual(syncOf(), [0, 0])
})
