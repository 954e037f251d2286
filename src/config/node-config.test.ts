// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders are what is tested
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type ErrorCode, MillraceErrors } from '../core/error.js'
import { loadNodeConfig, type NodeConfigInput } from './node-config.js'

const seatunnel = (text: string) => ({ seatunnel: { file: 'seatunnel.yaml', text } })
const hazelcast = (text: string) => ({ hazelcast: { file: 'hazelcast.yaml', text } })

const PACKAGED = `# comment
seatunnel:
  engine:
    history-job-expire-minutes: 1440
    backup-count: 1
    queue-type: blockingqueue
    print-execution-info-interval: 60
    print-job-metrics-info-interval: 60
    slot-service:
      dynamic-slot: true
    checkpoint:
      interval: 10000
      timeout: 60000
      storage:
        type: hdfs
        max-retained: 3
        plugin-config:
          namespace: /tmp/seatunnel/checkpoint_snapshot
          storage.type: hdfs
          fs.defaultFS: file:///tmp/ # Ensure that the directory has written permission
    telemetry:
      metric:
        enabled: "false"
    http:
      enable-http: true
      port: 8080
`

const HAZELCAST = `hazelcast:
  cluster-name: prod
  network:
    rest-api:
      enabled: true
      endpoint-groups:
        CLUSTER_WRITE:
          enabled: true
        DATA:
          enabled: "true"
    join:
      tcp-ip:
        enabled: true
        member-list:
          - localhost:5801
          - localhost:5802
      multicast:
        enabled: false
    port:
      auto-increment: false
      port: 5802
  member-attributes:
    zone:
      type: string
      value: a
  map:
    engine*:
      map-store:
        enabled: true
        initial-mode: EAGER
        properties:
          type: hdfs
          namespace: /tmp/x
  properties:
    hazelcast.invocation.max.retry.count: 20
`

describe('the settings of a node', () => {
  it('have defaults without any file', () => {
    const { engine, hazelcast: cluster, warnings } = loadNodeConfig({})
    assert.deepEqual(
      [
        engine.checkpointIntervalMs,
        engine.checkpointMaxRetained,
        engine.dynamicSlot,
        engine.slotNum,
        engine.httpEnabled,
        engine.jobScheduleStrategy,
      ],
      [300_000, 20, true, 2, false, 'REJECT'],
    )
    assert.deepEqual(
      [cluster.clusterName, cluster.port, cluster.memberList, cluster.mapStore, warnings],
      ['seatunnel', 5801, [], null, []],
    )
  })

  it('are read from the packaged file without a warning', () => {
    const { engine, warnings } = loadNodeConfig(seatunnel(PACKAGED))
    assert.deepEqual(warnings, [])
    assert.deepEqual(
      [
        engine.checkpointIntervalMs,
        engine.checkpointStorageType,
        engine.checkpointMaxRetained,
        engine.metricsEnabled,
        engine.httpEnabled,
        engine.queueType,
      ],
      [10_000, 'hdfs', 3, false, true, 'BLOCKINGQUEUE'],
    )
    assert.deepEqual(
      [...engine.checkpointPluginConfig],
      [
        ['namespace', '/tmp/seatunnel/checkpoint_snapshot'],
        ['storage.type', 'hdfs'],
        ['fs.defaultFS', 'file:///tmp/'],
      ],
    )
  })

  it('of the cluster are read from hazelcast.yaml', () => {
    const { hazelcast: cluster, warnings } = loadNodeConfig(hazelcast(HAZELCAST))
    assert.deepEqual(warnings, [])
    assert.deepEqual(
      [cluster.clusterName, cluster.port, cluster.portAutoIncrement, cluster.portCount],
      ['prod', 5802, false, 100],
    )
    assert.deepEqual(
      [cluster.endpointGroups.DATA, cluster.endpointGroups.CLUSTER_WRITE, cluster.endpointGroups.WAN],
      [true, true, false],
    )
    assert.deepEqual([...cluster.memberAttributes], [['zone', 'a']])
    assert.deepEqual(cluster.memberList, ['localhost:5801', 'localhost:5802'])
    assert.deepEqual([cluster.mapStore?.enabled, cluster.mapStore?.properties.get('namespace')], [true, '/tmp/x'])
  })

  it('may be without the top key', () => {
    assert.equal(loadNodeConfig(seatunnel('engine:\n  backup-count: 3\n')).engine.backupCount, 3)
  })

  it('take an empty file', () => {
    assert.equal(loadNodeConfig(seatunnel('# nothing\n')).engine.backupCount, 1)
  })

  it('take properties for placeholders, not the environment', () => {
    const input: NodeConfigInput = {
      ...hazelcast('hazelcast:\n  cluster-name: ${name}-${HOME}\n'),
      properties: new Map([['name', 'x']]),
    }
    assert.equal(loadNodeConfig(input).hazelcast.clusterName, 'x-${HOME}')
  })

  it('take the member list of a container', () => {
    assert.deepEqual(loadNodeConfig({ ...hazelcast(HAZELCAST), memberList: 'a:1, b:2' }).hazelcast.memberList, [
      'a:1',
      'b:2',
    ])
  })

  it('follow aliases', () => {
    const text = 'seatunnel:\n  engine:\n    checkpoint:\n      interval: &ten 10000\n      timeout: *ten\n'
    assert.equal(loadNodeConfig(seatunnel(text)).engine.checkpointTimeoutMs, 10_000)
  })
})

