import assert from 'node:assert/strict'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { temporaryFolder } from '../../src/files/testing.js'
import type { NodeOptions } from '../../src/node/open-node.js'
import { inPieces, zip } from '../../src/node/packages/testing.js'
import { csvRows, csvSink, csvSource } from '../jobs/harness.js'
import { heldJob, shortJob, submission, testNode, until } from './harness.js'

const ALIAS = 'ab'.repeat(16)

/** A node with a package whose job copies `in/a.csv` of it to a folder. */
async function packageNode(test: TestContext, options: Partial<NodeOptions> = {}) {
  const folder = temporaryFolder(test)
  const packagesFolder = join(folder, 'packages')
  const node = await testNode(test, '', { packagesFolder, ...options })
  assert.ok(node.packages !== null)
  const copy = `source { ${csvSource('in')} }\nsink { ${csvSink(`${folder}/allowed`)} }`
  const samples = [
    { name: 'job.conf', content: copy },
    { name: 'in/a.csv', content: csvRows(3) },
  ]
  const { id } = await node.packages.upload('job.jar', inPieces(zip(samples)))
  const opened = await node.packages.open(id, null)
  assert.ok(opened?.content !== null && opened !== null)
  const { packages } = node
  return { folder, packagesFolder, node, packages, id, opened, content: opened.content, copy }
}

const filesIn = (folder: string, name: string): readonly string[] => readdirSync(join(folder, name))

