import assert from 'node:assert/strict'
import { loadNodeConfig } from '../../src/config/node-config.js'
import type { NodeService } from '../../src/node/api.js'
import { NO_AUDIT } from '../../src/rest/audit.js'
import { AsyncOperations, flinkDialect } from '../../src/rest/dialects/flink/dialect.js'
import { flinkJobId, vertexIdsOf } from '../../src/rest/dialects/flink/ids.js'
import { FLINK_PROFILES } from '../../src/rest/dialects/flink/profile.js'
import { hostPolicy } from '../../src/rest/guard/host.js'
import { OWN_ORIGIN } from '../../src/rest/guard/origin.js'
import { RestRequest } from '../../src/rest/request.js'
import { Router } from '../../src/rest/router.js'
import { fakeServices } from '../rest/fake-node.js'

/** Flink's API of a node, without a port. */
export class FlinkApi {
  readonly #router: Pick<Router<unknown>, 'handle'>
  readonly #node: NodeService

  constructor(node: NodeService) {
    this.#node = node
    const dialect = flinkDialect({
      version: '0.0.0',
      profile: FLINK_PROFILES['2.1'],
      engine: loadNodeConfig({}).engine,
      prefix: '',
      isShutdownAllowed: false,
      checkpointHistory: 10,
      isSubmitAllowed: false,
      packageBytes: 0,
      allowedOrigin: null,
      operations: new AsyncOperations(),
    })
    this.#router = new Router({
      hosts: hostPolicy(['host']),
      origins: OWN_ORIGIN,
      authenticator: null,
      rates: null,
      audit: NO_AUDIT,
      dialect,
      services: fakeServices(node, { now: Date.now }),
      onFault: (error) => {
        throw error
      },
      now: Date.now,
    })
  }

  /** What a path below a job answers; the status must be the given one. */
  async job<T>(jobId: string, path: string, status = 200): Promise<T> {
    const view = this.#node.job(jobId)
    assert.ok(view !== null, `there is no job ${jobId}`)
    const [target = '', query = null] = `/jobs/${flinkJobId(view)}${path}`.split('?')
    const answer = await this.#router.handle(
      new RestRequest('GET', target, query, { headers: ['host', 'host'], body: null }),
    )
    assert.equal(answer.status, status, `${path}: ${String(answer.body)}`)
    return JSON.parse(String(answer.body)) as T
  }

  /** What a path below the vertex of a kind answers. */
  vertex<T>(jobId: string, kind: 'source' | 'transform' | 'sink', path: string, status = 200): Promise<T> {
    const dag = this.#node.job(jobId)?.dag
    const vertex = dag?.vertices.find((each) => each.kind === kind)
    assert.ok(dag !== undefined && vertex !== undefined, `the job has no ${kind}`)
    return this.job(jobId, `/vertices/${vertexIdsOf(dag).get(vertex.id)}${path}`, status)
  }
}
