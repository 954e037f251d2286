import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { describe, it } from 'node:test'
import { ROOT } from './layers.js'

/** What never belongs into the tree, put together from pieces so that this file is clean. */
const FORBIDDEN: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['a path of one machine', new RegExp(`(?<![\\w.@/}-])/(?:${['work', 'home', 'root', 'Users'].join('|')})/[\\w.-]`)],
  [
    'the host of one package registry',
    new RegExp(['registry\\.npm', 'js\\.org', '|artifac', 'tory|verd', 'accio'].join('')),
  ],
  ['a section of a paper that is not in the tree', new RegExp(`${'contract'} §`)],
]

/** The lock file names the public registry for every package; the other paths are data. */
const EXEMPT = /^(package-lock\.json|LICENSE|test\/golden\/|bench\/results\/)/

const BINARY = new Set(['.png', '.parquet', '.zip', '.gz', '.tar', '.orc', '.xlsx', '.lzo', '.bin'])

/** The text files that Git tracks or would track. */
function textFiles(): string[] {
  const list = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  return list
    .split('\n')
    .filter((path) => path !== '' && path !== 'node_modules' && !EXEMPT.test(path) && !BINARY.has(extname(path)))
}

/** What a text holds of the forbidden, as `line: name`. */
function findings(text: string): string[] {
  return text
    .split('\n')
    .flatMap((line, index) =>
      FORBIDDEN.filter(([, pattern]) => pattern.test(line)).map(([name]) => `${index + 1}: ${name}`),
    )
}

/** Whether the tree is a Git work tree; a packed copy is not. */
function isWorkTree(): boolean {
  try {
    execFileSync('git', ['rev-parse', '--is-inside-work-tree'], { cwd: ROOT, stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe('the words of the tree', () => {
  it('hold no path or host of one machine', { skip: isWorkTree() ? false : 'not a Git work tree' }, () => {
    const faults = textFiles().flatMap((path) => {
      try {
        return findings(readFileSync(join(ROOT, path), 'utf8')).map((finding) => `${path}:${finding}`)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
        throw error
      }
    })
    assert.deepEqual(faults, [])
  })

  it('are looked at with patterns that find what they are for', () => {
    const slash = '/'
    assert.deepEqual(findings(`see ${slash}work${slash}main`), ['1: a path of one machine'])
    assert.deepEqual(findings(`const home = '${slash}home${slash}me'`), ['1: a path of one machine'])
    assert.deepEqual(findings('the network of the work/home balance, https://example.org/home/page'), [])
  })
})
