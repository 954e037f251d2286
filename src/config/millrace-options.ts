import { option, optionSpec, type SpecValues } from './option.js'

/** Wire dialects of REST that one setting chooses between. */
export const PROFILE_NAMES = ['default', '2.3.4', '2.3.9'] as const

/** A name of {@link PROFILE_NAMES}. */
export type ProfileName = (typeof PROFILE_NAMES)[number]

/** Lines of Flink whose REST API can be spoken. */
export const FLINK_PROFILE_NAMES = ['2.1', '1.20'] as const

/** A name of {@link FLINK_PROFILE_NAMES}. */
export type FlinkProfileName = (typeof FLINK_PROFILE_NAMES)[number]

/** Environment variable that chooses the profile; wins over the file. */
export const PROFILE_VARIABLE = 'MILLRACE_PROFILE'

/** The section `millrace` of `seatunnel.yaml`, beside SeaTunnel's own: what the original has no key for. */
export const MILLRACE_SPEC = optionSpec({
  options: {
    profile: option.enumeration('profile', PROFILE_NAMES, {
      doc: 'Version of SeaTunnel whose REST answers are given where versions differ; `default` is a superset of all.',
      default: 'default',
    }),
    jobFolders: option.stringList('jobs.folders', {
      doc: 'Folders of this machine that jobs which come over REST may use files in. All, without it; never those of the node.',
    }),
    jobUserCode: option.boolean('jobs.user-code', {
      doc: 'Whether jobs which come over REST may bring code of their own. Without it: unless other machines reach the node and nobody is asked for a password.',
    }),
    maxRunningJobs: option.int('jobs.max-running', {
      doc: 'Jobs that run at a time; others wait. Each has a thread of its own at least.',
      default: 200,
      min: 1,
    }),
    maxHistoryJobs: option.int('jobs.max-history', {
      doc: 'Ended jobs that are shown, whatever their age.',
      default: 10_000,
      min: 0,
    }),
    packageMaxFileMegabytes: option.int('packages.max-file-size-mb', {
      doc: 'Largest job package in MiB.',
      default: 256,
      min: 1,
    }),
    packageMaxTotalMegabytes: option.int('packages.max-total-size-mb', {
      doc: 'All job packages together in MiB, with what is unpacked of them for jobs that run.',
      default: 2048,
      min: 1,
    }),
    flinkEnabled: option.boolean('flink.enabled', {
      doc: 'Whether the REST API of Flink is served: on a port of its own, and below `/flink` on the other ports. Without it: yes, and where the port is taken only below `/flink`.',
    }),
    flinkPort: option.int('flink.port', {
      doc: 'Port of the REST API of Flink.',
      default: 8081,
      min: 0,
      max: 65_535,
    }),
    flinkProfile: option.enumeration('flink.profile', FLINK_PROFILE_NAMES, {
      doc: 'Line of Flink whose answers are given where lines differ; also the version that the node names.',
      default: '2.1',
    }),
    flinkAllowsSubmit: option.boolean('flink.submit', {
      doc: 'Whether job packages may be uploaded and run over the REST API of Flink; its operations for them are not there otherwise.',
      default: true,
    }),
    flinkAllowsShutdown: option.boolean('flink.allow-shutdown', {
      doc: 'Whether a request of the REST API of Flink may shut the node down.',
      default: false,
    }),
    flinkDashboard: option.string('flink.dashboard', {
      doc: "Folder with the files of Flink's dashboard, which the node then serves with the REST API of Flink. None, without it.",
    }),
    flinkAllowedOrigin: option.string('flink.access-control-allow-origin', {
      doc: "Web pages of this origin may read answers of Flink's API; `*` for all. None, without it.",
    }),
    savepointFolder: option.string('savepoints.folder', {
      doc: 'Folder of savepoints that name no other: a path, or an address in the bucket where checkpoints are kept. Without it `savepoints` in the data folder.',
    }),
    flinkCheckpointHistory: option.int('flink.checkpoint-history', {
      doc: "Checkpoints that an answer of Flink's API lists, and of how many it tells what each task put in; 100 at most.",
      default: 10,
      min: 0,
      max: 100,
    }),
    flinkFlameGraphs: option.boolean('flink.flame-graphs', {
      doc: 'Whether the REST API of Flink makes flame graphs of vertices: threads are sampled for five seconds when somebody asks.',
      default: true,
    }),
    flinkProfiler: option.boolean('flink.profiler', {
      doc: 'Whether profiles of the process may be taken with the REST API of Flink, by those who may operate the node.',
      default: true,
    }),
    configKeyFile: option.string('config-key-file', {
      doc: 'Key file for the shade `aes-256-gcm` of job documents; goes before MILLRACE_CONFIG_KEY_FILE and MILLRACE_CONFIG_KEY.',
    }),
  },
})

/** The typed settings of the section. */
export type MillraceSettings = SpecValues<typeof MILLRACE_SPEC>
