import assert from 'node:assert/strict'
import type { Locator } from 'playwright-core'
import type { PageCase, Visit } from './page-case.js'
import { bytesText, durationText, timeText } from './texts.js'

/** What is told of a checkpoint, and of its part in a vertex. */
interface CheckpointJson {
  readonly id: number
  readonly status: string
  readonly trigger_timestamp: number
  readonly latest_ack_timestamp: number
  readonly end_to_end_duration: number
  readonly checkpointed_size: number
  readonly state_size: number
  readonly processed_data: number
  readonly persisted_data: number
  readonly num_subtasks: number
  readonly num_acknowledged_subtasks: number
}

/** What is told of a checkpoint in a subtask. */
interface SubtaskCheckpointJson {
  readonly index: number
  readonly ack_timestamp: number
  readonly end_to_end_duration: number
  readonly checkpointed_size: number
  readonly state_size: number
  readonly checkpoint: { readonly sync: number; readonly async: number }
  readonly alignment: { readonly processed: number; readonly persisted: number; readonly duration: number }
  readonly start_delay: number
  readonly unaligned_checkpoint: boolean
}

/** Of many numbers together. */
type StatisticsJson = Readonly<Record<string, number>>

type Rows = readonly (readonly string[])[]

const pathOf = ({ jobs }: Visit) => `jobs/${jobs.canceled}/checkpoints`

/** The open one of the parts of the page. */
const openPart = ({ tab }: Visit): Locator => tab.page.locator('flink-job-checkpoints .ant-tabs-tabpane-active')

const flightText = (processed: number, persisted: number) => `${bytesText(processed)} (${bytesText(persisted)})`

/** What a checkpoint and its part in a vertex are both shown with. */
function sizeCells(checkpoint: CheckpointJson): readonly string[] {
  return [
    timeText(checkpoint.latest_ack_timestamp),
    durationText(checkpoint.end_to_end_duration),
    bytesText(checkpoint.checkpointed_size),
    bytesText(checkpoint.state_size),
    flightText(checkpoint.processed_data, checkpoint.persisted_data),
  ]
}

function historyCells(checkpoint: CheckpointJson): readonly string[] {
  const { id, status, num_acknowledged_subtasks: acknowledged, num_subtasks: all } = checkpoint
  const time = timeText(checkpoint.trigger_timestamp)
  return ['', String(id), status, `${acknowledged}/${all}`, time, ...sizeCells(checkpoint)]
}

function subtaskCells({ checkpoint, alignment, ...subtask }: SubtaskCheckpointJson): readonly string[] {
  return [
    String(subtask.index),
    timeText(subtask.ack_timestamp),
    durationText(subtask.end_to_end_duration),
    bytesText(subtask.checkpointed_size),
    bytesText(subtask.state_size),
    durationText(checkpoint.sync),
    durationText(checkpoint.async),
    flightText(alignment.processed, alignment.persisted),
    durationText(alignment.duration),
    durationText(subtask.start_delay),
    String(subtask.unaligned_checkpoint),
  ]
}

/** Waits until a table has a row that begins with some cells, and gives all of its rows. */
async function rowsWith(visit: Visit, table: Locator, text: string): Promise<Rows> {
  await table.locator('tr', { hasText: text }).first().waitFor()
  return visit.tab.rows(table)
}

/** A part of the page about the checkpoints of a job that was canceled, so that no number changes any more. */
function partPage(name: string, look: (visit: Visit, part: Locator) => Promise<void>): PageCase {
  return {
    name: `canceled job: checkpoints: ${name}`,
    look: async (visit) => {
      const { tab, jobs } = visit
      await tab.open(`job/completed/${jobs.canceled}/checkpoints`)
      await tab.called(`GET /${pathOf(visit)}`, `GET /${pathOf(visit)}/config`)
      await tab.page.locator('flink-job-checkpoints .ant-tabs-tab').getByText(name, { exact: true }).click()
      await look(visit, openPart(visit))
    },
  }
}