describe('unknown settings', () => {
  it('only warn, with their place and what they could have been', () => {
    const { warnings } = loadNodeConfig({
      ...seatunnel('seatunnel:\n  engine:\n    backup_count: 1\n    http:\n      prot: 1\n'),
      ...hazelcast(
        'hazelcast:\n  network:\n    rest-api:\n      endpoint-groups:\n        DATE:\n          enabled: true\n',
      ),
    })
    assert.deepEqual(
      warnings.map(({ code, details }) => [
        code,
        details.position?.file,
        details.position?.line,
        details.position?.column,
        details.hint?.split(',')[0],
      ]),
      [
        ['OPTION_UNKNOWN', 'seatunnel.yaml', 3, 5, "did you mean 'backup-count'?"],
        ['OPTION_UNKNOWN', 'seatunnel.yaml', 5, 7, "did you mean 'http.port'?"],
        ['OPTION_UNKNOWN', 'hazelcast.yaml', 5, 9, 'use one of CLUSTER_READ'],
      ],
    )
  })
})

const BILLION = `seatunnel:\n  a0: &a0 [x, x]\n${Array.from({ length: 30 }, (_, index) => `  a${index + 1}: &a${index + 1} [*a${index}, *a${index}]`).join('\n')}\n`

describe('wrong files', () => {
  for (const [sentence, input, code, line, column, fragment] of [
    ['broken YAML', seatunnel('seatunnel:\n  engine: [1\n'), 'CONFIG_NODE_FILE', 3, 1, 'Invalid YAML configuration'],
    [
      'a tab as indentation',
      seatunnel('seatunnel:\n\tengine: 1\n'),
      'CONFIG_NODE_FILE',
      2,
      1,
      'Invalid YAML configuration',
    ],
    ['a list as the file', seatunnel('- a\n'), 'CONFIG_NODE_FILE', 1, 1, 'the file must be an object'],
    [
      'a key given twice',
      seatunnel('seatunnel:\n  engine:\n    backup-count: 1\n    backup-count: 2\n'),
      'CONFIG_DUPLICATE_KEY',
      4,
      5,
      'a key is given twice',
    ],
    ['an alias without an anchor', seatunnel('seatunnel: *none\n'), 'CONFIG_NODE_FILE', 1, 12, 'none'],
    ['aliases that double again and again', seatunnel(BILLION), 'CONFIG_LIMIT', null, null, 'too many values'],
    ['an alias to itself', seatunnel('seatunnel: &a\n  engine: *a\n'), 'CONFIG_LIMIT', null, null, 'nested too deeply'],
    [
      'deep nesting',
      seatunnel(`a: ${'['.repeat(100)}${']'.repeat(100)}`),
      'CONFIG_LIMIT',
      null,
      null,
      'nested too deeply',
    ],
    ['very deep nesting', seatunnel(`a: ${'['.repeat(100_000)}`), 'CONFIG_LIMIT', null, null, ''],
    ['a large file', seatunnel(`a: ${'x'.repeat(1024 * 1024)}`), 'CONFIG_LIMIT', 1, 1, 'larger than'],
    ['engine as a text', seatunnel('seatunnel:\n  engine: fast\n'), 'OPTION_TYPE', 2, 11, "'engine' must be an object"],
    [
      'a wrong number',
      seatunnel('seatunnel:\n  engine:\n    backup-count: two\n'),
      'OPTION_TYPE',
      3,
      19,
      "option 'backup-count' must be a whole number",
    ],
    [
      'an interval below its limit',
      seatunnel('seatunnel:\n  engine:\n    checkpoint:\n      interval: 5\n'),
      'OPTION_INVALID',
      4,
      17,
      "'checkpoint.interval' must be at least 10",
    ],
    [
      'a wrong choice',
      seatunnel('seatunnel:\n  engine:\n    queue-type: fast\n'),
      'OPTION_TYPE',
      3,
      17,
      'Expected one of: [BLOCKINGQUEUE, DISRUPTOR]',
    ],
    [
      'a port beyond its limit',
      hazelcast('hazelcast:\n  network:\n    port:\n      port: 70000\n'),
      'OPTION_INVALID',
      4,
      13,
      "'network.port.port' must be at most 65535",
    ],
    [
      'a wrong endpoint group',
      hazelcast('hazelcast:\n  network:\n    rest-api:\n      endpoint-groups:\n        DATA: yes\n'),
      'OPTION_TYPE',
      5,
      9,
      "endpoint group 'DATA' needs 'enabled'",
    ],
  ] as readonly (readonly [string, NodeConfigInput, ErrorCode, number | null, number | null, string])[]) {
    it(sentence, () => {
      assert.throws(
        () => loadNodeConfig(input),
        (error) => {
          assert.ok(error instanceof MillraceErrors, String(error))
          const [first] = error.errors
          const { position, hint } = first?.details ?? {}
          assert.ok(first?.code === code && first.message.includes(fragment), `${first?.code} ${first?.message}`)
          if (line !== null) assert.deepEqual([position?.line, position?.column], [line, column])
          assert.ok(position !== undefined && hint !== undefined)
          return true
        },
      )
    })
  }
})

