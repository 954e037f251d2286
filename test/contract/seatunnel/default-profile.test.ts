import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { TransportKind } from '../../../src/rest/transport/listener.js'
import type { RawAnswer } from '../../rest/raw-client.js'
import { type ContractNode, startContractNode } from './contract-node.js'

const MAPS = '/hazelcast/rest/maps'
const job = (env: string, rows = 100) =>
  `{"env":{${env}},"source":[{"plugin_name":"FakeSource","result_table_name":"fake","row.num":${rows},"schema":{"fields":{"name":"string","age":"int"}}}],"transform":[],"sink":[{"plugin_name":"Console","source_table_name":["fake"]}]}`
const BATCH = job('"job.mode":"batch"')
const STREAM = job('"job.mode":"STREAMING","job.name":"stream"', 5)

/** The metrics of a job of 5 rows, with the rates and times of a run taken out. */
const METRICS =
  '{"TableSourceReceivedCount":{"fake":"5"},"TableSourceReceivedQPS":{"fake":"R"},"TableSinkWriteQPS":{"fake":"R"},' +
  '"TableSinkWriteCount":{"fake":"5"},"SinkWriteCount":"5","SinkWriteBytesPerSeconds":"R","TableSinkWriteBytesPerSeconds":{"fake":"R"},' +
  '"SinkWriteQPS":"R","SourceReceivedBytes":"B","SourceReceivedBytesPerSeconds":"R","SourceReceivedCount":"5","SourceReceivedQPS":"R",' +
  '"TableSourceReceivedBytesPerSeconds":{"fake":"R"},"TableSourceReceivedBytes":{"fake":"B"},"SinkWriteBytes":"B","TableSinkWriteBytes":{"fake":"B"},' +
  '"SinkCommittedCount":"5","SinkCommittedQPS":"R","SinkCommittedBytes":"B","SinkCommittedBytesPerSeconds":"R",' +
  '"TableSinkCommittedCount":{"fake":"5"},"TableSinkCommittedQPS":{"fake":"R"},"TableSinkCommittedBytes":{"fake":"B"},' +
  '"TableSinkCommittedBytesPerSeconds":{"fake":"R"},"IntermediateQueueSize":"0","sourceReceivedCount":"5","sinkWriteCount":"5"}'
const DAG =
  '"jobId":"7","pipelineEdges":{"1":[{"inputVertexId":"1","targetVertexId":"2"}]},"envOptions":{"job.mode":"BATCH","job.name":"golden"},' +
  '"vertexInfoMap":[{"vertexId":1,"type":"source","vertexName":"pipeline-1 [Source[0]-FakeSource]","tablePaths":["fake"]},' +
  '{"vertexId":2,"type":"sink","vertexName":"pipeline-1 [Sink[0]-Console-MultiTableSink]","tablePaths":["fake"]}]'
const FINISHED = `{"jobId":"7","jobName":"golden","jobStatus":"FINISHED","errorMsg":null,"createTime":"T","finishTime":"T","jobDag":{${DAG}},"pluginJarsUrls":[],"metrics":${METRICS}}`

