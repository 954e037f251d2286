import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  accessSync,
  constants,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { kernelBackend } from '../../src/native/load.js'
import { PLUGINS } from '../../src/plugins.generated.js'
import { ROOT } from '../conventions/layers.js'

/** A case of the suite, as far as it matters for choosing. */
interface SuiteCase {
  readonly id: string
  readonly features: readonly string[]
  readonly skip?: string
  readonly requires?: readonly string[]
  readonly runFor?: number
}

/** What the runner says of one case. */
interface CaseResult {
  readonly id: string
  readonly status: 'PASS' | 'FAIL' | 'SKIP' | 'BLOCKED'
  readonly reason: string
  readonly lastError: string
}

/** Where the suite may lie; a work tree is one folder deeper than a clone. */
const FOLDERS =
  process.env.MILLRACE_SHARED === undefined ? ['../shared', '../../shared'] : [process.env.MILLRACE_SHARED]
const SUITES = FOLDERS.map((folder) => resolve(ROOT, folder, 'conformance'))
const SUITE = SUITES.find((folder) => existsSync(join(folder, 'run.py'))) ?? SUITES[0] ?? ''

/** Cases at a time: more than there are cores, because streaming cases mostly wait. */
const JOBS = 6

/** Folders that the suite's job files name; the runner makes them and takes them away again. */
const WRITES_TO = ['/', '/tmp'] as const

const NEEDS: Readonly<Record<string, string>> = {
  'inmemory-sink': "need the sink of SeaTunnel's test jar",
  'cluster-config': 'need a running node with a cluster configuration',
  'jvm-java': 'compile Java',
  'jvm-groovy': 'compile Groovy',
}

/** The plug-ins and codecs of this build, in the words of the suite's features. */
function availableFeatures(): ReadonlySet<string> {
  const kinds: Readonly<Record<string, string>> = { source: 'source', sink: 'sink', transform: 'tr' }
  const plugins = PLUGINS.flatMap(({ kind, name }) => (kind in kinds ? [`${kinds[kind]}:${featureName(name)}`] : []))
  const codecs = kernelBackend().describe().codecs
  const formats = PLUGINS.filter(({ kind }) => kind === 'format').flatMap(({ name }) => {
    const codec = codecs.find((candidate) => candidate.name === name)
    return codec?.reads === true && codec.writes ? [`fmt:${name}`] : []
  })
  return new Set([...plugins, ...formats, 'compress:zip', 'compress:tar', 'compress:tar_gz', 'compress:lzo'])
}

/** The suite writes names in lower case, and one with a slip. */
function featureName(plugin: string): string {
  return plugin === 'RowKindExtractor' ? 'rowkindextractor' : plugin.toLowerCase()
}

/** Why a case cannot run here, or `null`. */
function reasonToLeaveOut(suiteCase: SuiteCase, available: ReadonlySet<string>): string | null {
  if (suiteCase.skip !== undefined) return suiteCase.skip
  const [need] = suiteCase.requires ?? []
  if (need !== undefined) return NEEDS[need] ?? `need ${need}`
  const missing = suiteCase.features.filter(
    (feature) => /^(source|sink|tr|fmt|compress):/.test(feature) && !available.has(feature),
  )
  return missing.length === 0 ? null : `this build has no ${missing.map(featureText).join(' and no ')}`
}

function featureText(feature: string): string {
  const [kind = '', name = ''] = feature.split(':')
  const word = { source: 'source', sink: 'sink', tr: 'transform', fmt: 'format', compress: 'codec' }[kind] ?? kind
  return `${word} '${name}'`
}

/** Why nothing of the suite can run here, or `false`. */
function reasonToSkip(): string | false {
  if (!existsSync(join(SUITE, 'run.py'))) return `there is no ${SUITE}; MILLRACE_SHARED may name the folder above it`
  if (spawnSync('python3', ['--version']).status !== 0) return 'there is no python3'
  if (!existsSync(join(ROOT, 'dist', 'bundle', 'main.js'))) return 'there is no dist/bundle/main.js, run npm run build'
  for (const folder of WRITES_TO) {
    try {
      accessSync(folder, constants.W_OK)
    } catch {
      return `'${folder}' cannot be written, and the job files name folders there`
    }
  }
  return false
}

/**
 * A copy of the runner that sees some cases only: it looks for everything beside itself.
 *
 * @returns its folder, removed with the test.
 */
function runnerFor(test: TestContext, cases: readonly SuiteCase[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-conformance-'))
  test.after(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'run.py'), readFileSync(join(SUITE, 'run.py')))
  symlinkSync(join(SUITE, 'suite'), join(folder, 'suite'))
  writeFileSync(join(folder, 'cases.json'), JSON.stringify(cases))
  return folder
}

/** Runs cases and gives the runner's results by id; `null` while another run uses the same folders. */
async function runCases(test: TestContext, cases: readonly SuiteCase[]): Promise<readonly CaseResult[] | null> {
  const folder = runnerFor(test, cases)
  const results = join(folder, 'results.json')
  const command = `${join(ROOT, 'bin', 'seatunnel.sh')} --config {conf} -m local`
  const args = ['run.py', '--cmd', command, '--negative', '--jobs', String(JOBS), '--out', results]
  const child = spawn('python3', args, { cwd: folder, stdio: 'pipe' })
  const output = collect(child)
  await new Promise((resolve_, reject) => child.once('close', resolve_).once('error', reject))
  if (output().includes('is using these paths')) return null
  assert.ok(existsSync(results), `the runner ended without results:\n${output()}`)
  return (JSON.parse(readFileSync(results, 'utf8')) as { results: readonly CaseResult[] }).results
}

function collect(child: ChildProcess): () => string {
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (chunk) => (text += chunk))
  return () => text.slice(-4000)
}

function failures(results: readonly CaseResult[]): string[] {
  return results
    .filter((result) => result.status !== 'PASS')
    .map((result) => `${result.status} ${result.id}: ${result.reason}${result.lastError && `\n  ${result.lastError}`}`)
}

describe("SeaTunnel's own job files run as they do there", { skip: reasonToSkip() }, () => {
  const cases = existsSync(SUITE) ? (JSON.parse(readFileSync(join(SUITE, 'cases.json'), 'utf8')) as SuiteCase[]) : []
  const available = cases.length === 0 ? new Set<string>() : availableFeatures()
  const reasons = new Map(cases.map((suiteCase) => [suiteCase, reasonToLeaveOut(suiteCase, available)]))
  const chosen = cases.filter((suiteCase) => reasons.get(suiteCase) === null)

  it('say which of them this build cannot run', (test) => {
    const counts = new Map<string, number>()
    for (const reason of reasons.values()) if (reason !== null) counts.set(reason, (counts.get(reason) ?? 0) + 1)
    for (const [reason, count] of counts) test.diagnostic(`${count} left out: ${reason}`)
    test.diagnostic(`${chosen.length} of ${cases.length} are run`)
    assert.ok(chosen.length >= 45, `only ${chosen.length} of ${cases.length} can be run`)
  })

  it('with the result they name, and with a failure where a copy of them must fail', async (test) => {
    // Those that run longest come first, so that the others fill the time.
    const ordered = chosen.toSorted((left, right) => (right.runFor ?? 0) - (left.runFor ?? 0))
    const results = await runCases(test, ordered)
    if (results === null) return test.skip('another run of the suite uses its folders')
    assert.deepEqual(failures(results), [])
    assert.equal(results.length, chosen.length)
  })
})
