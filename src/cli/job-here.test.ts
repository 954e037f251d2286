import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { seemsToRunJob } from './job-here.js'

describe('seemsToRunJob', () => {
  it('knows the commands that run a job in their process', () => {
    for (const [line, expected] of [
      ['run job.conf', true],
      ['run --json job.conf', true],
      ['seatunnel --config job.conf -m local', true],
      ['seatunnel --master local --config job.conf', true],
      ['seatunnel --config job.conf', false],
      ['seatunnel -l', false],
      ['validate job.conf', false],
      ['serve', false],
      ['', false],
    ] as const) {
      assert.equal(seemsToRunJob(line.split(' ')), expected, line)
    }
    assert.equal(seemsToRunJob([]), false)
  })
})