describe('the section of Millrace', () => {
  it('chooses the profile beside the keys of SeaTunnel', () => {
    const { millrace, warnings } = loadNodeConfig(seatunnel(`${PACKAGED}millrace:\n  profile: 2.3.4\n`))
    assert.deepEqual([millrace.profile, warnings], ['2.3.4', []])
    assert.equal(loadNodeConfig({}).millrace.profile, 'default')
  })

  it('refuses a profile that there is not', () => {
    assert.throws(
      () => loadNodeConfig(seatunnel('millrace:\n  profile: 1.0\n')),
      (error: unknown) => error instanceof MillraceErrors && error.errors[0]?.details.path === 'millrace.profile',
    )
  })
})

describe('settings that one node has no use for', () => {
  const warned = (lines: string): readonly string[] =>
    loadNodeConfig(seatunnel(`seatunnel:\n  engine:\n${lines}`)).warnings.map(
      ({ code, details }) => `${code} ${details.path}`,
    )

  for (const [key, asked, usual] of [
    ['jar-storage.enable', 'true', 'false'],
    ['slot-service.slot-allocate-strategy', 'SYSTEM_LOAD', 'RANDOM'],
    ['checkpoint.schema-change-timeout', '5000', '30000'],
    ['state-cleanup-delay-ms', '5', '60000'],
    ['health-metrics-timeout-seconds', '9', '3'],
  ] as const) {
    it(`warn where '${key}' asks for what cannot be had`, () => {
      assert.deepEqual(warned(`    ${key}: ${asked}\n`), [`OPTION_NO_EFFECT seatunnel.engine.${key}`])
      assert.deepEqual(warned(`    ${key}: ${usual}\n`), [])
    })
  }
})
