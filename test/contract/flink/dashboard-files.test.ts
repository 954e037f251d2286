import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { RawAnswer } from '../../rest/raw-client.js'
import { type ContractNode, OPEN_GROUPS, startContractNode } from '../seatunnel/contract-node.js'

const MODIFIED = 'Sun, 22 Nov 2026 01:37:57 GMT'
const UNKNOWN = '0'.repeat(31).concat('1')
const LARGE = 5 * 1024 * 1024

const header = ({ headers }: RawAnswer, name: string) =>
  headers.find(([each]) => each.toLowerCase() === name)?.[1] ?? null

for (const transport of ['node', 'uws'] as const) {
  describe(`files of the dashboard over ${transport}`, () => {
    let folder = ''
    let node: ContractNode
    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'millrace-dashboard-'))
      mkdirSync(join(folder, 'assets'))
      writeFileSync(join(folder, 'index.html'), '<html></html>')
      writeFileSync(join(folder, 'main.js'), 'let a')
      writeFileSync(join(folder, 'assets', 'large.bin'), Buffer.alloc(LARGE, 'x'))
      utimesSync(join(folder, 'index.html'), new Date(MODIFIED), new Date(MODIFIED))
      const millrace = `flink:\n  enabled: true\n  port: 0\n  dashboard: ${JSON.stringify(folder)}`
      node = await startContractNode('default', transport, { network: OPEN_GROUPS, millrace })
    })
    after(async () => {
      await node.stop()
      rmSync(folder, { recursive: true, force: true })
    })

    const get = async (api: 'v1' | 'flink', path: string, lines = '', method = 'GET'): Promise<RawAnswer> => {
      const connection = await node.open(api)
      connection.send(`${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${lines}\r\n`)
      const answer = await connection.answer()
      connection.socket.destroy()
      assert.ok(answer !== null)
      return answer
    }

    it('are answered as a cluster does', async () => {
      for (const [api, prefix] of [
        ['flink', ''],
        ['v1', '/flink'],
      ] as const)
        for (const path of ['/', '/index.html']) {
          const answer = await get(api, `${prefix}${path}`)
          assert.deepEqual([answer.status, answer.body], [200, '<html></html>'])
          assert.equal(header(answer, 'content-type'), 'text/html')
          assert.equal(header(answer, 'last-modified'), MODIFIED)
          assert.equal(header(answer, 'cache-control'), 'private, max-age=300')
          assert.ok(Date.parse(header(answer, 'expires') ?? '') > 0)
          assert.equal(header(answer, 'access-control-allow-origin'), null)
          assert.equal(header(answer, 'x-content-type-options'), 'nosniff')
        }
      assert.equal(header(await get('flink', '/main.js'), 'content-type'), 'text/javascript')
    })

    it('are not sent again when they are the same', async () => {
      const since = (text: string) => get('flink', '/', `If-Modified-Since: ${text}\r\n`)
      const same = await since(MODIFIED)
      assert.deepEqual([same.status, same.body, header(same, 'content-type')], [304, '', null])
      assert.equal((await since('Sun, 22 Nov 2026 01:37:58 GMT')).status, 304)
      assert.equal((await since('Sun, 22 Nov 2026 01:37:56 GMT')).status, 200)
      assert.equal((await since('yesterday')).status, 200)
      assert.equal((await since('')).status, 200)
    })

    it('are sent whole when they are large', async () => {
      const answer = await get('flink', '/assets/large.bin')
      assert.deepEqual([answer.status, answer.body.length], [200, LARGE])
      assert.equal(header(answer, 'content-type'), 'application/octet-stream')
    })

    it('are below the operations, and what is neither is missing', async () => {
      assert.equal(header(await get('flink', '/jobs/overview'), 'content-type'), 'application/json; charset=UTF-8')
      const cases = [
        ['/assets', '/assets'],
        ['/assets/', '/assets/index.html'],
        ['/nope.js?a=1', '/nope.js'],
        ['/../../etc/passwd', '/../../etc/passwd'],
        ['/v1', '/v1'],
        ['/jobs//overview', '/jobs//overview'],
      ] as const
      for (const [path, shown] of cases) {
        const answer = await get('flink', path)
        assert.deepEqual([answer.status, header(answer, 'access-control-allow-origin')], [404, null], path)
        assert.deepEqual(JSON.parse(answer.body), { errors: [`Unable to load requested file ${shown}.`] })
      }
      assert.equal((await get('flink', '/index.html', 'Content-Length: 0\r\n', 'POST')).status, 404)
    })

    it('have a folder as their address, for their own addresses are relative', async () => {
      const answer = await get('v1', '/flink')
      assert.deepEqual([answer.status, header(answer, 'location')], [307, 'flink/'])
    })

    it('have a page for logs', async () => {
      const url = async (api: 'v1' | 'flink', prefix: string, path: string) => {
        const answer = await get(api, `${prefix}/jobs/${UNKNOWN}/${path}/log-url`)
        return (JSON.parse(answer.body) as { url: string }).url
      }
      assert.equal(await url('flink', '', 'jobmanager'), 'http://127.0.0.1/#/job-manager/logs')
      assert.equal(await url('v1', '/flink', 'taskmanagers/x'), 'http://127.0.0.1/flink/#/task-manager/x/logs')
    })
  })
}

describe('a node with a folder that has no dashboard', () => {
  it('does not start', async () => {
    const millrace = `flink:\n  enabled: true\n  port: 0\n  dashboard: ${JSON.stringify(tmpdir())}`
    await assert.rejects(startContractNode('default', 'node', { network: OPEN_GROUPS, millrace }), {
      code: 'HTTP_SETTINGS',
      message: /has no 'index\.html'$/,
    })
  })
})
