import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { JobOwners } from './job-owners.js'

/** Owners whose silence is short, and the jobs that they gave up. */
function owners(): {
  readonly owners: JobOwners
  readonly given: string[]
  release: (jobId: string, hasEnded?: boolean) => void
} {
  const given: string[] = []
  const all = new JobOwners(1)
  return {
    owners: all,
    given,
    release: (jobId, hasEnded = false) => all.release(jobId, hasEnded, () => given.push(jobId)),
  }
}

const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20))

describe('owners of jobs', () => {
  it('that come back in time keep their jobs; those that do not lose them', async () => {
    const { owners: all, given, release } = owners()
    all.hold('1')
    all.hold('2')
    release('1')
    release('2')
    all.hold('1')
    await later()
    assert.deepEqual([given, all.size], [['2'], 1])
  })

  it('may be several', async () => {
    const { owners: all, given, release } = owners()
    all.hold('1')
    all.hold('1')
    release('1')
    await later()
    assert.deepEqual(given, [])
    release('1')
    await later()
    assert.deepEqual([given, all.size], [['1'], 0])
  })

  it('of a job that has ended are forgotten', async () => {
    const { owners: all, given, release } = owners()
    all.hold('1')
    release('1', true)
    await later()
    assert.deepEqual([given, all.size], [[], 0])
  })
})
