import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { JobView, TableFlow } from '../api.js'
import type { MetricFamily } from './exposition.js'
import { jobFamilies } from './job-families.js'
import { NodeCounters } from './node-counters.js'

function view(index: number, tables: number): JobView {
  const flows = Array.from({ length: tables }, (_, table): TableFlow => {
    return { vertex: 1, table: `t${table}`, rows: 1, bytes: 2 }
  })
  return {
    jobId: String(index),
    alias: null,
    jobName: `job ${index}`,
    status: 'RUNNING',
    mode: 'BATCH',
    envOptions: new Map(),
    clientSettings: new Map(),
    isStartWithSavepoint: false,
    createdAtMs: 0,
    startedAtMs: 0,
    finishedAtMs: null,
    dag: { vertices: [], edges: [] },
    flow: {
      sources: flows,
      sinks: flows,
      committedSinks: [],
      errorRows: 3,
      elapsedMs: 500,
      blockedMs: 20,
      writeMs: 10,
    },
    failure: null,
    pendingReason: null,
    restarts: 1,
    isBetweenAttempts: false,
    isRecovering: false,
    rescales: 0,
    rescaleStage: null,
    rescalePending: null,
    epoch: 1,
    slots: 1,
  }
}

const valueSum = (families: readonly MetricFamily[], name: string): number =>
  (families.find((family) => family.name === name)?.samples ?? []).reduce((sum, { value }) => sum + value, 0)

describe('the families of jobs', () => {
  it('have a bounded number of series, and sums that are right however many jobs and tables there are', () => {
    const jobs = Array.from({ length: 1_000 }, (_, index) => ({ view: view(index, 60), checkpoints: null }))
    const families = jobFamilies(jobs)
    assert.equal(valueSum(families, 'millrace_job_source_rows'), 60_000)
    assert.equal(valueSum(families, 'millrace_job_sink_bytes'), 120_000)
    assert.equal(valueSum(families, 'millrace_job_error_rows'), 3_000)
    assert.ok(families.reduce((sum, { samples }) => sum + samples.length, 0) < 50_000)
    assert.ok(families.every(({ samples }) => samples.length <= 200 * 51 + 1))
  })

  it('have one series for a table that comes twice', () => {
    const job = view(1, 1)
    const [flow] = job.flow.sources
    const twice = { ...job, flow: { ...job.flow, sources: [flow as TableFlow, flow as TableFlow] } }
    const samples = jobFamilies([{ view: twice, checkpoints: null }])[0]?.samples
    assert.deepEqual(
      samples?.map(({ value }) => value),
      [2],
    )
  })

  it('show the last completed checkpoint', () => {
    const checkpoint = {
      id: 1,
      kind: 'periodic',
      triggeredAtMs: 1_000,
      endedAtMs: 1_250,
      sizeBytes: 9,
      failure: null,
    } as const
    const history = [
      { ...checkpoint, status: 'COMPLETED' as const },
      { ...checkpoint, id: 2, status: 'IN_PROGRESS' as const, endedAtMs: null },
    ]
    const checkpoints = { triggered: 2, completed: 1, failed: 0, restored: 0, history }
    const families = jobFamilies([{ view: view(1, 0), checkpoints }])
    assert.equal(valueSum(families, 'millrace_job_last_checkpoint_duration_seconds'), 0.25)
    assert.equal(valueSum(families, 'millrace_job_last_checkpoint_size_bytes'), 9)
    assert.deepEqual(
      families.find(({ name }) => name === 'millrace_job_checkpoints')?.samples.map(({ value }) => value),
      [2, 1, 0, 0],
    )
  })

  it('are empty without jobs', () => {
    assert.ok(jobFamilies([]).every(({ samples }) => samples.length === 0))
  })
})

describe('the counters of requests', () => {
  it('are bounded in number', () => {
    const counters = new NodeCounters()
    for (let index = 0; index < 1_000; index += 1) counters.routeCounter('v1', `route ${index}`)(200, 0)
    counters.routeCounter('v1', 'route 5')(200, 0)
    const families = counters.families()
    assert.equal(valueSum(families, 'millrace_rest_requests'), 1_001)
    assert.equal(families[0]?.samples.length, 301)
  })
})
