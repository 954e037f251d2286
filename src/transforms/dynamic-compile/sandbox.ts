import { parentPort, workerData } from 'node:worker_threads'
import { ColumnBatch } from '../../arrow/column-batch.js'
import type { BatchFrame } from '../../arrow/frame.js'
import { loadArrow } from '../../arrow/library.js'
import { packColumns, unpackColumns } from '../../arrow/pack.js'
import type { KernelSchema } from '../../core/schema.js'
import { type Inside, thrownText } from './inside.js'
import type { SandboxReply, SandboxRequest, SandboxStart } from './messages.js'
import { openRealm } from './realm.js'

/** Entry of the thread that the user's code runs in: one request, one reply. */
if (parentPort === null) throw new Error('this file is the entry of a worker thread')
const port = parentPort
const { source, file } = workerData as SandboxStart
const arrow = await loadArrow()
let realm: Inside | null = null
let schemas: {
  readonly input: KernelSchema
  readonly output: KernelSchema
  readonly origins: readonly number[]
} | null = null

function answer(request: SandboxRequest): SandboxReply {
  let inside: Inside
  try {
    realm ??= openRealm(source, file)
    inside = realm
  } catch (thrown) {
    return { kind: 'failed', error: thrownText(thrown) }
  }
  if (request.kind === 'columns') return { kind: 'columns', text: inside.columns(request.table) }
  if (request.kind === 'open') {
    const { input, output, origins } = request
    schemas = { input, output, origins }
    const made = origins.flatMap((origin, index) => (origin < 0 ? [[-1 - origin, output.columns[index]] as const] : []))
    const computed = made.toSorted(([left], [right]) => left - right).map(([, column]) => column)
    inside.open(JSON.stringify(input.columns), JSON.stringify(computed), input.table)
    return { kind: 'opened' }
  }
  return processBatch(inside, request.frame)
}

function processBatch(inside: Inside, frame: BatchFrame): SandboxReply {
  if (schemas === null) throw new Error('the sandbox was not opened')
  const { input, output, origins } = schemas
  const batch = ColumnBatch.read(arrow, input, frame)
  const buffers = input.columns.map((_, index) => batch.buffers(index))
  if (batch.kinds !== null) {
    buffers.push({ length: batch.rows, validity: null, values: batch.kinds, offsets: null, children: [] })
  }
  const packed = packColumns(buffers, (bytes) => inside.allocate(bytes))
  const result = inside.process(packed.layout, packed.bytes, batch.rows)
  const { rows, layout, error } = JSON.parse(result.text) as {
    readonly rows: number
    readonly layout: string
    readonly error: string | null
  }
  // Out of the other realm come bytes only.
  const bytes = new Uint8Array(new Uint8Array(result.bytes)).buffer
  const columns = unpackColumns({ layout, bytes })
  const made = origins.map((origin) => (origin < 0 ? (columns[-1 - origin] ?? 0) : origin))
  return { kind: 'batch', frame: batch.write(output, made, rows), error }
}

port.on('message', (request: SandboxRequest) => {
  const reply = answer(request)
  port.postMessage(reply, reply.kind === 'batch' ? [reply.frame.bytes.buffer] : [])
})
port.postMessage({ kind: 'ready' } satisfies SandboxReply)
