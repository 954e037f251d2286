import type { ConfigObject } from './document.js'
import { ERROR_HANDLER_SPEC } from './error-handler-options.js'
import { option, optionSpec, type SpecValues } from './option.js'
import { type Validated, validateObject } from './validate.js'

/** Largest number of subtasks of one source. */
export const PARALLELISM_LIMIT = 1024

/** Keys that belong to other engines. */
const OTHER_ENGINE = /^(?:flink|spark)\./

/**
 * The options of `env`.
 *
 * @source SeaTunnel `EnvCommonOptions`
 */
export const ENV_SPEC = optionSpec({
  options: {
    jobName: option.string('job.name', { doc: 'Name of the job.', default: 'SeaTunnel_Job' }),
    jobMode: option.enumeration('job.mode', ['BATCH', 'STREAMING'], {
      doc: 'BATCH ends when the sources end; STREAMING runs until it is stopped.',
      default: 'BATCH',
    }),
    parallelism: option.int('parallelism', {
      doc: 'Subtasks of every source and transform that does not set its own.',
      default: 1,
      min: 1,
      max: PARALLELISM_LIMIT,
      fallback: ['execution.parallelism'],
    }),
    jobRetryTimes: option.int('job.retry.times', {
      doc: 'How often a failed job is started again from its last checkpoint. 0 turns it off.',
      default: 3,
      min: 0,
    }),
    jobRetryIntervalSeconds: option.int('job.retry.interval.seconds', {
      doc: 'Seconds between two attempts.',
      default: 3,
      min: 0,
    }),
    checkpointIntervalMs: option.durationMs('checkpoint.interval', {
      doc: 'Milliseconds between two checkpoints. Without it a BATCH job takes only the last one, a STREAMING job uses the node setting.',
      fallback: ['execution.checkpoint.interval'],
      min: 10,
    }),
    checkpointTimeoutMs: option.durationMs('checkpoint.timeout', {
      doc: 'Milliseconds after which a checkpoint that is under way is reported, with what holds it up. It goes on. Without it the node setting is used.',
      fallback: ['execution.checkpoint.timeout'],
      min: 10,
    }),
    minPauseMs: option.long('min-pause', {
      doc: 'Milliseconds between the end of a checkpoint and the start of the next. -1 turns it off.',
      default: -1,
      min: -1,
    }),
    readLimitRowsPerSecond: option.int('read_limit.rows_per_second', {
      doc: 'Rows that each subtask of a source may read in a second.',
      min: 1,
    }),
    readLimitBytesPerSecond: option.int('read_limit.bytes_per_second', {
      doc: 'Bytes that each subtask of a source may read in a second.',
      min: 1,
    }),
    saveModeLocation: option.enumeration('savemode.execute.location', ['CLUSTER', 'CLIENT'], {
      doc: 'Where tables are created before the job runs. CLIENT is accepted and treated as CLUSTER.',
      default: 'CLUSTER',
      noEffect: { hint: 'tables are created where the job runs', except: 'CLUSTER' },
    }),
    jars: option.string('jars', {
      doc: 'Java archives for the original engine. Accepted and not used.',
      noEffect: { hint: 'Java archives cannot be loaded; plug-ins are part of this build' },
    }),
    customParameters: option.map('custom_parameters', {
      doc: 'Free values that are shown with the job.',
      noEffect: { hint: 'the values are only shown with the job' },
    }),
    tagFilter: option.map('tag_filter', { doc: 'Only nodes whose attributes contain all of these run the job.' }),
    shadeIdentifier: option.string('shade.identifier', {
      doc: 'How sensitive values of the job file are encrypted.',
      default: 'default',
    }),
    shadeOptions: option.stringList('shade.options', { doc: 'More keys whose values are sensitive.', default: [] }),
    shadeProperties: option.map('shade.properties', { doc: 'Settings of the encryption.' }),
    pipelineConcurrency: option.int('pipeline_concurrency', {
      doc: 'Pipelines that may start at once. Accepted and not used: all do.',
      min: 1,
      noEffect: { hint: 'all pipelines start at once' },
    }),
    valueLimitBytes: option.long('value.limitBytes', {
      doc: 'Largest value or record that is read, in bytes. A longer one fails the job with its place.',
      default: 64 * 1024 * 1024,
      min: 1024,
      max: 1024 * 1024 * 1024,
    }),
    errorHandler: option.object('error_handler', ERROR_HANDLER_SPEC, {
      doc: 'What becomes of rows that fail, in the stages that do not say it themselves.',
    }),
    transformErrorHandler: option.object('transform_error_handler', ERROR_HANDLER_SPEC, {
      doc: 'What becomes of rows that fail in a transform.',
    }),
    sinkErrorHandler: option.object('sink_error_handler', ERROR_HANDLER_SPEC, {
      doc: 'What becomes of rows that a sink refuses: values that its format cannot hold, rows that break a rule of Assert.',
    }),
    sinkFlushIntervalMs: option.durationMs('sink.flush.interval', {
      doc: 'Milliseconds after which sinks flush. Accepted and not used: files appear with checkpoints.',
      noEffect: { hint: 'what sinks write appears with every checkpoint; set checkpoint.interval' },
    }),
  },
  acceptsKey: (key) => OTHER_ENGINE.test(key) || key === 'flink' || key === 'spark',
})

/** The typed values of `env`. */
export type EnvValues = SpecValues<typeof ENV_SPEC>

/** Checks `env` and reads its values; all faults at once, paths start with `env`. */
export function readEnv(env: ConfigObject): Validated<EnvValues> {
  return validateObject(ENV_SPEC, env, 'env')
}
