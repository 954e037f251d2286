import { option, optionSpec, type SpecValues } from './option.js'

const http = (key: string) => `http.${key}`
const DOC_JARS = 'For Java archives of the original engine. Accepted and not used.'

/**
 * Everything under `seatunnel.engine` in `seatunnel.yaml`.
 *
 * @source SeaTunnel `ServerConfigOptions`
 */
export const ENGINE_SPEC = optionSpec({
  options: {
    backupCount: option.int('backup-count', {
      doc: 'Copies of state. Accepted and not used on one node.',
      default: 1,
      min: 0,
    }),
    queueType: option.enumeration('queue-type', ['BLOCKINGQUEUE', 'DISRUPTOR'], {
      doc: 'Kind of queue between tasks. Accepted; both are the same here.',
      default: 'BLOCKINGQUEUE',
    }),
    printExecutionInfoIntervalSeconds: option.int('print-execution-info-interval', {
      doc: 'Seconds between two log blocks with the pool and job counters.',
      default: 60,
      min: 1,
    }),
    printJobMetricsInfoIntervalSeconds: option.int('print-job-metrics-info-interval', {
      doc: 'Seconds between two progress blocks.',
      default: 60,
      min: 1,
    }),
    jobMetricsBackupIntervalSeconds: option.int('job-metrics-backup-interval', {
      doc: 'Seconds between two durable copies of job metrics.',
      default: 10,
      min: 1,
    }),
    jobMetricsPartitionCount: option.int('job-metrics-partition-count', {
      doc: 'Parts of the metrics store. Accepted and not used.',
      default: 1,
      min: 1,
    }),
    threadShareMode: option.enumeration('task_execution_thread_share_mode', ['ALL', 'OFF', 'PART'], {
      doc: 'Which tasks share threads. Accepted and not used.',
      default: 'OFF',
    }),
    dynamicSlot: option.boolean('slot-service.dynamic-slot', {
      doc: 'Whether the number of slots is unlimited.',
      default: true,
    }),
    slotNum: option.int('slot-service.slot-num', { doc: 'Slots when dynamic-slot is false.', default: 2, min: 1 }),
    slotAllocateStrategy: option.enumeration(
      'slot-service.slot-allocate-strategy',
      ['RANDOM', 'SLOT_RATIO', 'SYSTEM_LOAD'],
      {
        doc: 'How a node is chosen. There is one node.',
        default: 'RANDOM',
        noEffect: { hint: 'jobs run on the one node that there is', except: 'RANDOM' },
      },
    ),
    checkpointIntervalMs: option.durationMs('checkpoint.interval', {
      doc: 'Milliseconds between checkpoints of a streaming job that does not say.',
      default: 300_000,
      min: 10,
    }),
    checkpointTimeoutMs: option.durationMs('checkpoint.timeout', {
      doc: 'Milliseconds after which a checkpoint that is under way is reported, with what holds it up. It goes on.',
      default: 30_000,
      min: 10,
    }),
    schemaChangeTimeoutMs: option.durationMs('checkpoint.schema-change-timeout', {
      doc: 'Milliseconds after which a schema-change checkpoint fails. No source here changes its schema.',
      default: 30_000,
      min: 10,
      noEffect: { hint: 'no source changes its schema while a job runs', except: 30_000 },
    }),
    checkpointMinPauseMs: option.long('checkpoint.min-pause', {
      doc: 'Milliseconds between two checkpoints. -1 turns it off.',
      default: -1,
      min: -1,
    }),
    checkpointStorageType: option.enumeration('checkpoint.storage.type', ['localfile', 'hdfs'], {
      doc: 'Where checkpoints are kept. `hdfs` with a `file://` file system is the local disk too.',
      default: 'localfile',
    }),
    checkpointMaxRetained: option.int('checkpoint.storage.max-retained', {
      doc: 'Checkpoints kept per pipeline.',
      default: 20,
      min: 1,
    }),
    checkpointPluginConfig: option.map('checkpoint.storage.plugin-config', {
      doc: 'Settings of the storage.',
      default: new Map(),
    }),
    historyJobExpireMinutes: option.int('history-job-expire-minutes', {
      doc: 'Minutes for which ended jobs are shown.',
      default: 1440,
      min: 1,
    }),
    classloaderCacheMode: option.boolean('classloader-cache-mode', { doc: DOC_JARS, default: false }),
    eventReportUrl: option.string('event-report-http.url', {
      doc: 'Where life-cycle events are posted every 10 seconds.',
    }),
    eventReportHeaders: option.map('event-report-http.headers', { doc: 'Headers of these posts.', default: new Map() }),
    metricsEnabled: option.boolean('telemetry.metric.enabled', {
      doc: 'Whether Prometheus metrics are served.',
      default: false,
    }),
    scheduledLogDeletion: option.boolean('telemetry.logs.scheduled-deletion-enable', {
      doc: 'Whether log files of expired jobs are deleted.',
      default: true,
    }),
    jobScheduleStrategy: option.enumeration('job-schedule-strategy', ['REJECT', 'WAIT'], {
      doc: 'What happens to a job without free slots. With dynamic slots it is always REJECT.',
      default: 'REJECT',
    }),
    stateCleanupDelayMs: option.durationMs('state-cleanup-delay-ms', {
      doc: 'Milliseconds for which the state of an ended job is kept. Here it becomes the history at once.',
      default: 60_000,
      noEffect: { hint: 'set history-job-expire-minutes', except: 60_000 },
    }),
    healthMetricsTimeoutSeconds: option.int('health-metrics-timeout-seconds', {
      doc: 'Seconds to wait for the health of all members. There is one, which answers at once.',
      default: 3,
      min: 1,
      noEffect: { hint: 'there is no other member to wait for', except: 3 },
    }),
    coordinatorCoreThreads: option.int('coordinator-service.core-thread-num', {
      doc: 'Accepted and not used.',
      default: 10,
      min: 1,
    }),
    coordinatorMaxThreads: option.int('coordinator-service.max-thread-num', {
      doc: 'Accepted and not used.',
      default: 2_147_483_647,
      min: 1,
    }),
    jarStorageEnable: option.boolean('jar-storage.enable', {
      doc: DOC_JARS,
      default: false,
      noEffect: { hint: 'Java archives cannot be loaded; plug-ins are part of this build', except: false },
    }),
    jarStorageMode: option.enumeration('jar-storage.connector-jar-storage-mode', ['SHARED', 'ISOLATED'], {
      doc: DOC_JARS,
      default: 'SHARED',
    }),
    jarStoragePath: option.string('jar-storage.connector-jar-storage-path', { doc: DOC_JARS, default: '' }),
    jarCleanupIntervalSeconds: option.int('jar-storage.connector-jar-cleanup-task-interval', {
      doc: DOC_JARS,
      default: 3600,
      min: 1,
    }),
    jarExpirySeconds: option.int('jar-storage.connector-jar-expiry-time', { doc: DOC_JARS, default: 600, min: 1 }),
    jarHaStorageType: option.string('jar-storage.jar-ha-storage.type', { doc: DOC_JARS, default: 'localfile' }),
    jarHaStorageConfig: option.map('jar-storage.jar-ha-storage.plugin-config', { doc: DOC_JARS, default: new Map() }),
    httpEnabled: option.boolean(http('enable-http'), { doc: 'Whether the REST API v2 is served.', default: false }),
    httpPort: option.int(http('port'), { doc: 'Its port.', default: 8080, min: 0, max: 65_535 }),
    httpContextPath: option.string(http('context-path'), { doc: 'What all its paths start with.', default: '' }),
    httpDynamicPort: option.boolean(http('enable-dynamic-port'), {
      doc: 'Whether the next free port is taken.',
      default: false,
    }),
    httpPortRange: option.int(http('port-range'), { doc: 'How many ports are tried.', default: 100, min: 1 }),
    httpsEnabled: option.boolean(http('enable-https'), { doc: 'Whether it is served over TLS too.', default: false }),
    httpsPort: option.int(http('https-port'), { doc: 'The port for TLS.', default: 8443, min: 0, max: 65_535 }),
    keyStorePath: option.string(http('key-store-path'), { doc: 'File with key and certificate.', default: '' }),
    keyStorePassword: option.string(http('key-store-password'), { doc: 'Its password.', default: '', secret: true }),
    keyManagerPassword: option.string(http('key-manager-password'), {
      doc: 'Password of the key.',
      default: '',
      secret: true,
    }),
    trustStorePath: option.string(http('trust-store-path'), {
      doc: 'File with the certificates of clients.',
      default: '',
    }),
    trustStorePassword: option.string(http('trust-store-password'), {
      doc: 'Its password.',
      default: '',
      secret: true,
    }),
    basicAuthEnabled: option.boolean(http('enable-basic-auth'), {
      doc: 'Whether a user name and password are asked for.',
      default: false,
    }),
    basicAuthUsername: option.string(http('basic-auth-username'), { doc: 'The user name.', default: 'admin' }),
    basicAuthPassword: option.string(http('basic-auth-password'), {
      doc: 'The password.',
      default: 'admin',
      secret: true,
    }),
    uploadMaxFileMegabytes: option.int(http('upload-max-file-size-mb'), {
      doc: 'Largest file of an upload in MiB.',
      default: 10,
      min: 1,
    }),
    uploadMaxRequestMegabytes: option.int(http('upload-max-request-size-mb'), {
      doc: 'Largest upload in MiB.',
      default: 10,
      min: 1,
    }),
    logResponseMaxMegabytes: option.int(http('log-response-max-size-mb'), {
      doc: 'Largest part of a log that is served, in MiB.',
      default: 64,
      min: 1,
    }),
  },
})