describe('a job of a package', () => {
  it('reads its files where others may not read, and writes only where others may', async (test) => {
    const folder = temporaryFolder(test)
    const files = { allowed: [`${folder}/x`, folder.replace(/[^/]+$/, '')], forbidden: [`${folder}/packages`] }
    const packagesFolder = `${folder}/packages`
    const restPolicy = { files, allowsUserCode: true }
    const { node, opened, content, copy } = await packageNode(test, { packagesFolder, restPolicy })
    const run = (text: string, packageContent?: string) => node.submit(submission(text, { packageContent }))
    const { jobId } = await run(copy, content)
    assert.equal((await node.waitForEnd(jobId))?.status, 'FINISHED')
    const inside = `${packagesFolder}/files/${content}/in`
    const { jobId: absolute } = await run(copy.replace('"in"', `"${inside}"`), content)
    assert.equal((await node.waitForEnd(absolute))?.status, 'FINISHED')
    await assert.rejects(run(copy.replace('"in"', `"${inside}"`)), /belongs to the node/)
    await assert.rejects(run(copy.replace('"in"', `"${packagesFolder}/contents"`), content), /belongs to the node/)
    await assert.rejects(run(copy.replace('"in"', '"/etc"'), content), /outside of the folders/)
    await assert.rejects(
      run(copy.replace(/path = "[^"]*allowed\/out"/, 'path = "/etc/x"'), content),
      /outside of the folders/,
    )
    opened.release()
  })

  it('lets go of its files with its end, and with its refusal', async (test) => {
    const { node, packages, packagesFolder, id, opened, content, copy } = await packageNode(test)
    const { jobId } = await node.submit(submission(copy, { packageContent: content }))
    opened.release()
    await packages.remove(id)
    assert.equal((await node.waitForEnd(jobId))?.status, 'FINISHED')
    await until(() => filesIn(packagesFolder, 'files').length + filesIn(packagesFolder, 'contents').length === 0)

    const again = await packageNode(test)
    again.opened.release()
    await again.packages.remove(again.id)
    await assert.rejects(again.node.submit(submission(copy, { packageContent: again.content })), {
      code: 'JOB_PACKAGE',
    })
    await until(() => filesIn(again.packagesFolder, 'contents').length === 0)
  })

  it('keeps its files while it runs, however often the package is uploaded and deleted', async (test) => {
    const { node, packages, packagesFolder, id, opened, content } = await packageNode(test)
    const { jobId } = await node.submit(submission(heldJob('packaged'), { packageContent: content }))
    opened.release()
    await until(() => node.job(jobId)?.status === 'RUNNING')
    const samples = zip([{ name: 'job.conf' }, { name: 'other' }])
    await Promise.all([
      packages.remove(id),
      packages.upload('a.jar', inPieces(samples)).then((each) => packages.remove(each.id)),
      packages.upload('b.jar', inPieces(samples)).then((each) => packages.remove(each.id)),
    ])
    assert.deepEqual(filesIn(packagesFolder, 'files'), [content])
    await node.stop(jobId, { withSavepoint: false, force: true, user: null })
    await node.waitForEnd(jobId)
    await until(() => filesIn(packagesFolder, 'files').length === 0)
  })

  it('fails with a clear reason when its files are lost with the node', async (test) => {
    const folder = temporaryFolder(test)
    const dataFolder = join(folder, 'data')
    const packagesFolder = join(folder, 'packages')
    const { node, opened, content } = await packageNode(test, { dataFolder, packagesFolder })
    const { jobId } = await node.submit(submission(heldJob('lost-package'), { packageContent: content, alias: ALIAS }))
    opened.release()
    await until(() => node.job(jobId)?.status === 'RUNNING')
    await node.close()
    rmSync(packagesFolder, { recursive: true })
    const again = await testNode(test, '', { dataFolder, packagesFolder })
    const ended = await again.waitForEnd(jobId)
    assert.equal(ended?.status, 'FAILED')
    assert.match(ended?.failure?.text ?? '', /the files of the job package are not there any more/)
    assert.equal(again.jobByAlias(ALIAS)?.jobId, jobId)
  })

  it('brings code of its own by name, only where code may be brought', async (test) => {
    const code = `
source { FakeSource { row.num = 1, schema { fields { id = bigint } }, plugin_output = a } }
transform { DynamicCompile { plugin_input = a, plugin_output = b, compile_language = JAVASCRIPT, compile_pattern = ABSOLUTE_PATH, absolute_path = "code/x.js" } }
sink { Console { plugin_input = [b] } }`
    const samples = [
      { name: 'job.conf', content: code },
      { name: 'code/x.js', content: 'not code' },
    ]
    for (const allowsUserCode of [true, false]) {
      const restPolicy = { files: { allowed: null, forbidden: [] }, allowsUserCode }
      const { node, packages, opened } = await packageNode(test, { restPolicy })
      opened.release()
      const { id } = await packages.upload('code.jar', inPieces(zip(samples)))
      const job = await packages.open(id, null)
      const refused = node.submit(submission(code, { packageContent: job?.content ?? undefined }))
      await assert.rejects(refused, allowsUserCode ? /not code|Unexpected|SCRIPT|syntax/i : /may not bring code/)
      job?.release()
    }
  })

  it('is refused by a node that keeps no packages', async (test) => {
    const node = await testNode(test)
    assert.equal(node.packages, null)
    await assert.rejects(node.submit(submission(shortJob(), { packageContent: 'a' })), { code: 'JOB_PACKAGE' })
  })
})

describe('a submission with more than a text', () => {
  it('has values for its text, members of env, settings and notices, before and after a restart', async (test) => {
    const dataFolder = join(temporaryFolder(test), 'data')
    const node = await testNode(test, '', { dataFolder })
    const text = shortJob('parallelism = 1, note = "${word}"').replace('job.name = short', 'job.name = "${name:none}"')
    const more = {
      alias: ALIAS,
      variables: new Map([['name', 'given']]),
      env: new Map([['parallelism', '3']]),
      clientSettings: new Map([
        ['shown', 'yes'],
        ['db.password', 'hush'],
      ]),
    }
    const outline = await node.outline(submission(text, more))
    assert.deepEqual([outline.jobName, outline.mode, outline.dag.vertices.length], ['given', 'BATCH', 2])
    assert.equal(outline.dag.vertices[0]?.parallelism, 3)
    assert.deepEqual(node.runningJobs(), [])
    const { jobId } = await node.submit(submission(text, more))
    assert.equal((await node.waitForEnd(jobId))?.status, 'FINISHED')
    for (const each of [node, null]) {
      if (each === null) await node.close()
      const known = each ?? (await testNode(test, '', { dataFolder }))
      const view = known.jobByAlias(ALIAS)
      assert.deepEqual([view?.jobId, view?.alias, view?.jobName], [jobId, ALIAS, 'given'])
      assert.equal(view?.envOptions.get('parallelism'), '3')
      assert.deepEqual(
        [...(view?.clientSettings ?? [])],
        [
          ['shown', 'yes'],
          ['db.password', '******'],
        ],
      )
      await assert.rejects(known.submit(submission(shortJob(), { alias: ALIAS })), { code: 'JOB_EXISTS' })
    }
  })

  it('has no other name that a job has which comes at the same time', async (test) => {
    const node = await testNode(test)
    const both = await Promise.allSettled([1, 2].map(() => node.submit(submission(shortJob(), { alias: ALIAS }))))
    assert.deepEqual(both.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
    await assert.rejects(node.submit(submission('broken {', { alias: 'other' })), /broken|expected|end/i)
    const { jobId } = await node.submit(submission(shortJob(), { alias: 'other' }))
    assert.equal(node.jobByAlias('other')?.jobId, jobId)
    assert.equal(node.jobByAlias('none'), null)
    await Promise.all(node.runningJobs().map((job) => node.waitForEnd(job.jobId)))
  })

  it('is outlined with every fault that its document shows', async (test) => {
    const node = await testNode(test)
    const broken = 'source { Nothing {} }\nsink { Console { a = 1 }, Nowhere {} }'
    await assert.rejects(node.outline(submission(broken)), /Nothing[\s\S]*Nowhere/)
    const { warnings } = await node.outline(submission(shortJob('nobody.knows = 1')))
    assert.equal(warnings.length, 1)
  })
})