/** A text without what a run decides. */
function withoutRun(text: string): string {
  return text
    .replaceAll(/"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"/g, '"T"')
    .replaceAll(/(QPS|PerSeconds)":("|\{"fake":")[\d.E-]+"/g, '$1":$2R"')
    .replaceAll(/Bytes":("|\{"fake":")\d+"/g, 'Bytes":$1B"')
}

for (const transport of ['uws', 'node'] as const satisfies readonly TransportKind[]) {
  describe(`the default profile over ${transport}`, () => {
    let node: ContractNode
    before(async () => {
      node = await startContractNode('default', transport)
    })
    after(async () => {
      await node.stop()
    })

    const ask = async (api: 'v1' | 'v2', method: string, path: string, body?: string): Promise<RawAnswer | null> => {
      const connection = await node.open(api)
      try {
        const length = body === undefined ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`
        connection.send(`${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${length}\r\n${body ?? ''}`)
        return await connection.answer()
      } finally {
        connection.socket.destroy()
      }
    }
    const apis = [
      ['v1', MAPS],
      ['v2', ''],
    ] as const

    it('runs a job and shows what it wrote', async () => {
      for (const [api, base] of apis) {
        const submitted = await ask(api, 'POST', `${base}/submit-job`, BATCH)
        assert.match(submitted?.body ?? '', /^\{"jobId":"\d{15,}","jobName":"SeaTunnel_Job"\}$/)
        const { jobId } = JSON.parse(submitted?.body ?? '')
        await node.node.waitForEnd(jobId)
        const { jobStatus, metrics } = JSON.parse((await ask(api, 'GET', `${base}/job-info/${jobId}`))?.body ?? '')
        assert.deepEqual([jobStatus, metrics.SinkWriteCount, metrics.sinkWriteCount], ['FINISHED', '100', '100'])
      }
    })

    it('shows an ended job exactly so', async () => {
      const body = job('"job.mode":"BATCH","job.name":"golden"', 5)
      assert.equal(
        (await ask('v1', 'POST', `${MAPS}/submit-job?jobId=7`, body))?.body,
        '{"jobId":"7","jobName":"golden"}',
      )
      await node.node.waitForEnd('7')
      for (const [api, base] of apis) {
        for (const name of ['job-info', 'running-job'])
          assert.equal(withoutRun((await ask(api, 'GET', `${base}/${name}/7`))?.body ?? ''), FINISHED)
      }
    })

    it('takes one id once: while it runs nothing happens, and when it has ended it is refused', async () => {
      const path = `${MAPS}/submit-job?jobId=4711`
      await ask('v1', 'POST', path, STREAM)
      const again = await ask('v1', 'POST', `${path}&jobName=again`, STREAM)
      assert.deepEqual([again?.status, again?.body], [200, '{"jobId":"4711","jobName":"again"}'])
      assert.equal(node.node.runningJobs().filter(({ jobId }) => jobId === '4711').length, 1)
      await ask('v1', 'POST', `${MAPS}/stop-job`, '{"jobId":4711}')
      await node.node.waitForEnd('4711')
      const ended = await ask('v1', 'POST', path, STREAM)
      assert.equal(ended?.status, 500)
      assert.match(
        ended?.body ?? '',
        /The job id 4711 has already been submitted and is not starting with a savepoint\./,
      )
    })

    it('says which option is wrong, and where', async () => {
      const answer = await ask('v2', 'POST', '/submit-job', BATCH.replace('"row.num":100', '"row.num":"many"'))
      const { status, message, code, where, hint } = JSON.parse(answer?.body ?? '')
      assert.deepEqual([answer?.status, status], [500, 'fail'])
      assert.match(message, /Unable to create a source for identifier 'FakeSource'\. .*row\.num/)
      assert.equal(code, 'OPTION_TYPE')
      assert.match(where, /^source\[0\]\.row\.num at line 1, column \d+$/)
      assert.equal(typeof hint, 'string')
    })

    it('takes hocon, what is sent as a form, PUT for tags on both APIs', async () => {
      const hocon =
        'env { job.mode = BATCH }\nsource { FakeSource { schema { fields { a = int } } } }\nsink { Console {} }'
      assert.equal((await ask('v2', 'POST', '/submit-job?format=hocon', hocon))?.status, 200)
      for (const [api, base] of apis)
        assert.equal(
          (await ask(api, 'PUT', `${base}/update-tags`, '{}'))?.body,
          '{"status":"success","message":"update node tags done."}',
        )
    })

    it('has the native API, probes and metrics on every port', async () => {
      for (const [api] of apis) {
        assert.equal((await ask(api, 'GET', '/healthz'))?.body, '{"status":"ok"}')
        assert.equal(JSON.parse((await ask(api, 'GET', '/api/v1/node'))?.body ?? '').clusterName, 'seatunnel')
        assert.equal(JSON.parse((await ask(api, 'GET', '/openapi.json'))?.body ?? '').openapi, '3.1.0')
      }
      const page = await ask('v2', 'GET', '/metrics')
      assert.match(page?.body ?? '', /^cluster_info\{/m)
      assert.ok(page?.headers.some(([, value]) => value === 'text/plain; version=0.0.4; charset=utf-8'))
    })
  })
}
