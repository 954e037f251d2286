import assert from 'node:assert/strict'
import { after, it } from 'node:test'
import type { FileSystem } from '../../src/files/file-system.js'
import { readFile, testBytes, writeFile } from './file-system-cases.js'
import { type CuttingProxy, startProxy } from './proxy.js'
import { freePort } from './server.js'

/** A file system that is reached through a port of the test's. */
export interface TestedThroughProxy {
  /** Port of the server itself. */
  serverPort(): number
  open(port: number): FileSystem
  root(): string
}

/** How a file system takes broken connections. */
export function describeFaults(tested: TestedThroughProxy): void {
  const at = (name: string): string => `${tested.root()}/${name}`
  const proxies: CuttingProxy[] = []
  const proxy = async (): Promise<CuttingProxy> => {
    const started = await startProxy(tested.serverPort())
    proxies.push(started)
    return started
  }
  after(() => {
    for (const started of proxies) started.close()
  })

  it('goes on with a file after its connection was cut in the middle', async () => {
    const direct = tested.open(tested.serverPort())
    const bytes = testBytes(20 * 1024 * 1024, 11)
    await writeFile(direct, at('cut/a'), bytes)
    const between = await proxy()
    const fileSystem = tested.open(between.port)
    between.cutAfter(3_000_000, 5_000_000)
    assert.ok((await readFile(fileSystem, at('cut/a'))).equals(bytes))
    assert.equal(between.cuts, 2)
    await fileSystem.close()
    await direct.close()
  })

  it('writes, moves, lists and deletes over connections that are cut at every step', async () => {
    const between = await proxy()
    for (const limit of [0, 50, 400, 1500, 2000, 2500, 3000]) {
      const fileSystem = tested.open(between.port)
      const bytes = testBytes(300_000, limit + 1)
      between.cutAfter(limit)
      await writeFile(fileSystem, at(`steps/${limit}`), bytes)
      between.cutAfter(limit)
      assert.ok((await readFile(fileSystem, at(`steps/${limit}`))).equals(bytes))
      between.cutAfter(limit)
      assert.equal((await fileSystem.list(at('steps'))).length, 1)
      between.cutAfter(limit)
      await fileSystem.deleteTree(at('steps'))
      assert.equal(await fileSystem.stat(at('steps')), null)
      await fileSystem.close()
    }
    assert.ok(between.cuts > 3)
  })

  it('gives up a server that cuts every connection, and names it', async () => {
    const between = await proxy()
    between.cutAfter(...Array.from({ length: 50 }, () => 0))
    const fileSystem = tested.open(between.port)
    await assert.rejects(fileSystem.list(at('')), (thrown: Error) => {
      assert.match(thrown.message, new RegExp(`listing '.*' failed: .*127\\.0\\.0\\.1:${between.port}`))
      return true
    })
    await fileSystem.close()
  })

  it('says that nobody listens', async () => {
    const fileSystem = tested.open(await freePort())
    await assert.rejects(fileSystem.stat(at('a')), { code: 'FILE_READ_FAILED', message: /refuses connections/ })
    await fileSystem.close()
  })
}
