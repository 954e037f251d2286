import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ListedDifference, listedDifferences, rowOf } from '../seatunnel/differences.js'
import { FLINK_RECORDED, type RecordedFlink, SKIP_FLINK } from './recordings.js'
import { NOT_BUILT, type PlayedStory, playFlink } from './story.js'
import { UNPLAYED, UNPLAYED_LIMIT, type UnplayedCases } from './unplayed.js'

/** Answers that are the recorded ones in everything that is compared, at least. */
const LEAST_EQUAL: Readonly<Record<RecordedFlink, number>> = { '2.1': 590, '1.20': 75 }

test('recorded answers of Flink differ where the list says, and nowhere else', {
  skip: SKIP_FLINK,
}, async (context) => {
  const rows = listedDifferences('## Recorded answers of Flink that differ')
  const usedRows = new Set<ListedDifference>()
  const usedReasons = new Set<UnplayedCases>()
  for (const line of Object.keys(FLINK_RECORDED) as RecordedFlink[]) {
    await context.test(`profile ${line}`, async (inner) => {
      const story = await playFlink(line, line === '2.1' ? 'uws' : 'node')
      const unlisted: string[] = []
      let equal = 0
      for (const { call, differences } of story.played) {
        if (differences.length === 0) equal += 1
        for (const { part, recorded, actual } of differences) {
          const row = rowOf(rows, line, call.name, part)
          if (row === null) unlisted.push(`${call.name} ${part}: recorded ${recorded}, answered ${actual}`)
          else usedRows.add(row)
        }
      }
      inner.diagnostic(
        `${story.played.length} of ${story.played.length + story.left.length} played, ${equal} of them equal, ` +
          `${story.played.length - equal} with listed differences`,
      )
      assert.deepEqual(unlisted, [])
      assert.ok(equal >= LEAST_EQUAL[line], `only ${equal} are equal`)
      for (const each of leftWithReason(story, line)) usedReasons.add(each)
    })
  }
  assert.deepEqual(
    rows.filter((row) => !usedRows.has(row)).map(({ text }) => text),
    [],
    'rows of the list that no answer needs',
  )
  assert.deepEqual(
    UNPLAYED.filter((each) => !usedReasons.has(each)),
    [],
    'reasons that no case needs',
  )
})

/** The reasons for which cases are left; fails when there are more of them than there were. */
function leftWithReason({ left }: PlayedStory, line: RecordedFlink): readonly UnplayedCases[] {
  const names = left.filter(({ reason }) => reason !== NOT_BUILT).map(({ call }) => call.name)
  assert.ok(names.length <= UNPLAYED_LIMIT[line], `not played: ${names.join(', ')}`)
  return UNPLAYED.filter(({ cases }) => names.some((name) => cases.test(name)))
}
