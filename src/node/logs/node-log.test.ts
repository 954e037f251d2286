import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { MillraceError } from '../../core/error.js'
import { FolderDisk, type LogDisk } from './log-disk.js'
import { DEFAULT_LOG_SETTINGS, type LogSettings } from './log4j2.js'
import { NodeLog, type NodeLogOptions } from './node-log.js'
import { KeptLines, temporaryFolder } from './testing.js'

const ENGINE = 'org.apache.seatunnel.engine.server.CoordinatorService'
const TIME_MS = new Date(2026, 10, 22, 1, 2, 3, 45).getTime()

function setUp(
  test: { after(remove: () => void): void },
  settings: Partial<LogSettings> = {},
  options: Partial<NodeLogOptions> = {},
) {
  const folder = temporaryFolder(test)
  const out = new KeptLines()
  const err = new KeptLines()
  const log = new NodeLog({
    folder,
    fileName: 'seatunnel-engine-server',
    settings: { ...DEFAULT_LOG_SETTINGS, ...settings },
    redact: (text) => text.replaceAll('hunter2', '******'),
    nowMs: () => TIME_MS,
    console: { out, err },
    ...options,
  })
  const file = (name: string): string => readFileSync(join(folder, name), 'utf8')
  return { folder, log, out, err, file }
}

