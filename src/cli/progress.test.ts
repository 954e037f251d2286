import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { JobMetrics, PipelineDescription } from '../engine/job-service.js'
import { doneShare, durationText, ProgressReporter, totals } from './progress.js'

const PIPELINE: PipelineDescription = {
  name: 'LocalFile -> Console',
  sources: [0],
  sinks: [0],
  expectedRows: null,
  expectedBytes: 4_000_000,
}
const OTHER: PipelineDescription = {
  name: 'FakeSource -> Console',
  sources: [1],
  sinks: [1],
  expectedRows: null,
  expectedBytes: null,
}

function metrics(rows: number, bytes: number): JobMetrics {
  return {
    sources: [
      { rows, bytes, tables: [] },
      { rows: 7, bytes: 70, tables: [] },
    ],
    sinks: [
      { rows: rows - 1, bytes: 5, tables: [] },
      { rows: 6, bytes: 6, tables: [] },
    ],
    errorRows: 0,
    vertices: [],
    blockedMs: 1.4,
    writeMs: 2.6,
  }
}

/** A reporter over figures that the test moves by hand. */
function reporter(pipelines: readonly PipelineDescription[] = [PIPELINE]) {
  const state = { atMs: 0, metrics: metrics(1, 0) }
  const progress = new ProgressReporter({
    metrics: () => state.metrics,
    pipelines,
    write: () => {},
    now: () => state.atMs,
    memoryBytes: () => 50_000_000,
  })
  return { state, progress }
}

describe('totals', () => {
  it('sum all flows, or those of one pipeline', () => {
    assert.deepEqual(totals(metrics(10, 100)), { rowsRead: 17, bytesRead: 170, rowsWritten: 15, bytesWritten: 11 })
    assert.deepEqual(totals(metrics(10, 100), OTHER), { rowsRead: 7, bytesRead: 70, rowsWritten: 6, bytesWritten: 6 })
  })
})

describe('the live line', () => {
  it('tells share, time left, counts, rates and memory', () => {
    const { state, progress } = reporter()
    Object.assign(state, { atMs: 2000, metrics: metrics(20_001, 1_000_000) })
    const line = progress.liveUpdate()
    assert.equal(
      line,
      '\r\u001b[2K2.0 s  25 %  6 s left  read 20,001 rows  10.0 k rows/s  0.5 MB/s  written 20,000 rows  memory 50 MB',
    )
  })

  it('leaves share and time out where the whole is not known', () => {
    const { state, progress } = reporter([{ ...PIPELINE, expectedBytes: null }])
    state.atMs = 1000
    assert.doesNotMatch(progress.liveUpdate(), /%|left/)
  })

  it('is one line per pipeline, which are redrawn in place', () => {
    const { state, progress } = reporter([PIPELINE, OTHER])
    state.atMs = 1000
    const first = progress.liveUpdate()
    const clear = '\u001b[2K'
    assert.ok(first.startsWith(`\r${clear}LocalFile -> Console  1.0 s`))
    assert.ok(first.includes(`\n${clear}FakeSource -> Console  1.0 s`))
    assert.ok(progress.liveUpdate().startsWith('\r\u001b[1A'))
  })

  it('does not pass the width of the terminal', () => {
    const progress = new ProgressReporter({
      metrics: () => metrics(1, 0),
      pipelines: [PIPELINE],
      write: () => {},
      now: () => 0,
      columns: () => 20,
    })
    assert.equal(progress.liveUpdate().length, '\r\u001b[2K'.length + 19)
  })

  it('takes rates from the last two seconds', () => {
    const { state, progress } = reporter()
    for (const [atMs, rows] of [
      [1000, 1001],
      [2000, 2001],
      [3000, 12_001],
    ] as const) {
      Object.assign(state, { atMs, metrics: metrics(rows, 0) })
      progress.liveUpdate()
    }
    Object.assign(state, { atMs: 4000, metrics: metrics(22_001, 0) })
    assert.match(progress.liveUpdate(), / 10\.0 k rows\/s /)
  })
})

describe('the share that is done', () => {
  const cases: readonly (readonly [name: string, expected: Partial<PipelineDescription>, share: number | null])[] = [
    ['comes from bytes', { expectedBytes: 200 }, 0.5],
    ['comes from rows where bytes are not known', { expectedBytes: null, expectedRows: 40 }, 0.25],
    ['comes from rows where there are no bytes', { expectedBytes: 0, expectedRows: 40 }, 0.25],
    ['never says that all is done', { expectedBytes: 50 }, 0.999],
    ['is not known without either', { expectedBytes: null, expectedRows: null }, null],
    ['is not known of nothing', { expectedBytes: 0, expectedRows: 0 }, null],
  ]
  for (const [name, expected, share] of cases) {
    it(name, () => assert.equal(doneShare({ ...PIPELINE, ...expected }, totals(metrics(10, 100), PIPELINE)), share))
  }
})

describe('a duration', () => {
  for (const [ms, text] of [
    [0, '0 s'],
    [59_001, '1 min 0 s'],
    [200_000, '3 min 20 s'],
    [7_500_000, '2 h 5 min'],
  ] as const) {
    it(`of ${ms} ms is '${text}'`, () => assert.equal(durationText(ms), text))
  }
})

describe('a line of JSON', () => {
  it('holds sums, rates since the last line and every pipeline', () => {
    const { state, progress } = reporter()
    Object.assign(state, { atMs: 10_000, metrics: metrics(101, 2_000_000) })
    assert.deepEqual(progress.jsonLine(), {
      type: 'progress',
      elapsedMs: 10_000,
      rowsRead: 108,
      bytesRead: 2_000_070,
      rowsWritten: 106,
      bytesWritten: 11,
      rowsPerSecond: 10,
      bytesPerSecond: 200_000,
      pipelines: [
        {
          name: 'LocalFile -> Console',
          rowsRead: 101,
          bytesRead: 2_000_000,
          rowsWritten: 100,
          bytesWritten: 5,
          share: 0.5,
          remainingMs: 10_000,
        },
      ],
      blockedMs: 1,
      writeMs: 3,
      rssBytes: 50_000_000,
    })
  })
})

describe('the block of SeaTunnel', () => {
  it('has its title, labels and columns', () => {
    const { state, progress } = reporter()
    Object.assign(state, { atMs: 60_000, metrics: metrics(601, 0) })
    const time = '\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d'
    const expected = [
      '',
      '\\*{47}',
      ' {11}Job Progress Information',
      '\\*{47}',
      'Job Id {20}: {18}42',
      'Read Count So Far {9}: {17}608',
      'Write Count So Far {8}: {17}606',
      'Average Read Count {8}: {16}10/s',
      'Average Write Count {7}: {16}10/s',
      `Last Statistic Time {7}: ${time}`,
      `Current Statistic Time {4}: ${time}`,
      '\\*{47}',
      '',
    ].join('\n')
    assert.match(progress.block('42'), new RegExp(`^${expected}$`))
  })
})
