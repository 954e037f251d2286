import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DEFAULT_LOG_SETTINGS, readLogSettings } from './log4j2.js'

const PACKAGED = `
property.file_path = \${sys:seatunnel.logs.path}
property.file_split_size = 20MB
property.file_count = 7
property.file_ttl = 3d

rootLogger.level = WARN
logger.zeta.name=org.apache.seatunnel.engine
logger.zeta.level=INFO
logger.other.name=io.debezium.connector
logger.other.level=\${sys:level:-error}

rootLogger.appenderRef.consoleStdout.ref = consoleStdoutAppender
rootLogger.appenderRef.file.ref = fileAppender

appender.consoleStdout.name = consoleStdoutAppender
appender.consoleStdout.type = CONSOLE
appender.routing.name = routingAppender
appender.routing.type = Routing
appender.file.name = fileAppender
appender.file.type = RollingFile
appender.file.policies.type = Policies
appender.file.policies.time.type = TimeBasedTriggeringPolicy
appender.file.policies.size.type = SizeBasedTriggeringPolicy
appender.file.policies.size.size = \${file_split_size}
appender.file.strategy.delete.ifLastModified.age = \${file_ttl}
appender.file.strategy.delete.ifAccumulatedFileCount.exceeds = \${file_count}
`

describe('readLogSettings', () => {
  it('reads the packaged form', () => {
    assert.deepEqual(readLogSettings(PACKAGED), {
      settings: {
        levels: new Map([
          ['root', 'WARN'],
          ['org.apache.seatunnel.engine', 'INFO'],
          ['io.debezium.connector', 'ERROR'],
        ]),
        files: 'file',
        roll: { maxBytes: 20 * 1024 * 1024, isDaily: true, keepFiles: 7, keepDays: 3 },
        isConsole: true,
      },
      warnings: [],
    })
  })

  for (const { name, change, expected } of [
    {
      name: 'a file for every job',
      change: (text: string) => text.replace('ref = fileAppender', 'ref = routingAppender'),
      expected: 'routing',
    },
    { name: 'the console only', change: (text: string) => text.replace(/^rootLogger.*file.*$/m, ''), expected: 'none' },
    {
      name: 'appenders without a definition by their names',
      change: () => 'rootLogger.appenderRef.file.ref = routingAppender',
      expected: 'routing',
    },
  ] as const) {
    it(`knows ${name}`, () => assert.equal(readLogSettings(change(PACKAGED)).settings.files, expected))
  }

  it('takes system properties', () => {
    const { settings } = readLogSettings(PACKAGED, new Map([['level', 'OFF']]))
    assert.equal(settings.levels.get('io.debezium.connector'), 'OFF')
  })

  it('keeps what holds by default where values are not understood, and says so', () => {
    const text =
      'rootLogger.level = LOUD\nrootLogger.appenderRef.file.ref = fileAppender\nproperty.file_split_size = many\nproperty.file_count = -1\nproperty.file_ttl = soon'
    const { settings, warnings } = readLogSettings(text)
    assert.deepEqual(settings.roll, { ...DEFAULT_LOG_SETTINGS.roll, isDaily: false })
    assert.equal(settings.levels.size, 0)
    assert.deepEqual(warnings.length, 4)
    assert.match(warnings[0] ?? '', /'LOUD'/)
  })

  it('ends at names that lead to themselves', () => {
    const doubled = Array.from({ length: 30 }, (_, index) => `property.p${index} = \${p${index + 1}}\${p${index + 1}}`)
    const text = `property.a = \${b}\nproperty.b = \${a}\nproperty.file_ttl = \${a}\nproperty.file_count = \${p0}\n${doubled.join('\n')}`
    assert.equal(readLogSettings(text).settings.roll.keepDays, 7)
  })

  it('reads nothing of an empty text', () => {
    assert.deepEqual(readLogSettings('').settings, {
      ...DEFAULT_LOG_SETTINGS,
      levels: new Map(),
      files: 'none',
      isConsole: false,
    })
  })
})
