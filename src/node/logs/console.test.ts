import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'

const MODULE = new URL('./console.js', import.meta.url).href

/** A program that writes lines to standard output and ends. */
function program(lines: number, isPatient: boolean): string[] {
  const text = `
const { consoleTarget } = await import(${JSON.stringify(MODULE)})
const written = consoleTarget(1).write(Array.from({ length: ${lines} }, (_, index) => index + '\\n'))
if (${isPatient}) await written
else await new Promise((resolve) => setTimeout(resolve, 50))
process.exit(7)`
  return ['--input-type=module', '-e', text]
}

const ended = (child: ReturnType<typeof spawn>): Promise<number | null> =>
  new Promise((resolve) => child.on('exit', (code) => resolve(code)))

describe('the console', () => {
  it('does not keep the process from ending when nobody reads its socket', { timeout: 30_000 }, async (test) => {
    const child = spawn(process.execPath, program(1_000_000, false), { stdio: ['ignore', 'pipe', 'inherit'] })
    test.after(() => child.kill('SIGKILL'))
    assert.equal(await ended(child), 7)
  })

  it('does not keep the process from ending when nobody reads its pipe', { timeout: 30_000 }, async (test) => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-console-'))
    test.after(() => rmSync(folder, { recursive: true }))
    const path = join(folder, 'pipe')
    assert.equal(spawnSync('mkfifo', [path]).status, 0)
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const writer = openSync(path, constants.O_WRONLY)
    const child = spawn(process.execPath, program(1_000_000, false), { stdio: ['ignore', writer, 'inherit'] })
    test.after(() => child.kill('SIGKILL'))
    assert.equal(await ended(child), 7)
    for (const descriptor of [reader, writer]) closeSync(descriptor)
  })

  it('writes everything to a reader that is slow', async () => {
    const child = spawn(process.execPath, program(100_000, true), { stdio: ['ignore', 'pipe', 'inherit'] })
    const exit = ended(child)
    let text = ''
    for await (const chunk of child.stdout) {
      text += chunk
      await new Promise(setImmediate)
    }
    assert.equal(await exit, 7)
    assert.equal(text, Array.from({ length: 100_000 }, (_, index) => `${index}\n`).join(''))
  })

  it('goes on where a file ends', async (test) => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-console-'))
    test.after(() => rmSync(folder, { recursive: true }))
    const file = openSync(join(folder, 'out'), 'a')
    for (const lines of [2, 3]) {
      assert.equal(
        await ended(spawn(process.execPath, program(lines, true), { stdio: ['ignore', file, 'inherit'] })),
        7,
      )
    }
    closeSync(file)
    assert.equal(readFileSync(join(folder, 'out'), 'utf8'), '0\n1\n0\n1\n2\n')
  })
})
