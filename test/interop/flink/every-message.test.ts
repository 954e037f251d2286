import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { FLINK_OPERATIONS } from '../../../src/rest/dialects/flink/operations.js'
import { FlinkNode, UNKNOWN_ID } from './flink-node.js'
import { CLIENT_LINES, type ClientLine, type FlinkMessage, JavaClients, missingClients } from './java-clients.js'
import { shapeDifferences } from './shape.js'

/** Messages that go to the client's own endpoints, need Java objects, or end the node. */
const LEFT = new Set(['JobSubmitHeaders', 'ClientCoordinationHeaders', 'ShutdownHeaders'])
/** Messages that change the job they are sent to: each gets one of its own. */
const CHANGES = /^(?:JobCancellation|YarnCancel|StopWithSavepoint|RescalingTrigger|JobResourcesRequirementsUpdate)/
/** Messages that are refused on this node by right, with the status. */
const REFUSED: Readonly<Record<string, number>> = {
  CheckpointStatusHeaders: 404,
  ClusterDataSetDeleteStatusHeaders: 404,
  SavepointStatusHeaders: 404,
  SavepointDisposalStatusHeaders: 404,
  RescalingStatusHeaders: 404,
  TaskCheckpointStatisticsHeaders: 404,
  YarnStopJobTerminationHeaders: 308,
}

/** Messages whose answers, as recorded of a cluster, Flink's own classes cannot read: a profile that is not over has no end. */
const UNREADABLE = new Set(['JobManagerProfilingHeaders', 'TaskManagerProfilingHeaders'])

function bodyOf({ name }: FlinkMessage, vertices: readonly string[]): unknown {
  const trigger = { formatType: 'CANONICAL', triggerId: null }
  const bodies: Readonly<Record<string, unknown>> = {
    SavepointTriggerHeaders: { 'target-directory': null, 'cancel-job': false, ...trigger },
    CheckpointTriggerHeaders: { checkpointType: 'CONFIGURED', triggerId: null },
    StopWithSavepointTriggerHeaders: { targetDirectory: null, drain: false, ...trigger },
    SavepointDisposalTriggerHeaders: { 'savepoint-path': 'millrace:/jobs/1/checkpoints/1' },
    JobClientHeartbeatHeaders: { expiredTimestamp: 1 },
    JobResourcesRequirementsUpdateHeaders: Object.fromEntries(
      vertices.map((id) => [id, { parallelism: { lowerBound: 1, upperBound: 1 } }]),
    ),
    JobManagerProfilingHeaders: { mode: 'CPU', duration: 1 },
    TaskManagerProfilingHeaders: { mode: 'CPU', duration: 1 },
  }
  return bodies[name] ?? null
}

/** Whether the node has the operation of a message. */
function isBuilt({ method, path }: FlinkMessage): boolean {
  const found = FLINK_OPERATIONS.find((each) => each.method === method && each.path === path)
  assert.ok(found !== undefined, `${method} ${path} is in no table`)
  return found.fidelity !== 'not yet'
}

/** A node, its clients, and the parameters of its running job. */
class Story {
  readonly node: FlinkNode
  readonly clients: JavaClients
  messages: readonly FlinkMessage[] = []
  parameters: Readonly<Record<string, string>> = {}
  vertices: readonly string[] = []

  private constructor(node: FlinkNode, clients: JavaClients) {
    this.node = node
    this.clients = clients
  }

  static async start(test: TestContext, line: ClientLine): Promise<Story> {
    const node = await FlinkNode.start(test, line)
    const story = new Story(node, JavaClients.start(test, line, node.port))
    const jobid = await node.run('endless')
    const { vertices } = (await node.json(`/jobs/${jobid}`)) as { vertices: readonly { readonly id: string }[] }
    const { taskmanagers } = (await node.json('/taskmanagers')) as { taskmanagers: readonly { readonly id: string }[] }
    const messages = (await story.clients.messages()).filter(({ name }) => !LEFT.has(name))
    // Reading first, so that nothing that was asked for happens between two looks.
    story.messages = messages.toSorted((a, b) => Number(a.method !== 'GET') - Number(b.method !== 'GET'))
    story.vertices = vertices.map(({ id }) => id)
    story.parameters = {
      jobid,
      vertexid: vertices[0]?.id ?? '',
      taskmanagerid: taskmanagers[0]?.id ?? '',
      subtaskindex: '0',
      attempt: '0',
      checkpointid: '1',
      triggerid: UNKNOWN_ID,
      datasetid: UNKNOWN_ID,
      jarid: 'nothing.jar',
      parallelism: '1',
    }
    return story
  }

  async send(message: FlinkMessage, more: Readonly<Record<string, string>> = {}) {
    const own = CHANGES.test(message.name) ? { jobid: await this.node.run('endless') } : {}
    const file = message.takesFiles ? { file: this.clients.jar } : {}
    const parameters = { ...this.parameters, ...own, ...more }
    const read = await this.clients.send(message.name, parameters, { body: bodyOf(message, this.vertices), ...file })
    await this.node.endOthers(this.parameters.jobid ?? '')
    return read
  }
}

for (const line of Object.keys(CLIENT_LINES) as ClientLine[]) {
  test(`every message of Flink's classes of ${line}`, { skip: missingClients(line) }, async (context) => {
    const story = await Story.start(context, line)

    await context.test('is in the table of operations', () => {
      assert.ok(story.messages.length >= 70, `only ${story.messages.length}`)
      const unknown = FLINK_OPERATIONS.filter(({ isUndocumented }) => !isUndocumented).filter(
        ({ method, path }) => !story.messages.some((each) => each.method === method && each.path === path),
      )
      const left = unknown.map(({ method, path }) => `${method} ${path}`)
      assert.deepEqual(left, ['DELETE /cluster'])
    })

    await context.test('gets an answer that they understand, with every member of theirs', async () => {
      const faults: string[] = []
      for (const message of story.messages) {
        const { method, path, name } = message
        const read = await story.send(message).catch((error: Error) => error)
        if (read instanceof Error) {
          if (!UNREADABLE.has(name)) faults.push(`${method} ${path}: ${read.message}`)
        } else if (!isBuilt(message) || name.startsWith('Jar'))
          assert.ok(read.answer !== undefined || read.status >= 400)
        else if (read.answer === undefined) {
          if (REFUSED[name] !== read.status) faults.push(`${method} ${path}: ${read.status} ${read.message}`)
        } else if (method === 'GET' && !CHANGES.test(name)) {
          const own = path.replaceAll(/:(\w+)/g, (_, part: string) => story.parameters[part] ?? '')
          const raw = await story.node.json(own)
          for (const difference of shapeDifferences(read.answer, raw)) faults.push(`${method} ${path}: ${difference}`)
        }
      }
      assert.deepEqual(faults, [])
    })

    await context.test('gets an error that they understand for what is not there', async () => {
      const faults: string[] = []
      const unknown = { jobid: UNKNOWN_ID, vertexid: UNKNOWN_ID, taskmanagerid: UNKNOWN_ID }
      for (const message of story.messages.filter(({ path, name }) => path.includes(':') && !name.startsWith('Yarn'))) {
        const read = await story.clients
          .send(message.name, { ...story.parameters, ...unknown }, { body: bodyOf(message, []) })
          .catch((error: Error) => error)
        if (read instanceof Error) faults.push(`${message.method} ${message.path}: ${read.message}`)
        else if (isBuilt(message) && read.status >= 500)
          faults.push(`${message.method} ${message.path}: ${read.status} ${read.message}`)
      }
      assert.deepEqual(faults, [])
    })
  })
}
