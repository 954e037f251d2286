import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { ROOT } from '../conventions/layers.js'
import { missingPython, runPython } from './python.js'

describe('the Python of the interoperability tests', { skip: missingPython() }, () => {
  it('has the packages of its requirements', () => {
    assert.equal(runPython('versions.py', []), readFileSync(join(ROOT, 'test', 'interop', 'requirements.txt'), 'utf8'))
  })

  it('is the same for processes that ask at once', async () => {
    const ask = () =>
      new Promise<string>((resolve, reject) => {
        const child = spawn(process.execPath, [join(ROOT, 'scripts', 'python.mjs')])
        let out = ''
        child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
        child.once('error', reject).once('close', () => resolve(out))
      })
    const answers = await Promise.all([ask(), ask(), ask()])
    assert.match(answers[0] ?? '', /interop-venv/)
    assert.equal(new Set(answers).size, 1)
  })

  it('says what a failing file said', () => {
    assert.throws(() => runPython('no_such_file.py', []), /no_such_file\.py/)
  })
})
