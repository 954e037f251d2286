import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import type { TransportKind } from '../../../src/rest/transport/listener.js'
import { type ListedDifference, listedDifferences, rowOf } from './differences.js'
import type { Player } from './player.js'
import { RECORDED, type RecordedProfile, recordedCases, SHARED } from './recordings.js'
import { playStory } from './story.js'

const rows = listedDifferences()
const used = new Set<ListedDifference>()

for (const profile of Object.keys(RECORDED) as RecordedProfile[]) {
  for (const transport of ['uws', 'node'] as const satisfies readonly TransportKind[]) {
    const title = `the recorded answers of ${profile} over ${transport}`
    describe(title, { skip: SHARED === null ? 'the recordings are not here' : false }, () => {
      let player: Player | null = null
      before(async () => {
        player = await playStory(profile, transport)
      })
      it('are all played', () => assert.deepEqual(player?.missing, []))
      for (const name of recordedCases(profile).keys()) {
        it(name, () => {
          const differences = player?.played.get(name) ?? []
          const unlisted = differences.filter(({ part }) => {
            const row = rowOf(rows, profile, name, part)
            if (row !== null) used.add(row)
            return row === null
          })
          assert.deepEqual(unlisted, [])
        })
      }
    })
  }
}

describe('the list of differences', { skip: SHARED === null ? 'the recordings are not here' : false }, () => {
  it('has no row that does not occur', () =>
    assert.deepEqual(
      rows.filter((row) => !used.has(row)).map(({ text }) => text),
      [],
    ))
})
