import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { FLINK_OPERATIONS } from '../../../src/rest/dialects/flink/operations.js'
import { FlinkNode } from '../../interop/flink/flink-node.js'
import { fetched } from '../../support/fetched.js'
import { temporaryFolder } from '../../support/served-node.js'
import { correctedOpenApi } from './corrected-openapi.js'
import { type RecordedFlink, SKIP_FLINK } from './recordings.js'

const IS_LONG = process.env.MILLRACE_TEST === 'long'
/** Made-up requests of one kind for one operation. */
const EXAMPLES = IS_LONG ? 300 : 8
/** Seconds; whatever is not tried by then stays untried. */
const LONGEST_S = IS_LONG ? 400 : 60
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
]

type Json = { [member: string]: unknown }
interface Parameter extends Json {
  readonly name: string
  readonly in: string
}

/** A reason to skip, or `false`. */
function missingFuzzer(): string | false {
  const found = fetched('python.mjs', 'flink')
  return 'reason' in found ? `no Python for made-up requests: ${found.reason}` : false
}

/** Refuses members that a schema of an answer does not name. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== 'object' || schema === null) return schema
  const inner = Object.fromEntries(Object.entries(schema).map(([name, each]) => [name, closed(each)]))
  const isObject = inner.type === 'object' && inner.properties !== undefined && inner.additionalProperties === undefined
  return isObject ? { ...inner, additionalProperties: false } : inner
}

/** Ids that there are, so that not every request asks for nothing. */
async function realValues(node: FlinkNode): Promise<Readonly<Record<string, readonly unknown[]>>> {
  const jobid = [
    await node.run('endless'),
    await node.run('endless'),
    await node.run('batch'),
    await node.run('failing'),
  ]
  const { vertices } = (await node.json(`/jobs/${jobid[0]}`)) as { vertices: readonly { readonly id: string }[] }
  const { taskmanagers } = (await node.json('/taskmanagers')) as { taskmanagers: readonly { readonly id: string }[] }
  const first = [0]
  const ids = { jobid, vertexid: vertices.map(({ id }) => id), taskmanagerid: taskmanagers.map(({ id }) => id) }
  return { ...ids, subtaskindex: first, attempt: first, checkpointid: [1, 2] }
}

/** The description with the ids that there are, and without what is not built. */
function prepared(document: Json, real: Readonly<Record<string, readonly unknown[]>>): Json {
  const paths = document.paths as Record<string, Record<string, { readonly parameters?: Parameter[] }>>
  for (const { method, path, fidelity } of FLINK_OPERATIONS) {
    const item = paths[path.replaceAll(/:(\w+)/g, '{$1}')]
    if (item !== undefined && fidelity === 'not yet') delete item[method.toLowerCase()]
  }
  for (const { parameters = [] } of Object.values(paths).flatMap((item) => Object.values(item)))
    for (const parameter of parameters) {
      const known = parameter.in === 'path' ? real[parameter.name] : undefined
      if (known !== undefined) parameter.schema = { anyOf: [{ enum: known }, parameter.schema] }
    }
  return document
}

/** Sends made-up requests for every operation. @returns what is wrong with the answers, as it was printed. */
async function fuzz(test: TestContext, node: FlinkNode, document: Json): Promise<{ exitCode: number; output: string }> {
  const found = fetched('python.mjs', 'flink')
  assert.ok('path' in found)
  const folder = temporaryFolder(test, 'millrace-fuzz-')
  const file = join(folder, 'openapi.json')
  writeFileSync(file, JSON.stringify(prepared(document, await realValues(node))))
  // uWebSockets.js lets a method that it does not know wait for ten seconds before it closes the connection.
  writeFileSync(join(folder, 'schemathesis.toml'), '[phases.coverage]\nunexpected-methods = []\n')
  const limits = ['--max-examples', String(EXAMPLES), '--request-timeout', '20', '--seed', '1', '--no-shrink']
  const quiet = ['--suppress-health-check', 'all', '--warnings', 'off', '--continue-on-failure', '--no-color']
  const args = ['run', file, '--url', `http://${node.address}`, '--checks', CHECKS.join(), ...limits, ...quiet]
  const child = spawn(join(dirname(found.path), 'st'), args, {
    cwd: folder,
    env: { ...process.env, PYTHONIOENCODING: 'utf-8', COLUMNS: '160' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LONGEST_S * 1000,
  })
  const output: string[] = []
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => output.push(text))
  const [code] = (await once(child, 'close')) as [number | null]
  return { exitCode: code ?? -1, output: output.join('') }
}

/** What was wrong, and a summary as a diagnostic. */
function assertClean(test: TestContext, { exitCode, output }: { exitCode: number; output: string }): void {
  const [generated = ''] = /\d+ generated.*/.exec(output) ?? []
  test.diagnostic(generated)
  const at = output.indexOf('FAILURES')
  assert.equal(exitCode, 0, at === -1 ? output.slice(-4000) : output.slice(at, at + 8000))
  assert.ok(Number.parseInt(generated, 10) > 1000, output.slice(-2000))
}

for (const profile of ['2.1', '1.20'] as const satisfies readonly RecordedFlink[]) {
  test(`made-up requests get answers that our description has, profile ${profile}`, {
    skip: missingFuzzer(),
  }, async (context) => {
    const node = await FlinkNode.start(context, profile, profile === '2.1' ? 'uws' : 'node')
    const document = (await node.json('/openapi.json')) as Json
    assertClean(context, await fuzz(context, node, closed(document) as Json))
  })
}

test("made-up requests get answers that Flink's corrected description has", {
  skip: missingFuzzer() || SKIP_FLINK,
}, async (context) => {
  const node = await FlinkNode.start(context, '2.1', 'node')
  assertClean(context, await fuzz(context, node, correctedOpenApi()))
})
