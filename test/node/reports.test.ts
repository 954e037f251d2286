import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import type { Logger } from '../../src/core/logger.js'
import type { NodeClock } from '../../src/node/clock.js'
import { EventReporter, type PostEvents } from '../../src/node/report/event-report.js'
import { journalJobs } from '../../src/node/report/job-journal.js'
import { executionInfo, reportPeriodically } from '../../src/node/report/periodic.js'
import { probeRecord } from '../jobs/probe.js'
import { heldJob, shortJob, submission, testNode } from './harness.js'

/** Loggers that keep their lines. */
function keptLog() {
  const lines: string[] = []
  const logger = (name: string, jobId: string | null): Logger => {
    const write = (level: string) => (message: string) =>
      void lines.push(`${jobId ?? ''} ${level} ${name.replace(/^.*\./, '')} ${message}`)
    return {
      isDebugEnabled: false,
      debug: write('DEBUG'),
      info: write('INFO'),
      warn: write('WARN'),
      error: write('ERROR'),
    }
  }
  return { lines, logger }
}

/** A clock whose timers run when the test says so. */
class ManualClock implements NodeClock {
  readonly #due: { readonly delayMs: number; readonly call: () => void }[] = []
  now(): number {
    return 0
  }
  after(delayMs: number, call: () => void): () => void {
    const timer = { delayMs, call }
    this.#due.push(timer)
    return () => {
      const index = this.#due.indexOf(timer)
      if (index >= 0) this.#due.splice(index, 1)
    }
  }
  /** Runs the timers of a delay that are set now. */
  run(delayMs: number): number {
    const due = this.#due.filter((timer) => timer.delayMs === delayMs)
    for (const timer of due) {
      this.#due.splice(this.#due.indexOf(timer), 1)
      timer.call()
    }
    return due.length
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate)
}

describe('the journal of jobs', () => {
  it("writes every change of state in the original's words", async (test) => {
    const node = await testNode(test)
    const { lines, logger } = keptLog()
    const end = journalJobs(node, logger)
    const { jobId } = await node.submit(submission(shortJob()))
    await node.waitForEnd(jobId)
    end()
    assert.equal(lines.filter((line) => line.includes('CheckpointCoordinator')).length, 2)
    const passed = ['INITIALIZING', 'CREATED', 'PENDING', 'SCHEDULED', 'RUNNING', 'FINISHED']
    assert.deepEqual(
      lines.filter((line) => line.includes(' turned ')),
      passed.map((status, index) => {
        const before = index === 0 ? '' : ` from state ${passed[index - 1]}`
        return `${jobId} INFO PhysicalPlan Job short (${jobId}) turned${before} to ${status}.`
      }),
    )
  })

  it('says why a job failed', async (test) => {
    const node = await testNode(test)
    const { lines, logger } = keptLog()
    journalJobs(node, logger)
    const text = shortJob().replace(/rules .*\]/, 'rules { row_rules = [{ rule_type = MIN_ROW, rule_value = 100 }]')
    const { jobId } = await node.submit(submission(text))
    await node.waitForEnd(jobId)
    assert.match(lines.at(-1) ?? '', /ERROR CoordinatorService Job short \(\d+\) failed: ErrorCode:\[ASSERT-01\]/)
  })
})

describe('the blocks of the log', () => {
  it('come at their intervals, for the node and for every running job', async (test) => {
    const node = await testNode(test)
    const { lines, logger } = keptLog()
    const clock = new ManualClock()
    const { gate } = probeRecord('blocks')
    const { jobId } = await node.submit(submission(heldJob('blocks')))
    await gate.arrived()
    const end = reportPeriodically(node, logger, clock, { executionInfoMs: 60_000, jobMetricsMs: 30_000 })
    clock.run(60_000)
    clock.run(30_000)
    clock.run(30_000)
    assert.deepEqual(
      lines.map((line) => line.split('\n', 1)[0]),
      [
        ' INFO CoordinatorService Job info detail',
        ...[1, 2].map(() => `${jobId} INFO JobMaster Job Progress Information: held (${jobId})`),
      ],
    )
    assert.match(lines[0] ?? '', /\nrunningJobCount {11}: {19}1\n/)
    assert.match(lines[1] ?? '', /\nRead Count So Far +: +\d+\n/)
    end()
    assert.deepEqual([clock.run(60_000), clock.run(30_000)], [0, 0])
    await node.stop(jobId, { withSavepoint: false, user: null })
    gate.release()
    await node.waitForEnd(jobId)
    assert.match(executionInfo(node), /\ncanceledJobCount +: +1\n/)
  })

  it('do not come with an interval of 0', async (test) => {
    const clock = new ManualClock()
    const { logger } = keptLog()
    reportPeriodically(await testNode(test), logger, clock, { executionInfoMs: 0, jobMetricsMs: 0 })
    assert.equal(clock.run(0), 0)
  })
})

