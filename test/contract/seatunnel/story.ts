import type { TransportKind } from '../../../src/rest/transport/listener.js'
import { type NodeSettings, startContractNode } from './contract-node.js'
import { Player } from './player.js'
import { type RecordedProfile, recordedCases } from './recordings.js'

const HTTP = `http:
  enable-http: true
  port: 0`

/** Cases that need no job, played on a fresh node. */
const IDLE =
  /^v[12]-(?:idle|path|unknown|method|hz|hazelcast|encrypt|overview-(?:slash|tag-none|tag-no-value)|keep-alive|raw-(?:lf|no-host)|finished-jobs-(?:RUNNING|UNKNOWABLE)|running-jobs-(?:prefix|summary)|(?:job-info|running-job)-(?:missing|query|too-big|trailing|unknown|not-a)|stop-(?:array|bad|empty|form|jobs-(?:empty|object|small|string)|no-id|not|null|seed|unknown)|system|running-threads|tags-(?:array|bad|empty-body))/

/** Submissions that end by themselves or are refused, in the order of the recording. */
const SUBMISSIONS =
  /^v[12]-submit-(?!ended|canceled|running-id|restore|streaming|dag|failing|tag|jobs-streaming|jobs-after|multi|id-)/

/** Answers about jobs that have finished. */
const FINISHED =
  /^v[12]-(?:job-info-(?:finished|multi|negative)|running-job-finished|finished-jobs-(?:FINISHED|finished|query|slash|state)|log-|logs-)/

/** Plays every case of a version. */
export async function playStory(profile: RecordedProfile, transport: TransportKind): Promise<Player> {
  const player = new Player(recordedCases(profile))
  await onNode(player, profile, transport, {}, async () => {
    await player.some('v1-hz-rest-log-level')
    await player.all(IDLE)
    await finishedJobs(player)
    await failedJobs(player)
    for (const api of ['v1', 'v2'] as const) {
      if (![...player.cases.keys()].some((name) => name.startsWith(api))) continue
      await canceledJob(player, api)
      await savepoint(player, api)
      await graphs(player, api)
      await manyJobs(player, api)
      await tags(player, api)
    }
    await player.untilIdle()
    player.isSettled = true
    await player.all(/-end$|^v[12]-after-/)
  })
  await otherSettings(player, profile, transport)
  return player
}

async function onNode(
  player: Player,
  profile: RecordedProfile,
  transport: TransportKind,
  settings: NodeSettings,
  play: () => Promise<void>,
): Promise<void> {
  const node = await startContractNode(profile, transport, settings)
  player.use(node)
  try {
    await play()
  } finally {
    await node.stop()
  }
}

async function finishedJobs(player: Player): Promise<void> {
  await player.some('v1-submit-multi-table', 'v2-submit-multi-table')
  await player.some(
    'v1-submit-id-negative',
    'v1-submit-id-zero',
    'v1-submit-id-not-number',
    'v1-submit-id-plus',
    'v1-submit-id-blank',
  )
  await player.all(SUBMISSIONS)
  await player.untilIdle()
  if (player.cases.has('v2-job-info-finished-strings')) await player.extra('v1-submit-strings', '1176701626046283777')
  await player.untilIdle()
  player.isSettled = true
  await player.all(/^v[12]-submit-id-/)
  await player.all(/^v[12]-submit-ended/)
  await player.untilIdle()
  await player.all(FINISHED)
  await player.all(/-expect-100-two-phase$|-raw-http-1\.0$/)
  await player.untilIdle()
}

async function failedJobs(player: Player): Promise<void> {
  await player.all(/^v[12]-submit-failing/)
  await player.untilIdle()
  await player.all(/^v[12]-(?:job-info|running-job|finished-jobs)-(?:failed|FAILED)/)
}

async function canceledJob(player: Player, api: 'v1' | 'v2'): Promise<void> {
  const { cases } = player
  player.isSettled = false
  await player.some(`${api}-submit-streaming`)
  const job = cases.has(`${api}-submit-streaming`)
    ? player.idOf(`${api}-submit-streaming`)
    : await player.extra('v1-submit-streaming', '1176701752364564481')
  await player.until(job, 'RUNNING')
  await player.hasRows(job, 20)
  await player.some(
    ...[
      'running-jobs-right-after-start',
      'running-jobs-one',
      'running-job-running',
      'job-info-running',
      'overview-one-running',
    ].map((name) => `${api}-${name}`),
  )
  await player.some(`${api}-submit-running-id-again`)
  await player.everyJobHasRows(20)
  await player.some(`${api}-stop-cancel`)
  await player.until(job, 'CANCELED')
  player.isSettled = true
  await player.some(
    ...['job-info-canceling', 'job-info-canceled', 'running-job-canceled'].map((name) => `${api}-${name}`),
  )
  await player.some(`${api}-stop-already-ended`, `${api}-submit-canceled-id-again`)
  await player.everyJobHasRows(20)
  // 2.3.4 takes no id without a savepoint: what was submitted under one is a job of its own.
  await player.cancelAll()
  await player.some(`${api}-finished-jobs-CANCELED`)
}

