import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { putFile, temporaryFolder } from '../../src/files/testing.js'
import { csvRows, csvSink, csvSource } from '../jobs/harness.js'
import { submission, testNode } from './harness.js'

const SCRIPT = `
source { FakeSource { row.num = 1, schema { fields { id = bigint } }, plugin_output = a } }
transform { DynamicCompile { plugin_input = a, plugin_output = b, compile_language = JAVASCRIPT, compile_pattern = SOURCE_CODE, source_code = "x" } }
sink { Console { plugin_input = [b] } }`

describe('jobs that come over REST', () => {
  it('read and write only where they may', async (test) => {
    const folder = temporaryFolder(test)
    putFile(`${folder}/data/in/a.csv`, csvRows(3))
    putFile(`${folder}/own/in/a.csv`, csvRows(3))
    const files = { allowed: null, forbidden: [`${folder}/own`] }
    const node = await testNode(test, '', { restPolicy: { files, allowsUserCode: true } })
    const job = (from: string, to: string): string => `source { ${csvSource(from)} }\nsink { ${csvSink(to)} }`
    const own = job(`${folder}/own/in`, `${folder}/data`)
    await assert.rejects(node.submit(submission(own)), /belongs to the node/)
    const { jobId } = await node.submit(submission(job(`${folder}/data/in`, `${folder}/data`)))
    assert.equal((await node.waitForEnd(jobId))?.status, 'FINISHED')
    const writes = job(`${folder}/data/in`, `${folder}/own`)
    await assert.rejects(node.submit(submission(writes)), /belongs to the node/)
    const { jobId: local } = await node.submit(submission(own, { origin: 'cli' }))
    assert.equal((await node.waitForEnd(local))?.status, 'FINISHED')
  })

  it('bring code of their own only where they may', async (test) => {
    const files = { allowed: null, forbidden: [] }
    const node = await testNode(test, '', { restPolicy: { files, allowsUserCode: false } })
    await assert.rejects(node.submit(submission(SCRIPT)), /may not bring code of their own/)
    await assert.rejects(node.submit(submission(SCRIPT, { origin: 'cli' })), (error: Error) => {
      return !error.message.includes('may not bring code')
    })
  })
})