describe('the report of events', () => {
  const settings = { url: 'http://127.0.0.1:9/events', headers: new Map([['x-token', 'abc']]) }

  it('posts every change of state, again until it is taken', async (test) => {
    const node = await testNode(test)
    const { lines, logger } = keptLog()
    const clock = new ManualClock()
    const bodies: string[] = []
    const answers = [500, 302, 204]
    const post: PostEvents = async (_, body) => {
      bodies.push(body)
      const answer = answers.shift()
      if (answer === undefined) throw new Error('connection refused')
      return answer
    }
    const reporter = new EventReporter({ node, settings, clock, logger: logger('report', null), post })
    test.after(() => reporter.close())
    clock.run(10_000)
    await settled()
    assert.deepEqual(bodies, [])
    const { jobId } = await node.submit(submission(shortJob()))
    await node.waitForEnd(jobId)
    for (let round = 0; round < 4; round += 1) {
      clock.run(10_000)
      await settled()
    }
    assert.deepEqual([bodies.length, new Set(bodies).size, reporter.state], [3, 1, { waiting: 0, lost: 0 }])
    const events = JSON.parse(bodies[0] ?? '')
    assert.deepEqual(
      events.map(({ jobStatus }: { jobStatus: string }) => jobStatus),
      ['INITIALIZING', 'CREATED', 'PENDING', 'SCHEDULED', 'RUNNING', 'FINISHED'],
    )
    assert.deepEqual(Object.keys(events[0]), ['jobId', 'jobName', 'jobStatus', 'eventType', 'createdTime'])
    assert.equal(lines.length, 1)
    assert.match(lines[0] ?? '', /WARN report job events cannot be posted: the receiver answered '500'/)
  })

  it('goes to an HTTP server with the headers of the settings, and follows no redirect', async (test) => {
    const node = await testNode(test)
    const seen: string[] = []
    const server = createServer((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers['x-token']} ${request.headers['content-type']}`)
      response.writeHead(302, { location: '/elsewhere' }).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    test.after(() => server.close())
    const clock = new ManualClock()
    const { lines, logger } = keptLog()
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`
    const reporter = new EventReporter({ node, settings: { ...settings, url }, clock, logger: logger('report', null) })
    test.after(() => reporter.close())
    const { jobId } = await node.submit(submission(shortJob()))
    await node.waitForEnd(jobId)
    clock.run(10_000)
    while (lines.length === 0) await settled()
    assert.deepEqual(seen, ['POST /events abc application/json'])
    server.closeAllConnections()
  })

  it('keeps a bounded number of events', async (test) => {
    const node = await testNode(test)
    const { logger } = keptLog()
    let tell: Parameters<typeof node.onEvent>[0] = () => undefined
    const told = {
      ...node,
      job: () => null,
      onEvent: (listener: typeof tell) => {
        tell = listener
        return () => undefined
      },
    }
    const reporter = new EventReporter({
      node: told as unknown as typeof node,
      settings,
      clock: new ManualClock(),
      logger: logger('report', null),
    })
    const event = { atMs: 1, kind: 'state', text: '', status: 'RUNNING', data: {} } as const
    for (let index = 0; index < 10_005; index += 1) tell('1', event)
    tell('1', { ...event, kind: 'checkpoint' })
    assert.deepEqual(reporter.state, { waiting: 10_000, lost: 5 })
    reporter.close()
  })
})