async function savepoint(player: Player, api: 'v1' | 'v2'): Promise<void> {
  const submit = `${api}-submit-streaming-for-savepoint`
  await player.some(submit)
  const job = player.idOf(submit)
  await player.until(job, 'RUNNING')
  await player.hasRows(job, 20)
  await player.some(`${api}-stop-savepoint`, `${api}-job-info-doing-savepoint`)
  await player.until(job, 'SAVEPOINT_DONE')
  await player.some(
    ...['job-info-savepointed', 'running-job-savepointed', 'finished-jobs-SAVEPOINT_DONE'].map(
      (name) => `${api}-${name}`,
    ),
  )
  player.isSettled = false
  await player.some(`${api}-submit-restore`)
  await player.until(job, 'RUNNING')
  await player.some(
    ...['running-jobs-restored', 'job-info-restored-running', 'finished-jobs-while-restored'].map(
      (name) => `${api}-${name}`,
    ),
  )
  await player.some(`${api}-stop-cancel-restored`)
  await player.cancel(job)
  await player.some(`${api}-job-info-restored-canceled`)
}

async function graphs(player: Player, api: 'v1' | 'v2'): Promise<void> {
  if (!player.cases.has(`${api}-job-info-dag-running`)) return
  await player.some(`${api}-submit-dag`)
  const job = player.cases.has(`${api}-submit-dag`)
    ? player.idOf(`${api}-submit-dag`)
    : await player.extra('v2-submit-dag', '1176706742496067585')
  await player.until(job, 'RUNNING')
  await player.hasRows(job, 6)
  await player.some(`${api}-job-info-dag-running`)
  await player.cancel(job)
  await player.some(`${api}-job-info-dag-canceled`)
}

async function manyJobs(player: Player, api: 'v1' | 'v2'): Promise<void> {
  await player.some(
    `${api}-submit-jobs-streaming`,
    `${api}-running-jobs-two`,
    `${api}-submit-jobs-after-second-bad-running`,
  )
  await player.everyJobHasRows(5)
  await player.some(`${api}-stop-jobs-numbers`)
  await player.cancelAll()
}

async function tags(player: Player, api: 'v1' | 'v2'): Promise<void> {
  await player.all(new RegExp(`^${api}-tags-(?:put|set)`))
  // One job ran when v1 was asked.
  const running = api === 'v1' && player.cases.has('v1-tags-set') ? await player.extra('v1-submit-streaming') : null
  if (running !== null) await player.until(running, 'RUNNING')
  await player.all(new RegExp(`^${api}-overview-tag-`))
  if (running !== null) await player.cancel(running)
  await player.some(`${api}-submit-tag-filter-match`, `${api}-submit-tag-filter-no-match`)
  if (api === 'v2') await player.extra('v1-submit-tag-filter-no-match', '1176702054774472705')
  await player.untilIdle()
  await player.some(`${api}-job-info-tag-filter-no-match`)
  await player.all(new RegExp(`^${api}-tags-`))
}

/** Nodes with other settings. */
async function otherSettings(player: Player, profile: RecordedProfile, transport: TransportKind): Promise<void> {
  if (profile === '2.3.4') return
  const rest = (text: string) => `rest-api:\n  ${text}`
  const play = (settings: NodeSettings, pattern: RegExp, story?: () => Promise<void>) =>
    onNode(player, profile, transport, settings, story ?? (() => player.all(pattern)))
  await play(
    { network: rest('enabled: true\n  endpoint-groups:\n    CLUSTER_WRITE:\n      enabled: true') },
    /^v1-data-off-/,
  )
  await play({ network: rest('enabled: false') }, /^v1-rest-off-|^v2-with-v1-off-/)
  await play({ network: rest('enabled: true') }, /^v1-groups-default-/)
  await play({ engine: `# telemetry-off\n${HTTP}` }, /^v1-telemetry-off-/)
  await play({ engine: `${HTTP}\n  context-path: /seatunnel` }, /^v2-context-/)
  const slots = (strategy: string) =>
    `job-schedule-strategy: ${strategy}\nslot-service:\n  dynamic-slot: false\n  slot-num: 2\n${HTTP}`
  await play({ engine: slots('REJECT') }, /^v2-fixed-slots-/, async () => {
    await player.one('v2-fixed-slots-submit-too-big')
    await player.untilIdle()
    player.isSettled = true
    await player.all(/^v2-fixed-slots-/)
  })
  await play({ engine: slots('WAIT') }, /^v[12]-wait-/, async () => {
    player.isSettled = false
    await player.some('v2-wait-submit-fits')
    await player.until(player.idOf('v2-wait-submit-fits'), 'RUNNING')
    await player.some('v2-wait-submit-waits')
    await player.until(player.idOf('v2-wait-submit-waits'), 'PENDING')
    await player.all(/^v[12]-wait-(?:running|job-info-pending|overview)/)
    await player.some('v2-wait-stop-running-one')
    await player.until(player.idOf('v2-wait-submit-waits'), 'RUNNING')
    await player.some('v2-wait-job-info-after-room')
  })
}
