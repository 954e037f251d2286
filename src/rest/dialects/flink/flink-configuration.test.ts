import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { durationMs, readConfiguration } from './flink-configuration.js'

const read = (settings: Readonly<Record<string, string>>) => readConfiguration(new Map(Object.entries(settings)))

describe('settings of a client of Flink', () => {
  for (const { name, settings, env, notices = [] } of [
    { name: 'nothing', settings: {}, env: {} },
    {
      name: 'parallelism, mode and checkpoints',
      settings: {
        'parallelism.default': '4',
        'execution.runtime-mode': 'batch',
        'execution.checkpointing.interval': '10 s',
        'execution.checkpointing.timeout': 'PT1M',
        'execution.checkpointing.min-pause': '500',
      },
      env: {
        parallelism: '4',
        'job.mode': 'BATCH',
        'checkpoint.interval': '10000',
        'checkpoint.timeout': '60000',
        'min-pause': '500',
      },
    },
    { name: 'a mode that the job may choose', settings: { 'execution.runtime-mode': 'AUTOMATIC' }, env: {} },
    { name: 'no restarts', settings: { 'restart-strategy.type': 'disable' }, env: { 'job.retry.times': '0' } },
    {
      name: 'no restarts, as older lines spell it',
      settings: { 'restart-strategy': 'none' },
      env: { 'job.retry.times': '0' },
    },
    {
      name: 'restarts after a fixed time',
      settings: {
        'restart-strategy.type': 'fixed-delay',
        'restart-strategy.fixed-delay.attempts': '5',
        'restart-strategy.fixed-delay.delay': '1500 ms',
      },
      env: { 'job.retry.times': '5', 'job.retry.interval.seconds': '2' },
    },
    {
      name: 'restarts after the fixed time that Flink has',
      settings: { 'restart-strategy': 'fixeddelay' },
      env: { 'job.retry.times': '1', 'job.retry.interval.seconds': '1' },
    },
    {
      name: 'other restarts',
      settings: { 'restart-strategy.type': 'exponential-delay' },
      env: {},
      notices: ["settings of the client have no effect here: 'restart-strategy.type'"],
    },
    {
      name: 'values that are none',
      settings: {
        'parallelism.default': '0',
        'execution.checkpointing.interval': 'often',
        'execution.runtime-mode': 'x',
      },
      env: {},
      notices: [
        "the setting 'parallelism.default' has no effect: '0' is no value of it",
        "the setting 'execution.runtime-mode' has no effect: 'x' is no value of it",
        "the setting 'execution.checkpointing.interval' has no effect: 'often' is no value of it",
      ],
    },
    {
      name: 'what nothing here knows',
      settings: { 'a.b': '1', 'c.d': '2', 'parallelism.default': ' ' },
      env: {},
      notices: ["settings of the client have no effect here: 'a.b', 'c.d', 'parallelism.default'"],
    },
  ] as const)
    it(`say ${name}`, () => {
      const found = read(settings)
      assert.deepEqual(Object.fromEntries(found.env), env)
      assert.deepEqual(
        found.notices.map(({ message }) => message),
        notices,
      )
    })

  it('name the job and say where it goes on from, by the keys of every line', () => {
    const { jobName, restore, notices } = read({
      'pipeline.name': 'named',
      'execution.state-recovery.path': ' file:/a ',
      'execution.state-recovery.claim-mode': 'CLAIM',
      'execution.state-recovery.ignore-unclaimed-state': 'True',
    })
    assert.deepEqual(
      [jobName, restore, notices],
      ['named', { path: 'file:/a', claimMode: 'CLAIM', allowsUnclaimed: true }, []],
    )
    assert.equal(read({ 'execution.savepoint.path': '/b' }).restore.path, '/b')
    assert.deepEqual(read({}).restore, { path: null, claimMode: null, allowsUnclaimed: null })
  })

  it('have a time for the client only where it stays with the job', () => {
    const attached = { 'execution.attached': 'true', 'execution.shutdown-on-attached-exit': 'true' }
    const found = read({ ...attached, 'client.heartbeat.timeout': '10 s' })
    assert.deepEqual([found.clientTimeoutMs, found.notices], [10_000, []])
    assert.equal(read(attached).clientTimeoutMs, 180_000)
    for (const settings of [{ 'client.heartbeat.timeout': '10 s' }, { 'execution.attached': 'true' }])
      assert.equal(read(settings).clientTimeoutMs, null)
  })

  it('name a part of many that have no effect', () => {
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`key${index}`, '1']))
    assert.match(read(many).notices[0]?.message ?? '', /'key19' and 30 more$/)
  })
})

describe('a duration of Flink', () => {
  for (const [text, expected] of [
    ['0', 0],
    ['100', 100],
    ['10s', 10_000],
    ['10 s', 10_000],
    ['1 min', 60_000],
    ['2h', 7_200_000],
    ['1 day', 86_400_000],
    ['1500 us', null],
    ['1500 micros', 2],
    ['1000000ns', 1],
    ['PT10S', 10_000],
    ['PT1H30M', 5_400_000],
    ['P1D', 86_400_000],
    ['pt0.5s', 500],
    ['P', null],
    ['', null],
    ['s', null],
    ['-1 s', null],
    ['1 week', null],
    ['1e3', null],
    ['9'.repeat(30), null],
  ] as const)
    it(`is ${expected} for '${text.slice(0, 20)}'`, () => assert.equal(durationMs(text), expected))
})
