import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { temporaryFolder } from '../../src/files/testing.js'
import { DEFAULT_LOG_SETTINGS, type LogSettings, NodeLog, readLogSettings } from '../../src/node/logs/index.js'
import { ProcessMonitor } from '../../src/node/monitor/index.js'
import { ROOT } from '../conventions/layers.js'
import { shortJob, submission, testNode } from './harness.js'

/** A node that writes its logs into a folder, and nothing to the console. */
async function loggingNode(test: TestContext, settings: Partial<LogSettings> = {}, folder = temporaryFolder(test)) {
  const log = new NodeLog({
    folder,
    fileName: 'seatunnel-engine-server',
    settings: { ...DEFAULT_LOG_SETTINGS, isConsole: false, ...settings },
    redact: (text) => text,
  })
  let retained = Promise.resolve()
  const node = await testNode(test, '', {
    log: (name, jobId) => log.logger(name, jobId),
    rowLog: (jobId) => log.rowLog(jobId),
    retainJobs: (isKnown) => {
      retained = log.retainJobs(isKnown)
    },
  })
  await retained
  const text = async (name: string): Promise<string> => {
    await log.flush()
    return readFileSync(join(folder, name), 'utf8')
  }
  return { folder, log, node, text }
}

describe('the packaged log4j2.properties', () => {
  it('says what holds without it', () => {
    const text = readFileSync(join(ROOT, 'config', 'log4j2.properties'), 'utf8')
    const { settings, warnings } = readLogSettings(text)
    const levels = new Map([...DEFAULT_LOG_SETTINGS.levels, ['org.apache.seatunnel.engine', 'INFO']])
    assert.deepEqual([settings, warnings], [{ ...DEFAULT_LOG_SETTINGS, levels }, []])
  })
})

const PRINTING = `
env { job.name = printing }
source { FakeSource { rows = [{ kind = INSERT, fields = [1, "abc"] }, { kind = INSERT, fields = [2, null] }], schema { fields { id = int, name = string } } } }
sink { Console {} }`

describe('the log of a job', () => {
  it('has its states and the rows that it prints, in a file for its owner alone', async (test) => {
    const { folder, log, node, text } = await loggingNode(test)
    const { jobId } = await node.submit(submission(PRINTING))
    await node.waitForEnd(jobId)
    const lines = (await text(`job-${jobId}.log`)).split('\n')
    const messages = lines.map((line) => line.replace(/^.* - /, ''))
    assert.deepEqual(readdirSync(folder), [`job-${jobId}.log`])
    assert.equal(statSync(join(folder, `job-${jobId}.log`)).mode & 0o777, 0o600)
    assert.ok(messages.includes('output rowType: id<INT>, name<STRING>'), messages.join('\n'))
    const rows = messages.filter((message) => message.startsWith('subtaskIndex=0'))
    assert.deepEqual(
      rows.map((row) => row.replace(/^.* : /, '')),
      ['1, abc', '2, '],
    )
    assert.equal(messages.filter((message) => message.includes(' turned from state RUNNING to FINISHED.')).length, 1)
    for (const line of lines.slice(0, -1))
      assert.match(line, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z ]{5} \[.{30}\] \[[^\]]+\] - /)
    assert.equal((await log.list()).length, 1)
  })

  it('is in the one file of the node with the file appender, every line with the id of the job', async (test) => {
    const { folder, node, text } = await loggingNode(test, { files: 'file' })
    const { jobId } = await node.submit(submission(PRINTING))
    await node.waitForEnd(jobId)
    const lines = (await text('seatunnel-engine-server.log')).split('\n').slice(0, -1)
    assert.deepEqual(readdirSync(folder), ['seatunnel-engine-server.log'])
    assert.ok(lines.length > 8)
    for (const line of lines) assert.ok(line.startsWith(`[${jobId}] 20`), line)
  })

  it('has a line for every row that failed and was handled', async (test) => {
    const { node, text } = await loggingNode(test)
    const { jobId } = await node.submit(
      submission(`
env { error_handler { mode = LOG } }
source { FakeSource { plugin_output = a, rows = [{ kind = INSERT, fields = [0] }, { kind = INSERT, fields = [2] }], schema { fields { id = int } } } }
transform { Sql { plugin_input = a, plugin_output = b, query = "select 10 / id as x from a" } }
sink { Console { plugin_input = b, log.print.data = false } }`),
    )
    const view = await node.waitForEnd(jobId)
    assert.deepEqual([view?.status, view?.flow.errorRows], ['FINISHED', 1])
    assert.match(
      await text(`job-${jobId}.log`),
      /WARN {2}\[o\.a\.s\.e\.s\.t\.e\.RowErrorHandler *\] \[main\] - row failed in TRANSFORM 'Sql'/,
    )
  })

  it('takes no more rows when it is full, and the job goes on', async (test) => {
    const { folder, log, node, text } = await loggingNode(test)
    const full = { file: join(folder, 'full.log'), limitBytes: 3, isPrinted: false, linePrefix: '' }
    log.rowLog = () => full
    writeFileSync(full.file, 'full')
    const { jobId } = await node.submit(submission(PRINTING))
    assert.equal((await node.waitForEnd(jobId))?.status, 'FINISHED')
    assert.equal(await text('full.log'), 'full')
    log.rowLog = () => ({ ...full, file: folder })
    const second = await node.submit(submission(PRINTING))
    assert.equal((await node.waitForEnd(second.jobId))?.status, 'FINISHED')
  })

  it('goes when the job is not known any more', async (test) => {
    const folder = temporaryFolder(test)
    for (const name of ['job-77.log', 'job-77.log.2026-01-01-1', 'seatunnel-engine-server.log'])
      writeFileSync(join(folder, name), 'x')
    await loggingNode(test, {}, folder)
    assert.deepEqual(readdirSync(folder), ['seatunnel-engine-server.log'])
  })

  it('has no secret of the job, and the metrics have none either', async (test) => {
    const { folder, log, node } = await loggingNode(test)
    const monitor = new ProcessMonitor({ node, isMetricsEnabled: true })
    test.after(() => monitor.close())
    const secret = 'canary/s3cr3t+word'
    const text = `
env { job.retry.times = 0 }
source { FtpFile { host = "127.0.0.1", port = 1, user = u, password = "${secret}", path = "/${secret}", file_format_type = csv, schema { fields { id = int } } } }
sink { Console {} }`
    const failing = shortJob().replace('job.name = short', `job.name = "n", x.password = "${secret}"`)
    const refused = await node.submit(submission(text)).catch((thrown: unknown) => thrown)
    assert.ok(refused instanceof Error)
    log.logger('org.example.Test').error('refused', refused)
    const { jobId } = await node.submit(submission(failing.replace('rule_value = 0', 'rule_value = 100')))
    await node.waitForEnd(jobId)
    await log.flush()
    const written = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))
    assert.ok(written.length > 0)
    for (const page of [...written, monitor.metricsText('prometheus'), JSON.stringify(node.timeline(jobId))])
      assert.equal(page.includes('s3cr3t'), false, page)
  })
})