/** The typed settings of the engine. */
export type EngineSettings = SpecValues<typeof ENGINE_SPEC>

/** What Millrace reads of `hazelcast.yaml`; the rest of the file belongs to parts that it does not have. */
export const HAZELCAST_SPEC = optionSpec({
  options: {
    clusterName: option.string('cluster-name', { doc: 'Name that clients must give.', default: 'seatunnel' }),
    port: option.int('network.port.port', { doc: 'Port of the REST API v1.', default: 5801, min: 0, max: 65_535 }),
    portAutoIncrement: option.boolean('network.port.auto-increment', {
      doc: 'Whether the next free port is taken.',
      default: true,
    }),
    portCount: option.int('network.port.port-count', { doc: 'How many ports are tried.', default: 100, min: 1 }),
    restApiEnabled: option.boolean('network.rest-api.enabled', {
      doc: 'Whether the REST API v1 is served.',
      default: false,
    }),
    endpointGroups: option.node('network.rest-api.endpoint-groups', {
      doc: 'Parts of the REST API v1 that are served.',
    }),
    tcpIpEnabled: option.boolean('network.join.tcp-ip.enabled', {
      doc: 'Whether members are found by address.',
      default: false,
    }),
    memberList: option.stringList('network.join.tcp-ip.member-list', {
      doc: 'Addresses of all nodes.',
      default: [],
      fallback: ['network.join.tcp-ip.members', 'network.join.tcp-ip.member', 'network.join.tcp-ip.interface'],
    }),
    interfacesEnabled: option.boolean('network.interfaces.enabled', {
      doc: 'Whether the addresses to listen on are chosen.',
      default: false,
    }),
    interfaces: option.stringList('network.interfaces.interfaces', {
      doc: 'Those addresses; a part of one may be * or a range such as 4-18.',
      default: [],
    }),
    publicAddress: option.string('network.public-address', { doc: 'Address that other nodes use.' }),
    memberAttributes: option.node('member-attributes', { doc: 'Tags of this node.' }),
    map: option.node('map', { doc: 'Where state is kept.' }),
    properties: option.map('properties', {
      doc: 'Settings of the original cluster library. Accepted and not used.',
      default: new Map(),
    }),
  },
  acceptsKey: (key) =>
    /^(?:network\.(?:join|reuse|outbound|socket|failure)|jet|integrity|cp-sub|license|instance-name|partition)/.test(
      key,
    ),
})

/** Read before the parts of it that are objects of names. */
export type HazelcastGroup = SpecValues<typeof HAZELCAST_SPEC>
