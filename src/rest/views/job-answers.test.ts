import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CREATED_AT_MS, jobView, SIMPLE_FLOW } from '../../../test/rest/fake-node.js'
import { WIRE_PROFILES } from '../profile.js'
import { EndedJobs } from './ended-jobs.js'
import { JobAnswers } from './job-answers.js'
import { endedJobJson, runningJobJson } from './job-json.js'
import { metricsJson } from './metrics-json.js'

const HEAD = '"jobId":"733584788375666689","jobName":"rest_api_test","jobStatus"'
const ENV = '{"job.mode":"BATCH","parallelism":"2"}'
const VERTICES =
  '"vertices":[{"id":1,"name":"Source[0]-FakeSource(id=1)","parallelism":1},{"id":3,"name":"Sink[0]-Console-MultiTableSink(id=3)","parallelism":1}],"edges":[{"inputVertex":"Source[0]-FakeSource","targetVertex":"Sink[0]-Console-MultiTableSink"}]'
const PIPELINES = `"jobId":"733584788375666689","pipelineEdges":{"1":[{"inputVertexId":"1","targetVertexId":"2"}]},"envOptions":${ENV},"vertexInfoMap":[{"vertexId":1,"type":"source","vertexName":"pipeline-1 [Source[0]-FakeSource]","tablePaths":["fake"]},{"vertexId":2,"type":"sink","vertexName":"pipeline-1 [Sink[0]-Console-MultiTableSink]","tablePaths":["fake"]}]`
const TYPED =
  '{"jobId":733584788375666689,"pipelineEdges":{"1":[{"inputVertexId":1,"targetVertexId":2}]},"vertexInfoMap":{"1":{"vertexId":1,"type":"SOURCE","connectorType":"pipeline-1 [Source[0]-FakeSource]"},"2":{"vertexId":2,"type":"SINK","connectorType":"pipeline-1 [Sink[0]-Console-MultiTableSink]"}}}'

describe('a running job', () => {
  const tail = (dag: string, metrics: string) =>
    `"createTime":"2024-10-23 10:00:00","jobDag":{${dag}},"pluginJarsUrls":[],"isStartWithSavePoint":false,"metrics":${metrics}}`

  it('has both shapes of the graph in the default profile', () => {
    const profile = WIRE_PROFILES.default
    const metrics = metricsJson(SIMPLE_FLOW, 'all')
    const text = `{${HEAD}:"RUNNING","envOptions":${ENV},${tail(`${PIPELINES},${VERTICES}`, metrics)}`
    assert.equal(runningJobJson(jobView(), profile, true), text)
    JSON.parse(text)
  })

  it('has no env on v1 of 2.3.9', () => {
    const metrics = metricsJson(SIMPLE_FLOW, 'sixteen')
    const text = `{${HEAD}:"RUNNING",${tail(PIPELINES, metrics)}`
    assert.equal(runningJobJson(jobView(), WIRE_PROFILES['2.3.9'], false), text)
  })

  it('has vertices and two counters in 2.3.4', () => {
    const metrics = '{"SourceReceivedCount":"5","SinkWriteCount":"5"}'
    const text = `{${HEAD}:"RUNNING","envOptions":${ENV},${tail(VERTICES, metrics)}`
    assert.equal(runningJobJson(jobView(), WIRE_PROFILES['2.3.4'], true), text)
  })
})

describe('an ended job', () => {
  it('says why it failed', () => {
    const view = jobView({ status: 'FAILED', failure: { text: 'first\nsecond', errors: [] } })
    const text = `{${HEAD}:"FAILED","errorMsg":"first\\nsecond","createTime":"2024-10-23 10:00:00","finishTime":"2024-10-23 10:00:05","jobDag":{${PIPELINES}},"pluginJarsUrls":[],"metrics":${metricsJson(SIMPLE_FLOW, 'sixteen')}}`
    assert.equal(endedJobJson(view, WIRE_PROFILES['2.3.9']), text)
  })

  it('has numbers in its graph in 2.3.4', () => {
    const text = `{${HEAD}:"FINISHED","errorMsg":null,"createTime":"2024-10-23 10:00:00","finishTime":"2024-10-23 10:00:05","jobDag":${TYPED},"metrics":{"SourceReceivedCount":"5","SinkWriteCount":"5"}}`
    assert.equal(endedJobJson(jobView({ status: 'FINISHED' }), WIRE_PROFILES['2.3.4']), text)
  })
})

describe('metrics', () => {
  it('are texts; rates are averages since the start', () => {
    const metrics = JSON.parse(metricsJson(SIMPLE_FLOW, 'all'))
    assert.equal(metrics.SourceReceivedCount, '5')
    assert.equal(metrics.SinkWriteQPS, '50.0')
    assert.deepEqual(metrics.TableSinkWriteBytes, { fake: '65' })
    assert.equal(metrics.SinkCommittedCount, '4')
    assert.equal(metrics.sinkWriteCount, '5')
  })

  it('are zeros and empty tables before anything ran', () => {
    const flow = { ...SIMPLE_FLOW, sources: [], sinks: [], committedSinks: [], elapsedMs: 0 }
    const metrics = JSON.parse(metricsJson(flow, 'sixteen'))
    assert.equal(Object.keys(metrics).length, 16)
    assert.equal(metrics.SourceReceivedQPS, '0.0')
    assert.deepEqual(metrics.TableSourceReceivedCount, {})
  })

  it('add up tables that several sinks write', () => {
    const sinks = [...SIMPLE_FLOW.sinks, { vertex: 4, table: 'fake', rows: 2, bytes: 26 }]
    const metrics = JSON.parse(metricsJson({ ...SIMPLE_FLOW, sinks }, 'sixteen'))
    assert.deepEqual([metrics.SinkWriteCount, metrics.TableSinkWriteCount], ['7', { fake: '7' }])
  })
})

/** Answers of the default profile. */
function answersAt(now: () => number): JobAnswers {
  const profile = WIRE_PROFILES.default
  return new JobAnswers({ profile, withEnvOptions: true, ended: new EndedJobs(profile), now })
}

describe('kept texts', () => {
  it('are the same bytes for the same view', () => {
    const answers = answersAt(() => CREATED_AT_MS)
    const [running, ended] = [jobView(), jobView({ status: 'FINISHED' })]
    assert.equal(answers.one(running), answers.one(running))
    assert.equal(answers.one(ended), answers.one(ended))
    assert.equal(answers.ended([ended], null), answers.ended([ended], null))
    assert.notEqual(answers.ended([ended], null), answers.ended([ended, ended], null))
  })

  it('are made anew at once when the state moves, and after 100 ms when only counters move', () => {
    let now = 0
    const answers = answersAt(() => now)
    const view = jobView()
    const first = answers.one(view)
    const moved = { ...view, flow: { ...SIMPLE_FLOW, errorRows: 1, elapsedMs: 200 } }
    now = 99
    assert.equal(answers.one(moved), first)
    assert.notEqual(answers.one({ ...moved, status: 'CANCELING' }), first)
    now = 300
    assert.notEqual(answers.one(moved), first)
  })

  it('make lists of none, one and many', () => {
    const answers = answersAt(() => 0)
    const views = [jobView({ jobId: '1' }), jobView({ jobId: '2' }), jobView({ jobId: '3' })]
    assert.equal(answers.running([]).toString(), '[]')
    const ids = (count: number) =>
      JSON.parse(answers.running(views.slice(0, count)).toString()).map((job: { jobId: string }) => job.jobId)
    assert.deepEqual(ids(1), ['1'])
    assert.deepEqual(ids(3), ['1', '2', '3'])
  })
})
