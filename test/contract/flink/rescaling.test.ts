import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { flinkJobId } from '../../../src/rest/dialects/flink/ids.js'
import { rememberedRescaling } from '../../../src/rest/dialects/flink/rescaling.js'
import { submission } from '../../node/harness.js'
import { type ContractNode, OPEN_GROUPS, startContractNode } from '../seatunnel/contract-node.js'
import { Stage } from './stage.js'

const ENDLESS = `env { job.mode = STREAMING, parallelism = 2, checkpoint.interval = 200 }
source { FakeSource { row.num = 100000, split.num = 1000, split.read-interval = 20, schema { fields { id = bigint } } } }
transform { FieldMapper { field_mapper = { id = key } } }
sink { Assert { rules { row_rules = [{ rule_type = MIN_ROW, rule_value = 0 }] } } }`

type Json = Readonly<Record<string, unknown>>
type Requirements = Readonly<Record<string, { readonly parallelism: { lowerBound: number; upperBound: number } }>>

/** Asks as a client does, and gives the status and the body. */
async function ask(node: ContractNode, method: string, path: string, body = ''): Promise<readonly [number, unknown]> {
  const connection = await node.open('flink')
  const length = body === '' ? '' : `Content-Length: ${body.length}\r\n`
  connection.send(`${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${length}\r\n${body}`)
  const answer = await connection.answer()
  connection.socket.destroy()
  assert.ok(answer !== null)
  return [answer.status, JSON.parse(answer.body)]
}

describe('the parallelism of a running job, for clients of Flink', () => {
  it('is changed by the buttons of the dashboard and by rescaling, and tells of it as Flink does', async (test) => {
    const contract = await startContractNode('default', 'uws', {
      network: OPEN_GROUPS,
      millrace: 'flink:\n  enabled: true\n  port: 0',
    })
    test.after(() => contract.stop())
    const { node } = contract
    const stage = new Stage(node)
    const { jobId } = await node.submit(submission(ENDLESS))
    await stage.checkpointed(jobId)
    const path = `/jobs/${flinkJobId(stage.job(jobId))}`
    const states = new Set<string>()
    const shape = async (): Promise<readonly number[]> => {
      const [, job] = await ask(contract, 'GET', path)
      states.add(String((job as Json).state))
      return (job as { readonly vertices: readonly { parallelism: number }[] }).vertices.map((each) => each.parallelism)
    }
    assert.deepEqual(await shape(), [2, 2, 2])
    assert.equal(((await ask(contract, 'GET', '/config'))[1] as { features: Json }).features['web-rescale'], true)

    // Reads the requirements, changes one upper bound, and sends them back.
    const press = async (place: number, upperBound: number): Promise<void> => {
      const [, read] = await ask(contract, 'GET', `${path}/resource-requirements`)
      const changed = Object.entries(read as Requirements).map(([id, { parallelism }], index) => {
        return [id, { parallelism: index === place ? { ...parallelism, upperBound } : parallelism }]
      })
      const body = JSON.stringify(Object.fromEntries(changed))
      assert.deepEqual(await ask(contract, 'PUT', `${path}/resource-requirements`, body), [200, {}])
      await stage.until(() => node.job(jobId)?.dag.vertices[0]?.parallelism === upperBound)
      await stage.rescaled(jobId)
    }
    await press(1, 3)
    assert.deepEqual(await shape(), [3, 3, 3])
    await press(2, 1)
    assert.deepEqual(await shape(), [1, 1, 1])

    const [status, trigger] = await ask(contract, 'PATCH', `${path}/rescaling?parallelism=4`, '{}')
    const triggerId = String((trigger as Json)['request-id'])
    assert.equal(status, 200)
    await stage.until(() => node.job(jobId)?.rescales === 3)
    await stage.rescaled(jobId)
    const done = { status: { id: 'COMPLETED' }, operation: {} }
    assert.deepEqual(await ask(contract, 'GET', `${path}/rescaling/${triggerId}`), [200, done])
    assert.deepEqual(rememberedRescaling(node, stage.job(jobId), triggerId), done, 'the job itself knows it')
    assert.equal((await ask(contract, 'GET', `${path}/rescaling/${'0'.repeat(32)}`))[0], 404)
    assert.deepEqual(await shape(), [4, 4, 4])
    assert.deepEqual([...states], ['RUNNING'])

    await stage.until(() => node.checkpoints(jobId)?.restored === 3)
    const [, metrics] = await ask(contract, 'GET', `${path}/metrics?get=numRestarts,numRescales,fullRestarts`)
    assert.deepEqual(metrics, [
      { id: 'numRestarts', value: '3' },
      { id: 'numRescales', value: '3' },
      { id: 'fullRestarts', value: '0' },
    ])
    const [, exceptions] = await ask(contract, 'GET', `${path}/exceptions`)
    assert.deepEqual(exceptions, { exceptionHistory: { entries: [], truncated: false } })
    const [, checkpoints] = await ask(contract, 'GET', `${path}/checkpoints`)
    assert.equal((checkpoints as { counts: Json }).counts.restored, 3)
    const [, job] = await ask(contract, 'GET', path)
    const [vertex] = (job as { readonly vertices: readonly { id: string }[] }).vertices
    const [, details] = await ask(contract, 'GET', `${path}/vertices/${vertex?.id}`)
    const subtasks = (details as { readonly subtasks: readonly { attempt: number }[] }).subtasks
    assert.deepEqual(
      subtasks.map(({ attempt }) => attempt),
      [3, 3, 3, 3],
    )
    await stage.cancel(jobId)
    assert.equal((await ask(contract, 'PATCH', `${path}/rescaling?parallelism=2`))[0], 200)
    const [refused] = await ask(
      contract,
      'PUT',
      `${path}/resource-requirements`,
      JSON.stringify((await ask(contract, 'GET', `${path}/resource-requirements`))[1]),
    )
    assert.equal(refused, 409)
  })
})
