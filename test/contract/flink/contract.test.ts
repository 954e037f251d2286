import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ListedDifference, listedDifferences, rowOf } from '../seatunnel/differences.js'
import { FLINK_RECORDED, type RecordedFlink, SKIP_FLINK } from './recordings.js'
import { playFlink } from './story.js'

/** Calls of the longer recording that have to be played at least: a story that skips them all finds nothing. */
const LEAST_PLAYED = { '2.1': 430, '1.20': 60 } as const

test('recorded answers of Flink differ where the list says, and nowhere else', {
  skip: SKIP_FLINK,
}, async (context) => {
  const rows = listedDifferences('## Recorded answers of Flink that differ')
  const used = new Set<ListedDifference>()
  for (const line of Object.keys(FLINK_RECORDED) as RecordedFlink[]) {
    await context.test(`profile ${line}`, async (inner) => {
      const { played, left } = await playFlink(line, line === '2.1' ? 'uws' : 'node')
      const unlisted: string[] = []
      let listed = 0
      for (const { call, differences } of played) {
        let isListed = false
        for (const { part, recorded, actual } of differences) {
          const row = rowOf(rows, line, call.name, part)
          if (row === null) unlisted.push(`${call.name} ${part}: recorded ${recorded}, answered ${actual}`)
          else used.add(row)
          isListed = true
        }
        if (isListed) listed += 1
      }
      const count = (reason: string) => left.filter((each) => each.reason === reason).length
      inner.diagnostic(
        `${played.length} of ${played.length + left.length} played, ${listed} of them with listed differences; ` +
          `${count('operation')} of operations that are not built, ${count('state')} of states that the story does not come to`,
      )
      assert.deepEqual(unlisted, [])
      assert.ok(played.length >= LEAST_PLAYED[line], `only ${played.length} were played`)
    })
  }
  assert.deepEqual(
    rows.filter((row) => !used.has(row)).map(({ text }) => text),
    [],
    'rows of the list that no answer needs',
  )
})
