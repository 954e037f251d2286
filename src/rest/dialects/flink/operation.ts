import type { RestResponse } from '../../response.js'
import type { Access } from '../../route.js'
import type { FlinkCall } from './call.js'
import type { PolledAnswers } from './jobs.js'
import type { FlinkOperationName } from './shapes.js'
import type { FlinkWire } from './wire.js'

/** How near an answer is to Flink's. */
export type Fidelity = 'exact' | 'approximated' | 'constant' | 'not yet'

/** What an operation answers with. */
export interface AnswerParts {
  readonly wire: FlinkWire
  readonly polled: PolledAnswers
}

/** One operation of Flink's REST API. */
export interface FlinkOperation {
  /** Unique; stands in the audit log. */
  readonly id: string
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  /** `:name` stands for a part of the path. */
  readonly path: string
  readonly access: Access
  readonly summary: string
  readonly fidelity: Fidelity
  /** How it is approximated, why it is constant, what is missing; `''` where nothing is to be said. */
  readonly note: string
  /** Status of a good answer. */
  readonly status: number
  /** Whether Flink's own clients call it though no page of its documentation names it. */
  readonly isUndocumented: boolean
  /** How the body is taken; `json` unless something else is said. `form`: a file. `none`: it is thrown away unread. */
  readonly body: 'json' | 'form' | 'none'
  /** Whether it is there only where job packages may be uploaded. */
  readonly needsSubmit: boolean
  /** `null`: it is not built yet. */
  readonly answer: ((call: FlinkCall, parts: AnswerParts) => RestResponse | Promise<RestResponse>) | null
}

/** What of an operation has a usual value. */
type Details = Partial<Pick<FlinkOperation, 'access' | 'note' | 'status' | 'isUndocumented' | 'body' | 'needsSubmit'>>

function operation(
  name: FlinkOperationName,
  summary: string,
  fidelity: Fidelity,
  answer: FlinkOperation['answer'],
  details: Details,
): FlinkOperation {
  const [method, path] = name.split(' ') as [FlinkOperation['method'], string]
  const access = method === 'GET' ? 'read' : 'operate'
  const words = path
    .split('/')
    .filter((word) => word !== '')
    .map((word) => word.replace(':', 'by-'))
  const usual = { note: '', status: 200, isUndocumented: false, body: 'json', needsSubmit: false } as const
  const plain = { ...usual, access } as const
  return {
    id: [method.toLowerCase(), ...words].join('.'),
    method,
    path,
    summary,
    fidelity,
    answer,
    ...plain,
    ...details,
  }
}

/** An operation whose answer is JSON. */
export function answers(
  name: FlinkOperationName,
  summary: string,
  fidelity: Exclude<Fidelity, 'not yet'>,
  make: (call: FlinkCall) => unknown,
  details: Details = {},
): FlinkOperation {
  const { status = 200 } = details
  const answer: FlinkOperation['answer'] = (call, { wire }) => {
    if (!READS_BODY.has(call.request.method)) call.emptyBody()
    const value = make(call)
    return value instanceof Promise ? value.then((made) => wire.json(made, status)) : wire.json(value, status)
  }
  return operation(name, summary, fidelity, answer, details)
}

/** Methods whose operations look at the body themselves. */
const READS_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])

/** An operation that makes the whole answer itself. */
export function responds(
  name: FlinkOperationName,
  summary: string,
  fidelity: Exclude<Fidelity, 'not yet'>,
  answer: NonNullable<FlinkOperation['answer']>,
  details: Details = {},
): FlinkOperation {
  const checked: FlinkOperation['answer'] = (call, parts) => {
    call.emptyBody()
    return answer(call, parts)
  }
  return operation(name, summary, fidelity, checked, details)
}

/** An operation that answers that it is not there yet. */
export function notYet(name: FlinkOperationName, summary: string, details: Details = {}): FlinkOperation {
  return operation(name, summary, 'not yet', null, details)
}
