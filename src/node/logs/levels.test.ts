import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LogLevel } from '../api.js'
import { LogLevels, parseLogLevel } from './levels.js'

describe('LogLevels', () => {
  const levels = (entries: Readonly<Record<string, LogLevel>>): LogLevels =>
    new LogLevels(new Map(Object.entries(entries)))

  for (const { set, logger, level, passes } of [
    { set: {}, logger: 'a.b', level: 'INFO', passes: true },
    { set: {}, logger: 'a.b', level: 'DEBUG', passes: false },
    { set: { root: 'DEBUG' }, logger: 'a.b', level: 'DEBUG', passes: true },
    { set: { 'a.b': 'WARN' }, logger: 'a.b.c', level: 'INFO', passes: false },
    { set: { 'a.b': 'WARN' }, logger: 'a.bc', level: 'INFO', passes: true },
    { set: { a: 'OFF', 'a.b': 'TRACE' }, logger: 'a.b.c', level: 'TRACE', passes: true },
    { set: { a: 'OFF', 'a.b': 'TRACE' }, logger: 'a.c', level: 'ERROR', passes: false },
    { set: { root: 'OFF' }, logger: '', level: 'ERROR', passes: false },
  ] as const) {
    it(`${passes ? 'lets' : 'keeps'} ${level} of '${logger}' ${passes ? 'pass' : 'back'} with ${JSON.stringify(set)}`, () => {
      assert.equal(levels(set).isEnabled(logger, level), passes)
    })
  }

  it('follows a change at once', () => {
    const changed = levels({})
    assert.equal(changed.isEnabled('a.b', 'DEBUG'), false)
    changed.set('a', 'DEBUG')
    assert.equal(changed.isEnabled('a.b', 'DEBUG'), true)
    changed.set('', 'ERROR')
    assert.equal(changed.isEnabled('b', 'WARN'), false)
  })

  it('lists the root first and the others by name', () => {
    const all = levels({ 'org.apache.seatunnel.engine': 'INFO', 'io.debezium.connector': 'WARN' }).all()
    assert.deepEqual(
      [...all],
      [
        ['root', 'INFO'],
        ['io.debezium.connector', 'WARN'],
        ['org.apache.seatunnel.engine', 'INFO'],
      ],
    )
  })

  it('refuses what is no name and more names than it keeps', () => {
    const full = levels({})
    for (const name of ['a b', 'a\n', 'x'.repeat(201), '../a', '__proto__ '])
      assert.throws(() => full.set(name, 'INFO'), { code: 'OPTION_INVALID' }, name)
    for (let index = 0; index < 999; index += 1) full.set(`logger.n${index}`, 'WARN')
    assert.throws(() => full.set('one.more', 'WARN'), { code: 'OPTION_INVALID' })
    full.set('logger.n5', 'ERROR')
    assert.equal(full.all().size, 1_000)
  })

  for (const [text, level] of [
    ['info', 'INFO'],
    [' WARN ', 'WARN'],
    ['FATAL', 'ERROR'],
    ['all', 'TRACE'],
    ['OFF', 'OFF'],
    ['', null],
    ['LOUD', null],
  ] as const) {
    it(`reads '${text}' as ${level}`, () => assert.equal(parseLogLevel(text), level))
  }
})