/** Options of a job's checkpoints as rows. */
// biome-ignore lint/suspicious/noExplicitAny: the answer has options of many types.
function configurationRows(config: any): Rows {
  const ability = (isEnabled: boolean) => (isEnabled ? 'Enabled' : 'Disabled')
  const { enabled, delete_on_cancellation: isDeleted } = config.externalization
  return [
    ['Checkpointing Mode', config.mode === 'exactly_once' ? 'Exactly Once' : 'At Least Once'],
    ['Checkpoint Storage', config.checkpoint_storage],
    ['State Backend', config.state_backend],
    ['Interval', durationText(config.interval)],
    ['Timeout', durationText(config.timeout)],
    ['Minimum Pause Between Checkpoints', durationText(config.min_pause)],
    ['Maximum Concurrent Checkpoints', String(config.max_concurrent)],
    ['Unaligned Checkpoints', ability(config.unaligned_checkpoints)],
    [
      'Persist Checkpoints Externally',
      enabled ? `Enabled (${isDeleted ? 'delete' : 'retain'} on cancellation)` : 'Disabled',
    ],
    ['Tolerable Failed Checkpoints', String(config.tolerable_failed_checkpoints)],
    ['Checkpoints With Finished Tasks', ability(config.checkpoints_after_tasks_finish)],
    ['State Changelog', ability(config.state_changelog_enabled)],
  ]
}

/** Statistics of all checkpoints together as rows. */
function summaryRows(summary: Readonly<Record<string, StatisticsJson>>): Rows {
  const row = (name: string, key: string) => {
    const value = (of: string) => Number(summary[of]?.[key])
    const flight = flightText(value('processed_data'), value('persisted_data'))
    const sizes = [bytesText(value('checkpointed_size')), bytesText(value('state_size'))]
    return [name, durationText(value('end_to_end_duration')), ...sizes, flight]
  }
  return [
    row('Minimum', 'min'),
    row('Average', 'avg'),
    row('Maximum', 'max'),
    row('50% percentile', 'p50'),
    row('90% percentile', 'p90'),
    row('99% percentile', 'p99'),
    row('99.9% percentile', 'p999'),
  ]
}

/** The parts of the page about checkpoints, and what opens in them. */
export const CHECKPOINT_PAGES: readonly PageCase[] = [
  partPage('History', async (visit, part) => {
    const { history, counts } = await visit.node.json(pathOf(visit))
    assert.equal(history.length, counts.completed + counts.failed)
    assert.ok(counts.completed > 1)
    assert.deepEqual(await rowsWith(visit, part, timeText(history.at(-1).trigger_timestamp)), history.map(historyCells))
  }),
  partPage('Summary', async (visit, part) => {
    const { summary } = await visit.node.json(pathOf(visit))
    assert.deepEqual(await rowsWith(visit, part, '99.9%'), summaryRows(summary))
  }),
  partPage('Configuration', async (visit, part) => {
    const config = await visit.node.json(`${pathOf(visit)}/config`)
    assert.deepEqual([config.interval, config.mode], [1000, 'exactly_once'])
    assert.deepEqual(await rowsWith(visit, part, 'State Changelog'), configurationRows(config))
  }),
  {
    name: 'canceled job: a checkpoint with its vertices and subtasks',
    look: async (visit) => {
      const { tab, node, jobs } = visit
      await partPage('History', async () => {}).look(visit)
      const [{ id }] = (await node.json(pathOf(visit))).history
      const path = `${pathOf(visit)}/details/${id}`
      await openPart(visit).locator('.ant-table-row-expand-icon').first().click()
      await tab.called(`GET /${path}`)
      const { tasks, external_path: folder, discarded } = await node.json(path)
      await tab.shows(`Path: ${folder}`, `Discarded: ${discarded}`, 'Checkpoint Type: aligned checkpoint')
      const { vertices } = await node.json(`jobs/${jobs.canceled}`)
      const detail = openPart(visit).locator('flink-job-checkpoints-detail')
      const expected = vertices.map(({ id: vertexId, name }: { readonly id: string; readonly name: string }) => {
        const { num_acknowledged_subtasks: acknowledged, num_subtasks: all } = tasks[vertexId]
        const share = `${acknowledged}/${all} (${Math.round((100 * acknowledged) / all)}%)`
        return ['', name, share, ...sizeCells(tasks[vertexId])]
      })
      assert.deepEqual(await rowsWith(visit, detail, vertices.at(-1).name), expected)
      const [{ id: vertexId }] = vertices
      await detail.locator('.ant-table-row-expand-icon').first().click()
      await tab.called(`GET /${path}/subtasks/${vertexId}`)
      const { subtasks } = await node.json(`${path}/subtasks/${vertexId}`)
      const table = detail.locator('flink-job-checkpoints-subtask')
      const rows = await rowsWith(visit, table, timeText(subtasks.at(-1).ack_timestamp))
      assert.deepEqual(
        rows.slice(0, 3).map(([name]) => name),
        ['Minimum', 'Average', 'Maximum'],
      )
      assert.deepEqual(rows.slice(3), subtasks.map(subtaskCells))
    },
  },
]
