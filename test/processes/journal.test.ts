import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { packageRoot } from '../../src/native/load.js'

const MODULES = join(packageRoot(), 'dist', 'src')

/** Runs code in a process with the log of a node, and gives its exit code and the log. */
function withJournal(code: string): { readonly code: number | null; readonly log: string } {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-journal-'))
  try {
    const program = `
      const { nodeJournal } = await import(${JSON.stringify(`file://${MODULES}/node-journal.js`)})
      const { loadNodeConfig } = await import(${JSON.stringify(`file://${MODULES}/config/node-config.js`)})
      const journal = nodeJournal({
        config: loadNodeConfig({}), logsFolder: process.argv[1], logProperties: null, properties: new Map(),
        role: 'master_and_worker', now: Date.now,
      })
      ${code}
      await new Promise((resolve) => setTimeout(resolve, 20))
      await journal.close()
    `
    const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', program, folder], { stdio: 'ignore' })
    return { code: status, log: readFileSync(join(folder, 'seatunnel-engine-server.log'), 'utf8') }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

describe('the log of a node', () => {
  it('gets and counts failures that nobody waited for, and the node goes on', () => {
    const { code, log } = withJournal(`
      Promise.reject(new Error('first'))
      Promise.reject(new Error('second'))`)
    assert.equal(code, 0)
    assert.match(log, /ERROR .* number 1 since the start[\s\S]*first[\s\S]*number 2 since the start[\s\S]*second/)
  })

  it('gets what was thrown outside of any promise, and the node ends with 1', () => {
    const { code, log } = withJournal(`setTimeout(() => { throw new Error('loose') }, 1)`)
    assert.equal(code, 1)
    assert.match(log, /ERROR .*the node ends because of a failure that nobody caught[\s\S]*loose/)
  })
})