describe('NodeLog', () => {
  it("writes lines in the original's layout, jobs to files of their own", async (test) => {
    const { log, out, err, file, folder } = setUp(test)
    log.logger(ENGINE).info('ready')
    log.logger(ENGINE, '42', 'seatunnel-coordinator-service-1').warn('slow')
    await log.flush()
    assert.deepEqual(readdirSync(folder).sort(), ['job-42.log', 'seatunnel-engine-server.log'])
    assert.equal(
      file('seatunnel-engine-server.log'),
      '[] 2026-11-22 01:02:03,045 INFO  [o.a.s.e.s.CoordinatorService  ] [main] - ready\n',
    )
    const line =
      '2026-11-22 01:02:03,045 WARN  [o.a.s.e.s.CoordinatorService  ] [seatunnel-coordinator-service-1] - slow\n'
    assert.equal(file('job-42.log'), line)
    assert.deepEqual([out.lines.length, err.lines], [1, [`[42] ${line}`]])
  })

  it('writes everything to one file with the file appender, nothing to files without one', async (test) => {
    const one = setUp(test, { files: 'file' })
    one.log.logger(ENGINE, '42').info('a')
    await one.log.flush()
    assert.deepEqual(readdirSync(one.folder), ['seatunnel-engine-server.log'])
    assert.match(one.file('seatunnel-engine-server.log'), /^\[42\] 2026/)
    const none = setUp(test, { files: 'none', isConsole: false })
    none.log.logger(ENGINE).info('a')
    await none.log.flush()
    assert.deepEqual([readdirSync(none.folder), none.out.lines], [[], []])
  })

  it('keeps lines back below the level of their logger, which can be changed', async (test) => {
    const { log, out } = setUp(test, { levels: new Map([['root', 'WARN']]) })
    const logger = log.logger(ENGINE)
    logger.info('one')
    log.setLevel('org.apache.seatunnel.engine', 'DEBUG')
    logger.debug('two')
    assert.equal(logger.isDebugEnabled, true)
    await log.flush()
    assert.deepEqual(
      out.lines.map((line) => line.slice(-4, -1)),
      ['two'],
    )
    assert.deepEqual(
      [...log.levels()],
      [
        ['root', 'WARN'],
        ['org.apache.seatunnel.engine', 'DEBUG'],
      ],
    )
  })

  it('keeps secrets out, in messages and in causes', async (test) => {
    const { log, file } = setUp(test)
    const cause = new MillraceError('CONNECTION_FAILED', "cannot log in with 'hunter2'", {
      hint: 'is hunter2 right?',
      cause: new Error('530 hunter2'),
    })
    log.logger(ENGINE).error('job with hunter2 failed', cause)
    await log.flush()
    const text = file('seatunnel-engine-server.log')
    assert.equal(text.includes('hunter2'), false)
    assert.match(
      text,
      /CONNECTION_FAILED: cannot log in with '\*{6}'\n\thint: is \*{6} right\?\n\tCaused by: Error: 530 \*{6}\n/,
    )
  })

  it('lets no text pretend to be a line, and ends with causes that lead to themselves', async (test) => {
    const { log, file } = setUp(test)
    const circle = new Error('a')
    circle.cause = circle
    log.logger(ENGINE).error('x\r\n[] 2026-11-22 01:02:03,045 INFO forged\u2028\u001b[2J\u0000', circle)
    log.logger(ENGINE).error('y'.repeat(100_000), 7)
    await log.flush()
    const lines = file('seatunnel-engine-server.log').split('\n')
    assert.equal(lines.filter((line) => line.startsWith('[')).length, 2)
    assert.equal(lines[1], '\t[] 2026-11-22 01:02:03,045 INFO forged\\u2028\\u001b[2J\\u0000')
    assert.match(lines.find((line) => line.includes('yyy')) ?? '', /… \(34466 more characters\)$/)
  })

  it('lists, reads and deletes', async (test) => {
    const { log, folder } = setUp(test)
    assert.deepEqual(await log.list(), [])
    for (const jobId of ['1', '-5', '12']) log.logger(ENGINE, jobId).info('hello')
    assert.equal(Buffer.from((await log.read('job-1.log', 6)) ?? []).toString(), 'hello\n')
    assert.equal((await log.read('job-1.log', 0))?.length, 0)
    await log.flush()
    await new FolderDisk(folder).append('job-1.log.2026-11-22-1', Buffer.from('old'))
    writeFileSync(join(folder, 'notes.txt'), 'x')
    assert.deepEqual(
      (await log.list()).map(({ name }) => name),
      ['job--5.log', 'job-1.log', 'job-1.log.2026-11-22-1', 'job-12.log'],
    )
    await log.forgetJob('1')
    assert.deepEqual(
      (await log.list()).map(({ name }) => name),
      ['job--5.log', 'job-12.log'],
    )
    await log.retainJobs((jobId) => jobId === '12')
    assert.deepEqual(readdirSync(folder).sort(), ['job-12.log', 'notes.txt'])
  })

  it('gives files of its folder only', async (test) => {
    const { log, folder } = setUp(test)
    const outside = join(temporaryFolder(test), 'secret.log')
    writeFileSync(outside, 'secret')
    symlinkSync(outside, join(folder, 'link.log'))
    mkdirSync(join(folder, 'folder.log'))
    writeFileSync(join(folder, 'folder.log', 'in.log'), 'secret')
    writeFileSync(join(folder, '.hidden.log'), 'secret')
    writeFileSync(join(folder, 'a.log'), 'x')
    for (const name of [
      '',
      '.',
      '..',
      '/',
      'none.log',
      'link.log',
      'folder.log',
      'folder.log/in.log',
      '.hidden.log',
      '../secret.log',
      '..\\secret.log',
      '%2e%2e%2fsecret.log',
      '%252e%252e/secret.log',
      outside,
      'a.log\0',
      '\0a.log',
      './a.log',
      'a.log/',
      'a.log/..',
      'a log',
      'ä.log',
      `${'a'.repeat(300)}.log`,
      'file:///etc/passwd',
      '/proc/self/environ',
      '/dev/zero',
      'a.log\n',
    ]) {
      assert.equal(await log.read(name, 100), null, name)
      assert.equal(log.follow(name, 10, new AbortController().signal), null, name)
    }
    assert.equal((await log.read('a.log', 100))?.length, 1)
  })

  it('reads nothing and lives on where no folder can be', async (test) => {
    const file = join(temporaryFolder(test), 'file')
    writeFileSync(file, '')
    const { log, out } = setUp(test, {}, { folder: join(file, 'logs') })
    assert.deepEqual([await log.list(), await log.read('a.log', 10)], [[], null])
    log.logger(ENGINE).info('goes to the console')
    await log.close()
    assert.deepEqual([log.droppedLines, out.lines.length], [1, 1])
  })

  it('says on the console that a file cannot be written', async (test) => {
    const { log, folder, err } = setUp(test)
    mkdirSync(join(folder, 'job-1.log'))
    log.logger(ENGINE, '1').info('hello')
    await log.flush()
    assert.match(
      err.lines[0] ?? '',
      /ERROR .*'job-1.log' cannot be written, its lines are dropped until it can: EISDIR/,
    )
    assert.equal(log.droppedLines, 1)
  })

  it('reads what is there while the disk is stuck', async (test) => {
    const folder = temporaryFolder(test)
    const disk = new FolderDisk(folder)
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const stuck: LogDisk = {
      append: async (name, bytes) => {
        await held
        await disk.append(name, bytes)
      },
      stat: (name) => disk.stat(name),
      names: () => disk.names(),
      rename: (from, to) => disk.rename(from, to),
      remove: (name) => disk.remove(name),
    }
    const { log } = setUp(test, {}, { folder, disk: stuck })
    writeFileSync(join(folder, 'job-1.log'), 'old\n')
    log.logger(ENGINE, '1').info('new')
    assert.equal(Buffer.from((await log.read('job-1.log', 100)) ?? []).toString(), 'old\n')
    await log.close(1)
    release()
    await log.flush()
    assert.match(readFileSync(join(folder, 'job-1.log'), 'utf8'), /new\n$/)
  })

  it('writes an id that cannot be part of a name to the file of the node', async (test) => {
    const { log, folder } = setUp(test)
    log.logger(ENGINE, '../../etc/x').info('hello')
    await log.flush()
    assert.deepEqual(readdirSync(folder), ['seatunnel-engine-server.log'])
  })
})
