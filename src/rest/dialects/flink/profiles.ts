import type {
  FlameGraphType,
  NodeProfile,
  NodeProfiler,
  ProfileMode,
  ProfileScope,
  ThreadStack,
} from '../../../node/api.js'
import { badFormat, type FlinkCall, hasEnded, textMember, wordMember } from './call.js'
import { knownManager } from './cluster.js'
import { FlinkFault, noSuchLog, notFound, unreadable } from './fault.js'
import { taskManagerId } from './ids.js'
import type { FlinkOperation } from './operation.js'

const FLAME_GRAPHS: ReadonlySet<string> = new Set<FlameGraphType>(['full', 'on_cpu', 'off_cpu'])
/** In the place of the time of a graph. @source Flink `VertexFlameGraph` */
const VERTEX_ENDED = -1
const SAMPLING_OFF = -2
const STILL_SAMPLING = -3

function isFlameGraphType(text: string): text is FlameGraphType {
  return FLAME_GRAPHS.has(text)
}

/** `…/flamegraph`: where the threads were while they worked for a vertex. */
export function flameGraph(call: FlinkCall) {
  const text = call.first('type') ?? 'full'
  const type = text.toLowerCase()
  if (!isFlameGraphType(type)) throw unreadable('query', 'type', text)
  const subtask = call.queryNumber('subtaskindex')
  const job = call.job()
  const { vertex, vertexId } = call.vertex(job)
  if (subtask !== null && (subtask < 0 || subtask >= vertex.parallelism))
    throw notFound(`Invalid subtask index for vertex ${vertexId}`)
  if (hasEnded(job)) return { endTimestamp: VERTEX_ENDED }
  const graph = call.services.profiler?.flameGraph({ jobId: job.jobId, vertex: vertex.id, type, subtask }) ?? 'off'
  if (graph === 'off') return { endTimestamp: SAMPLING_OFF }
  if (graph === 'sampling') return { endTimestamp: STILL_SAMPLING }
  return { endTimestamp: graph.sampledAtMs, data: graph.root }
}

/** Threads of the process, each with a blank line at its end: the dashboard puts them behind each other. */
export async function threadDump(call: FlinkCall, manager: 'taskmanagerid' | null) {
  if (manager !== null) knownManager(call)
  const { profiler, monitor } = call.services
  const threads = (await profiler?.threads()) ?? monitor.threads().map(plainThread)
  return {
    threadInfos: threads.map((thread) => ({ threadName: thread.name, stringifiedThreadInfo: threadText(thread) })),
  }
}

function plainThread({
  name,
  id,
  state,
  stack,
}: {
  name: string
  id: number
  state: string
  stack: string
}): ThreadStack {
  const frames = stack.split('\n').filter((line) => line.trim() !== '')
  return { name, id, state, cpuMs: null, task: null, frames }
}

/** As `jstack` writes it; what is no call stands in a line of its own behind a dash. */
function threadText({ name, id, state, cpuMs, task, frames }: ThreadStack): string {
  const notes = [...(cpuMs === null ? [] : [`cpu time ${cpuMs} ms`]), ...(task === null ? [] : [task])]
  const lines = [...notes.map((note) => `\t-  ${note}\n`), ...frames.map((frame) => `\tat ${frame.trim()}\n`)]
  return `"${name}" Id=${id} ${state}\n${lines.join('')}\n`
}

/** Longest profile. @source Flink `rest.profiling.duration-max` */
const MAX_SECONDS = 300
const MODES: readonly ProfileMode[] = ['CPU', 'ALLOC', 'LOCK', 'WALL', 'ITIMER']
const BODY = 'ProfilingRequestBody'

/** The profiler of the node, for one scope. @throws FlinkFault 404 where no profiles are taken: there is no such operation then. */
function profilerOf(call: FlinkCall, scope: ProfileScope): NodeProfiler {
  if (scope === 'workers') knownManager(call)
  const { request, services, context } = call
  const { profiler } = services
  if (profiler !== undefined && profiler.profiles(scope) !== null) return profiler
  const shown = (text: string) => text.slice(context.prefix.length).slice(0, 1000)
  const message =
    request.method === 'GET'
      ? `Unable to load requested file ${shown(request.path)}.`
      : `Not found: ${shown(request.target)}`
  throw new FlinkFault(404, message, null, request.method === 'GET')
}

/** `…/profiler`: the profiles that were taken. */
export function profiles(scope: ProfileScope) {
  return (call: FlinkCall) => ({ profilingList: (profilerOf(call, scope).profiles(scope) ?? []).map(profileInfo) })
}

/** `POST …/profiler`: takes one. @throws FlinkFault 400, 409 */
export function startProfile(scope: ProfileScope) {
  return (call: FlinkCall) => {
    const profiler = profilerOf(call, scope)
    const body = call.body(BODY)
    const mode = wordMember(body, BODY, 'mode', MODES)
    const seconds = textMember(body, BODY, 'duration')
    if (mode === null || seconds === null || !/^-?\d{1,9}$/.test(seconds)) throw badFormat(BODY)
    const durationSeconds = Number(seconds)
    if (durationSeconds <= 0 || durationSeconds > MAX_SECONDS)
      throw new FlinkFault(400, `\`duration\` must be set between (0s, ${MAX_SECONDS}s].`, null)
    const started = profiler.startProfile({ scope, mode, durationSeconds, name: ownerName(call, scope) })
    if (typeof started === 'string')
      throw new FlinkFault(409, `${ownerName(call, started)} is still under profiling.`, null)
    return profileInfo(started)
  }
}

/** `…/profiler/:filename`: a page, though it is called text. @throws FlinkFault 404 */
export function profilePage(scope: ProfileScope): NonNullable<FlinkOperation['answer']> {
  return async (call, { wire }) => {
    const page = await profilerOf(call, scope).profilePage(scope, call.part('filename'))
    if (page === null) throw noSuchLog()
    return wire.text(page)
  }
}

function ownerName({ node }: FlinkCall, scope: ProfileScope): string {
  return scope === 'control' ? 'JobManager' : taskManagerId(node.identity.uuid)
}

/** @source Flink `ProfilingInfo` */
function profileInfo({ status, mode, startedAtMs, endedAtMs, durationSeconds, message, file }: NodeProfile) {
  return {
    status,
    mode,
    triggerTime: startedAtMs,
    finishedTime: endedAtMs,
    duration: durationSeconds,
    message,
    outputFile: file,
    profilingMode: mode,
  }
}
