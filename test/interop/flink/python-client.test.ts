import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ROOT } from '../../conventions/layers.js'
import { fetched } from '../../support/fetched.js'
import { temporaryFolder } from '../../support/served-node.js'
import { FlinkNode, UNKNOWN_ID } from './flink-node.js'

const PACKAGE = `env { job.name = packaged, parallelism = 1 }
source { FakeSource { row.num = \${rows}, schema { fields { id = bigint } }, plugin_output = fake } }
sink { Assert { rules { row_rules = [{ rule_type = MIN_ROW, rule_value = 7 }, { rule_type = MAX_ROW, rule_value = 7 }] } } }`

const found = fetched('python.mjs', 'flink')
const skip = 'reason' in found ? `no Python for Flink's API: ${found.reason}` : false

test('the Python package flink-rest-client works with a node', { skip }, async (context) => {
  assert.ok('path' in found)
  const node = await FlinkNode.start(context, '2.1', 'uws')
  const file = join(temporaryFolder(context), 'packaged.jar')
  writeFileSync(file, PACKAGE)
  const [running, failed] = [await node.run('endless'), await node.run('failing')]
  const script = join(ROOT, 'test', 'interop', 'flink', 'rest_client.py')
  const args = ['-B', '-I', script, String(node.port), running, failed, file, 'rows=7']
  // The node is in this process: it has to go on meanwhile.
  const child = spawn(found.path, args, { env: { ...process.env, NO_PROXY: '*' } })
  const [output, errors] = [[] as string[], [] as string[]]
  child.stdout.setEncoding('utf8').on('data', (text: string) => output.push(text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text))
  const [code] = (await once(child, 'close')) as [number]
  assert.equal(code, 0, errors.join(''))
  const { jobs, ...read } = JSON.parse(output.join('')) as { readonly jobs: readonly string[] }
  assert.ok(jobs.includes(running) && jobs.includes(failed) && jobs.length === 3)
  assert.deepEqual(read, {
    overview: 1,
    features: ['web-cancel', 'web-history', 'web-rescale', 'web-submit'],
    datasets: [],
    state: 'RUNNING',
    config: running,
    exceptions: 1,
    result: 'COMPLETED',
    plan: 2,
    metrics: ['uptime'],
    'over jobs': ['uptime'],
    accumulators: ['job-accumulators', 'serialized-user-task-accumulators', 'user-task-accumulators'],
    checkpointing: 100,
    checkpoint: 'COMPLETED',
    vertex: true,
    'vertex metrics': true,
    'back pressure': (read as { readonly 'back pressure'?: string })['back pressure'] ?? '',
    times: 1,
    places: true,
    watermarks: [],
    subtasks: [0],
    subtask: 0,
    attempt: 0,
    'attempt counters': 0,
    manager: true,
    threads: true,
    load: true,
    settings: true,
    log: true,
    submitted: 'FINISHED',
    packages: ['packaged.jar'],
    savepoint: ['location'],
    terminated: true,
    unknown: `REST response error (404): Job ${UNKNOWN_ID} not found\nJOB_NOT_FOUND`,
    over: 'CANCELED',
  })
})
